//! The keys under which earlier versions recorded a statement.
//!
//! Those versions took two statements with the same balances, days and amounts
//! for one, which lost movements. Their commits still exist under these keys and
//! have to be recognised, so nothing here may ever change.

use std::ops::Range;

use data_encoding::HEXLOWER;
use domain::record::MAX_EVENTS;
use sha2::{Digest, Sha256};

use crate::{Balance, Direction, Entry, Statement};

/// A request of an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerRequest {
    /// The key that the earlier version used.
    pub idempotency_key: String,
    /// The plan's entries that it recorded, in their order.
    pub entries: Range<usize>,
}

/// Returns all requests for these entries, which are in the order of the plan.
pub(crate) fn requests(statement: &Statement, entries: &[&Entry]) -> Vec<FormerRequest> {
    let identity = identity(statement);
    let mut requests = Vec::new();
    let mut begin = 0;
    let mut batch = |entries: Range<usize>| {
        if !entries.is_empty() {
            let (first, last) = (entries.start + 1, entries.end);
            let idempotency_key = format!("import-{identity}-{first}-{last}");
            requests.push(FormerRequest {
                idempotency_key,
                entries,
            });
        }
    };
    let mut reversals = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if entry.reversal {
            batch(begin..index);
            begin = index + 1;
            reversals.push(index);
        } else if index + 1 - begin == MAX_EVENTS {
            batch(begin..index + 1);
            begin = index + 1;
        }
    }
    batch(begin..entries.len());
    requests.extend(reversals.into_iter().map(|index| FormerRequest {
        idempotency_key: format!("import-{identity}-{}", index + 1),
        entries: index..index + 1,
    }));
    requests
}

/// Returns a hash of account, currency, balances and days, and of the entries'
/// amounts and value dates in any order.
fn identity(statement: &Statement) -> String {
    let account: String = statement
        .account
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let balance = |balance: Option<Balance>| match balance {
        Some(balance) => format!("{} {}", balance.amount.minor(), balance.date),
        None => "-".to_owned(),
    };
    let opening = statement.opening.filter(|_| !statement.opening_derived);
    let mut entries: Vec<String> = statement
        .entries
        .iter()
        .map(|entry| {
            let sign = match entry.direction {
                Direction::Credit => '+',
                Direction::Debit => '-',
            };
            let reversal = if entry.reversal { "R" } else { "" };
            let value_date = entry
                .value_date
                .map_or("-".to_owned(), |date| date.to_string());
            format!("{reversal}{sign}{} {value_date}", entry.amount.minor())
        })
        .collect();
    entries.sort_unstable();
    let mut lines = vec![
        "ledgerbell-statement-1".to_owned(),
        account,
        statement.currency.to_string(),
        balance(opening),
        balance(statement.closing),
    ];
    lines.append(&mut entries);
    HEXLOWER.encode(&Sha256::digest(lines.join("\n").as_bytes()))
}
