//! Dead letters: what failed for good, in four envelopes, read as one thing.
//!
//! EventBridge's own delivery, a function's asynchronous failure, a stream's
//! failed batch, and our own letters all end in one queue.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::integration_event::Detail;
use domain::time::format_time;
use domain::{AccountId, EventId, NotificationId, ScheduleId, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ports::{BusEntry, QueuedLetter};

/// The letters that we write ourselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ledgerbell", rename_all = "kebab-case")]
pub enum InternalDeadLetter {
    /// The projection of an account has stopped.
    AccountParked {
        account_id: AccountId,
        reason: String,
        at: DateTime<Utc>,
    },
    /// A commit could not be read when its events were to be told. Its balance
    /// was applied before, so its account goes on.
    #[serde(rename = "commit-untold")]
    CommitUnpublished {
        account_id: AccountId,
        first_version: Version,
        reason: String,
        at: DateTime<Utc>,
    },
    /// What is next of a schedule can never be worked off.
    ScheduleParked {
        account_id: AccountId,
        schedule_id: ScheduleId,
        occurrence: DateTime<Utc>,
        reason: String,
        at: DateTime<Utc>,
    },
    /// Nobody knows whether a mail was sent.
    NotificationUnknown {
        notification_id: NotificationId,
        attempts: u32,
        reason: String,
        at: DateTime<Utc>,
        event_type: String,
        event: Box<Detail>,
    },
}

impl InternalDeadLetter {
    pub fn to_body(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::permanent("a dead letter cannot be written as JSON", error))
    }
}

/// Which plane failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterKind {
    /// EventBridge could not hand an event to a function.
    Delivery,
    /// A function got an event and failed, to its last retry.
    Function,
    /// A batch of the stream was given up.
    Stream,
    /// An account is parked.
    Account,
    /// A commit's events could not be told.
    Commit,
    /// A schedule is parked.
    Schedule,
    /// A mail's outcome is unknown.
    Notification,
    /// None of the envelopes that we know.
    Unreadable,
}

/// A dead letter, as an operator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    pub id: String,
    pub kind: LetterKind,
    /// One line for a person.
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub reason: String,
    /// When it failed, as far as the envelope tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// How often it was tried before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
    #[serde(skip)]
    pub origin: Origin,
}

impl DeadLetter {
    /// That of the event that it is about, where it is about one.
    pub(crate) fn correlation_id(&self) -> Option<&str> {
        match &self.origin {
            Origin::Event(entry) | Origin::Notification { entry, .. } => {
                entry.detail["metadata"]["correlation_id"].as_str()
            }
            Origin::Stream { .. }
            | Origin::Account(_)
            | Origin::Commit { .. }
            | Origin::Schedule { .. }
            | Origin::Feedback(_)
            | Origin::None => None,
        }
    }
}

/// What a redrive starts from.
#[derive(Clone)]
pub enum Origin {
    /// An event to be put on the bus again.
    Event(BusEntry),
    /// Commits recorded in this time, to be projected again.
    Stream {
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    },
    Account(AccountId),
    /// A commit whose events are to be told again.
    Commit {
        account_id: AccountId,
        first_version: Version,
    },
    /// A parked schedule, to be due again.
    Schedule {
        account_id: AccountId,
        schedule_id: ScheduleId,
    },
    Notification {
        id: NotificationId,
        attempts: u32,
        /// The event that the mail was about.
        entry: BusEntry,
    },
    /// An event of SES's, as EventBridge delivers it.
    Feedback(Value),
    None,
}

/// Not what it holds: an event of SES's names its recipients.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Event(_) => "Event",
            Origin::Stream { .. } => "Stream",
            Origin::Account(_) => "Account",
            Origin::Commit { .. } => "Commit",
            Origin::Schedule { .. } => "Schedule",
            Origin::Notification { .. } => "Notification",
            Origin::Feedback(_) => "Feedback",
            Origin::None => "None",
        })
    }
}

/// Reads any of the envelopes. What is none of them is still a letter, so that
/// nothing in the queue is ever invisible.
pub fn read(queued: &QueuedLetter) -> DeadLetter {
    let body: Value = serde_json::from_str(&queued.body).unwrap_or(Value::Null);
    let read = if body.get("ledgerbell").is_some() {
        read_own(&queued.id, &body)
    } else if body.get("DDBStreamBatchInfo").is_some() {
        read_stream(&queued.id, &body)
    } else if body.get("requestPayload").is_some() {
        read_function(&queued.id, &body)
    } else if body.get("detail-type").is_some() {
        read_delivery(queued, &body)
    } else {
        None
    };
    read.unwrap_or_else(|| DeadLetter {
        id: queued.id.clone(),
        kind: LetterKind::Unreadable,
        what: "a message in none of the known envelopes".to_owned(),
        event_id: None,
        account_id: None,
        reason: "it cannot be read, and so not redriven; look at it in the queue".to_owned(),
        at: None,
        attempts: None,
        origin: Origin::None,
    })
}

fn read_own(id: &str, body: &Value) -> Option<DeadLetter> {
    match InternalDeadLetter::deserialize(body).ok()? {
        InternalDeadLetter::AccountParked {
            account_id,
            reason,
            at,
        } => Some(DeadLetter {
            id: id.to_owned(),
            kind: LetterKind::Account,
            what: format!("the projection of account {account_id} has stopped"),
            event_id: None,
            account_id: Some(account_id.clone()),
            reason,
            at: Some(at.to_rfc3339()),
            attempts: None,
            origin: Origin::Account(account_id),
        }),
        InternalDeadLetter::CommitUnpublished {
            account_id,
            first_version,
            reason,
            at,
        } => Some(DeadLetter {
            id: id.to_owned(),
            kind: LetterKind::Commit,
            what: format!(
                "the events of account {account_id} from version {first_version} were not told"
            ),
            event_id: Some(EventId::new(&account_id, first_version)),
            account_id: Some(account_id.clone()),
            reason,
            at: Some(at.to_rfc3339()),
            attempts: None,
            origin: Origin::Commit {
                account_id,
                first_version,
            },
        }),
        InternalDeadLetter::ScheduleParked {
            account_id,
            schedule_id,
            occurrence,
            reason,
            at,
        } => Some(DeadLetter {
            id: id.to_owned(),
            kind: LetterKind::Schedule,
            what: format!(
                "schedule {schedule_id} of account {account_id} has stopped before its occurrence of {}",
                format_time(occurrence)
            ),
            event_id: None,
            account_id: Some(account_id.clone()),
            reason,
            at: Some(at.to_rfc3339()),
            attempts: None,
            origin: Origin::Schedule {
                account_id,
                schedule_id,
            },
        }),
        InternalDeadLetter::NotificationUnknown {
            notification_id,
            attempts,
            reason,
            at,
            event_type,
            event,
        } => Some(DeadLetter {
            id: id.to_owned(),
            kind: LetterKind::Notification,
            what: format!("nobody knows whether the mail {notification_id} was sent"),
            event_id: Some(event.metadata().event_id),
            account_id: Some(event.metadata().account_id.clone()),
            reason,
            at: Some(at.to_rfc3339()),
            attempts: Some(u64::from(attempts)),
            origin: Origin::Notification {
                id: notification_id,
                attempts,
                entry: BusEntry::with(&event_type, &event).ok()?,
            },
        }),
    }
}

fn read_stream(id: &str, body: &Value) -> Option<DeadLetter> {
    let info = &body["DDBStreamBatchInfo"];
    let time = |name: &str| info[name].as_str()?.parse::<DateTime<Utc>>().ok();
    let from = time("approximateArrivalOfFirstRecord")?;
    let to = time("approximateArrivalOfLastRecord")?;
    let size = info["batchSize"].as_u64().unwrap_or(0);
    Some(DeadLetter {
        id: id.to_owned(),
        kind: LetterKind::Stream,
        what: format!("{size} records of the events table's stream were given up"),
        event_id: None,
        account_id: None,
        reason: text(&body["requestContext"]["condition"]).unwrap_or_else(|| "not told".to_owned()),
        at: text(&body["timestamp"]),
        attempts: body["requestContext"]["approximateInvokeCount"].as_u64(),
        origin: Origin::Stream { from, to },
    })
}

/// Lambda's destination record for asynchronous invocations.
fn read_function(id: &str, body: &Value) -> Option<DeadLetter> {
    let event = &body["requestPayload"];
    let entry = bus_entry(event)?;
    let response = &body["responsePayload"];
    let reason = match (
        text(&response["errorType"]),
        text(&response["errorMessage"]),
    ) {
        (Some(class), Some(message)) => format!("{class}: {message}"),
        (_, Some(message)) => message,
        _ => text(&body["requestContext"]["condition"]).unwrap_or_else(|| "not told".to_owned()),
    };
    let function = text(&body["requestContext"]["functionArn"]).unwrap_or_default();
    let function = function
        .split(":function:")
        .nth(1)
        .unwrap_or("a function")
        .to_owned();
    Some(DeadLetter {
        id: id.to_owned(),
        kind: LetterKind::Function,
        what: format!("{function} failed on {}", entry.event_type),
        event_id: event_id(event),
        account_id: account_id(event),
        reason,
        at: text(&body["timestamp"]),
        attempts: body["requestContext"]["approximateInvokeCount"].as_u64(),
        origin: origin(event, entry),
    })
}

/// EventBridge sends the event as it was, and tells the rest in attributes.
fn read_delivery(queued: &QueuedLetter, body: &Value) -> Option<DeadLetter> {
    let entry = bus_entry(body)?;
    let attribute = |name: &str| queued.attributes.get(name).cloned();
    let reason = match (attribute("ERROR_CODE"), attribute("ERROR_MESSAGE")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (code, message) => code.or(message).unwrap_or_else(|| "not told".to_owned()),
    };
    Some(DeadLetter {
        id: queued.id.clone(),
        kind: LetterKind::Delivery,
        what: format!("{} could not be delivered", entry.event_type),
        event_id: event_id(body),
        account_id: account_id(body),
        reason,
        at: text(&body["time"]),
        attempts: attribute("RETRY_ATTEMPTS").and_then(|text| text.parse().ok()),
        origin: origin(body, entry),
    })
}

/// SES's events are not ours to publish.
fn origin(event: &Value, entry: BusEntry) -> Origin {
    if event["source"] == crate::feedback::SOURCE {
        Origin::Feedback(event.clone())
    } else {
        Origin::Event(entry)
    }
}

fn bus_entry(event: &Value) -> Option<BusEntry> {
    let event_type = text(&event["detail-type"])?;
    let detail = event.get("detail")?.clone();
    Some(BusEntry { event_type, detail })
}

fn event_id(event: &Value) -> Option<EventId> {
    text(&event["detail"]["metadata"]["event_id"])?.parse().ok()
}

fn account_id(event: &Value) -> Option<AccountId> {
    text(&event["detail"]["metadata"]["account_id"])?
        .parse()
        .ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
