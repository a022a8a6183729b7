//! A notification and one more event of it. The result is the same in every
//! order of the events, and however often each comes.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::ports::{DeliveryStatus, Notification, ProviderEvent, ProviderEventKind as Kind, State};

/// Most events that are kept, the earliest: SES retries for 14 hours, with a
/// delay event now and then, and an item has its largest size.
pub const MAX_EVENTS: usize = 50;

/// The notification with this event, as its next revision; `None` where that
/// changes nothing.
#[must_use]
pub fn merged(
    stored: &Notification,
    event: &ProviderEvent,
    now: DateTime<Utc>,
) -> Option<Notification> {
    let mut next = stored.clone();
    next.feedback = joined(&stored.feedback, event);
    next.delivery = stored.delivery.max(delivery_of(event.kind));
    // From a state that an event leads to, an earlier one can lead further.
    while let Some((state, message_id)) = settled(&next) {
        if next.state != state {
            let revision = next.revision;
            next = next.moved(state, now, Some(reason(state).to_owned()));
            next.revision = revision;
        }
        next.message_id = Some(message_id);
    }
    if next == *stored {
        return None;
    }
    next.revision += 1;
    Some(next)
}

/// A set by the events' ids, in order of time.
fn joined(events: &[ProviderEvent], event: &ProviderEvent) -> Vec<ProviderEvent> {
    let mut set: BTreeSet<ProviderEvent> = events.iter().cloned().collect();
    // Of two that call themselves the same, the earlier: whichever comes first.
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
    set.into_iter().take(MAX_EVENTS).collect()
}

fn delivery_of(kind: Kind) -> Option<DeliveryStatus> {
    match kind {
        Kind::Sent | Kind::Rejected | Kind::RenderingFailed => None,
        Kind::Delayed => Some(DeliveryStatus::Delayed),
        Kind::Delivered => Some(DeliveryStatus::Delivered),
        Kind::Bounced => Some(DeliveryStatus::Bounced),
        Kind::Complained => Some(DeliveryStatus::Complained),
    }
}

/// Whether the provider has turned the mail away after all.
fn turned_away(event: &ProviderEvent) -> bool {
    matches!(event.kind, Kind::Rejected | Kind::RenderingFailed)
}

fn reason(state: State) -> &'static str {
    match state {
        State::Rejected => "its provider took it and then turned it away",
        _ => "its provider has told of it",
    }
}

/// The state and message that the events prove, where it is another one.
///
/// A mail that was taken and not turned away is sent; of several, that of the
/// latest attempt counts. A worker that has the mail in its hands is only
/// overtaken by what is told of its own attempt.
fn settled(notification: &Notification) -> Option<(State, String)> {
    let Notification {
        state,
        attempts,
        message_id,
        feedback,
        ..
    } = notification;
    let eligible = match state {
        State::Unknown | State::Sending | State::Sent => true,
        // Turned away by the provider, not refused when it was handed over.
        State::Rejected => message_id.is_some(),
        State::Planned | State::Claimed | State::RetryAt | State::Skipped => false,
    };
    if !eligible {
        return None;
    }
    let attempt = |event: &ProviderEvent| event.attempt.unwrap_or(*attempts);
    // Attempts are counted before they are made: nothing true is told of one that was not.
    let evidence: Vec<&ProviderEvent> = feedback
        .iter()
        .filter(|event| attempt(event) <= *attempts)
        .collect();
    let away: BTreeSet<&str> = evidence
        .iter()
        .filter(|event| turned_away(event))
        .map(|event| event.message_id.as_str())
        .collect();
    let own = message_id
        .as_deref()
        .filter(|_| *state == State::Sent)
        .map(|id| {
            let told = evidence.iter().find(|event| event.message_id == id);
            (told.map_or(*attempts, |event| attempt(event)), id)
        });
    let taken = evidence
        .iter()
        .filter(|event| !turned_away(event))
        .filter(|event| *state != State::Sending || attempt(event) == *attempts)
        .map(|event| (attempt(event), event.message_id.as_str()))
        .chain(own)
        .filter(|(_, id)| !away.contains(id))
        .max();
    // What was turned away of an earlier attempt says nothing of the latest, unless it is all that the provider took.
    let took = |id: &str| {
        let mut others = evidence.iter().filter(|event| !turned_away(event));
        message_id.as_deref() == Some(id) || others.any(|event| event.message_id == id)
    };
    let rejected = evidence
        .iter()
        .filter(|event| turned_away(event))
        .filter(|event| {
            let earlier = *state != State::Sending && took(&event.message_id);
            attempt(event) == *attempts || earlier
        })
        .map(|event| (attempt(event), event.message_id.as_str()))
        .max();
    let (proven, id) = match (taken, rejected) {
        (Some((_, id)), _) => (State::Sent, id),
        (None, Some((_, id))) => (State::Rejected, id),
        (None, None) => return None,
    };
    let is_new = *state != proven || message_id.as_deref() != Some(id);
    is_new.then(|| (proven, id.to_owned()))
}
