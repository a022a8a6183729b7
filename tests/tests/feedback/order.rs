//! Events come in any order and more than once: the notification is the same
//! at the end.

use chrono::{DateTime, TimeDelta};
use domain::notification::{
    DeliveryStatus, MAX_PROVIDER_EVENTS, Notification, Phase, ProviderEvent,
    ProviderEventKind as Kind, ProviderRecord,
};
use proptest::prelude::*;

use crate::given::notification;

fn event(number: u8, kind: Kind, attempt: u32, second: i64) -> ProviderEvent {
    ProviderEvent {
        at: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
        id: format!("event-{number}"),
        kind,
        detail: None,
        message_id: format!("message-{attempt}"),
        attempt: Some(attempt),
    }
}

fn after<'a>(
    start: &Notification,
    events: impl IntoIterator<Item = &'a ProviderEvent>,
) -> Notification {
    events.into_iter().fold(start.clone(), |stored, event| {
        let next = stored.provider_reported(event, DateTime::UNIX_EPOCH);
        next.unwrap_or(stored)
    })
}

/// What does not depend on the way there.
fn ending(notification: &Notification) -> (Phase, Option<&str>, &ProviderRecord) {
    let (phase, message) = (notification.phase(), notification.message_id());
    (phase, message, notification.provider())
}

fn any_start() -> impl Strategy<Value = Notification> {
    let states = [
        Phase::Unknown,
        Phase::Sending,
        Phase::Sent,
        Phase::Rejected,
        Phase::RetryAt,
        Phase::Skipped,
    ];
    (prop::sample::select(states.to_vec()), 1..4_u32)
        .prop_map(|(state, attempts)| notification(state, attempts))
}

fn any_event() -> impl Strategy<Value = ProviderEvent> {
    let kinds = [
        Kind::Sent,
        Kind::Delayed,
        Kind::Delivered,
        Kind::Bounced,
        Kind::Complained,
        Kind::Rejected,
        Kind::RenderingFailed,
    ];
    // Few ids and times, so that some are the same.
    (
        0..10_u8,
        prop::sample::select(kinds.to_vec()),
        1..4_u32,
        0..4_i64,
    )
        .prop_map(|(number, kind, attempt, second)| event(number, kind, attempt, second))
}

/// Events under ids of their own, as a provider gives them.
fn any_events() -> impl Strategy<Value = Vec<ProviderEvent>> {
    prop::collection::vec(any_event(), 1..7).prop_map(|events| {
        let renamed = events.into_iter().enumerate();
        renamed
            .map(|(at, event)| ProviderEvent {
                id: format!("event-{at}"),
                ..event
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_end_is_the_same_in_every_order_and_however_often_each_comes(
        start in any_start(),
        (events, shuffled) in any_events().prop_flat_map(|events| {
            let twice: Vec<ProviderEvent> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        }),
    ) {
        let once = after(&start, &events);
        let other = after(&start, &shuffled);
        prop_assert_eq!(ending(&once), ending(&other));
        // What is known already changes nothing, not even the revision.
        for event in &events {
            prop_assert_eq!(other.provider_reported(event, DateTime::UNIX_EPOCH), None);
        }
    }

    #[test]
    fn one_id_with_two_contents_is_one_event_whichever_comes_first(
        start in any_start(),
        first in any_event(),
        second in any_event(),
    ) {
        let second = ProviderEvent { id: first.id.clone(), ..second };
        let kept = |order: [&ProviderEvent; 2]| after(&start, order).provider().events().to_vec();
        prop_assert_eq!(kept([&first, &second]), kept([&second, &first]));
        prop_assert_eq!(kept([&first, &second]).len(), 1);
    }
}

#[test]
fn an_event_proves_what_it_says_and_no_more() {
    use Phase::{Rejected, RetryAt, Sending, Sent, Skipped, Unknown};
    // The state, after so many attempts; an event of this attempt; the state then.
    let table = [
        (Unknown, 1, Kind::Sent, 1, Sent),
        (Unknown, 1, Kind::Delayed, 1, Sent),
        (Unknown, 1, Kind::Bounced, 1, Sent),
        (Unknown, 1, Kind::Complained, 1, Sent),
        (Unknown, 1, Kind::Rejected, 1, Rejected),
        (Unknown, 1, Kind::RenderingFailed, 1, Rejected),
        // The customer has the mail of the first attempt.
        (Unknown, 2, Kind::Delivered, 1, Sent),
        (Unknown, 2, Kind::Rejected, 1, Unknown),
        (Sending, 1, Kind::Sent, 1, Sent),
        (Sending, 1, Kind::Rejected, 1, Rejected),
        // The second is in a worker's hands.
        (Sending, 2, Kind::Sent, 1, Sending),
        (Sent, 1, Kind::Delivered, 1, Sent),
        // Taken, and found to have a virus afterwards.
        (Sent, 1, Kind::Rejected, 1, Rejected),
        (RetryAt, 1, Kind::Delivered, 1, RetryAt),
        (Skipped, 0, Kind::Delivered, 1, Skipped),
        // Refused when it was handed over.
        (Rejected, 2, Kind::Delivered, 1, Rejected),
    ];
    for (state, attempts, kind, attempt, expected) in table {
        let start = notification(state, attempts);
        let next = after(&start, [&event(1, kind, attempt, 0)]);
        assert_eq!(
            next.phase(),
            expected,
            "{state:?} after {attempts}, {kind:?} of {attempt}"
        );
        assert_eq!(next.provider().events().len(), 1);
        if state != expected {
            let message = format!("message-{attempt}");
            assert_eq!(next.message_id(), Some(message.as_str()));
            assert_eq!(next.history().last().unwrap().state, expected);
        }
    }
}

#[test]
fn delivery_never_goes_back() {
    let start = notification(Phase::Sent, 1);
    let events = [
        (Kind::Sent, None),
        (Kind::Complained, Some(DeliveryStatus::Complained)),
        (Kind::Delayed, Some(DeliveryStatus::Complained)),
        (Kind::Bounced, Some(DeliveryStatus::Complained)),
        (Kind::Delivered, Some(DeliveryStatus::Complained)),
    ];
    let mut stored = start;
    for (number, (kind, expected)) in (0..).zip(events) {
        stored = after(&stored, [&event(number, kind, 1, 0)]);
        assert_eq!(stored.provider().status(), expected, "{kind:?}");
    }
}

#[test]
fn so_many_events_as_may_come_an_item_stays_small() {
    let events: Vec<ProviderEvent> = (0..200_u8)
        .map(|number| event(number, Kind::Delayed, 1, number.into()))
        .collect();
    let start = notification(Phase::Sent, 1);
    let forwards = after(&start, &events);
    assert_eq!(forwards.provider().events().len(), MAX_PROVIDER_EVENTS);
    let backwards = after(&start, events.iter().rev());
    assert_eq!(forwards.provider(), backwards.provider());
}
