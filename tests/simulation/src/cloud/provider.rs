//! The mailer's provider after it has taken a mail: what it tells of it on the
//! default bus, late, twice, in any order, or never.

use domain::notification::ProviderEventKind as Kind;
use std::sync::Arc;

use chrono::SecondsFormat;
use handlers::ports::{ATTEMPT_TAG, Mail, NOTIFICATION_TAG};
use serde_json::{Value, json};

use super::rules::Envelope;
use crate::book::ProviderTold;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, HOUR, MINUTE, Micros, SECOND};

/// The fate of a mail, and whether the address is permanently bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Sent,
    Delayed,
    Delivered,
    BouncedForGood,
    BouncedForNow,
    Complained,
    Rejected,
}

impl Fate {
    fn kind(self) -> Kind {
        match self {
            Fate::Sent => Kind::Sent,
            Fate::Delayed => Kind::Delayed,
            Fate::Delivered => Kind::Delivered,
            Fate::BouncedForGood | Fate::BouncedForNow => Kind::Bounced,
            Fate::Complained => Kind::Complained,
            Fate::Rejected => Kind::Rejected,
        }
    }

    fn suppresses(self) -> bool {
        matches!(self, Fate::BouncedForGood | Fate::Complained)
    }
}

impl Core {
    /// Decides on the fate of a mail that the provider has accepted.
    pub fn deliver_mail(&mut self, mail: &Mail, message_id: &str) {
        if self.rng.u32(..100) >= self.state.setup.told_of {
            return;
        }
        let fates: &[Fate] = match self.rng.u32(..100) {
            0..3 => &[Fate::Rejected],
            3..13 => &[Fate::Sent, Fate::BouncedForGood],
            13..16 => &[Fate::Sent, Fate::BouncedForNow],
            16..21 => &[Fate::Sent, Fate::Delayed, Fate::Delivered],
            21..26 => &[Fate::Sent, Fate::Delivered, Fate::BouncedForGood],
            26..32 => &[Fate::Sent, Fate::Delivered, Fate::Complained],
            _ => &[Fate::Sent, Fate::Delivered],
        };
        let mut at = 0;
        for &fate in fates {
            at += self.rng.u64(SECOND / 10..20 * SECOND);
            let (mail, message_id) = (mail.clone(), message_id.to_owned());
            self.after(at, move |core| core.tell_of(&mail, &message_id, fate));
        }
    }

    fn tell_of(&mut self, mail: &Mail, message_id: &str, fate: Fate) {
        let hop = Hop::MailerToFeedback;
        self.coverage.called(hop);
        if self.chances.happens(&mut self.rng, hop, Fault::LostRequest) {
            self.coverage.note(hop, Fault::LostRequest);
            return;
        }
        self.tell(|_| format!("the provider tells {fate:?} of {message_id}"));
        self.state.book.provider.push(ProviderTold {
            notification_id: mail.notification_id,
            attempt: mail.attempt,
            kind: fate.kind(),
            suppresses: fate.suppresses().then(|| mail.to.hash()),
        });
        let envelope = Arc::new(Envelope::Whole(self.envelope(mail, message_id, fate)));
        let twice = self.chances.happens(&mut self.rng, hop, Fault::Duplicate);
        if twice {
            self.coverage.note(hop, Fault::Duplicate);
        }
        for _ in 0..=u32::from(twice) {
            let delay = self.on_its_way();
            let envelope = Arc::clone(&envelope);
            self.after(delay, move |core| core.take_provider_event(&envelope));
        }
    }

    fn on_its_way(&mut self) -> Micros {
        let delay = self.chances.way(&mut self.rng);
        let late = self
            .chances
            .happens(&mut self.rng, Hop::MailerToFeedback, Fault::Reorder);
        if !late {
            return delay;
        }
        self.coverage.note(Hop::MailerToFeedback, Fault::Reorder);
        let most = [2 * MINUTE, 30 * MINUTE, 5 * HOUR][self.rng.usize(..3)];
        delay + self.rng.u64(..most)
    }

    /// In the form of SES's documentation, as far as it is read.
    fn envelope(&mut self, mail: &Mail, message_id: &str, fate: Fate) -> Value {
        self.state.ids += 1;
        let number = self.state.ids;
        let time = self.time().to_rfc3339_opts(SecondsFormat::Millis, true);
        let recipients = json!([{ "emailAddress": mail.to }]);
        let feedback_id = format!("feedback-{number}");
        let bounce = |kind: &str| {
            json!({
                "bounceType": kind,
                "bounceSubType": "General",
                "bouncedRecipients": recipients,
                "timestamp": time,
                "feedbackId": feedback_id,
            })
        };
        let (event_type, name, about) = match fate {
            Fate::Sent => ("Send", "send", json!({})),
            Fate::Delayed => (
                "DeliveryDelay",
                "deliveryDelay",
                json!({ "timestamp": time, "delayType": "MailboxFull" }),
            ),
            Fate::Delivered => (
                "Delivery",
                "delivery",
                json!({ "timestamp": time, "recipients": [mail.to] }),
            ),
            Fate::BouncedForGood => ("Bounce", "bounce", bounce("Permanent")),
            Fate::BouncedForNow => ("Bounce", "bounce", bounce("Transient")),
            Fate::Complained => (
                "Complaint",
                "complaint",
                json!({
                    "complainedRecipients": recipients,
                    "timestamp": time,
                    "feedbackId": feedback_id,
                    "complaintFeedbackType": "abuse",
                }),
            ),
            Fate::Rejected => ("Reject", "reject", json!({ "reason": "Bad content" })),
        };
        json!({
            "version": "0",
            "id": format!("ses-{number}"),
            "detail-type": format!("Email {event_type}"),
            "source": handlers::feedback::SOURCE,
            "time": time,
            "detail": {
                "eventType": event_type,
                name: about,
                "mail": {
                    "timestamp": time,
                    "messageId": message_id,
                    "destination": [mail.to],
                    "tags": {
                        NOTIFICATION_TAG: [mail.notification_id.to_string()],
                        ATTEMPT_TAG: [mail.attempt.to_string()],
                    },
                },
            },
        })
    }
}
