//! Counts of the requests to DynamoDB, and of the capacity units that they consumed, by table.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::batch_write_item::{BatchWriteItemInput, BatchWriteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanInput, ScanOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// Counters that all clones of a client share.
///
/// The units are those that DynamoDB reports with each answer. It reports none for a refused write (a condition that did not
/// hold, a cancelled transaction): such a request is counted, its units are not.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    tables: Mutex<BTreeMap<String, Consumed>>,
}

/// The successful operations on one table and their capacity units, in thousandths, because DynamoDB reports fractions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Reading operations; a batch or a page is one.
    pub reads: u64,
    /// Writing operations; a batch is one, a transaction is one for each of its tables.
    pub writes: u64,
    /// Thousandths of read units, of the table and its indexes.
    pub read_units: u64,
    /// Thousandths of write units of the table itself.
    pub table_write_units: u64,
    /// Thousandths of write units of the table's indexes.
    pub index_write_units: u64,
}

impl Meter {
    /// The requests that were sent, including the SDK's retries.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// The write units of the tables themselves, rounded up.
    pub fn table_write_units(&self) -> u64 {
        self.sum(|consumed| consumed.table_write_units)
    }

    /// The write units of the indexes, rounded up.
    pub fn index_write_units(&self) -> u64 {
        self.sum(|consumed| consumed.index_write_units)
    }

    /// The counts by the table's name. A table without a successful operation is not among them.
    pub fn by_table(&self) -> BTreeMap<String, Consumed> {
        self.tables().clone()
    }

    fn sum(&self, of: impl Fn(&Consumed) -> u64) -> u64 {
        self.tables().values().map(of).sum::<u64>().div_ceil(1000)
    }

    fn tables(&self) -> MutexGuard<'_, BTreeMap<String, Consumed>> {
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, capacity: &[ConsumedCapacity]) {
        for told in capacity {
            let mut tables = self.tables();
            let consumed = of_table(&mut tables, told);
            consumed.reads += 1;
            consumed.read_units += thousandths(told.capacity_units());
        }
    }

    fn written(&self, capacity: &[ConsumedCapacity]) {
        for told in capacity {
            let table = told.table().and_then(|table| table.capacity_units());
            let indexes = told.global_secondary_indexes().into_iter();
            let indexes = indexes.flat_map(|indexes| indexes.values());
            let mut tables = self.tables();
            let consumed = of_table(&mut tables, told);
            consumed.writes += 1;
            consumed.table_write_units += thousandths(table);
            consumed.index_write_units += indexes
                .map(|index| thousandths(index.capacity_units()))
                .sum::<u64>();
        }
    }
}

fn of_table<'a>(
    tables: &'a mut BTreeMap<String, Consumed>,
    told: &ConsumedCapacity,
) -> &'a mut Consumed {
    let name = told.table_name().unwrap_or_default();
    tables.entry(name.to_owned()).or_default()
}

#[allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "capacity units are a measure, not money"
)]
fn thousandths(units: Option<f64>) -> u64 {
    (units.unwrap_or(0.0) * 1000.0).round() as u64
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        macro_rules! ask {
            ($($input:ty),+) => {
                $(if let Some(input) = context.input_mut().downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
                })+
            };
        }
        ask!(
            BatchGetItemInput,
            BatchWriteItemInput,
            GetItemInput,
            PutItemInput,
            QueryInput,
            ScanInput,
            TransactWriteItemsInput,
            UpdateItemInput
        );
        Ok(())
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

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else {
            return Ok(());
        };
        macro_rules! told {
            ($how:ident, [$($one:ty),+], [$($many:ty),+]) => {
                $(if let Some(output) = output.downcast_ref::<$one>() {
                    self.$how(output.consumed_capacity.as_slice());
                })+
                $(if let Some(output) = output.downcast_ref::<$many>() {
                    self.$how(output.consumed_capacity());
                })+
            };
        }
        told!(
            read,
            [GetItemOutput, QueryOutput, ScanOutput],
            [BatchGetItemOutput]
        );
        told!(
            written,
            [PutItemOutput, UpdateItemOutput],
            [BatchWriteItemOutput, TransactWriteItemsOutput]
        );
        Ok(())
    }
}
