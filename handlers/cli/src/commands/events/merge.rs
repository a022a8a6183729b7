//! The events of several accounts in one order.

use std::iter::Peekable;

use chrono::{DateTime, Utc};
use domain::time::parse_stored_time;
use serde_json::Value;

use crate::client::{Result, Rows};

/// Events of several accounts, each of which is in recorded order.
pub(super) struct Merged<'a> {
    accounts: Vec<Peekable<Rows<'a>>>,
    left: u64,
}

impl<'a> Merged<'a> {
    pub(super) fn new(accounts: impl Iterator<Item = Rows<'a>>, limit: Option<u64>) -> Self {
        Merged {
            accounts: accounts.map(Iterator::peekable).collect(),
            left: limit.unwrap_or(u64::MAX),
        }
    }

    /// Returns at most so many of the next events, or `None` at the end.
    pub(super) fn page(&mut self, size: u64) -> Result<Option<Vec<Value>>> {
        let size = size.min(self.left);
        let mut page = Vec::new();
        while (page.len() as u64) < size
            && let Some(event) = self.next().transpose()?
        {
            page.push(event);
        }
        self.left = self.left.saturating_sub(page.len() as u64);
        Ok((!page.is_empty()).then_some(page))
    }

    /// Takes the earliest of the accounts' next events, or a failure to read one.
    fn next(&mut self) -> Option<Result<Value>> {
        let earliest = (self.accounts.iter_mut())
            .enumerate()
            .filter_map(|(index, rows)| Some((place(rows.peek()?), index)))
            .min()?;
        self.accounts.get_mut(earliest.1)?.next()
    }
}

/// The place in the order. A failure comes first, so that it ends the list.
fn place(event: &Result<Value>) -> Option<(DateTime<Utc>, String, u64)> {
    let event = event.as_ref().ok()?;
    let recorded_at = event["recorded_at"]
        .as_str()
        .and_then(|text| parse_stored_time(text).ok())?;
    let account = event["account_id"].as_str().unwrap_or_default();
    Some((recorded_at, account.to_owned(), event["version"].as_u64()?))
}
