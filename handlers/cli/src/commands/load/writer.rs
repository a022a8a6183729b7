//! One writer: one deposit after another.

use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::ProgressBar;
use serde_json::json;

use crate::client::{Append, Client};

pub(super) const CURRENCY: &str = "EUR";
/// The time in the bodies. A key belongs to one body, so a load that is repeated
/// under its name must send the same.
pub(super) const OCCURRED_AT: &str = "2026-01-01T00:00:00Z";
const AMOUNT: &str = "1.00";

#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub client: &'a Client,
    pub account: String,
    /// The prefix of this writer's keys.
    pub key: String,
    pub events: i64,
    pub bar: &'a ProgressBar,
    /// Set by the first writer that fails, so that the others end too.
    pub stop: &'a AtomicBool,
}

/// The answers to one writer.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub recorded: u64,
    pub replayed: u64,
    pub conflicts: u64,
    /// The number of retries: connection lost, 503, 409.
    pub retries: u64,
    pub problem: Option<String>,
}

impl Writer<'_> {
    pub(super) fn run(&self) -> Tally {
        let mut tally = Tally::default();
        for number in 1..=self.events {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let key = format!("{}-{number}", self.key);
            let body = json!({ "events": [{
                "type": "MoneyDeposited",
                "occurred_at": OCCURRED_AT,
                "data": { "amount": AMOUNT, "currency": CURRENCY, "reference": key },
            }] });
            let sent = self.client.append(&Append {
                account_id: &self.account,
                idempotency_key: &key,
                if_match: None,
                body: &body,
            });
            match sent {
                Ok(answer) => {
                    tally.retries += u64::from(answer.retries);
                    tally.conflicts += u64::from(answer.conflicts);
                    if answer.replayed {
                        tally.replayed += 1;
                    } else {
                        tally.recorded += 1;
                    }
                }
                Err(error) => {
                    tally.conflicts += u64::from(error.is_busy());
                    tally.problem = Some(format!("{key} was not acknowledged: {error}"));
                    self.stop.store(true, Ordering::Relaxed);
                    break;
                }
            }
            self.bar.inc(1);
        }
        tally
    }
}
