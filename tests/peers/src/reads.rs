//! Loads of one account, and replays of all.

use std::sync::Arc;

use peers::Failure;
use peers::adapter::Adapter;
use peers::dynamo_es::{DynamoEs, Source};
use peers::ledgerbell::Ledgerbell;
use peers::measure::{Spread, number};
use peers::report::{Goal, Part, Table, texts};
use peers::workloads::{History, Read, Reading, Shared, read};

use crate::Size;

/// A store with the history in it, and how it is told of.
struct Filled {
    label: String,
    store: Shared,
}

pub async fn run(size: Size, part: &mut Part) -> Result<(), Failure> {
    let history = History::of(size.events);
    let names = history.names();
    let filled = fill(&history).await?;
    let (long, short) = (&history.accounts[0], &history.accounts[1]);
    for (account, events) in [short, long] {
        for what in [Read::Load(account), Read::Fold(account)] {
            let rounds = rounds(&filled, what, size.rounds).await?;
            part.tables.push(table(&filled, what, *events, &rounds));
        }
    }
    let what = Read::Replay(&names);
    let rounds = rounds(&filled, what, size.rounds).await?;
    part.tables
        .push(table(&filled, what, history.events(), &rounds));
    // dynamo-es with snapshots is the third: there is one replay, whatever accounts are loaded from.
    part.goals
        .push(goal(&filled[0].label, &rounds[0], &rounds[2]));
    part.notes.push(format!(
        "The history that is read has {} events: one account of {} and {} of {}. Ledgerbell's history was written twice, with 10 events a commit \
         and with 1, because its pages and items consist of commits.",
        history.events(), long.1, history.accounts.len() - 1, short.1,
    ));
    Ok(())
}

async fn fill(history: &History) -> Result<Vec<Filled>, Failure> {
    let tens: Shared = Arc::new(Ledgerbell::start().await?);
    let ones: Shared = Arc::new(Ledgerbell::start().await?);
    let snapshots = DynamoEs::start(Source::Snapshots).await?;
    let events: Shared = Arc::new(snapshots.from(Source::Events));
    let snapshots: Shared = Arc::new(snapshots);
    let adapter: Shared = Arc::new(Adapter::start().await?);
    for (store, events_a_commit) in [(&tens, 10), (&ones, 1), (&snapshots, 20), (&adapter, 1)] {
        eprintln!(
            "writing the history of {}, {events_a_commit} events a commit",
            store.name()
        );
        history.write(store, events_a_commit).await?;
    }
    let named = |store: Shared| Filled {
        label: store.name().to_owned(),
        store,
    };
    Ok(vec![
        Filled {
            label: "ledgerbell, 10 events a commit".to_owned(),
            store: tens,
        },
        Filled {
            label: "ledgerbell, 1 event a commit".to_owned(),
            store: ones,
        },
        named(snapshots),
        named(events),
        named(adapter),
    ])
}

async fn rounds(
    filled: &[Filled],
    what: Read<'_>,
    rounds: usize,
) -> Result<Vec<Vec<Reading>>, Failure> {
    let mut all = vec![Vec::new(); filled.len()];
    for _ in 0..rounds {
        for (one, readings) in filled.iter().zip(&mut all) {
            readings.push(read(&one.store, what).await?);
        }
    }
    for (one, readings) in filled.iter().zip(&all) {
        let seconds = Spread::of(readings.iter().map(|reading| reading.seconds));
        eprintln!(
            "{} | {}: {:.1} ms",
            title(what),
            one.label,
            seconds.median * 1000.0
        );
    }
    Ok(all)
}

fn title(what: Read<'_>) -> &'static str {
    match what {
        Read::Load(_) => "Load of an account, as before a decision",
        Read::Fold(_) => "An account folded from all of its events",
        Read::Replay(_) => "Replay of all accounts",
    }
}

fn table(filled: &[Filled], what: Read<'_>, events: usize, rounds: &[Vec<Reading>]) -> Table {
    let is_load = matches!(what, Read::Load(_));
    let mut rows = Vec::new();
    for (one, readings) in filled.iter().zip(rounds) {
        let Some(first) = readings.first() else {
            continue;
        };
        let of = |value: &dyn Fn(&Reading) -> f64| Spread::of(readings.iter().map(value));
        let mut row = vec![
            one.label.clone(),
            of(&|reading| reading.seconds * 1000.0).text(1),
            number(first.spent.requests as f64, 0),
            number(first.spent.read_units, 1),
            number(of(&|reading| reading.cpu_seconds * 1000.0).median, 1),
        ];
        if !is_load {
            // Of what came: dynamo-es gives the first MB of an account.
            let read = |reading: &Reading| reading.loaded.events as f64;
            row.push(number(read(first), 0));
            row.push(of(&|reading| read(reading) / reading.seconds).text(0));
            row.push(number(
                of(&|reading| reading.cpu_seconds / read(reading) * 1e6).median,
                1,
            ));
        }
        rows.push(row);
    }
    let mut head = texts(&["", "ms", "requests", "read units", "processor time, ms"]);
    if !is_load {
        head.extend(texts(&[
            "events received",
            "events a second",
            "processor time an event, us",
        ]));
    }
    Table {
        title: format!("{}: {} events", title(what), number(events as f64, 0)),
        head,
        rows,
    }
}

fn goal(label: &str, ours: &[Reading], theirs: &[Reading]) -> Goal {
    const WANTED: f64 = 5.0;
    let ratio = Spread::of(
        ours.iter()
            .zip(theirs)
            .map(|(ours, theirs)| theirs.seconds / ours.seconds),
    );
    let met = ratio.median >= WANTED;
    Goal {
        goal: format!("replay of all accounts, against dynamo-es ({label})"),
        wanted: format!(">= {WANTED:.1} x"),
        measured: format!("{} x", ratio.text(2)),
        ratio: ratio.median / WANTED,
        met,
        why: if met {
            String::new()
        } else {
            "in a profile of all stores' replays the engine's scan has 13,144 samples, the SDK's reading of its answers 4,014, and the check \
             of the chain, which the peer does not have, 1,094: most of it is the way of an item, and packing has made ten of them one"
                .to_owned()
        },
    }
}
