//! What a replay will cost, before it starts.

use std::fmt;

use domain::AccountId;
use serde::Serialize;
use serde_json::Value;

use super::prices::{self, NanoUsd};
use crate::client::{Client, Result};
use crate::commands::accounts;

/// Events in a read unit: an event takes about 1 KB of its commit, and DynamoDB's
/// unit of a consistent read is 4 KB.
const EVENTS_PER_READ_UNIT: u64 = 4;
/// Commits after which a replay stores its progress.
const COMMITS_PER_NOTE: u64 = 100;
/// Units of storing its progress: two at most, and two of the index of replays, in which it gets another place.
const UNITS_PER_NOTE: u64 = 4;

/// An estimate of reads and writes. The size of commits is unknown before they are
/// read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Estimate {
    pub accounts: u64,
    pub events: u64,
    pub read_units: u64,
    pub write_units: u64,
    /// The number of events on the bus.
    pub published: u64,
    /// The cost of all this, according to [`prices`].
    pub usd: String,
    /// Whether these are upper bounds, because a range of time covers an unknown part of the events.
    pub at_most: bool,
}

/// The kind of replay, which determines the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Projections: each account is a row of the shadow, which is compared with the live one.
    Projections { switch: bool },
    /// Events: each is found in the time index, read by itself and published.
    Events,
}

impl Estimate {
    /// Estimates from the versions of the accounts, which are the numbers of their
    /// events.
    pub(super) fn of(client: &Client, named: &[AccountId], work: Work) -> Result<Self> {
        let accounts = if named.is_empty() {
            accounts::all(client)?
        } else {
            named
                .iter()
                .map(|account| client.get(&format!("accounts/{account}"), &[]))
                .collect::<Result<Vec<Value>>>()?
        };
        let versions = accounts
            .iter()
            .map(|account| account["version"].as_u64().unwrap_or(0));
        Ok(Estimate::of_versions(versions, work))
    }

    fn of_versions(versions: impl Iterator<Item = u64>, work: Work) -> Self {
        let (mut accounts, mut events, mut history) = (0, 0, 0);
        for version in versions {
            accounts += 1;
            events += version;
            // Each account's history is a separate query, rounded up.
            history += version.div_ceil(EVENTS_PER_READ_UNIT).max(1);
        }
        let notes = UNITS_PER_NOTE * (1 + events.div_ceil(COMMITS_PER_NOTE));
        let (read_units, write_units, published) = match work {
            Work::Projections { switch } => {
                // The shadow, the live row, and its replacement.
                let written = accounts * if switch { 2 } else { 1 };
                (history + 2 * accounts, written + notes, 0)
            }
            Work::Events => (events + history, notes, events),
        };
        let nanos: NanoUsd = read_units * prices::READ_UNIT
            + write_units * prices::WRITE_UNIT
            + published * prices::BUS_EVENT;
        Estimate {
            accounts,
            events,
            read_units,
            write_units,
            published,
            usd: prices::to_usd(nanos),
            at_most: work == Work::Events,
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.at_most { "at most" } else { "about" };
        let accounts = if self.accounts == 1 {
            "account"
        } else {
            "accounts"
        };
        let events = if self.events == 1 { "event" } else { "events" };
        write!(
            f,
            "estimate: {} {accounts}, {about} {} {events}, {about} {} read units and {} write units",
            self.accounts, self.events, self.read_units, self.write_units
        )?;
        if self.published > 0 {
            write!(f, ", {about} {} {events} published", self.published)?;
        }
        write!(
            f,
            "; on AWS {about} {} USD (an event is taken as 1 KB)",
            self.usd
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_costs_at_least_one_unit_and_is_rounded_up() {
        let work = Work::Projections { switch: false };
        let estimate = Estimate::of_versions([1, 4, 5, 1001].into_iter(), work);
        assert_eq!(
            (estimate.accounts, estimate.events, estimate.published),
            (4, 1011, 0)
        );
        let history = 1 + 1 + 2 + 251;
        assert_eq!(estimate.read_units, history + 2 * 4);
        assert_eq!(estimate.write_units, 4 + 4 * (1 + 11));
    }

    #[test]
    fn a_million_events_cost_what_the_price_list_says() {
        let thousand = || std::iter::repeat_n(1000, 1000);
        let rebuilt = Estimate::of_versions(thousand(), Work::Projections { switch: true });
        assert_eq!((rebuilt.read_units, rebuilt.write_units), (252_000, 42_004));
        assert_eq!((rebuilt.usd.as_str(), rebuilt.at_most), ("0.06", false));
        let published = Estimate::of_versions(thousand(), Work::Events);
        assert_eq!(published.published, 1_000_000);
        assert_eq!((published.usd.as_str(), published.at_most), ("1.19", true));
    }
}
