//! `cargo xtask simulate`: many seeds, or one with its story.

use std::process::ExitCode;

use clap::Parser;
use simulation::output;
use simulation::report::{self, Seeds};

/// A third of the time goes into small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the use cases under faults, from a seed. Exit code 1 at a violation.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask simulate")]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This one seed alone, with every step it takes.
    #[arg(long, conflicts_with_all = ["seeds", "from", "planted"])]
    seed: Option<u64>,
    /// Commands in each seed.
    #[arg(long, default_value_t = report::COMMANDS)]
    commands: u32,
    /// With this bug planted.
    #[arg(long, value_parser = bug)]
    bug: Option<&'static str>,
    /// Plant each bug in turn and count the seeds that it takes to catch it.
    #[arg(long, conflicts_with = "bug")]
    planted: bool,
    /// The seeds that once failed, as regressions.txt lists them.
    #[arg(long, conflicts_with_all = ["seeds", "from", "seed", "bug", "planted"])]
    regressions: bool,
    /// What the test command runs: the seeds that once failed, many others, and every bug planted.
    #[arg(long, conflicts_with_all = ["seeds", "from", "seed", "commands", "bug", "planted", "regressions", "faults"])]
    standard: bool,
    /// Show how often each fault happened at each hop, and fail where one happened less often than this.
    #[arg(long, value_name = "LEAST")]
    faults: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.standard {
        return exit(report::standard());
    }
    let bug = arguments.bug.unwrap_or("");
    if arguments.regressions {
        return exit(report::regressions());
    }
    let good = match arguments.seed {
        Some(seed) => report::one(seed, arguments.commands, bug),
        None => {
            let seeds = Seeds {
                from: arguments.from,
                count: arguments.seeds,
                commands: arguments.commands,
            };
            if arguments.planted {
                report::planted(seeds)
            } else {
                report::many(seeds, bug, arguments.faults)
            }
        }
    };
    exit(good)
}

fn exit(good: bool) -> ExitCode {
    if output::is_written() && good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn bug(name: &str) -> Result<&'static str, String> {
    let known = simulation::bugs::BUGS.iter().map(|bug| bug.name);
    known.clone().find(|known| *known == name).ok_or_else(|| {
        let names: Vec<&str> = known.collect();
        format!("one of {}", names.join(", "))
    })
}
