//! libFuzzer over one target, which `LEDGERBELL_FUZZ_TARGET` names. `cargo xtask fuzz` builds and starts it.
#![no_main]

use std::io::Write;
use std::sync::OnceLock;
use std::{env, fs, path::Path};

use fuzz::{TARGETS, Target, regressions, seeds};

static TARGET: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: start(), |data: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.run)(data);
    }
});

/// Finds the target, and lays its seeds where libFuzzer looks for inputs next.
fn start() {
    let name = env::var("LEDGERBELL_FUZZ_TARGET").unwrap_or_default();
    if name == "?" {
        let mut out = std::io::stdout();
        for target in TARGETS {
            writeln!(out, "{}", target.name).expect("somebody reads");
        }
        std::process::exit(0);
    }
    let target = TARGETS.into_iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called {name:?}"));
    let folder = env::var("LEDGERBELL_FUZZ_CORPUS").expect("the corpus is named");
    for (number, seed) in [seeds::of(target.name), regressions::of(target.name)]
        .concat()
        .iter()
        .enumerate()
    {
        let file = Path::new(&folder).join(format!("seed-{number}"));
        fs::write(file, seed).expect("the corpus can be written");
    }
    let _ = TARGET.set(target);
}
