//! What the cost is computed from: counts that a test holds to what is measured, list prices, and assumptions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// The counts, which `tests/tests/counting` checks.
const COUNTS: &str = include_str!("../../../data/counts.json");
const PRICES: &str = include_str!("../../../data/prices.json");
const ASSUMPTIONS: &str = include_str!("../../../data/assumptions.json");

#[derive(Debug)]
pub(super) struct Data {
    pub counts: Counts,
    pub prices: Prices,
    pub assumptions: BTreeMap<String, Assumption>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    pub commits: Vec<Commit>,
    pub mail: Mail,
    pub skipped: Skipped,
    pub standing: Standing,
}

/// A commit with a number of events.
#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub events: u32,
    pub append_cold: Units,
    pub project: Units,
    pub bus_bytes: f64,
    pub log_bytes_append: f64,
    pub log_bytes_project: f64,
    pub bytes_commit: f64,
    pub bytes_key: f64,
}

/// An event with a mail.
#[derive(Debug, Deserialize)]
pub(super) struct Mail {
    pub notify: Units,
    /// For its provider events.
    pub feedback: Units,
    pub log_bytes_notify: f64,
    pub log_bytes_feedback: f64,
    pub bytes_notification: f64,
}

/// An event without a mail, whose decision is stored.
#[derive(Debug, Deserialize)]
pub(super) struct Skipped {
    pub notify: Units,
    pub bytes_notification: f64,
}

/// DynamoDB's requests and capacity units.
#[derive(Debug, Deserialize)]
pub(super) struct Units {
    pub read_units: f64,
    pub table_write_units: f64,
    pub index_write_units: f64,
}

impl Units {
    pub(super) fn written(&self) -> f64 {
        self.table_write_units + self.index_write_units
    }
}

/// The template's resources that cost money without being used.
#[derive(Debug, Deserialize)]
pub(super) struct Standing {
    pub alarms: f64,
    pub dashboards: f64,
    pub encryption_keys: f64,
    pub secrets: f64,
    pub own_metrics: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Prices {
    pub region: String,
    pub currency: String,
    pub as_of: String,
    pub says: String,
    pub prices: BTreeMap<String, Price>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Price {
    pub usd: f64,
    pub per: f64,
    pub unit: String,
    pub source: String,
    /// Whether it was read on that page, or is an assumption.
    pub looked_up: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Assumption {
    pub value: f64,
    pub why: String,
}

impl Data {
    pub(super) fn read() -> Result<Self, Failure> {
        Ok(Data {
            counts: parse(COUNTS)?,
            prices: parse(PRICES)?,
            assumptions: parse(ASSUMPTIONS)?,
        })
    }

    /// The price of a unit, in USD.
    pub(super) fn price(&self, name: &str) -> Result<f64, Failure> {
        let price = self.prices.prices.get(name);
        let price = price.ok_or_else(|| Failure::Failed(format!("there is no price {name}")))?;
        Ok(price.usd / price.per)
    }

    pub(super) fn assumed(&self, name: &str) -> Result<f64, Failure> {
        let assumption = self.assumptions.get(name);
        let missing = || Failure::Failed(format!("there is no assumption {name}"));
        Ok(assumption.ok_or_else(missing)?.value)
    }
}

fn parse<T: for<'a> Deserialize<'a>>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::Failed(error.to_string()))
}
