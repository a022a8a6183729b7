//! When all has gone on that goes on by itself.
//!
//! How long that takes is the machine's affair: one that is busy needs many times what an idle one does. So patience is
//! never for the whole, but for the next step, and begins anew with everything that moves.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tests::deployed::Stack;

use super::{
    PREFIX,
    bank::{Acknowledged, Bank},
    notifications::{self, Stored},
};

/// Where nothing is missing, and only more of the same could come: longer than any pause of a retry.
const STILL: Duration = Duration::from_secs(5);
/// Where something is missing: longer than a function runs, and than a lease of 45 s and what is done after it.
const STUCK: Duration = Duration::from_secs(100);
/// What still moves then moves for ever.
const ENDLESS: Duration = Duration::from_secs(900);
const POLL: Duration = Duration::from_millis(500);

/// What a step of anybody's would change.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// The version of each account's balance.
    balances: BTreeMap<String, usize>,
    notifications: Vec<Stored>,
    letters: Vec<String>,
    mails: usize,
}

/// Waits until nothing changes any more by itself, and nothing that has failed is still kept for its worker. What is
/// missing then is the operator's, or lost.
pub fn wait(bank: &Bank) -> Vec<Stored> {
    let reports = bank.acknowledged();
    let started = Instant::now();
    let mut seen = Seen::now(bank.stack);
    let mut since = Instant::now();
    loop {
        thread::sleep(POLL);
        let now = Seen::now(bank.stack);
        if now != seen {
            since = Instant::now();
            seen = now;
        }
        let patience = if seen.is_complete(&reports) {
            STILL
        } else {
            STUCK
        };
        if since.elapsed() > patience && !seen.is_busy() {
            return seen.notifications;
        }
        assert!(
            started.elapsed() < ENDLESS,
            "still at work after {ENDLESS:?}: {seen:#?}"
        );
    }
}

impl Seen {
    fn now(stack: &Stack) -> Self {
        let letters = stack.dead_letters();
        Self {
            balances: balances(stack),
            notifications: notifications::stored(stack, PREFIX),
            letters: letters.into_iter().map(|letter| letter.body).collect(),
            mails: stack.mails().len(),
        }
    }

    /// Whether all that was reported is in the balances, and each movement is told or has a letter.
    fn is_complete(&self, reports: &[Acknowledged]) -> bool {
        let mut versions = BTreeMap::<&str, usize>::new();
        for report in reports {
            *versions.entry(&report.account).or_default() += 1;
        }
        let projected = |(&account, version): (&&str, &usize)| {
            self.balances.get(account).is_some_and(|at| at == version)
        };
        versions.iter().all(projected)
            && reports
                .iter()
                .filter(|report| report.is_movement())
                .all(|report| self.is_told(report.event_id()))
    }

    fn is_told(&self, event_id: &str) -> bool {
        let settled = |one: &Stored| one.event_id == event_id && one.is_settled();
        self.notifications.iter().any(settled)
            || self.letters.iter().any(|letter| letter.contains(event_id))
    }

    /// Whether a lease, or a wish of the mailer, still keeps a notification.
    fn is_busy(&self) -> bool {
        let busy = |one: &Stored| !one.busy_for().is_zero();
        self.notifications.iter().any(busy)
    }
}

/// The balances as they are stored, read past the functions.
fn balances(stack: &Stack) -> BTreeMap<String, usize> {
    let version = |item: &Value| item["account"]["M"]["version"]["N"].as_str()?.parse().ok();
    let account = |item: &Value| Some(item["account_id"]["S"].as_str()?.to_owned());
    stack
        .scan("BalancesTableName")
        .iter()
        .filter_map(|item| Some((account(item)?, version(item)?)))
        .collect()
}
