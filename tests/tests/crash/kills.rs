//! The process is killed again and again while banks write and mails go out.

use std::thread;
use std::time::{Duration, Instant};

use tests::one_machine::{Acknowledged, Folder, Gate, Load, Progress, Seed, Server, fixed_port};

use crate::counts::Counts;
use crate::settling::{each_is_answered_as_before, outcomes, settle};

const KILLS: usize = 200;
const ACCOUNTS: usize = 2;
const WRITERS: usize = 2;
/// A life is so long after it is ready, at most.
const LONGEST_LIFE: Duration = Duration::from_millis(200);
/// A delivery whose process died three times in a row becomes a dead letter:
/// each time the next process found the dead one's lease, or the report of the
/// mail that the dead one had sent was recorded between its read and its write.
const LEASED: [&str; 2] = [
    "another worker has this notification",
    "another worker took this notification meanwhile",
];

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    /// Before it is ready: it opens files, reads its journal, binds its port.
    Start,
    /// Right after it: it takes up what the one before it left.
    Recovery,
    /// In the middle of requests.
    Requests,
    /// While mails are on their way.
    Mails,
}

impl Moment {
    const ALL: [Moment; 4] = [
        Moment::Start,
        Moment::Recovery,
        Moment::Requests,
        Moment::Mails,
    ];
}

#[test]
fn two_hundred_kills_under_load_lose_nothing_and_double_nothing() {
    let began = Instant::now();
    let kills = std::env::var("LEDGERBELL_KILLS").map_or(KILLS, |text| {
        text.parse().expect("LEDGERBELL_KILLS is a whole number")
    });
    let mut seed = Seed::printed();
    let folder = Folder::new();
    let port = fixed_port();
    let mut start = Instant::now();
    let server = Server::start_on(&folder, port);
    let mut start_takes = start.elapsed();
    let api = server.api();
    api.put_customer("ana", "en");
    let loads = loads(kills);
    for load in &loads {
        api.open(&load.account, "ana", "EUR");
    }
    server.kill();

    // Each life has its share of the deposits, so that every one has work.
    let gate = Gate::default();
    let started: Vec<_> = loads
        .iter()
        .map(|load| load.start_behind(&gate, &api))
        .collect();
    let (writers, progress): (Vec<_>, Vec<_>) = started.into_iter().unzip();
    let mut of_moment = [0; 4];
    for kill in 0..kills {
        gate.let_through(kill + 1);
        let moment = Moment::ALL[seed.between(0, 4)];
        of_moment[moment as usize] += 1;
        start = Instant::now();
        let starting = Server::launch_on(&folder, port);
        if moment == Moment::Start {
            pause(&mut seed, start_takes);
            starting.kill();
            continue;
        }
        let server = starting.ready();
        start_takes = start.elapsed();
        match moment {
            Moment::Recovery => pause(&mut seed, LONGEST_LIFE / 5),
            Moment::Requests => {
                let all = (kill + 1) * ACCOUNTS * WRITERS;
                let wanted = acknowledged(&progress) + seed.between(1, 2 * ACCOUNTS * WRITERS);
                within(LONGEST_LIFE, || acknowledged(&progress) >= wanted.min(all));
            }
            Moment::Start | Moment::Mails => {
                within(LONGEST_LIFE, || folder.disk().deliveries() > 0);
                pause(&mut seed, LONGEST_LIFE / 10);
            }
        }
        server.kill();
    }

    let killed_within = began.elapsed().as_secs_f32();
    let server = Server::start_on(&folder, port);
    let answers: Vec<Vec<Acknowledged>> = writers
        .into_iter()
        .map(|writer| writer.join().unwrap())
        .collect();
    let disk = folder.disk();
    let redriven = settle(&api, &disk, &loads, &LEASED);
    let settled_within = began.elapsed().as_secs_f32() - killed_within;
    let outcomes = outcomes(&api, &disk, &loads);
    let counts = Counts::of(&answers, &outcomes);
    eprintln!(
        "{kills} kills ({} at a start, {} at a recovery, {} during requests, {} during mails); {counts}; \
         {} dead letters redriven {:?}; a start took {start_takes:?}; {killed_within:.1} s of kills, {settled_within:.1} s until all was done, {:.1} s in all",
        of_moment[0],
        of_moment[1],
        of_moment[2],
        of_moment[3],
        redriven.letters,
        redriven.reasons,
        began.elapsed().as_secs_f32()
    );
    assert_eq!((counts.lost(), counts.doubled()), (0, 0));
    for (outcome, load) in outcomes.iter().zip(&loads) {
        outcome.is_exactly(load);
    }
    for answers in &answers {
        each_is_answered_as_before(&api, answers);
    }
    server.stop();
}

fn loads(deposits: usize) -> Vec<Load> {
    (0..ACCOUNTS)
        .map(|account| Load {
            account: format!("ACC-KILLS-{account}"),
            writers: WRITERS,
            deposits,
        })
        .collect()
}

fn acknowledged(progress: &[Progress]) -> usize {
    progress.iter().map(Progress::acknowledged).sum()
}

/// Chance, and no waiting for anything: up to `longest`.
fn pause(seed: &mut Seed, longest: Duration) {
    let most = longest.as_micros() as usize;
    thread::sleep(Duration::from_micros(seed.between(0, most.max(1)) as u64));
}

/// Waits for it, but a life ends in any case: what it did not bring the next will.
fn within(longest: Duration, there: impl Fn() -> bool) {
    let began = Instant::now();
    while !there() && began.elapsed() < longest {
        thread::sleep(Duration::from_millis(2));
    }
}
