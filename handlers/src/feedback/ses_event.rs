//! SES's events, as EventBridge delivers them.
//!
//! The form is [SES's own](https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).
//! Receiving servers add their own texts, so only words of SES's fixed vocabularies are kept.

use chrono::{DateTime, Utc};
use domain::NotificationId;
use domain::email::AddressHash;
use domain::notification::{ProviderEvent, ProviderEventKind as Kind};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::ports::{ATTEMPT_TAG, NOTIFICATION_TAG, SuppressionReason};

/// Longest id, in characters; SES's have about 60. An event with a longer message id is refused.
const MAX_ID_CHARS: usize = 120;
/// Longest word of SES's vocabularies, in characters, with room. A longer one is left out.
const MAX_WORD_CHARS: usize = 40;
/// Recipients of a bounce or complaint that are read; our mails have one each. The rest is ignored.
const MAX_RECIPIENTS: usize = 50;

/// An event of one of our mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SesEvent {
    /// The notification, from the mail's tag.
    pub notification_id: NotificationId,
    /// The report about the mail.
    pub event: ProviderEvent,
    /// The addresses that the event suppresses, for permanent bounces and complaints.
    pub suppressed: Option<Suppressed>,
}

/// Addresses to suppress, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The reason.
    pub reason: SuppressionReason,
    /// The hashes of the addresses.
    pub addresses: Vec<AddressHash>,
}

/// Reads an event in EventBridge's envelope. Returns `None` for events that do not concern delivery, and for mails without our
/// tag.
///
/// # Errors
/// - `Permanent`: the event does not have SES's form; a retry does not help. The error contains nothing of its content.
pub fn read(envelope: &Value) -> Result<Option<SesEvent>> {
    let unreadable =
        |what: &str| Error::Permanent(format!("an event of SES has no readable {what}").into());
    let detail = &envelope["detail"];
    let mail = &detail["mail"];
    if !detail.is_object() || !mail.is_object() {
        return Err(unreadable("mail"));
    }
    let event_type = detail["eventType"]
        .as_str()
        .ok_or_else(|| unreadable("type"))?;
    let Some(told) = told(event_type, detail) else {
        return Ok(None);
    };
    // Tags are lists, as a mail can have one more than once.
    let tag = |name: &str| mail["tags"][name][0].as_str();
    let Some(id) = tag(NOTIFICATION_TAG) else {
        return Ok(None);
    };
    let notification_id = id.parse().map_err(|_| unreadable("notification"))?;
    let message_id = id_of(&mail["messageId"]).ok_or_else(|| unreadable("message id"))?;
    let at = [
        &told.about["timestamp"],
        &mail["timestamp"],
        &envelope["time"],
    ]
    .into_iter()
    .find_map(|time| time.as_str()?.parse::<DateTime<Utc>>().ok())
    .ok_or_else(|| unreadable("time"))?;
    // Not EventBridge's id, because SES may publish the same report twice.
    let id = id_of(&told.about["feedbackId"])
        .unwrap_or_else(|| format!("{message_id}/{event_type}/{}", at.timestamp_millis()));
    Ok(Some(SesEvent {
        notification_id,
        event: ProviderEvent {
            at,
            id,
            kind: told.kind,
            detail: told.detail,
            message_id,
            attempt: tag(ATTEMPT_TAG).and_then(|text| text.parse().ok()),
        },
        suppressed: told.suppressed,
    }))
}

/// The content of an event.
struct Told<'a> {
    kind: Kind,
    /// The member with the type's own data.
    about: &'a Value,
    detail: Option<String>,
    suppressed: Option<Suppressed>,
}

fn told<'a>(event_type: &str, detail: &'a Value) -> Option<Told<'a>> {
    let simple = |kind, name: &str, words: &[&str]| {
        let about = &detail[name];
        Some(Told {
            kind,
            about,
            detail: words_of(about, words),
            suppressed: None,
        })
    };
    match event_type {
        "Send" => simple(Kind::Sent, "send", &[]),
        "Delivery" => simple(Kind::Delivered, "delivery", &[]),
        "DeliveryDelay" => simple(Kind::Delayed, "deliveryDelay", &["delayType"]),
        // Its reason is "Bad content", today.
        "Reject" => simple(Kind::Rejected, "reject", &[]),
        // Its message quotes the template's data.
        "Rendering Failure" => simple(Kind::RenderingFailed, "failure", &[]),
        "Bounce" => {
            let bounce = &detail["bounce"];
            // `Transient` is a full mailbox or an automatic answer, `Undetermined` is unclear. Neither is permanent.
            let permanent = bounce["bounceType"] == "Permanent";
            Some(Told {
                kind: Kind::Bounced,
                about: bounce,
                detail: words_of(bounce, &["bounceType", "bounceSubType"]),
                suppressed: permanent.then(|| Suppressed {
                    reason: SuppressionReason::PermanentBounce,
                    addresses: addresses(&bounce["bouncedRecipients"]),
                }),
            })
        }
        "Complaint" => {
            let complaint = &detail["complaint"];
            // Taking a mail out of the spam folder is a "complaint" too (RFC 6430).
            if complaint["complaintFeedbackType"] == "not-spam" {
                return None;
            }
            Some(Told {
                kind: Kind::Complained,
                about: complaint,
                detail: words_of(complaint, &["complaintFeedbackType", "complaintSubType"]),
                suppressed: Some(Suppressed {
                    reason: SuppressionReason::Complaint,
                    addresses: addresses(&complaint["complainedRecipients"]),
                }),
            })
        }
        // Open, Click, Subscription, and future types.
        _ => None,
    }
}

/// Returns SES's words in these members, joined; `None` if there are none. Anything but a plain word is left out.
fn words_of(about: &Value, names: &[&str]) -> Option<String> {
    let plain = |text: &&str| {
        (1..=MAX_WORD_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let words: Vec<&str> = names
        .iter()
        .filter_map(|name| about[name].as_str())
        .filter(plain)
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Reads an id of SES's form: without blanks, and nothing that could be an address.
fn id_of(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    ((1..=MAX_ID_CHARS).contains(&text.len()) && plain).then(|| text.to_owned())
}

fn addresses(recipients: &Value) -> Vec<AddressHash> {
    recipients
        .as_array()
        .into_iter()
        .flatten()
        .take(MAX_RECIPIENTS)
        .filter_map(|recipient| recipient["emailAddress"].as_str())
        .map(bare)
        .filter(|address| address.contains('@'))
        .map(AddressHash::of)
        .collect()
}

/// Returns the address in `Ana Example <ana@example.com>`.
fn bare(text: &str) -> &str {
    let inner = text
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or(text, |(inner, _)| inner);
    inner.trim()
}
