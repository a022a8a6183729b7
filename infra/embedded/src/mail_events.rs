//! The provider events that SES would publish about a mail, by its address.
//!
//! Most mails are delivered. The addresses of SES's mailbox simulator
//! (<https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html>)
//! bounce or complain here as they do there, and so does any address below
//! their domain: `bounce+ana@simulator.amazonses.com`.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use handlers::feedback;
use handlers::ports::{ATTEMPT_TAG, Mail, NOTIFICATION_TAG};
use serde_json::{Value, json};
use uuid::Uuid;

const SIMULATOR: &str = "simulator.amazonses.com";
/// The configuration set's name on one machine: its logical id, to which the
/// template's rules resolve there.
const CONFIGURATION_SET: &str = "MailConfiguration";
/// Milliseconds between two events of a mail: enough for `notify` to record the
/// acceptance first, as is usual with SES.
const STEP: TimeDelta = TimeDelta::milliseconds(500);

/// The fate of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Delivered,
    /// SES's simulator has no delays; here, `delay@` has one.
    Delayed,
    Bounced,
    /// The address is on SES's own suppression list.
    Suppressed,
    Complained,
}

impl Fate {
    fn of(address: &str) -> Self {
        let address = address.to_ascii_lowercase();
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Fate::Delivered;
        };
        let simulated = domain == SIMULATOR || domain.ends_with(&format!(".{SIMULATOR}"));
        // A label after a plus makes different addresses with the same fate.
        let name = local.split('+').next().unwrap_or_default();
        match name {
            "bounce" if simulated => Fate::Bounced,
            "suppressionlist" if simulated => Fate::Suppressed,
            "complaint" if simulated => Fate::Complained,
            "delay" if simulated => Fate::Delayed,
            // `ooto` too: the mail arrives, and the automatic reply goes to its sender.
            _ => Fate::Delivered,
        }
    }

    /// Returns the types of the events in order, each with its detail.
    fn events(self) -> Vec<(&'static str, &'static str)> {
        let mut events = vec![("Email Sent", "Send")];
        let delivered = ("Email Delivered", "Delivery");
        match self {
            Fate::Delivered => events.push(delivered),
            Fate::Delayed => {
                events.extend([("Email Delivery Delayed", "DeliveryDelay"), delivered])
            }
            Fate::Bounced | Fate::Suppressed => events.push(("Email Bounced", "Bounce")),
            Fate::Complained => {
                events.extend([delivered, ("Email Complaint Received", "Complaint")])
            }
        }
        events
    }
}

/// An event of SES and its time.
pub(crate) struct MailEvent {
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) envelope: Value,
}

/// Returns the events of SES about a mail that was accepted now.
pub(crate) fn events(mail: &Mail, message_id: &str, now: DateTime<Utc>) -> Vec<MailEvent> {
    let fate = Fate::of(mail.to.as_str());
    let mut due_at = now;
    fate.events()
        .into_iter()
        .map(|(detail_type, event_type)| {
            due_at += STEP;
            MailEvent {
                due_at,
                envelope: envelope(
                    mail,
                    message_id,
                    fate,
                    (detail_type, event_type),
                    (now, due_at),
                ),
            }
        })
        .collect()
}

fn envelope(
    mail: &Mail,
    message_id: &str,
    fate: Fate,
    (detail_type, event_type): (&str, &str),
    (sent_at, at): (DateTime<Utc>, DateTime<Utc>),
) -> Value {
    let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let feedback_id = format!("{message_id}-{}", event_type.to_ascii_lowercase());
    let mut detail = json!({
        "eventType": event_type,
        "mail": {
            "timestamp": text(sent_at),
            "messageId": message_id,
            "destination": [mail.to],
            "tags": {
                "ses:configuration-set": [CONFIGURATION_SET],
                NOTIFICATION_TAG: [mail.notification_id.to_string()],
                ATTEMPT_TAG: [mail.attempt.to_string()],
            },
        },
    });
    let (name, about) = match event_type {
        "Delivery" => (
            "delivery",
            json!({ "timestamp": text(at), "recipients": [mail.to], "smtpResponse": "250 ok" }),
        ),
        "DeliveryDelay" => (
            "deliveryDelay",
            json!({
                "timestamp": text(at),
                "delayType": "TransientCommunicationFailure",
                "delayedRecipients": [{ "emailAddress": mail.to, "status": "4.4.1" }],
            }),
        ),
        "Bounce" => (
            "bounce",
            json!({
                "timestamp": text(at),
                "feedbackId": feedback_id,
                "bounceType": "Permanent",
                "bounceSubType": if fate == Fate::Suppressed { "Suppressed" } else { "General" },
                "bouncedRecipients": [{ "emailAddress": mail.to, "action": "failed", "status": "5.1.1" }],
            }),
        ),
        "Complaint" => (
            "complaint",
            json!({
                "timestamp": text(at),
                "feedbackId": feedback_id,
                "complaintFeedbackType": "abuse",
                "complainedRecipients": [{ "emailAddress": mail.to }],
            }),
        ),
        _ => ("send", json!({})),
    };
    detail[name] = about;
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": detail_type,
        "source": feedback::SOURCE,
        "account": "000000000000",
        "time": at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": "local",
        "resources": [],
        "detail": detail,
    })
}

#[cfg(test)]
mod tests {
    use domain::NotificationId;
    use domain::email::AddressHash;
    use handlers::ports::{Priority, SuppressionReason};

    use super::*;
    use domain::notification::ProviderEventKind as Kind;

    fn told(to: &str) -> Vec<(Kind, Option<SuppressionReason>)> {
        let mail = Mail {
            notification_id: NotificationId::from_u128(1),
            attempt: 2,
            from: "bank@example.com".to_owned(),
            to: to.parse().unwrap(),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            headers: Vec::new(),
            attachments: Vec::new(),
            priority: Priority::Ordinary,
        };
        let read = |event: MailEvent| {
            // By the reader of SES's own events.
            let read = feedback::read(&event.envelope).unwrap().unwrap();
            assert_eq!(read.notification_id, mail.notification_id);
            assert_eq!(read.event.attempt, Some(2));
            assert_eq!(read.event.message_id, "m-1");
            (
                read.event.kind,
                read.suppressed.map(|suppressed| {
                    assert_eq!(suppressed.addresses, [AddressHash::of(to)]);
                    suppressed.reason
                }),
            )
        };
        events(&mail, "m-1", DateTime::UNIX_EPOCH)
            .into_iter()
            .map(read)
            .collect()
    }

    #[test]
    fn mails_to_the_simulators_addresses_have_the_same_fate_as_with_ses_and_all_others_arrive() {
        let (sent, delivered) = ((Kind::Sent, None), (Kind::Delivered, None));
        let bounced = (Kind::Bounced, Some(SuppressionReason::PermanentBounce));
        let complained = (Kind::Complained, Some(SuppressionReason::Complaint));
        for (address, expected) in [
            ("ana@example.com", vec![sent, delivered]),
            ("success@simulator.amazonses.com", vec![sent, delivered]),
            ("ooto@simulator.amazonses.com", vec![sent, delivered]),
            ("bounce@simulator.amazonses.com", vec![sent, bounced]),
            ("bounce+ana@simulator.amazonses.com", vec![sent, bounced]),
            ("Bounce@eu.simulator.amazonses.com", vec![sent, bounced]),
            (
                "suppressionlist@simulator.amazonses.com",
                vec![sent, bounced],
            ),
            (
                "complaint@simulator.amazonses.com",
                vec![sent, delivered, complained],
            ),
            (
                "delay@simulator.amazonses.com",
                vec![sent, (Kind::Delayed, None), delivered],
            ),
            ("bounce@example.com", vec![sent, delivered]),
            ("bounce@notsimulator.amazonses.com", vec![sent, delivered]),
            ("bouncer@simulator.amazonses.com", vec![sent, delivered]),
        ] {
            assert_eq!(told(address), expected, "{address}");
        }
    }
}
