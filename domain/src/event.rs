//! The events of an account, and the form of their data.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::fields::{FieldError, Fields, describe};
use crate::schedule_event::{self, Occurrence, OperationScheduled, OperationSkipped};
use crate::time::WrittenBy;
use crate::{Currency, CustomerId, EventId, Money, ScheduleId};

/// The schema version that this program writes.
pub const SCHEMA: u32 = 1;

/// Longest free text in an event. SEPA's remittance text has 140 characters.
pub const MAX_TEXT_CHARS: usize = 140;
/// Longest name of a channel: it is a code, not a text.
pub const MAX_CHANNEL_CHARS: usize = 32;

/// An event of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The account was opened: always the first event.
    AccountOpened(Opening),
    /// Money came in.
    MoneyDeposited(Movement),
    /// Money went out.
    MoneyWithdrawn(Movement),
    /// A movement was reversed.
    TransactionReversed(Reversal),
    /// The account was closed, and takes no movements.
    AccountClosed,
    /// A schedule was created, or replaced the one with the same id.
    OperationScheduled(Box<OperationScheduled>),
    /// A schedule was cancelled, and no occurrence will run.
    OperationCancelled(ScheduleId),
    /// An occurrence of a schedule was due and moved nothing.
    OperationSkipped(OperationSkipped),
}

/// The data of an opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The account's holder.
    pub customer_id: CustomerId,
    /// The one currency of the account.
    pub currency: Currency,
    /// The amount by which the balance may be below zero before the account is overdrawn.
    pub overdraft_limit: Money,
    /// The balance that the account had before it was recorded here.
    pub opening_balance: Money,
}

/// The data of a deposit or a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The amount, in the account's currency; more than zero.
    pub amount: Money,
    /// The channel of the order, as a code of the bank.
    pub channel: Option<String>,
    /// The other side's name.
    pub counterparty: Option<String>,
    /// The payment reference.
    pub reference: Option<String>,
    /// The day from which the bank counts interest.
    pub value_date: Option<NaiveDate>,
    /// The occurrence of the schedule that made it; `None` if the bank reported it.
    pub scheduled: Option<Occurrence>,
}

/// The data of a reversal. It contains the amount, so that a fold needs no earlier event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The reversed event.
    pub reverses: EventId,
    /// The reason, in the bank's words.
    pub reason: Option<String>,
    /// The direction of the reversed event.
    pub movement: MovementKind,
    /// The amount of the reversed event.
    pub amount: Money,
}

/// The direction of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MovementKind {
    /// Money in.
    Deposit,
    /// Money out.
    Withdrawal,
}

impl MovementKind {
    /// The name by which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MovementKind::Deposit => "deposit",
            MovementKind::Withdrawal => "withdrawal",
        }
    }
}

/// Why this version of the program cannot read a stored event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The type has this name.
    #[error("the event type {0:?} is not known to this version")]
    UnknownType(String),
    /// A newer version of the program wrote it.
    #[error("{event_type} has schema {schema}, and this version reads up to {SCHEMA}")]
    NewerSchema {
        /// The type of the event.
        event_type: String,
        /// The schema that it was written with.
        schema: u32,
    },
    /// The data does not follow its schema.
    #[error("{event_type} cannot be read: {detail}")]
    Malformed {
        /// The type of the event.
        event_type: String,
        /// The member that cannot be read, and why.
        detail: String,
    },
}

impl Event {
    /// The names of all types.
    pub const TYPES: [&str; 8] = [
        "AccountOpened",
        "MoneyDeposited",
        "MoneyWithdrawn",
        "TransactionReversed",
        "AccountClosed",
        "OperationScheduled",
        "OperationCancelled",
        "OperationSkipped",
    ];

    /// The name of its type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Event::AccountOpened(_) => "AccountOpened",
            Event::MoneyDeposited(_) => "MoneyDeposited",
            Event::MoneyWithdrawn(_) => "MoneyWithdrawn",
            Event::TransactionReversed(_) => "TransactionReversed",
            Event::AccountClosed => "AccountClosed",
            Event::OperationScheduled(_) => "OperationScheduled",
            Event::OperationCancelled(_) => "OperationCancelled",
            Event::OperationSkipped(_) => "OperationSkipped",
        }
    }

    /// The change of the balance; `None` if there is none. An opening changes it from zero to the opening balance.
    #[must_use]
    pub fn delta(&self) -> Option<Money> {
        match self {
            Event::AccountOpened(opening) => Some(opening.opening_balance),
            Event::MoneyDeposited(movement) => Some(movement.amount),
            // An amount is more than zero, so its opposite is in range.
            Event::MoneyWithdrawn(movement) => movement.amount.checked_neg(),
            Event::TransactionReversed(reversal) => match reversal.movement {
                MovementKind::Deposit => reversal.amount.checked_neg(),
                MovementKind::Withdrawal => Some(reversal.amount),
            },
            Event::AccountClosed
            | Event::OperationScheduled(_)
            | Event::OperationCancelled(_)
            | Event::OperationSkipped(_) => None,
        }
    }

    /// The data of the event. Stored, hashed and returned by the API: a changed byte breaks the chain.
    #[must_use]
    pub fn to_data(&self) -> Value {
        Value::Object(self.to_members())
    }

    /// The members of [`Event::to_data`].
    pub(crate) fn to_members(&self) -> Map<String, Value> {
        let mut data = Map::new();
        match self {
            Event::AccountOpened(opening) => {
                put(&mut data, "customer_id", Some(json!(opening.customer_id)));
                put(&mut data, "currency", Some(json!(opening.currency)));
                put(
                    &mut data,
                    "overdraft_limit",
                    Some(json!(opening.overdraft_limit.to_decimal())),
                );
                put(
                    &mut data,
                    "opening_balance",
                    Some(json!(opening.opening_balance.to_decimal())),
                );
            }
            Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement) => {
                data = movement.to_data();
                if let Some(occurrence) = &movement.scheduled {
                    occurrence.put(&mut data);
                }
            }
            Event::TransactionReversed(reversal) => {
                put(&mut data, "reverses", Some(json!(reversal.reverses)));
                put(
                    &mut data,
                    "reason",
                    reversal.reason.as_ref().map(|text| json!(text)),
                );
                put(&mut data, "movement", Some(json!(reversal.movement)));
                put(
                    &mut data,
                    "amount",
                    Some(json!(reversal.amount.to_decimal())),
                );
                put(
                    &mut data,
                    "currency",
                    Some(json!(reversal.amount.currency())),
                );
            }
            Event::AccountClosed => {}
            Event::OperationScheduled(scheduled) => data = scheduled.to_data(),
            Event::OperationCancelled(schedule_id) => {
                put(&mut data, "schedule_id", Some(json!(schedule_id)))
            }
            Event::OperationSkipped(skipped) => data = skipped.to_data(),
        }
        data
    }

    /// Reads the data of an event. Older schemas are converted here, so that no other code knows of them.
    ///
    /// # Errors
    /// A retry does not help; a newer version of the program may read the event:
    /// - `UnknownType`, `NewerSchema`: a newer version wrote it.
    /// - `Malformed`: the data does not follow its schema.
    pub fn from_stored(event_type: &str, schema: u32, data: &Value) -> Result<Self, DecodeError> {
        check_schema(event_type, schema)?;
        Event::read(event_type, Fields::new(data.clone(), ""))
    }

    /// Reads the data of today's schema.
    pub(crate) fn read(event_type: &str, fields: Fields) -> Result<Self, DecodeError> {
        let read = match event_type {
            "AccountOpened" => read_opening(fields).map(Event::AccountOpened),
            "MoneyDeposited" => read_stored_movement(fields).map(Event::MoneyDeposited),
            "MoneyWithdrawn" => read_stored_movement(fields).map(Event::MoneyWithdrawn),
            "TransactionReversed" => read_reversal(fields).map(Event::TransactionReversed),
            "AccountClosed" => fields.finish(Some(Event::AccountClosed)),
            "OperationScheduled" => schedule_event::read_scheduled(fields)
                .map(|scheduled| Event::OperationScheduled(Box::new(scheduled))),
            "OperationCancelled" => {
                schedule_event::read_cancelled(fields).map(Event::OperationCancelled)
            }
            "OperationSkipped" => schedule_event::read_skipped(fields).map(Event::OperationSkipped),
            other => return Err(DecodeError::UnknownType(other.to_owned())),
        };
        read.map_err(|errors| malformed(event_type, &errors))
    }
}

/// # Errors
/// - [`DecodeError::NewerSchema`]: a newer version wrote the event; a retry does not help.
pub(crate) fn check_schema(event_type: &str, schema: u32) -> Result<(), DecodeError> {
    if (1..=SCHEMA).contains(&schema) {
        return Ok(());
    }
    Err(DecodeError::NewerSchema {
        event_type: event_type.to_owned(),
        schema,
    })
}

pub(crate) fn malformed(event_type: &str, errors: &[FieldError]) -> DecodeError {
    DecodeError::Malformed {
        event_type: event_type.to_owned(),
        detail: describe(errors),
    }
}

pub(crate) fn read_opening(mut fields: Fields) -> Result<Opening, Vec<FieldError>> {
    let customer_id = fields.parsed("customer_id", str::parse);
    let currency: Option<Currency> = fields.parsed("currency", str::parse);
    // Without a currency no amount can be read, and its absence is the fault to report.
    let opening = currency.map(|currency| {
        let zero = Money::zero(currency);
        let limit = fields.optional_parsed("overdraft_limit", |text| {
            Money::parse_unsigned(text, currency)
        });
        let balance = fields.optional_parsed("opening_balance", |text| {
            Money::parse_signed(text, currency)
        });
        (currency, limit.unwrap_or(zero), balance.unwrap_or(zero))
    });
    if opening.is_none() {
        fields.take("overdraft_limit");
        fields.take("opening_balance");
    }
    let opening = customer_id.zip(opening).map(
        |(customer_id, (currency, overdraft_limit, opening_balance))| Opening {
            customer_id,
            currency,
            overdraft_limit,
            opening_balance,
        },
    );
    fields.finish(opening)
}

impl Movement {
    /// Its own fields, without its schedule.
    pub(crate) fn to_data(&self) -> Map<String, Value> {
        let mut data = Map::new();
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        put(&mut data, "amount", Some(json!(self.amount.to_decimal())));
        put(&mut data, "currency", Some(json!(self.amount.currency())));
        put(&mut data, "channel", text(&self.channel));
        put(&mut data, "counterparty", text(&self.counterparty));
        put(&mut data, "reference", text(&self.reference));
        put(
            &mut data,
            "value_date",
            self.value_date.map(|date| json!(date)),
        );
        data
    }
}

fn put(data: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        data.insert(name.to_owned(), value);
    }
}

/// Reads a movement as a bank may report it: without a schedule.
pub(crate) fn read_movement(mut fields: Fields) -> Result<Movement, Vec<FieldError>> {
    let movement = movement(&mut fields, WrittenBy::Caller);
    fields.finish(movement)
}

fn read_stored_movement(mut fields: Fields) -> Result<Movement, Vec<FieldError>> {
    let movement = movement(&mut fields, WrittenBy::Store);
    let scheduled = Occurrence::read_optional(&mut fields);
    fields.finish(movement.map(|movement| Movement {
        scheduled,
        ..movement
    }))
}

fn movement(fields: &mut Fields, by: WrittenBy) -> Option<Movement> {
    let amount = read_amount(fields);
    let channel = fields.optional_parsed("channel", |text| plain(text, MAX_CHANNEL_CHARS));
    let counterparty = fields.optional_parsed("counterparty", |text| plain(text, MAX_TEXT_CHARS));
    let reference = fields.optional_parsed("reference", |text| plain(text, MAX_TEXT_CHARS));
    let value_date = fields.optional_parsed("value_date", |text| by.parse_date(text));
    amount.map(|amount| Movement {
        amount,
        channel,
        counterparty,
        reference,
        value_date,
        scheduled: None,
    })
}

fn read_reversal(mut fields: Fields) -> Result<Reversal, Vec<FieldError>> {
    let reverses = fields.parsed("reverses", str::parse);
    let reason = fields.optional_parsed("reason", |text| plain(text, MAX_TEXT_CHARS));
    let amount = read_amount(&mut fields);
    let movement = read_kind(&mut fields);
    let reversal = reverses
        .zip(amount)
        .zip(movement)
        .map(|((reverses, amount), movement)| Reversal {
            reverses,
            reason,
            movement,
            amount,
        });
    fields.finish(reversal)
}

pub(crate) fn read_kind(fields: &mut Fields) -> Option<MovementKind> {
    fields.parsed("movement", |text| match text {
        "deposit" => Ok(MovementKind::Deposit),
        "withdrawal" => Ok(MovementKind::Withdrawal),
        _ => Err("must be \"deposit\" or \"withdrawal\""),
    })
}

pub(crate) fn read_amount(fields: &mut Fields) -> Option<Money> {
    let currency: Option<Currency> = fields.parsed("currency", str::parse);
    match currency {
        Some(currency) => fields.parsed("amount", |text| Money::parse_amount(text, currency)),
        None => {
            // The number of digits depends on the currency, which is the fault to report.
            fields.take("amount");
            None
        }
    }
}

/// Checks a text that people will see: no line breaks or other control characters, which could forge a line of a mail or a log.
pub(crate) fn plain(text: &str, max_chars: usize) -> Result<String, String> {
    if text.is_empty() {
        return Err("must not be empty; leave it out instead".to_owned());
    }
    if text.chars().count() > max_chars {
        return Err(format!("must have at most {max_chars} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text.to_owned())
}
