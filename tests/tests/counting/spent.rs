//! What was asked of DynamoDB since the last look.

use std::collections::BTreeMap;

use aws::{Consumed, Meter};
use serde_json::{Value, json};

/// Units are in thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u64,
    pub writes: u64,
    pub read_units: u64,
    pub table_write_units: u64,
    pub index_write_units: u64,
}

impl Spent {
    pub fn write_units(&self) -> u64 {
        self.table_write_units + self.index_write_units
    }

    /// As it is kept; units as DynamoDB has them.
    pub fn to_json(&self) -> Value {
        json!({
            "requests": self.requests,
            "read_units": units(self.read_units),
            "table_write_units": units(self.table_write_units),
            "index_write_units": units(self.index_write_units),
        })
    }
}

#[allow(clippy::float_arithmetic, reason = "a unit is a measure, not money")]
pub fn units(thousandths: u64) -> f64 {
    thousandths as f64 / 1000.0
}

/// Looks at a meter, and remembers what it saw.
pub struct Reading {
    meter: Meter,
    requests: u64,
    tables: BTreeMap<String, Consumed>,
}

impl Reading {
    pub fn of(meter: Meter) -> Self {
        Reading {
            meter,
            requests: 0,
            tables: BTreeMap::new(),
        }
    }

    /// Since the last look, over all tables.
    pub fn spent(&mut self) -> Spent {
        let (requests, tables) = (self.meter.requests(), self.meter.by_table());
        let mut spent = Spent {
            requests: requests - self.requests,
            ..Spent::default()
        };
        for (name, now) in &tables {
            let before = self.tables.get(name).copied().unwrap_or_default();
            spent.writes += now.writes - before.writes;
            spent.read_units += now.read_units - before.read_units;
            spent.table_write_units += now.table_write_units - before.table_write_units;
            spent.index_write_units += now.index_write_units - before.index_write_units;
        }
        (self.requests, self.tables) = (requests, tables);
        spent
    }
}

/// `Err` says what was too much.
pub fn at_most(what: &str, counted: u64, most: u64) -> Result<(), String> {
    if counted > most {
        return Err(format!("{what}: {counted}, and at most {most} is allowed"));
    }
    Ok(())
}
