//! Counting what is asked of DynamoDB: requests and write units.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::ConsumedCapacity;

/// Counters that all clones of a client share.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    /// In thousandths, as DynamoDB tells fractions.
    table_write_units: AtomicU64,
    index_write_units: AtomicU64,
}

impl Meter {
    /// Requests that went out, repeated ones included.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Write units that appends took from the tables themselves.
    pub fn table_write_units(&self) -> u64 {
        self.0
            .table_write_units
            .load(Ordering::Relaxed)
            .div_ceil(1000)
    }

    /// Write units that appends took from the time index.
    pub fn index_write_units(&self) -> u64 {
        self.0
            .index_write_units
            .load(Ordering::Relaxed)
            .div_ceil(1000)
    }

    pub(crate) fn consumed(&self, capacity: &[ConsumedCapacity]) {
        for consumed in capacity {
            let table = consumed.table().and_then(|table| table.capacity_units());
            self.0
                .table_write_units
                .fetch_add(thousandths(table), Ordering::Relaxed);
            for index in consumed
                .global_secondary_indexes()
                .into_iter()
                .flat_map(|indexes| indexes.values())
            {
                self.0
                    .index_write_units
                    .fetch_add(thousandths(index.capacity_units()), Ordering::Relaxed);
            }
        }
    }
}

// Capacity units are a measure, not money.
#[allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn thousandths(units: Option<f64>) -> u64 {
    (units.unwrap_or(0.0) * 1000.0).round() as u64
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
