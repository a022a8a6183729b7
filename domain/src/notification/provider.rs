//! A provider's reports about the mails that it accepted: a set of events, from which the state is derived.
//!
//! Events arrive late, in any order, more than once, or never. So each one is added to a set, and the state is derived from the
//! whole set: adding is commutative and idempotent, and so is the result. See ADR 13.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Evidence, Notification, Phase, Reason, State};

/// Events that are kept, because an item must stay small: SES retries for 14 hours, with a delay event now and then. The latest
/// ones beyond it are dropped.
pub const MAX_PROVIDER_EVENTS: usize = 50;

/// The reason of a rejection after acceptance.
const TURNED_AWAY: &str = "its provider took it and then turned it away";

/// A report about a mail. The order is by time, and definite for equal times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProviderEvent {
    /// The time at which it occurred, by the provider's clock.
    pub at: DateTime<Utc>,
    /// The provider's id of the event, by which a repeated report is recognised.
    pub id: String,
    /// The kind.
    pub kind: ProviderEventKind,
    /// The provider's words for it, from a fixed vocabulary. Contains no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The provider's id of the mail.
    pub message_id: String,
    /// The number of the attempt, if the mail's tag has it, because a notification may have been sent more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

/// The kind of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderEventKind {
    /// Accepted by the provider, who will try to deliver it.
    Sent,
    /// Not delivered yet; the provider continues to try.
    Delayed,
    /// Accepted by the receiving server.
    Delivered,
    /// Rejected by the receiving server, immediately or later.
    Bounced,
    /// Marked as spam by its recipient.
    Complained,
    /// Accepted by the provider and then not sent on, because of its content.
    Rejected,
    /// Never made, because a template of the provider could not be rendered.
    RenderingFailed,
}

impl ProviderEventKind {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ProviderEventKind::Sent => "sent",
            ProviderEventKind::Delayed => "delayed",
            ProviderEventKind::Delivered => "delivered",
            ProviderEventKind::Bounced => "bounced",
            ProviderEventKind::Complained => "complained",
            ProviderEventKind::Rejected => "rejected",
            ProviderEventKind::RenderingFailed => "rendering-failed",
        }
    }

    /// The delivery status of a mail with this report.
    const fn status(self) -> Option<DeliveryStatus> {
        match self {
            ProviderEventKind::Sent
            | ProviderEventKind::Rejected
            | ProviderEventKind::RenderingFailed => None,
            ProviderEventKind::Delayed => Some(DeliveryStatus::Delayed),
            ProviderEventKind::Delivered => Some(DeliveryStatus::Delivered),
            ProviderEventKind::Bounced => Some(DeliveryStatus::Bounced),
            ProviderEventKind::Complained => Some(DeliveryStatus::Complained),
        }
    }

    /// Whether the provider rejected the mail after accepting it.
    const fn is_turned_away(self) -> bool {
        matches!(
            self,
            ProviderEventKind::Rejected | ProviderEventKind::RenderingFailed
        )
    }
}

/// The delivery status of a mail. A higher status replaces a lower one and never the reverse: a bounce can follow a delivery,
/// and events arrive in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// The provider is still trying.
    Delayed,
    /// The receiving server accepted it.
    Delivered,
    /// The receiving server rejected it.
    Bounced,
    /// Its recipient marked it as spam.
    Complained,
}

/// A provider's reports about the mails of one notification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderRecord {
    pub(super) events: Vec<ProviderEvent>,
    pub(super) status: Option<DeliveryStatus>,
}

impl ProviderRecord {
    /// The events, by time: the [`MAX_PROVIDER_EVENTS`] earliest.
    #[must_use]
    pub fn events(&self) -> &[ProviderEvent] {
        &self.events
    }

    /// The highest delivery status that was reported.
    #[must_use]
    pub fn status(&self) -> Option<DeliveryStatus> {
        self.status
    }

    /// Returns the record with one more event: a set by the events' ids, in order of time.
    fn joined(&self, event: &ProviderEvent) -> Self {
        let mut set: BTreeSet<ProviderEvent> = self.events.iter().cloned().collect();
        // Of two with the same id, the earlier: whichever comes first.
        let known = set.iter().find(|known| known.id == event.id).cloned();
        match known {
            Some(known) if known <= *event => {}
            Some(known) => {
                set.remove(&known);
                set.insert(event.clone());
            }
            None => {
                set.insert(event.clone());
            }
        }
        ProviderRecord {
            events: set.into_iter().take(MAX_PROVIDER_EVENTS).collect(),
            status: self.status.max(event.kind.status()),
        }
    }
}

/// The state that the events prove.
enum Proof {
    Accepted,
    TurnedAway,
}

impl Notification {
    /// Returns the notification after one more report of its provider; `None` if nothing changes.
    ///
    /// The result is the same in every order of the reports, and for any number of repeats. A report may finish a notification
    /// that is SENDING or UNKNOWN, and correct one that is SENT or REJECTED. In every other state it is only recorded.
    #[must_use]
    pub fn provider_reported(&self, event: &ProviderEvent, now: DateTime<Utc>) -> Option<Self> {
        let mut next = self.clone();
        next.provider = self.provider.joined(event);
        // From a state that an event leads to, an earlier one can lead further.
        while let Some((proof, message)) = next.proven() {
            next = next.settled(proof, message, now);
        }
        (next != *self).then_some(next)
    }

    /// Whether the event only repeats the provider's answer that the mail was accepted, and so has no effect.
    #[must_use]
    pub fn has_answer_of(&self, event: &ProviderEvent) -> bool {
        let attempts = self.attempts();
        event.kind == ProviderEventKind::Sent
            && matches!(&self.state, State::Sent { message, .. } if *message == event.message_id)
            && event.attempt.is_none_or(|attempt| attempt == attempts)
    }

    fn settled(mut self, proof: Proof, message: String, now: DateTime<Utc>) -> Self {
        let state = match (proof, &self.state) {
            (Proof::Accepted, State::Sent { evidence, .. }) => State::Sent {
                message,
                evidence: *evidence,
            },
            (Proof::Accepted, _) => State::Sent {
                message,
                evidence: Evidence::Report,
            },
            (Proof::TurnedAway, State::Rejected { reason, .. }) => State::Rejected {
                reason: reason.clone(),
                message: Some(message),
            },
            (Proof::TurnedAway, _) => State::Rejected {
                reason: Reason::new(TURNED_AWAY),
                message: Some(message),
            },
        };
        if state.phase() == self.phase() {
            self.state = state;
            return self;
        }
        self.enter(state, now)
    }

    /// Returns the state and message that the events prove, if the state changes.
    ///
    /// A mail that was accepted and not rejected is sent; of several, the latest attempt's counts. While a worker is sending,
    /// only reports about its own attempt count.
    fn proven(&self) -> Option<(Proof, String)> {
        let (phase, attempts) = (self.phase(), self.attempts());
        let message_id = self.message_id();
        let is_eligible = match phase {
            Phase::Unknown | Phase::Sending | Phase::Sent => true,
            // Rejected by the provider after acceptance, not refused when it was sent.
            Phase::Rejected => message_id.is_some(),
            Phase::Planned | Phase::Claimed | Phase::RetryAt | Phase::Skipped => false,
        };
        if !is_eligible {
            return None;
        }
        let attempt = |event: &ProviderEvent| event.attempt.unwrap_or(attempts);
        // Attempts are counted before they are made, so a report about an uncounted one is not true.
        let evidence: Vec<&ProviderEvent> = self
            .provider
            .events
            .iter()
            .filter(|event| attempt(event) <= attempts)
            .collect();
        let turned_away: BTreeSet<&str> = evidence
            .iter()
            .filter(|event| event.kind.is_turned_away())
            .map(|event| event.message_id.as_str())
            .collect();
        let own = message_id.filter(|_| phase == Phase::Sent).map(|id| {
            let reported = evidence.iter().find(|event| event.message_id == id);
            (reported.map_or(attempts, |event| attempt(event)), id)
        });
        let accepted = evidence
            .iter()
            .filter(|event| !event.kind.is_turned_away())
            .filter(|event| phase != Phase::Sending || attempt(event) == attempts)
            .map(|event| (attempt(event), event.message_id.as_str()))
            .chain(own)
            .filter(|(_, id)| !turned_away.contains(id))
            .max();
        // The rejection of an earlier attempt does not concern the latest, unless the provider accepted no other.
        let was_accepted = |id: &str| {
            let mut others = evidence.iter().filter(|event| !event.kind.is_turned_away());
            message_id == Some(id) || others.any(|event| event.message_id == id)
        };
        let rejected = evidence
            .iter()
            .filter(|event| event.kind.is_turned_away())
            .filter(|event| {
                let earlier = phase != Phase::Sending && was_accepted(&event.message_id);
                attempt(event) == attempts || earlier
            })
            .map(|event| (attempt(event), event.message_id.as_str()))
            .max();
        let (proof, proven, id) = match (accepted, rejected) {
            (Some((_, id)), _) => (Proof::Accepted, Phase::Sent, id),
            (None, Some((_, id))) => (Proof::TurnedAway, Phase::Rejected, id),
            (None, None) => return None,
        };
        let is_new = phase != proven || message_id != Some(id);
        is_new.then(|| (proof, id.to_owned()))
    }
}
