//! Counting what a client asks of DynamoDB: requests that go out, and the capacity that they are told to have consumed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::scan::{ScanInput, ScanOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// What was asked of DynamoDB.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    pub requests: u64,
    pub write_units: f64,
    pub read_units: f64,
}

impl Spent {
    #[must_use]
    pub fn since(self, before: Spent) -> Spent {
        Spent {
            requests: self.requests - before.requests,
            write_units: self.write_units - before.write_units,
            read_units: self.read_units - before.read_units,
        }
    }
}

/// An interceptor that asks each request of a client for its capacity and adds it up. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    /// In thousandths, as DynamoDB tells fractions.
    written: AtomicU64,
    read: AtomicU64,
}

impl Counter {
    pub fn spent(&self) -> Spent {
        let units = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64 / 1000.0;
        Spent {
            requests: self.0.requests.load(Ordering::Relaxed),
            write_units: units(&self.0.written),
            read_units: units(&self.0.read),
        }
    }
}

fn add(counter: &AtomicU64, consumed: &[ConsumedCapacity]) {
    for units in consumed.iter().filter_map(ConsumedCapacity::capacity_units) {
        counter.fetch_add((units * 1000.0).round() as u64, Ordering::Relaxed);
    }
}

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let wanted = Some(ReturnConsumedCapacity::Total);
        let input = context.input_mut();
        if let Some(input) = input.downcast_mut::<TransactWriteItemsInput>() {
            input.return_consumed_capacity = wanted;
        } else if let Some(input) = input.downcast_mut::<QueryInput>() {
            input.return_consumed_capacity = wanted;
        } else if let Some(input) = input.downcast_mut::<ScanInput>() {
            input.return_consumed_capacity = wanted;
        } else if let Some(input) = input.downcast_mut::<BatchGetItemInput>() {
            input.return_consumed_capacity = wanted;
        }
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
        if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            add(&self.0.written, output.consumed_capacity());
        } else if let Some(output) = output.downcast_ref::<QueryOutput>() {
            add(&self.0.read, output.consumed_capacity.as_slice());
        } else if let Some(output) = output.downcast_ref::<ScanOutput>() {
            add(&self.0.read, output.consumed_capacity.as_slice());
        } else if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            add(&self.0.read, output.consumed_capacity());
        }
        Ok(())
    }
}
