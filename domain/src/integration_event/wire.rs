//! The JSON of an event on the bus: its type, which EventBridge carries beside
//! it as `detail-type`, and a `detail` of `metadata` and `data`.
//!
//! Versions of this program overlap while one is rolled out, so unknown members
//! are ignored wherever they are.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{ACCOUNT_OVERDRAWN, Balances, Fact, IntegrationEvent, Metadata};
use crate::event::{DecodeError, check_schema, malformed, read_amount};
use crate::fields::{FieldError, Fields};
use crate::{Currency, CustomerId, Event, Money};

/// An event as the bus carries it and as dead letters keep it, without its type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    metadata: Metadata,
    data: Data,
}

/// Unread members, so that an event which only passes through loses none of them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Data(Map<String, Value>);

/// The members of `data` in the order of their text. Dead letters store that
/// text, and must not change with the code.
const ORDER: [&str; 20] = [
    "customer_id",
    "currency",
    "amount",
    "balance_before",
    "balance_after",
    "overdraft_limit",
    "opening_balance",
    "channel",
    "counterparty",
    "reference",
    "value_date",
    "reverses",
    "reason",
    "movement",
    "schedule_id",
    "occurrence",
    "operation",
    "when",
    "time_zone",
    "end",
];

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = ORDER.iter().filter_map(|name| self.0.get_key_value(*name));
        let others = self
            .0
            .iter()
            .filter(|(name, _)| !ORDER.contains(&name.as_str()));
        serializer.collect_map(known.chain(others))
    }
}

impl Detail {
    /// The metadata, which every type has.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl From<&IntegrationEvent> for Detail {
    fn from(event: &IntegrationEvent) -> Self {
        let mut data = match &event.fact {
            Fact::Reported(event) => event.to_members(),
            Fact::Overdrawn { moved, limit } => Map::from_iter([
                ("amount".to_owned(), json!(moved.to_decimal())),
                ("overdraft_limit".to_owned(), json!(limit.to_decimal())),
            ]),
        };
        let Balances { before, after } = event.balances;
        data.extend([
            ("customer_id".to_owned(), json!(event.customer_id)),
            ("currency".to_owned(), json!(after.currency())),
            ("balance_before".to_owned(), json!(before.to_decimal())),
            ("balance_after".to_owned(), json!(after.to_decimal())),
        ]);
        Detail {
            metadata: event.metadata.clone(),
            data: Data(data),
        }
    }
}

impl IntegrationEvent {
    /// Reads an event of this type from its `detail`.
    ///
    /// # Errors
    /// A retry with this version of the program fails as well:
    ///
    /// - [`DecodeError::UnknownType`]: a later version published it, or another program.
    /// - [`DecodeError::NewerSchema`]: a later version published it.
    /// - [`DecodeError::Malformed`]: a member is missing or unreadable.
    pub fn from_wire(event_type: &str, detail: &Value) -> Result<Self, DecodeError> {
        let metadata =
            Metadata::deserialize(&detail["metadata"]).map_err(|error| DecodeError::Malformed {
                event_type: event_type.to_owned(),
                detail: format!("metadata: {error}"),
            })?;
        check_schema(event_type, metadata.schema)?;
        let fields = || Fields::new(detail["data"].clone(), "").ignoring_unknown();
        let faults = |errors: Vec<FieldError>| malformed(event_type, &errors);
        let fact = match event_type {
            ACCOUNT_OVERDRAWN => read_overdrawn(fields()).map_err(faults)?,
            reported => Fact::Reported(Event::read(reported, fields())?),
        };
        let (customer_id, balances) = read_balances(fields()).map_err(faults)?;
        Ok(IntegrationEvent {
            metadata,
            customer_id,
            balances,
            fact,
        })
    }
}

fn read_overdrawn(mut fields: Fields) -> Result<Fact, Vec<FieldError>> {
    let moved = read_amount(&mut fields);
    let limit = moved.and_then(|moved| {
        fields.parsed("overdraft_limit", |text| {
            Money::parse_unsigned(text, moved.currency())
        })
    });
    let overdrawn = moved
        .zip(limit)
        .map(|(moved, limit)| Fact::Overdrawn { moved, limit });
    fields.finish(overdrawn)
}

/// Reads the members that `data` has in every type.
fn read_balances(mut fields: Fields) -> Result<(CustomerId, Balances), Vec<FieldError>> {
    let customer_id = fields.parsed("customer_id", str::parse);
    let currency: Option<Currency> = fields.parsed("currency", str::parse);
    let balances = currency.and_then(|currency| {
        let mut balance = |name| fields.parsed(name, |text| Money::parse_signed(text, currency));
        let (before, after) = balance("balance_before").zip(balance("balance_after"))?;
        Some(Balances { before, after })
    });
    fields.finish(customer_id.zip(balances))
}
