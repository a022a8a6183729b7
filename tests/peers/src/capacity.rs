//! What a client asks of DynamoDB, by the meter of ours, which is an interceptor of each client here.

use aws::{Consumed, Meter};

/// What was asked of DynamoDB.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    pub requests: u64,
    pub write_units: f64,
    pub read_units: f64,
}

impl Spent {
    /// All that the meter has counted.
    #[must_use]
    pub fn by(meter: &Meter) -> Spent {
        let tables = meter.by_table();
        let units = |of: fn(&Consumed) -> u64| tables.values().map(of).sum::<u64>() as f64 / 1000.0;
        Spent {
            requests: meter.requests(),
            write_units: units(|consumed| consumed.table_write_units + consumed.index_write_units),
            read_units: units(|consumed| consumed.read_units),
        }
    }

    #[must_use]
    pub fn since(self, before: Spent) -> Spent {
        Spent {
            requests: self.requests - before.requests,
            write_units: self.write_units - before.write_units,
            read_units: self.read_units - before.read_units,
        }
    }
}
