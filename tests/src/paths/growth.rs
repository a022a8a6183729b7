//! How the store's rate changes with what is in it already, and with who writes.

use std::time::Duration;

use serde_json::{Value, json};

use super::store::Store;
use super::{Effort, Found, spread};

const ACCOUNTS: u32 = 1_000;
const WRITERS: u32 = 16;
const ROUNDS: usize = 7;
/// Commits of one event in each round.
const COMMITS: u32 = 400;
const MOST_IN_A_COMMIT: u32 = 25;
/// Accounts or customers.
const FEW: u32 = 1_000;
const MORE: [u32; 2] = [10_000, 100_000];

pub(super) fn measure(effort: Effort) -> Found {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        let mut found = Found::default();
        in_the_store(effort, &mut found).await;
        of_one_account(effort, &mut found).await;
        by_accounts(effort, &mut found).await;
        by_customers(effort, &mut found).await;
        by_writers(effort, &mut found).await;
        found
    })
}

/// The rate of `large` over that of `small`, by turns, so that what else the machine does meets both.
async fn by_turns(
    small: impl AsyncFn() -> Duration,
    large: impl AsyncFn() -> Duration,
) -> (f64, f64, f64) {
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let of_small = small().await;
        ratios.push(of_small.as_secs_f64() / large().await.as_secs_f64());
    }
    spread(ratios)
}

/// A large store against a small one.
async fn in_the_store(effort: Effort, found: &mut Found) {
    let (small, large) = (filled(1_000).await, filled(1_000).await);
    let sizes: &[u32] = if effort.quick {
        &[2_000]
    } else {
        &[10_000, 100_000, 1_000_000]
    };
    let mut points = vec![json!([1_000, 1.0])];
    let mut last = (f64::NAN, f64::NAN, f64::NAN);
    let mut size = 1_000;
    for next in sizes {
        let commits = (next - size) / MOST_IN_A_COMMIT;
        large
            .commit(commits, MOST_IN_A_COMMIT, WRITERS, |n| name(n % ACCOUNTS))
            .await;
        size = *next;
        let commits = effort.of(COMMITS);
        let few = |n| name(n % WRITERS);
        last = by_turns(
            async || small.commit(commits, 1, WRITERS, few).await,
            async || large.commit(commits, 1, WRITERS, few).await,
        )
        .await;
        points.push(json!([size, last.0]));
    }
    small.stop().await;
    large.stop().await;
    let (middle, least, most) = last;
    found.goals.push(json!({
        "goal": format!("append rate of one machine after {size} events, over that after 1,000"),
        "wanted": ">= 0.9",
        "measured": format!("{middle:.2} ({least:.2} to {most:.2})"),
        "ratio": middle / 0.9,
        "met": middle >= 0.9,
        "why": if middle >= 0.9 { "" } else { "SQLite's trees are deeper and no longer all in its cache" },
    }));
    found.charts.push(chart(
        "growth-events",
        "Append rate by the number of stored events, relative to the rate with 1,000",
        "events in the store",
        "rate, relative",
        true,
        points,
    ));
}

async fn of_one_account(effort: Effort, found: &mut Found) {
    let store = filled(1_000).await;
    let long = |_: u32| "BENCH-LONG".to_owned();
    store.open(0..1, long).await;
    let sizes: &[u32] = if effort.quick {
        &[100, 200]
    } else {
        &[100, 1_000, 10_000, 100_000]
    };
    let mut size = 1;
    let mut points = Vec::new();
    for next in sizes {
        store
            .commit((next - size) / MOST_IN_A_COMMIT, MOST_IN_A_COMMIT, 1, long)
            .await;
        size = *next;
        let commits = effort.of(200);
        // Short ones beside it, which stay short: each is another.
        let short = |n| name(n % ACCOUNTS);
        let rate = by_turns(
            async || store.commit(commits, 1, 1, short).await,
            async || store.commit(commits, 1, 1, long).await,
        );
        points.push(json!([size, rate.await.0]));
    }
    store.stop().await;
    found.charts.push(chart(
        "growth-account",
        "Append rate to one account by its number of events, relative to accounts with few",
        "events of the account",
        "rate, relative",
        true,
        points,
    ));
}

fn more(effort: Effort) -> [u32; 2] {
    MORE.map(|size| size.min(effort.of(MORE[1]).max(2 * FEW)))
}

/// Accounts of one commit each, beside a store of few, by turns.
async fn by_accounts(effort: Effort, found: &mut Found) {
    let (few, many) = (filled(FEW).await, filled(FEW).await);
    let mut there = FEW;
    let mut points = vec![json!([FEW, 1.0])];
    for next in more(effort) {
        many.open(there..next, name).await;
        there = next;
        let commits = effort.of(COMMITS);
        // Each commit to another account, over all of them: its head is not in memory.
        let stride = there / commits.min(there);
        let rate = by_turns(
            async || few.commit(commits, 1, WRITERS, |n| name(n % FEW)).await,
            async || {
                let anywhere = |n| name(n * stride % there);
                many.commit(commits, 1, WRITERS, anywhere).await
            },
        );
        points.push(json!([there, rate.await.0]));
    }
    few.stop().await;
    many.stop().await;
    found.charts.push(chart(
        "growth-accounts",
        "Append rate by the number of accounts, relative to the rate with 1,000",
        "accounts",
        "rate, relative",
        true,
        points,
    ));
}

/// One rule of the bus serves all customers: what grows with them is where a mail's recipient is read.
async fn by_customers(effort: Effort, found: &mut Found) {
    let (few, many) = (Store::new().await, Store::new().await);
    few.add_customers(0..FEW).await;
    many.add_customers(0..FEW).await;
    let mut there = FEW;
    let mut points = vec![json!([FEW, 1.0])];
    for next in more(effort) {
        many.add_customers(there..next).await;
        there = next;
        let reads = effort.of(2_000);
        let stride = there / reads.min(there);
        let rate = by_turns(
            async || few.read_customers((0..reads).map(|n| n % FEW)).await,
            async || {
                let anyone = (0..reads).map(|n| n * stride % there);
                many.read_customers(anyone).await
            },
        );
        points.push(json!([there, rate.await.0]));
    }
    few.stop().await;
    many.stop().await;
    found.charts.push(chart(
        "growth-customers",
        "Rate of reading recipients by the number of customers, relative to the rate with 1,000",
        "customers",
        "rate, relative",
        true,
        points,
    ));
}

async fn by_writers(effort: Effort, found: &mut Found) {
    let store = filled(1_000).await;
    let writers: &[u32] = if effort.quick {
        &[1, 4]
    } else {
        &[1, 2, 4, 8, 16, 32, 64]
    };
    let commits = effort.of(COMMITS);
    let mut rounds: Vec<Vec<Duration>> = vec![Vec::new(); writers.len()];
    for _ in 0..ROUNDS {
        for (of, count) in rounds.iter_mut().zip(writers) {
            of.push(store.commit(commits, 1, *count, |n| name(n % count)).await);
        }
    }
    store.stop().await;
    let rate = |took: &Duration| f64::from(commits) / took.as_secs_f64();
    let points: Vec<Value> = writers
        .iter()
        .zip(&rounds)
        .map(|(count, took)| json!([count, spread(took.iter().map(rate).collect()).0]))
        .collect();
    found.charts.push(chart(
        "growth-writers",
        "Appends a second by concurrent writers, each to an account of its own",
        "writers",
        "appends a second",
        true,
        points,
    ));
}

/// A store with so many events over all accounts.
async fn filled(events: u32) -> Store {
    let store = Store::new().await;
    store.open(0..ACCOUNTS.min(events), name).await;
    store
}

fn name(number: u32) -> String {
    format!("BENCH-{number}")
}

fn chart(name: &str, title: &str, x: &str, y: &str, log_x: bool, points: Vec<Value>) -> Value {
    json!({
        "name": name, "title": title, "x": x, "y": y, "log_x": log_x,
        "series": [{ "label": "ledgerbell", "points": points }],
    })
}
