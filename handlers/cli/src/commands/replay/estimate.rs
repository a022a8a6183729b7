//! What a replay will cost, before it starts.

use std::fmt;

use domain::AccountId;
use serde::Serialize;
use serde_json::Value;

use crate::client::{Client, Result};
use crate::commands::accounts;

/// An event takes about 1 KB of its commit, and a consistent read unit of
/// DynamoDB is 4 KB.
const EVENTS_PER_READ_UNIT: u64 = 4;

/// About how much is read. How large the commits are is not known before they
/// are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    pub accounts: u64,
    pub events: u64,
    pub read_units: u64,
    /// A range of time takes a part of the events, which is not known before.
    pub at_most: bool,
}

impl Estimate {
    /// From the versions of the accounts: an account's version is the number
    /// of its events.
    pub fn of(client: &Client, named: &[AccountId], at_most: bool) -> Result<Self> {
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
        Ok(Estimate::of_versions(versions, at_most))
    }

    fn of_versions(versions: impl Iterator<Item = u64>, at_most: bool) -> Self {
        let mut estimate = Estimate {
            accounts: 0,
            events: 0,
            read_units: 0,
            at_most,
        };
        for version in versions {
            estimate.accounts += 1;
            estimate.events += version;
            // Each account's history is a query of its own, rounded up.
            estimate.read_units += version.div_ceil(EVENTS_PER_READ_UNIT).max(1);
        }
        estimate
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
            "estimate: {} {accounts}, {about} {} {events}, {about} {} read units (an event is taken as 1 KB, \
             a unit reads 4 KB, each account is rounded up)",
            self.accounts, self.events, self.read_units
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_costs_at_least_one_unit_and_is_rounded_up() {
        let estimate = Estimate::of_versions([1, 4, 5, 1001].into_iter(), false);
        assert_eq!(
            (estimate.accounts, estimate.events, estimate.read_units),
            (4, 1011, 1 + 1 + 2 + 251)
        );
    }
}
