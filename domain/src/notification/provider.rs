//! What a provider reports about the mails it accepted: a set of events, from
//! which the state follows.
//!
//! Events come late, in any order, more than once, or never. So each one joins
//! a set, and the state is computed from the whole set: joining is commutative
//! and idempotent, and so is its result. See ADR 13.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Evidence, Notification, Phase, Reason, State};

/// Most events that are kept, the earliest: SES retries for 14 hours, with a
/// delay event now and then, and an item must stay small.
pub const MAX_PROVIDER_EVENTS: usize = 50;

/// Why one is REJECTED that its provider had accepted.
const TURNED_AWAY: &str = "its provider took it and then turned it away";

/// A report about a mail. The order is by time, and a definite one also where
/// times are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProviderEvent {
    /// When it happened, by the provider's clock.
    pub at: DateTime<Utc>,
    /// The provider's id of the event: reported twice, it is one.
    pub id: String,
    /// What happened.
    pub kind: ProviderEventKind,
    /// The provider's own words for it, from its fixed vocabulary: no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The provider's id of the mail.
    pub message_id: String,
    /// Which attempt it was, where the mail's tag says so: a notification can
    /// have been sent more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}

/// What a provider can report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderEventKind {
    /// Accepted by the provider, who will try to deliver it.
    Sent,
    /// Not delivered yet; the provider goes on trying.
    Delayed,
    /// Accepted by the receiving server.
    Delivered,
    /// Turned away by the receiving server, at once or later.
    Bounced,
    /// Marked as spam by its recipient.
    Complained,
    /// Accepted by the provider and then not sent on, because of its content.
    Rejected,
    /// Never made, because a template of the provider's lacks something.
    RenderingFailed,
}

impl ProviderEventKind {
    /// The stored name.
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

    /// How far a mail got of which this is reported.
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

    /// Whether the provider has turned the mail away after all.
    const fn is_turned_away(self) -> bool {
        matches!(
            self,
            ProviderEventKind::Rejected | ProviderEventKind::RenderingFailed
        )
    }
}

/// How far a mail got. A later status replaces an earlier one and never the
/// other way round: a bounce can follow a delivery, and events come in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    /// The provider is still trying.
    Delayed,
    /// The receiving server accepted it.
    Delivered,
    /// The receiving server turned it away.
    Bounced,
    /// Its recipient marked it as spam.
    Complained,
}

/// All that a provider reported about the mails of one notification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderRecord {
    pub(super) events: Vec<ProviderEvent>,
    pub(super) status: Option<DeliveryStatus>,
}

impl ProviderRecord {
    /// The events, by time: the [`MAX_PROVIDER_EVENTS`] earliest.
    pub fn events(&self) -> &[ProviderEvent] {
        &self.events
    }

    /// How far the mail got, as far as was reported.
    pub fn status(&self) -> Option<DeliveryStatus> {
        self.status
    }

    /// The record with one more event: a set by the events' ids, in order of time.
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

/// What the events prove.
enum Proof {
    Accepted,
    TurnedAway,
}

impl Notification {
    /// The notification after one more report of its provider; `None` where
    /// that changes nothing.
    ///
    /// The result is the same in every order of the reports, and however often
    /// each comes. A report may finish a notification that is SENDING or UNKNOWN,
    /// and correct one that is SENT or REJECTED; every other state keeps it and
    /// stays.
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

    /// Whether the event only repeats the provider's answer to the mail: that it
    /// was accepted. Nothing follows from it that does not follow from the answer.
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

    /// The state and message that the events prove, where it is another one.
    ///
    /// A mail that was accepted and not turned away is sent; of several, that of
    /// the latest attempt counts. A worker that has the mail in its hands is only
    /// overtaken by reports about its own attempt.
    fn proven(&self) -> Option<(Proof, String)> {
        let (phase, attempts) = (self.phase(), self.attempts());
        let message_id = self.message_id();
        let is_eligible = match phase {
            Phase::Unknown | Phase::Sending | Phase::Sent => true,
            // Turned away by the provider, not refused when it was handed over.
            Phase::Rejected => message_id.is_some(),
            Phase::Planned | Phase::Claimed | Phase::RetryAt | Phase::Skipped => false,
        };
        if !is_eligible {
            return None;
        }
        let attempt = |event: &ProviderEvent| event.attempt.unwrap_or(attempts);
        // Attempts are counted before they are made: nothing true is reported of one that was not.
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
        // What was turned away of an earlier attempt says nothing of the latest, unless it is all that the provider
        // accepted.
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
