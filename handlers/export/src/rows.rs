//! Commits and notifications as rows.

use chrono::{DateTime, Utc};
use domain::chain::{self, ChainError};
use domain::{AccountId, Commit, EventId, Money, Version};
use serde::Deserialize;

use crate::value::{Decimal, Row, Value};

/// Returns the row of a commit, with the content that its hash covers.
pub fn of_commit(commit: &Commit) -> Row {
    vec![
        Value::text(&commit.account_id),
        int(commit.first_version),
        int(commit.last_version()),
        Value::time(commit.recorded_at),
        Value::text(commit.prev_hash),
        Value::text(commit.hash),
        Value::Text(String::from_utf8_lossy(&commit.canonical_bytes()).into_owned()),
    ]
}

/// Returns the rows of a commit's events.
///
/// # Errors
/// Both are permanent.
/// - `Decode`: an event cannot be decoded.
/// - `Account`: an event moves the balance out of its range.
pub fn of_events(commit: &Commit) -> Result<Vec<Row>, ChainError> {
    let decoded = chain::decode(commit)?;
    let zero = Money::zero(commit.after.currency());
    let deltas: Vec<Money> = decoded
        .iter()
        .map(|(_, event)| event.delta().unwrap_or(zero))
        .collect();
    // Backwards from the balance after the commit: the one before it may be unknown.
    let mut balances = vec![commit.after.balance; deltas.len()];
    for index in (1..deltas.len()).rev() {
        balances[index - 1] = balances[index]
            .checked_sub(deltas[index])
            .ok_or(ChainError::Account(commit.first_version))?;
    }
    let rows = decoded.iter().zip(&commit.events).enumerate();
    Ok(rows
        .map(|(index, ((version, _), event))| {
            let field = |name: &str| Value::optional(event.data[name].as_str());
            vec![
                Value::text(event.event_id),
                Value::text(&commit.account_id),
                int(*version),
                Value::text(&commit.after.customer_id),
                Value::text(&event.event_type),
                Value::Int(i64::from(event.schema)),
                Value::time(event.occurred.at()),
                Value::time(commit.recorded_at),
                Value::text(zero.currency()),
                amount(&event.data, zero),
                Value::Decimal(Decimal::of(deltas[index])),
                Value::Decimal(Decimal::of(balances[index])),
                field("channel"),
                field("counterparty"),
                field("reference"),
                date(&event.data),
                field("reverses"),
                field("reason"),
                field("schedule_id"),
                Value::Text(text_of(&event.data)),
                Value::text(&commit.source),
                Value::text(commit.correlation_id.as_str()),
                int(commit.first_version),
                Value::text(commit.hash),
                event.occurred.on().map_or(Value::Null, Value::Date),
            ]
        })
        .collect())
}

fn int(version: Version) -> Value {
    // Versions have 48 bits (see `EventId`).
    Value::Int(i64::try_from(version).unwrap_or(i64::MAX))
}

fn amount(data: &serde_json::Value, zero: Money) -> Value {
    let text = data["amount"].as_str();
    let money = text.and_then(|text| Money::parse_unsigned(text, zero.currency()).ok());
    money.map_or(Value::Null, |money| Value::Decimal(Decimal::of(money)))
}

fn date(data: &serde_json::Value) -> Value {
    let text = data["value_date"].as_str();
    let date = text.and_then(|text| text.parse().ok());
    date.map_or(Value::Null, Value::Date)
}

fn text_of(data: &serde_json::Value) -> String {
    String::from_utf8_lossy(&domain::hash::canonical_bytes(data)).into_owned()
}

/// A notification, as returned by the API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Notification {
    /// The id.
    pub notification_id: String,
    /// The kind.
    pub kind: String,
    /// The phase.
    pub state: String,
    /// The reason of the phase, such as a skip reason.
    pub reason: Option<String>,
    /// The event that caused it.
    pub event_id: EventId,
    /// The event's account version.
    pub event_version: Version,
    /// The template of the mail.
    pub template: Option<String>,
    /// The number of times that its mail was handed to the mailer.
    pub attempts: u32,
    /// The time of the decision.
    pub decided_at: DateTime<Utc>,
    /// The time of the last change of its phase.
    pub updated_at: DateTime<Utc>,
    /// The first time at which the mailer accepted a mail of it.
    pub sent_at: Option<DateTime<Utc>>,
    /// The provider's last report about the mail.
    pub delivery: Option<String>,
}

const SKIPPED: &str = "SKIPPED";

/// Returns a row of the decisions and, unless the notification was skipped, one
/// of the notifications.
pub fn of_notification(account: &AccountId, notification: &Notification) -> (Row, Option<Row>) {
    let skipped = notification.state == SKIPPED;
    let place = [
        Value::text(&notification.notification_id),
        Value::text(account),
        Value::text(notification.event_id),
        int(notification.event_version),
        Value::text(&notification.kind),
    ];
    let mut decision = place.to_vec();
    decision.extend([
        Value::text(if skipped { "skip" } else { "send" }),
        Value::optional(notification.reason.as_ref().filter(|_| skipped)),
        Value::time(notification.decided_at),
    ]);
    if skipped {
        return (decision, None);
    }
    let mut row = place.to_vec();
    row.extend([
        Value::text(&notification.state),
        Value::optional(notification.reason.as_ref()),
        Value::optional(notification.template.as_ref()),
        Value::Int(i64::from(notification.attempts)),
        Value::optional(notification.delivery.as_ref()),
        Value::time(notification.decided_at),
        Value::time(notification.updated_at),
        notification.sent_at.map_or(Value::Null, Value::time),
    ]);
    (decision, Some(row))
}
