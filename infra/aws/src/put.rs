//! Conditional writes: an item replaces only the expected one.

use handlers::Result;
use handlers::ports::Saved;

use crate::client::Dynamo;
use crate::error::classify;
use crate::item::{Item, n};

/// The stored item that a write expects.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// No item; the string is the name of the table's partition key.
    Nothing(&'static str),
    /// An item of this revision.
    Revision(u64),
    /// Any item, or none.
    Anything,
}

impl Expected {
    /// The revision at which a value was read; nothing for 0.
    pub(crate) fn at(revision: u64, partition_key: &'static str) -> Self {
        match revision {
            0 => Expected::Nothing(partition_key),
            revision => Expected::Revision(revision),
        }
    }
}

impl Dynamo {
    /// Writes the item, and returns `Stale` if the stored one is not the expected one. `what` names the work in an error.
    pub(crate) async fn put(
        &self,
        table: &str,
        item: Item,
        expected: Expected,
        what: &'static str,
    ) -> Result<Saved> {
        let put = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item));
        let put = match expected {
            Expected::Nothing(key) => {
                put.condition_expression(format!("attribute_not_exists({key})"))
            }
            Expected::Revision(revision) => put
                .condition_expression("revision = :expected")
                .expression_attribute_values(":expected", n(revision)),
            Expected::Anything => put,
        };
        match put.send().await {
            Ok(_) => Ok(Saved::Written),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(Saved::Stale)
            }
            Err(error) => Err(classify(what, &error)),
        }
    }
}
