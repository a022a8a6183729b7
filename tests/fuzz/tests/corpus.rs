//! The short run: seeds, what was found before, and some thousand inputs near to them, the same each time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use fastrand::Rng;
use fuzz::{TARGETS, Target, mutation, regressions, seeds};

const SEED: u64 = 20_261_125;
/// Mutations of each target.
const MUTATIONS: usize = 1_500;
/// Not one input may take so long: a parser that is slow on some input is a way to stop us.
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn seeds_and_what_was_found_before_break_no_promise() {
    for target in TARGETS {
        let inputs = [seeds::of(target.name), regressions::of(target.name)].concat();
        for input in &inputs {
            holds(target, input);
        }
        eprintln!("{}: {} inputs", target.name, inputs.len());
    }
}

#[test]
fn what_is_near_to_the_seeds_breaks_no_promise() {
    std::thread::scope(|scope| {
        for target in TARGETS {
            scope.spawn(move || {
                let inputs = [seeds::of(target.name), regressions::of(target.name)].concat();
                let mut random = Rng::with_seed(SEED);
                for _ in 0..MUTATIONS {
                    holds(target, &mutation::of(&inputs, &mut random));
                }
            });
        }
    });
}

/// Shows the input that breaks a promise, ready to be kept in `regressions`.
#[track_caller]
fn holds(target: Target, input: &[u8]) {
    let started = Instant::now();
    let run = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let shown = input.escape_ascii();
    assert!(run.is_ok(), "{} breaks on b\"{shown}\"", target.name);
    assert!(
        started.elapsed() < LONGEST,
        "{} is slow on b\"{shown}\"",
        target.name
    );
}

#[test]
fn the_seeds_of_our_own_making_are_read_and_not_refused_at_the_door() {
    let batch = &seeds::of("stream-batch")[0];
    let batch = serde_json::from_slice(batch).expect("it is JSON");
    let batch = aws::stream::read_batch(&batch).expect("it is a batch");
    assert!(batch.unreadable.is_empty(), "{:?}", batch.unreadable);
    assert_eq!(batch.records.len(), 2);
    for record in batch.records {
        assert!(record.commit.is_ok(), "{:?}", record.commit);
    }
    for event in seeds::of("ses-event") {
        let event = serde_json::from_slice(&event).expect("it is JSON");
        assert!(
            matches!(handlers::feedback::read(&event), Ok(Some(_))),
            "{event:#}"
        );
    }
}
