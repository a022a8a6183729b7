//! Appends: who writes how much, and at what cost.

use std::sync::Arc;

use peers::Failure;
use peers::adapter::Adapter;
use peers::dynamo_es::{DynamoEs, Source};
use peers::ledgerbell::Ledgerbell;
use peers::measure::{Spread, number};
use peers::report::{Chart, Goal, Part, Series, Table, texts};
use peers::workloads::{APPENDS, Appends, Sample, Shared, append};

use crate::Size;

/// All rounds of one store; ledgerbell is the first.
type Rounds = Vec<Vec<Sample>>;

pub async fn run(size: Size, part: &mut Part) -> Result<(), Failure> {
    let stores: Vec<Shared> = vec![
        Arc::new(Ledgerbell::start().await?),
        Arc::new(DynamoEs::start(Source::Events).await?),
        Arc::new(DynamoEs::start(Source::Snapshots).await?),
        Arc::new(DynamoEs::start(Source::Aggregate).await?),
        Arc::new(Adapter::start().await?),
    ];
    let mut curves: Vec<Vec<[f64; 2]>> = vec![Vec::new(); stores.len()];
    for work in APPENDS {
        let rounds = rounds(&stores, work, size).await?;
        part.tables.push(table(&stores, work, &rounds));
        if work.writers > 1 && work.own_accounts {
            part.goals.push(goal(&stores, work, &rounds));
            for (curve, samples) in curves.iter_mut().zip(&rounds) {
                curve.push([work.events_a_commit as f64, throughput(samples).median]);
            }
        }
    }
    part.charts.push(Chart {
        name: "peers-appends".to_owned(),
        title: "20 writers on 20 accounts".to_owned(),
        x: "events a commit".to_owned(),
        y: "events a second".to_owned(),
        log_x: false,
        series: stores
            .iter()
            .zip(curves)
            .map(|(store, points)| Series {
                label: store.name().to_owned(),
                points,
            })
            .collect(),
    });
    Ok(())
}

async fn rounds(stores: &[Shared], work: Appends, size: Size) -> Result<Rounds, Failure> {
    // One after another and with conflicts takes longer; ten events a commit write more.
    let share = if work.writers == 1 || !work.own_accounts || work.events_a_commit > 1 {
        2
    } else {
        1
    };
    let mut rounds: Rounds = vec![Vec::new(); stores.len()];
    for round in 0..size.rounds {
        for (store, samples) in stores.iter().zip(&mut rounds) {
            let sample = append(store, round, work, size.commits / share).await?;
            eprintln!(
                "{} | {round} | {}: {:.0} events/s, {:.2} requests a commit",
                work.title,
                store.name(),
                sample.events / sample.seconds,
                sample.spent.requests as f64 / sample.commits,
            );
            samples.push(sample);
        }
    }
    Ok(rounds)
}

fn throughput(samples: &[Sample]) -> Spread {
    Spread::of(samples.iter().map(|sample| sample.events / sample.seconds))
}

fn table(stores: &[Shared], work: Appends, rounds: &Rounds) -> Table {
    let rows = stores.iter().zip(rounds).map(|(store, samples)| {
        let of = |value: fn(&Sample) -> f64| Spread::of(samples.iter().map(value));
        vec![
            store.name().to_owned(),
            throughput(samples).text(0),
            number(of(|s| s.spent.requests as f64 / s.commits).median, 2),
            number(of(|s| s.spent.write_units / s.events).median, 2),
            number(of(|s| s.spent.read_units / s.events).median, 2),
            of(|s| s.p50).text(2),
            of(|s| s.p99).text(2),
            number(of(|s| s.cpu_seconds / s.events * 1e6).median, 0),
            number(of(|s| s.conflicts / s.commits).median, 2),
        ]
    });
    Table {
        title: format!("Appends: {}", work.title),
        head: texts(&[
            "",
            "events a second",
            "requests a commit",
            "write units an event",
            "read units an event",
            "p50 of a commit, ms",
            "p99 of a commit, ms",
            "processor time an event, us",
            "conflicts a commit",
        ]),
        rows: rows.collect(),
    }
}

fn goal(stores: &[Shared], work: Appends, rounds: &Rounds) -> Goal {
    let wanted = if work.events_a_commit == 1 { 1.0 } else { 4.0 };
    let best = (1..stores.len())
        .max_by(|&a, &b| {
            throughput(&rounds[a])
                .median
                .total_cmp(&throughput(&rounds[b]).median)
        })
        .unwrap_or(1);
    let pairs = rounds[0].iter().zip(&rounds[best]);
    let ratio = Spread::of(
        pairs.map(|(ours, theirs)| (ours.events / ours.seconds) / (theirs.events / theirs.seconds)),
    );
    let met = ratio.median >= wanted;
    Goal {
        goal: format!(
            "events a second, 20 writers on 20 accounts, {} a commit, against the best peer ({})",
            work.events_a_commit,
            stores[best].name()
        ),
        wanted: format!(">= {wanted:.1} x"),
        measured: format!("{} x", ratio.text(2)),
        ratio: ratio.median / wanted,
        met,
        why: if met { String::new() } else { why(work) },
    }
}

fn why(work: Appends) -> String {
    match work.events_a_commit {
        1 => "both wait for one synced transaction of the engine, and ours also writes an idempotency key, an index by time and a stream of whole commits in it".to_owned(),
        _ => "the engine takes one synced transaction at a time, and each store's commit is one, of one item or of ten; with a free disk (TMPDIR on tmpfs) the limit is the engine's and the SDK's work on a commit's nested attributes".to_owned(),
    }
}
