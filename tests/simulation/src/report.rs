//! Many seeds on all cores, and what came of them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::book::Violation;
use crate::bugs::{BUGS, PlantedBug};
use crate::faults::Coverage;
use crate::kernel::lock;
use crate::output::tell;
use crate::progress::Progress;
use crate::run::{Counts, run};

/// One seed in so many is run twice, to see that it takes the same steps.
const TWICE: u64 = 100;
/// Seeds within which a planted bug must be caught.
const MAX_SEEDS_FOR_A_BUG: u64 = 2000;
/// Commands in a seed, unless told otherwise.
pub const COMMANDS: u32 = 200;
/// Seeds of the standard run: enough for every fault to happen so often at every hop.
const STANDARD_SEEDS: u64 = 5000;
const STANDARD_FAULTS: u64 = 1000;

#[derive(Debug, Clone, Copy)]
pub struct Seeds {
    pub from: u64,
    pub count: u64,
    pub commands: u32,
}

#[derive(Debug, Default)]
struct Sum {
    seeds: u64,
    twice: u64,
    /// The traces of all seeds in one number, whatever order they ran in: equal
    /// before and after a change that must not change what the system does.
    fingerprint: u64,
    counts: Counts,
    coverage: Coverage,
    /// The violation of the lowest seed that was seen.
    violation: Option<(u64, Violation)>,
}

/// Runs the seeds; `true` when all held, and every fault happened often enough.
#[must_use]
pub fn many(seeds: Seeds, bug: &'static str, least_faults: Option<u64>) -> bool {
    let sum = all(seeds, bug);
    let counts = &sum.counts;
    tell!(
        "{} seeds of {} commands, {} of them twice with identical traces: {} commits, {} acknowledgements, \
         {} notifications, {} mails, {} letters redriven, {} replays, {} mails left unknown, {} steps, \
         {} days of virtual time",
        sum.seeds,
        seeds.commands,
        sum.twice,
        counts.commits,
        counts.acknowledged,
        counts.notifications,
        counts.mails,
        counts.letters_redriven,
        counts.replays,
        counts.unknown_at_the_end,
        counts.steps,
        counts.virtual_seconds / 86_400,
    );
    if let Some((seed, violation)) = &sum.violation {
        tell!(
            "seed {seed} VIOLATES: {}: {}",
            violation.invariant,
            violation.detail
        );
        tell!("at commit {}", commit());
        tell!(
            "to see its steps: cargo xtask simulate --seed {seed} --commands {}",
            seeds.commands
        );
        return false;
    }
    tell!("0 violations");
    tell!("fingerprint {:016x}", sum.fingerprint);
    let Some(least) = least_faults else {
        return true;
    };
    tell!("\n{}", sum.coverage.table());
    let below = sum.coverage.below(least);
    for (hop, fault, count) in &below {
        tell!(
            "{} at {} happened {count} times, not {least}",
            fault.name(),
            hop.name()
        );
    }
    below.is_empty()
}

fn all(seeds: Seeds, bug: &'static str) -> Sum {
    let next = AtomicU64::new(seeds.from);
    let stop = AtomicBool::new(false);
    let sum = Mutex::new(Sum::default());
    let progress = Progress::of(seeds.count);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.from + seeds.count {
                        return;
                    }
                    let violation = one_of_many(seed, seeds.commands, bug, &sum);
                    if violation {
                        stop.store(true, Ordering::Relaxed);
                    }
                    progress.one_more();
                }
            });
        }
    });
    progress.end();
    sum.into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// `true` when something was broken.
fn one_of_many(seed: u64, commands: u32, bug: &'static str, sum: &Mutex<Sum>) -> bool {
    let outcome = run(seed, commands, bug, false);
    let mut violation = outcome.violation;
    let twice = seed.is_multiple_of(TWICE);
    if twice && run(seed, commands, bug, false).trace_hash != outcome.trace_hash {
        violation = violation.or(Some(Violation {
            invariant: "the same seed takes the same steps",
            detail: "two runs differ".to_owned(),
            at: 0,
        }));
    }
    let broken = violation.is_some();
    let mut sum = lock(sum);
    sum.seeds += 1;
    sum.twice += u64::from(twice);
    let mut hasher = DefaultHasher::new();
    (seed, outcome.trace_hash).hash(&mut hasher);
    sum.fingerprint ^= hasher.finish();
    sum.counts.add(&outcome.counts);
    sum.coverage.add(&outcome.coverage);
    if let Some(violation) = violation
        && sum
            .violation
            .as_ref()
            .is_none_or(|(lowest, _)| seed < *lowest)
    {
        sum.violation = Some((seed, violation));
    }
    broken
}

/// The seeds that once failed, many others, and the bugs that must be caught.
#[must_use]
pub fn standard() -> bool {
    let first = |count| Seeds {
        from: 0,
        count,
        commands: COMMANDS,
    };
    regressions()
        && many(first(STANDARD_SEEDS), "", Some(STANDARD_FAULTS))
        && planted(first(MAX_SEEDS_FOR_A_BUG))
}

const REGRESSIONS: &str = include_str!("../regressions.txt");

/// Runs the seeds that once failed.
#[must_use]
pub fn regressions() -> bool {
    let mut count = 0;
    for line in REGRESSIONS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        let mut number = || words.next().and_then(|word| word.parse::<u32>().ok());
        let (Some(seed), Some(commands)) = (number(), number()) else {
            tell!("not a seed: {line}");
            return false;
        };
        if let Some(violation) = run(u64::from(seed), commands, "", false).violation {
            tell!(
                "seed {seed} VIOLATES: {}: {}",
                violation.invariant,
                violation.detail
            );
            return false;
        }
        count += 1;
    }
    tell!("{count} seeds that once failed, 0 violations");
    count > 0
}

/// One seed with its story.
#[must_use]
pub fn one(seed: u64, commands: u32, bug: &'static str) -> bool {
    let outcome = run(seed, commands, bug, true);
    for line in &outcome.story {
        tell!("{line}");
    }
    tell!("trace {:016x}, {:?}", outcome.trace_hash, outcome.counts);
    match outcome.violation {
        None => {
            tell!("seed {seed}: 0 violations");
            true
        }
        Some(violation) => {
            tell!(
                "seed {seed} VIOLATES: {}: {}",
                violation.invariant,
                violation.detail
            );
            false
        }
    }
}

/// Plants each bug and prints the table of what caught it, after how many seeds.
#[must_use]
pub fn planted(seeds: Seeds) -> bool {
    tell!("| planted bug | what it does | caught by | seeds needed |\n|---|---|---|--:|");
    let mut caught = 0;
    for bug in BUGS {
        let most = seeds.count.min(MAX_SEEDS_FOR_A_BUG);
        let sum = all(
            Seeds {
                count: most,
                ..seeds
            },
            bug.name,
        );
        let (line, good) = judged(&bug, &sum, most);
        tell!("{line}");
        caught += usize::from(good);
    }
    tell!("\n{caught} of {} planted bugs caught", BUGS.len());
    caught == BUGS.len()
}

fn judged(bug: &PlantedBug, sum: &Sum, most: u64) -> (String, bool) {
    let PlantedBug {
        name,
        what,
        caught_by,
    } = bug;
    match &sum.violation {
        None => (
            format!("| `{name}` | {what} | NOT CAUGHT | {most} |"),
            false,
        ),
        Some((_, violation)) => {
            let invariant = violation.invariant;
            let fits = caught_by.contains(&invariant);
            let remark = if fits {
                ""
            } else {
                " (NOT AN INVARIANT THAT FITS)"
            };
            let line = format!(
                "| `{name}` | {what} | {invariant}{remark} | {} |",
                sum.seeds
            );
            (line, fits)
        }
    }
}

/// The commit that a seed belongs to, as far as git tells.
fn commit() -> String {
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
