//! libFuzzer on the parsers, one after another.
//!
//! It needs no tool besides the pinned compiler: the coverage flags are those of `cargo fuzz` without a sanitizer, which
//! the stable compiler accepts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command,
    error::{Error, Result, at},
    workspace::{cargo, output_dir, root},
};

/// The flags that count edges and show comparisons to the fuzzer.
const COVERAGE: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // With several codegen units, the counters of all but one would be lost.
    "-Ccodegen-units=1",
    "-Copt-level=1",
];
/// The variable that names the target.
const TARGET: &str = "LEDGERBELL_FUZZ_TARGET";
/// The variable that names the folder with its inputs.
const CORPUS: &str = "LEDGERBELL_FUZZ_CORPUS";
/// Longest input, in bytes: a quarter of the API's limit. Longer inputs find the same, later.
const MAX_INPUT_BYTES: u32 = 16 * 1024;
/// Longest time for one input, in seconds. A slower one is a finding.
const INPUT_SECONDS: u32 = 10;
/// Memory of one target, in MB. More is a finding.
const MEMORY_MB: u32 = 2_048;

/// Fuzzes these targets, or all, each for `seconds`. Inputs that break one are stored in `target/fuzz/found`.
///
/// # Errors
/// The build failed, a target is unknown, or an input broke one.
pub fn fuzz(targets: &[String], seconds: u32) -> Result<()> {
    let program = build()?;
    let known = command::read(Command::new(&program).env(TARGET, "?"))?;
    let known: Vec<&str> = known.lines().collect();
    for target in targets {
        if !known.contains(&target.as_str()) {
            let all = known.join(", ");
            return Err(Error::Missing(format!(
                "there is no target {target}; choose from: {all}"
            )));
        }
    }
    let mut broken = Vec::new();
    eprintln!(
        "{:<15} {:>12} {:>8} {:>8}  outcome",
        "target", "executions", "edges", "inputs"
    );
    for target in known {
        if (targets.is_empty() || targets.iter().any(|wanted| wanted == target))
            && !one(&program, target, seconds)?
        {
            broken.push(target);
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(Error::Missing(format!(
        "broken: {}. The inputs are in target/fuzz/found; keep each in tests/fuzz/regressions/TARGET",
        broken.join(", ")
    )))
}

fn build() -> Result<PathBuf> {
    let host = command::read(
        Command::new("rustc")
            .current_dir(root())
            .args(["--print", "host-tuple"]),
    )?;
    let folder = output_dir().join("fuzz");
    command::run(
        Command::new(cargo())
            .current_dir(root())
            .env("RUSTFLAGS", COVERAGE.join(" "))
            .args([
                "build",
                "--package",
                "fuzz",
                "--bin",
                "fuzz",
                "--features",
                "libfuzzer",
            ])
            // With an explicit target, build scripts and macros are built without the flags.
            .args(["--target", &host, "--target-dir"])
            .arg(&folder),
    )?;
    Ok(folder.join(host).join("debug/fuzz"))
}

/// Fuzzes one target. Returns whether no input broke it.
fn one(program: &Path, target: &str, seconds: u32) -> Result<bool> {
    let folder = |name: &str| -> Result<PathBuf> {
        let path = output_dir().join("fuzz").join(name);
        fs::create_dir_all(&path).map_err(at(&path))?;
        Ok(path)
    };
    let corpus = folder(&format!("corpus/{target}"))?;
    let found = folder("found")?;
    let log = folder("logs")?.join(format!("{target}.log"));
    let held = command::run_into(
        Command::new(program)
            .env(TARGET, target)
            .env(CORPUS, &corpus)
            .arg(&corpus)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={MAX_INPUT_BYTES}"))
            .arg(format!("-timeout={INPUT_SECONDS}"))
            .arg(format!("-rss_limit_mb={MEMORY_MB}"))
            .arg(format!("-artifact_prefix={}/{target}-", found.display()))
            .arg("-print_final_stats=1"),
        &log,
    )
    .is_ok();
    let said = fs::read(&log).map_err(at(&log))?;
    let said = String::from_utf8_lossy(&said);
    let executions = last_number(&said, "stat::number_of_executed_units:");
    let (edges, inputs) = (last_number(&said, " cov: "), last_number(&said, " corp: "));
    let outcome = if held { "held" } else { "BROKEN" };
    eprintln!("{target:<15} {executions:>12} {edges:>8} {inputs:>8}  {outcome}");
    Ok(held)
}

/// Returns the number after the last occurrence of a label, or 0 if there is none.
fn last_number(text: &str, label: &str) -> u64 {
    let rest = text
        .rsplit_once(label)
        .map_or("", |(_, rest)| rest.trim_start());
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_the_last_ones_of_the_fuzzer() {
        let said = "#2 INITED cov: 12 ft: 13 corp: 1/1b\n#9 DONE   cov: 15 ft: 20 corp: 7/40b\nstat::number_of_executed_units: 900\n";
        assert_eq!(last_number(said, " cov: "), 15);
        assert_eq!(last_number(said, " corp: "), 7);
        assert_eq!(last_number(said, "stat::number_of_executed_units:"), 900);
        assert_eq!(last_number("crashed at once", " cov: "), 0);
    }
}
