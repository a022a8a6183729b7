//! The comparison of the rows of events with the rows that their commits
//! produce. A dropped or inserted row shifts all later ones, so rows are matched
//! by account and version and not by their position in the file.

use std::collections::HashMap;

use domain::AccountId;

use super::{Verified, difference};
use crate::manifest::FileEntry;
use crate::table::Table;
use crate::value::{Row, Value};

/// Rows without a match that are kept. If there are more, file and commits are
/// unrelated, and one problem is reported in place of one for each row.
const MAX_WAITING: usize = 20_000;

/// Account and version, as the row has them.
type Key = (String, i64);

#[derive(Default)]
pub(super) struct Matching {
    expected: HashMap<Key, (u64, Row)>,
    actual: HashMap<Key, (u64, Row)>,
    /// The rows in another position than expected: the position in the file, the
    /// position according to the commits, and the key.
    moved: Vec<(u64, u64, Key)>,
    expected_count: u64,
    actual_count: u64,
    gave_up: bool,
}

impl Matching {
    /// Takes the next row of each side, if there is one.
    pub(super) fn step(
        &mut self,
        expected: Option<Row>,
        actual: Option<Row>,
        found: &mut Verified,
    ) {
        let (at_expected, at_actual) = (self.expected_count, self.actual_count);
        self.expected_count += u64::from(expected.is_some());
        self.actual_count += u64::from(actual.is_some());
        if self.gave_up {
            return;
        }
        if let (Some(expected), Some(actual)) = (&expected, &actual)
            && key(expected) == key(actual)
        {
            compare(expected, actual, found);
            if at_expected != at_actual {
                self.moved.push((at_actual, at_expected, key(actual)));
            }
            return;
        }
        if let Some(expected) = expected {
            let key = key(&expected);
            match self.actual.remove(&key) {
                Some((at_actual, actual)) => {
                    compare(&expected, &actual, found);
                    self.moved.push((at_actual, at_expected, key));
                }
                None => {
                    self.expected.insert(key, (at_expected, expected));
                }
            }
        }
        if let Some(actual) = actual {
            let key = key(&actual);
            match self.expected.remove(&key) {
                Some((at_expected, expected)) => {
                    compare(&expected, &actual, found);
                    self.moved.push((at_actual, at_expected, key));
                }
                None => {
                    if self
                        .actual
                        .insert(key.clone(), (at_actual, actual))
                        .is_some()
                    {
                        event_problem(&key, "is duplicated among the events", found);
                    }
                }
            }
        }
        self.gave_up = self.expected.len() + self.actual.len() > MAX_WAITING;
    }

    /// Reports the rows without a match. Returns the number of rows in the file.
    pub(super) fn finish(mut self, file: &FileEntry, found: &mut Verified) -> u64 {
        if self.gave_up {
            found.of_file(file, "has other events than its commits");
            return self.actual_count;
        }
        for key in sorted(self.expected) {
            event_problem(
                &key,
                "is missing among the events, but not among the commits",
                found,
            );
        }
        for key in sorted(self.actual) {
            event_problem(
                &key,
                "was inserted among the events: no commit of its part has it, or it is duplicated",
                found,
            );
        }
        self.moved.sort();
        for pair in self.moved.windows(2) {
            let [(_, before, _), (_, after, key)] = pair else {
                continue;
            };
            if after < before {
                event_problem(key, "is out of order among the events", found);
            }
        }
        self.actual_count
    }
}

fn sorted(waiting: HashMap<Key, (u64, Row)>) -> Vec<Key> {
    let mut keys: Vec<Key> = waiting.into_keys().collect();
    keys.sort();
    keys
}

fn key(row: &Row) -> Key {
    let account = Table::Events
        .position("account_id")
        .map(|index| row[index].to_string());
    let version = match Table::Events.position("version").map(|index| &row[index]) {
        Some(Value::Int(version)) => *version,
        _ => 0,
    };
    (account.unwrap_or_default(), version)
}

fn compare(expected: &Row, actual: &Row, found: &mut Verified) {
    if let Some(detail) = difference(Table::Events, expected, actual) {
        event_problem(&key(expected), &detail, found);
    }
}

fn event_problem((account, version): &Key, detail: &str, found: &mut Verified) {
    match account.parse::<AccountId>() {
        Ok(account) => found.of_event(&account, version.unsigned_abs(), detail),
        Err(_) => found.problem(
            super::Place::Manifest,
            format!("{account:?} version {version} {detail}"),
        ),
    }
}
