//! Dead letters: permanent failures, in four envelopes, read as one type.
//!
//! A failed delivery of EventBridge, a function's asynchronous failure, a failed batch of the stream, and our own letters are
//! all in one queue.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::integration_event::Detail;
use domain::time::format_time;
use domain::{AccountId, EventId, NotificationId, ScheduleId, Version};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ports::{BusEntry, QueuedLetter};

/// A dead letter that a use case writes itself. Its JSON is stored in the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ledgerbell", rename_all = "kebab-case")]
pub enum InternalDeadLetter {
    /// An account is parked: a commit of it cannot be projected.
    AccountParked {
        /// The account.
        account_id: AccountId,
        /// The error, for an operator.
        reason: String,
        /// The time of the failure.
        at: DateTime<Utc>,
    },
    /// The events of a commit were not published, because it could not be read. Its balance was applied before, so its account
    /// is not parked.
    #[serde(rename = "commit-untold")]
    CommitUnpublished {
        /// The account.
        account_id: AccountId,
        /// The version of the commit's first event.
        first_version: Version,
        /// The error, for an operator.
        reason: String,
        /// The time of the failure.
        at: DateTime<Utc>,
    },
    /// A schedule is parked: its next occurrence can never succeed.
    ScheduleParked {
        /// The schedule's account.
        account_id: AccountId,
        /// The schedule.
        schedule_id: ScheduleId,
        /// The time of the occurrence, in UTC.
        occurrence: DateTime<Utc>,
        /// The error, for an operator.
        reason: String,
        /// The time of the failure.
        at: DateTime<Utc>,
    },
    /// The outcome of a mail is unknown: it may have been sent.
    NotificationUnknown {
        /// The notification.
        notification_id: NotificationId,
        /// The number of the attempt whose outcome is unknown.
        attempts: u32,
        /// The reason of the doubt.
        reason: String,
        /// The time of the failure.
        at: DateTime<Utc>,
        /// The type of `event`.
        event_type: String,
        /// The event that the notification is about, by which a redrive sends the mail once more.
        event: Box<Detail>,
    },
}

impl InternalDeadLetter {
    /// Returns the letter as the body of a message.
    ///
    /// # Errors
    /// - `Permanent`: the letter cannot be written as JSON; a retry does not help.
    pub fn to_body(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::permanent("a dead letter cannot be written as JSON", error))
    }
}

/// The part of the pipeline that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterKind {
    /// EventBridge could not deliver an event to a function.
    Delivery,
    /// A function failed on an event, including all retries.
    Function,
    /// A batch of the stream was given up.
    Stream,
    /// An account is parked.
    Account,
    /// A commit's events were not published.
    Commit,
    /// A schedule is parked.
    Schedule,
    /// A mail's outcome is unknown.
    Notification,
    /// The envelope is none of the known ones.
    Unreadable,
}

/// A dead letter, as the API returns it to operators.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetter {
    /// The letter's id, which a redrive names.
    pub id: String,
    /// The part of the pipeline that failed.
    pub kind: LetterKind,
    /// The failure in one line, for a person.
    pub what: String,
    /// The event that failed, if the letter is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The account, if the letter is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The error, for an operator.
    pub reason: String,
    /// The time of the failure in RFC 3339, if the envelope has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The number of attempts, if the envelope has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
    /// The starting point of a redrive. May contain personal data, so the API returns only the facts of its event.
    #[serde(
        rename = "event",
        serialize_with = "serialize_facts",
        skip_serializing_if = "Origin::has_no_event"
    )]
    pub origin: Origin,
}

/// The event of a letter, as far as a person needs it to recognise the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct EventFacts<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    version: Option<Version>,
    customer_id: Option<&'a str>,
    amount: Option<&'a str>,
    currency: Option<&'a str>,
    /// The kind of the movement that was reversed.
    movement: Option<&'a str>,
}

fn serialize_facts<S: Serializer>(
    origin: &Origin,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let facts = origin.event().map(|entry| {
        let (metadata, data) = (&entry.detail["metadata"], &entry.detail["data"]);
        EventFacts {
            event_type: &entry.event_type,
            version: metadata["version"].as_u64(),
            customer_id: data["customer_id"].as_str(),
            amount: data["amount"].as_str(),
            currency: data["currency"].as_str(),
            movement: data["movement"].as_str(),
        }
    });
    facts.serialize(serializer)
}

impl DeadLetter {
    /// The correlation id of the letter's event, if it is about one.
    pub(crate) fn correlation_id(&self) -> Option<&str> {
        self.origin.event()?.detail["metadata"]["correlation_id"].as_str()
    }
}

/// The starting point of a redrive.
#[derive(Clone)]
pub enum Origin {
    /// An event to publish again.
    Event(BusEntry),
    /// Commits to project again, by when they arrived in the stream.
    Stream {
        /// The arrival of the first.
        from: DateTime<Utc>,
        /// The arrival of the last.
        to: DateTime<Utc>,
    },
    /// A parked account to resume.
    Account(AccountId),
    /// A commit whose events to publish again.
    Commit {
        /// The commit's account.
        account_id: AccountId,
        /// The version of its first event.
        first_version: Version,
    },
    /// A parked schedule to resume.
    Schedule {
        /// The schedule's account.
        account_id: AccountId,
        /// The schedule.
        schedule_id: ScheduleId,
    },
    /// A mail of unknown outcome to send once more.
    Notification {
        /// The notification.
        id: NotificationId,
        /// The number of the attempt whose outcome is unknown.
        attempts: u32,
        /// The event that the mail is about.
        entry: BusEntry,
    },
    /// An event of SES, in EventBridge's envelope.
    Feedback(Value),
    /// Nothing: the letter cannot be redriven.
    None,
}

impl Origin {
    /// The event of the account's history, or one that follows from it.
    fn event(&self) -> Option<&BusEntry> {
        match self {
            Origin::Event(entry) | Origin::Notification { entry, .. } => Some(entry),
            Origin::Stream { .. }
            | Origin::Account(_)
            | Origin::Commit { .. }
            | Origin::Schedule { .. }
            | Origin::Feedback(_)
            | Origin::None => None,
        }
    }

    fn has_no_event(&self) -> bool {
        self.event().is_none()
    }
}

/// Shows only the variant, because an event of SES contains its recipients.
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

/// Reads a letter from any of the envelopes. Other messages become [`LetterKind::Unreadable`], so that nothing in the queue is
/// invisible.
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

/// EventBridge's envelope: the event unchanged, and the reason in attributes.
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

/// Returns the origin of an event. SES's events are not published again: they contain addresses.
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
