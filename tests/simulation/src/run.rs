//! One seed, from its first command to its end.

use handlers::redrive::Selection;

use crate::book::Violation;
use crate::bugs;
use crate::cloud::{Setup, State};
use crate::faults::{Chances, Coverage};
use crate::kernel::{Core, DAY, HOUR, MINUTE, Micros, Sim};
use crate::logs;

/// Rounds of redriving after which a letter counts as stuck.
const MAX_ROUNDS: u32 = 120;
/// Commands in the two days in which one month ends after the other, by the
/// clock of each place.
const ABOUT_THE_END_OF_THE_MONTH: u64 = 16;
/// Statements that are waited for longer than this are of two months.
const LONG_ENOUGH: Micros = 10 * DAY;
/// Rounds in which letters of unknown mails are redriven without being named.
const ROUNDS_THAT_CHANGE_NOTHING: u32 = 3;

#[derive(Debug, Clone)]
pub struct Outcome {
    pub violation: Option<Violation>,
    pub trace_hash: u64,
    pub coverage: Coverage,
    pub counts: Counts,
    pub story: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub commits: u64,
    pub acknowledged: u64,
    pub mails: u64,
    pub notifications: u64,
    pub letters_redriven: u64,
    pub replays: u64,
    pub unknown_at_the_end: u64,
    pub steps: u64,
    pub virtual_seconds: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Counts) {
        self.commits += other.commits;
        self.acknowledged += other.acknowledged;
        self.mails += other.mails;
        self.notifications += other.notifications;
        self.letters_redriven += other.letters_redriven;
        self.replays += other.replays;
        self.unknown_at_the_end += other.unknown_at_the_end;
        self.steps += other.steps;
        self.virtual_seconds += other.virtual_seconds;
    }
}

/// Runs `seed` with so many commands, with a bug planted or, for "", without.
pub fn run(seed: u64, commands: u32, bug: &'static str, story: bool) -> Outcome {
    bugs::plant(bug);
    let mut rng = fastrand::Rng::with_seed(seed);
    let setup = Setup::draw(&mut rng);
    let chances = Chances::draw(&mut rng);
    let sim = Sim::new(rng, chances, State::new(setup), story);
    logs::watch(|| {
        commands_with_faults(&sim, commands);
        sim.run();
        to_the_end(&sim);
        export_the_rest(&sim);
    });
    let mut core = sim.core();
    if let Some(line) = logs::leaked() {
        core.violate("no personal data in logs", || line);
    }
    if core.violation.is_none() {
        core.check_the_end();
    }
    bugs::plant("");
    let book = &core.state.book;
    let unknown = domain::notification::Phase::Unknown;
    let outcome = Outcome {
        violation: core.violation.clone(),
        trace_hash: core.trace_hash(),
        coverage: core.coverage.clone(),
        counts: Counts {
            commits: book.appended,
            acknowledged: book.acknowledged,
            mails: book.mails,
            notifications: core.state.notifications.len() as u64,
            letters_redriven: book.redriven,
            replays: core.state.asked.len() as u64,
            unknown_at_the_end: core
                .state
                .notifications
                .values()
                .filter(|notification| notification.phase() == unknown)
                .count() as u64,
            steps: core.events,
            virtual_seconds: core.now / 1_000_000,
        },
        story: core.story.take().unwrap_or_default(),
    };
    drop(core);
    sim.clear();
    outcome
}

/// The safety phase: commands while everything may go wrong, until peace comes.
fn commands_with_faults(sim: &Sim, commands: u32) {
    sim.start_the_machine();
    let mut core = sim.core();
    for _ in 0..core.state.setup.api_processes {
        core.start_api();
    }
    let mut at = core.state.setup.begins;
    let begins = at;
    for number in 0..commands {
        let pause = core.state.setup.pause;
        // Bursts, and pauses between them.
        if core.rng.u32(..3) > 0 {
            at += core.rng.u64(..pause);
        }
        if number < 4 {
            core.after(at, |core| core.change_a_customer());
        } else {
            core.after(at, |core| core.command());
        }
    }
    for _ in 0..core.state.setup.clock_steps {
        let step = core.rng.u64(begins..=at);
        core.after(step, Core::step_a_clock);
    }
    if core.state.setup.week_without_mailer {
        core.lose_the_mailer(at);
    }
    // Every place has had its next morning, and the first of the month, after a day and two hours.
    let night = match core.state.setup.bad_night {
        true => DAY + HOUR,
        false => 0,
    };
    let peace = at + night + core.rng.u64(MINUTE..20 * MINUTE);
    if core.state.setup.last_statement > LONG_ENOUGH {
        // Somebody moves, and something is booked, about the end of the month.
        let mut at = peace;
        for _ in 0..ABOUT_THE_END_OF_THE_MONTH {
            at += core.rng.u64(..2 * DAY / ABOUT_THE_END_OF_THE_MONTH * 2);
            core.after(at, |core| match core.rng.u32(..3) {
                0 => core.change_a_customer(),
                _ => core.append_something(),
            });
        }
    }
    core.after(peace, |core| {
        core.chances.on = false;
        core.set_clocks_right();
        core.state.deliveries_from = 0;
        core.state.unreadable.clear();
        core.end_stream_outage();
    });
}

/// The liveness phase: an operator redrives all letters, and then, or not, names
/// those of mails that may have been sent; and what waits is told in its time.
fn to_the_end(sim: &Sim) {
    let names_unknown = sim.core().rng.bool();
    let mut round = 0;
    loop {
        let redrives = {
            let core = sim.core();
            let only_unknown = core.state.letters.only_unknown();
            let last = if only_unknown && !names_unknown {
                ROUNDS_THAT_CHANGE_NOTHING
            } else {
                MAX_ROUNDS
            };
            !core.state.letters.waiting.is_empty() && round < last
        };
        if redrives {
            round += 1;
            sim.core()
                .after(20 * MINUTE, move |core| core.redrive_all(names_unknown));
        } else if !sim.step() {
            return;
        }
        sim.run();
    }
}

/// What was recorded last is old enough to be exported.
fn export_the_rest(sim: &Sim) {
    let exports = sim.core().state.setup.exports;
    if exports {
        sim.core().after(HOUR, Core::export);
        sim.run();
    }
}

impl Core {
    fn redrive_all(&mut self, names_unknown: bool) {
        if self.state.letters.only_unknown() && names_unknown {
            self.redrive_unknown();
        } else {
            self.redrive(&Selection {
                max: 100,
                ..Selection::default()
            });
        }
    }
}
