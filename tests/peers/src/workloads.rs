//! The work, and what it took.

use std::sync::Arc;
use std::time::Instant;

use futures::future::try_join_all;

use crate::capacity::Spent;
use crate::measure::{Watch, quantile};
use crate::store::{Failure, LONGEST_COMMIT, Loaded, Store};

pub type Shared = Arc<dyn Store>;

/// Appends by several writers at once.
#[derive(Debug, Clone, Copy)]
pub struct Appends {
    pub title: &'static str,
    pub writers: usize,
    /// Whether each has an account of his own, or all write to one.
    pub own_accounts: bool,
    pub events_a_commit: usize,
}

pub const APPENDS: [Appends; 5] = [
    Appends {
        title: "1 writer, 1 event a commit",
        writers: 1,
        own_accounts: true,
        events_a_commit: 1,
    },
    Appends {
        title: "1 writer, 10 events a commit",
        writers: 1,
        own_accounts: true,
        events_a_commit: 10,
    },
    Appends {
        title: "20 writers on 20 accounts, 1 event a commit",
        writers: 20,
        own_accounts: true,
        events_a_commit: 1,
    },
    Appends {
        title: "20 writers on 20 accounts, 10 events a commit",
        writers: 20,
        own_accounts: true,
        events_a_commit: 10,
    },
    Appends {
        title: "20 writers on one account, 1 event a commit",
        writers: 20,
        own_accounts: false,
        events_a_commit: 1,
    },
];

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub commits: f64,
    pub events: f64,
    pub seconds: f64,
    pub cpu_seconds: f64,
    /// Milliseconds from the call to its answer, pauses after conflicts included.
    pub p50: f64,
    pub p99: f64,
    pub conflicts: f64,
    pub spent: Spent,
}

/// `commits` appends on fresh accounts, which are opened before it begins.
pub async fn append(
    store: &Shared,
    round: usize,
    work: Appends,
    commits: usize,
) -> Result<Sample, Failure> {
    let accounts: Vec<String> = (0..work.writers)
        .map(|writer| {
            let own = if work.own_accounts {
                writer.to_string()
            } else {
                "shared".to_owned()
            };
            format!("{}-{}-{round}-{own}", work.writers, work.events_a_commit)
        })
        .collect();
    let opened = if work.own_accounts { accounts.len() } else { 1 };
    for account in &accounts[..opened] {
        store.open(account).await?;
    }
    let each = commits.div_ceil(work.writers);
    let before = store.spent();
    let watch = Watch::start();
    let writers = accounts.into_iter().map(|account| {
        let store = store.clone();
        tokio::spawn(async move {
            let amounts = vec![245; work.events_a_commit];
            let mut taken = Vec::with_capacity(each);
            let mut conflicts = 0;
            for _ in 0..each {
                let begun = Instant::now();
                conflicts += store.deposit(&account, &amounts).await?;
                taken.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            Ok::<_, Failure>((taken, conflicts))
        })
    });
    let done = try_join_all(writers).await?;
    let (seconds, cpu_seconds) = watch.read();
    let spent = store.spent().since(before);
    let mut taken = Vec::new();
    let mut conflicts = 0;
    for writer in done {
        let (times, met) = writer?;
        taken.extend(times);
        conflicts += met;
    }
    taken.sort_by(f64::total_cmp);
    let commits = (each * work.writers) as f64;
    Ok(Sample {
        commits,
        events: commits * work.events_a_commit as f64,
        seconds,
        cpu_seconds,
        p50: quantile(&taken, 0.5),
        p99: quantile(&taken, 0.99),
        conflicts: conflicts as f64,
        spent,
    })
}

/// A history to read: accounts with as many events each, their opening among them.
#[derive(Debug, Clone)]
pub struct History {
    pub accounts: Vec<(String, usize)>,
}

impl History {
    /// One account of a tenth of all events, and accounts of `events / 100` for the rest.
    pub fn of(events: usize) -> Self {
        let (long, short) = (events / 10, events / 100);
        let mut accounts = vec![("LONG".to_owned(), long)];
        accounts.extend((0..90).map(|number| (format!("SHORT-{number}"), short)));
        History { accounts }
    }

    pub fn names(&self) -> Vec<String> {
        self.accounts.iter().map(|(name, _)| name.clone()).collect()
    }

    pub fn events(&self) -> usize {
        self.accounts.iter().map(|(_, events)| events).sum()
    }

    /// Writes it, several accounts at a time.
    pub async fn write(&self, store: &Shared, events_a_commit: usize) -> Result<(), Failure> {
        let longest = events_a_commit.min(LONGEST_COMMIT);
        for some in self.accounts.chunks(20) {
            let written = some.iter().cloned().map(|(account, events)| {
                let store = store.clone();
                tokio::spawn(async move {
                    store.open(&account).await?;
                    let mut left = events - 1;
                    while left > 0 {
                        let amounts: Vec<i64> = (left - left.min(longest)..left)
                            .map(|number| number as i64 % 100 + 1)
                            .collect();
                        left -= amounts.len();
                        store.deposit(&account, &amounts).await?;
                    }
                    Ok::<_, Failure>(())
                })
            });
            for one in try_join_all(written).await? {
                one?;
            }
        }
        Ok(())
    }
}

/// What a read took and gave.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub spent: Spent,
    pub loaded: Loaded,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read<'a> {
    Load(&'a str),
    Fold(&'a str),
    Replay(&'a [String]),
}

pub async fn read(store: &Shared, what: Read<'_>) -> Result<Reading, Failure> {
    let before = store.spent();
    let watch = Watch::start();
    let loaded = match what {
        Read::Load(account) => store.load(account).await?,
        Read::Fold(account) => store.fold(account).await?,
        Read::Replay(accounts) => store.replay(accounts).await?,
    };
    let (seconds, cpu_seconds) = watch.read();
    Ok(Reading {
        seconds,
        cpu_seconds,
        spent: store.spent().since(before),
        loaded,
    })
}
