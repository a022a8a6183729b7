//! Events come in any order and more than once: the notification is the same
//! at the end.

use chrono::{DateTime, TimeDelta};
use domain::notification::{
    DeliveryStatus, Evidence, MAX_PROVIDER_EVENTS, Notification, Phase, ProviderEvent,
    ProviderEventKind as Kind, ProviderRecord, State,
};
use proptest::prelude::*;
use serde_json::json;

use crate::notification_given::{every_state, read, stored};

const KINDS: [Kind; 7] = [
    Kind::Sent,
    Kind::Delayed,
    Kind::Delivered,
    Kind::Bounced,
    Kind::Complained,
    Kind::Rejected,
    Kind::RenderingFailed,
];

/// A notification in this state, after so many attempts. The message of one that
/// was sent is that of its last attempt.
fn notification(phase: Phase, attempts: u32) -> Notification {
    let message = (phase == Phase::Sent).then(|| format!("message-{attempts}"));
    with_message(phase, attempts, message.as_deref())
}

fn with_message(phase: Phase, attempts: u32, message: Option<&str>) -> Notification {
    let reason = (phase == Phase::Skipped).then_some("erased");
    read(stored(
        phase,
        json!({ "attempts": attempts, "message_id": message, "reason": reason }),
    ))
}

/// A report about a message that is named, of an attempt that may not be.
fn of_message(number: u8, kind: Kind, attempt: Option<u32>, message: &str) -> ProviderEvent {
    ProviderEvent {
        message_id: message.to_owned(),
        attempt,
        ..event(number, kind, 1, number.into())
    }
}

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
    // Few ids and times, so that some are the same.
    (
        0..10_u8,
        prop::sample::select(KINDS.to_vec()),
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
    fn one_id_with_two_contents_is_the_earlier_event_whichever_comes_first(
        start in any_start(),
        first in any_event(),
        second in any_event(),
    ) {
        let second = ProviderEvent { id: first.id.clone(), ..second };
        let kept = |order: [&ProviderEvent; 2]| after(&start, order).provider().events().to_vec();
        prop_assert_eq!(kept([&first, &second]), kept([&second, &first]));
        prop_assert_eq!(kept([&first, &second]), [first.min(second)]);
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

#[test]
fn of_several_mails_the_latest_that_was_accepted_and_not_turned_away_is_the_sent_one() {
    use Phase::{Rejected, Sending, Sent, Unknown};
    type Report = (Kind, Option<u32>, &'static str);
    // The state, after so many attempts, with its message; the reports; the state and message then.
    type Row = (
        Phase,
        u32,
        Option<&'static str>,
        &'static [Report],
        Phase,
        Option<&'static str>,
    );
    let table: &[Row] = &[
        // Nothing true is reported of an attempt that was not made.
        (
            Unknown,
            1,
            None,
            &[(Kind::Sent, Some(2), "m-2")],
            Unknown,
            None,
        ),
        (
            Sent,
            1,
            Some("m-1"),
            &[(Kind::Rejected, Some(2), "m-1")],
            Sent,
            Some("m-1"),
        ),
        // A report without an attempt is about the latest.
        (
            Sending,
            2,
            None,
            &[(Kind::Sent, None, "m-2")],
            Sent,
            Some("m-2"),
        ),
        (
            Unknown,
            2,
            None,
            &[(Kind::Rejected, None, "m-2")],
            Rejected,
            Some("m-2"),
        ),
        // The mailer's answer counts where another mail was turned away.
        (
            Sent,
            1,
            Some("m-1"),
            &[(Kind::Rejected, Some(1), "m-2")],
            Sent,
            Some("m-1"),
        ),
        // The answer was about the first attempt, as its report says: the second is later, whatever its name.
        (
            Sent,
            2,
            Some("m-9"),
            &[(Kind::Sent, Some(1), "m-9"), (Kind::Sent, Some(2), "m-2")],
            Sent,
            Some("m-2"),
        ),
        // Without that, the answer is about the latest.
        (
            Sent,
            2,
            Some("m-2"),
            &[(Kind::Delivered, Some(1), "m-1")],
            Sent,
            Some("m-2"),
        ),
        // The second was turned away, and the customer has the first.
        (
            Unknown,
            2,
            None,
            &[
                (Kind::Delivered, Some(1), "m-1"),
                (Kind::Rejected, Some(2), "m-2"),
            ],
            Sent,
            Some("m-1"),
        ),
        // The first was accepted and then turned away: nothing else was accepted.
        (
            Unknown,
            2,
            None,
            &[
                (Kind::Sent, Some(1), "m-1"),
                (Kind::Rejected, Some(1), "m-1"),
            ],
            Rejected,
            Some("m-1"),
        ),
        // That says nothing of the second, which a worker has in its hands.
        (
            Sending,
            2,
            None,
            &[
                (Kind::Sent, Some(1), "m-1"),
                (Kind::Rejected, Some(1), "m-1"),
            ],
            Sending,
            None,
        ),
        // Both were turned away: the latest is named.
        (
            Unknown,
            2,
            None,
            &[
                (Kind::Sent, Some(1), "m-1"),
                (Kind::Rejected, Some(1), "m-1"),
                (Kind::RenderingFailed, Some(2), "m-2"),
            ],
            Rejected,
            Some("m-2"),
        ),
        // Turned away, and then a second mail is accepted.
        (
            Rejected,
            2,
            Some("m-1"),
            &[(Kind::Sent, Some(2), "m-2")],
            Sent,
            Some("m-2"),
        ),
        // Another mail than the accepted one was turned away, of an attempt before.
        (
            Unknown,
            2,
            None,
            &[(Kind::Rejected, Some(1), "m-1")],
            Unknown,
            None,
        ),
    ];
    for (phase, attempts, message, reports, expected, expected_message) in table {
        let reports: Vec<ProviderEvent> = (0..)
            .zip(*reports)
            .map(|(number, (kind, attempt, id))| of_message(number, *kind, *attempt, id))
            .collect();
        let start = with_message(*phase, *attempts, *message);
        for order in [reports.clone(), reports.into_iter().rev().collect()] {
            let end = after(&start, &order);
            assert_eq!(
                (end.phase(), end.message_id()),
                (*expected, *expected_message),
                "{phase:?} {message:?} after {attempts}: {order:#?}"
            );
        }
    }
}

#[test]
fn a_report_is_kept_in_every_state_and_moves_only_one_whose_outcome_it_can_tell() {
    for (name, start) in every_state() {
        let expected = match name {
            "sending for an event"
            | "sending for the heartbeat"
            | "unknown"
            | "unknown and to be repeated"
            | "sent"
            | "turned away" => Phase::Sent,
            _ => start.phase(),
        };
        let report = of_message(1, Kind::Delivered, None, "m-2");
        let end = start.provider_reported(&report, DateTime::UNIX_EPOCH);
        let end = end.unwrap_or_else(|| panic!("{name}: a new report is kept"));
        assert_eq!(end.phase(), expected, "{name}");
        assert_eq!(end.provider().events(), [report], "{name}");
        assert_eq!(
            end.provider().status(),
            Some(DeliveryStatus::Delivered),
            "{name}"
        );
        if expected == start.phase() && name != "sent" {
            assert_eq!(end.state(), start.state(), "{name}");
        }
    }
}

#[test]
fn a_correction_of_the_message_is_no_step_and_keeps_how_the_mail_was_known_to_be_sent() {
    let answered = with_message(Phase::Sent, 2, Some("m-1"));
    let corrected = after(&answered, &[of_message(1, Kind::Sent, Some(2), "m-2")]);
    let State::Sent { message, evidence } = corrected.state() else {
        panic!("{corrected:?}")
    };
    assert_eq!((message.as_str(), *evidence), ("m-2", Evidence::Answer));
    assert_eq!(corrected.history(), answered.history());

    let unknown = notification(Phase::Unknown, 1);
    let proven = after(&unknown, &[of_message(1, Kind::Delivered, Some(1), "m-1")]);
    let State::Sent { evidence, .. } = proven.state() else {
        panic!("{proven:?}")
    };
    assert_eq!(*evidence, Evidence::Report);
    assert_eq!(proven.history().len(), unknown.history().len() + 1);

    // The reason of the first that was turned away stays with the second.
    let reason = "the receiving server does not know the address";
    let rejected = read(stored(
        Phase::Rejected,
        json!({ "attempts": 2, "message_id": "m-1", "reason": reason }),
    ));
    let corrected = after(&rejected, &[of_message(1, Kind::Rejected, Some(2), "m-2")]);
    assert_eq!(
        (corrected.message_id(), corrected.reason()),
        (Some("m-2"), Some(reason))
    );
    assert_eq!(corrected.history(), rejected.history());
}

#[test]
fn only_that_the_mail_was_accepted_repeats_the_answer_of_the_mailer() {
    let sent = with_message(Phase::Sent, 2, Some("m-2"));
    for (kind, attempt, message, repeats) in [
        (Kind::Sent, Some(2), "m-2", true),
        (Kind::Sent, None, "m-2", true),
        (Kind::Sent, Some(1), "m-2", false),
        (Kind::Sent, Some(2), "m-1", false),
        (Kind::Delivered, Some(2), "m-2", false),
        (Kind::Rejected, Some(2), "m-2", false),
    ] {
        let report = of_message(1, kind, attempt, message);
        assert_eq!(sent.has_answer_of(&report), repeats, "{report:?}");
    }
    let unknown = notification(Phase::Unknown, 2);
    assert!(!unknown.has_answer_of(&of_message(1, Kind::Sent, Some(2), "m-2")));
}

#[test]
fn a_kind_of_report_has_the_same_name_in_json_and_beside_it() {
    for kind in KINDS {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
