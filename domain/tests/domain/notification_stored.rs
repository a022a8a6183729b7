//! Notifications as they are stored: read and written again with the same
//! attributes, whichever version wrote them.

use chrono::{DateTime, Utc};
use domain::notification::{
    Content, DeliveryStatus, Draft, EventRef, Evidence, Facts, History, Kind, MAX_STEPS,
    Notification, Pending, Phase, Reason, Resume, State, Subject, WaitReason,
};
use domain::recipient::Recipient;
use domain::{AccountId, EventId, NotificationId};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::notification_given::{DIGEST, every_state, now, read, seconds, stored};

fn written(notification: &Notification) -> Value {
    serde_json::to_value(notification).unwrap()
}

#[test]
fn every_state_is_written_as_it_was_read() {
    for (name, notification) in every_state() {
        let stored = written(&notification);
        assert_eq!(read(stored.clone()), notification, "{name}");
        assert_eq!(written(&read(stored.clone())), stored, "{name}");
    }
}

#[test]
fn the_attributes_of_the_first_versions_keep_their_names_and_values() {
    for attributes in [
        json!({ "state": "PLANNED", "reason": "digest", "due_at": "2026-11-23T07:00:00Z", "digest_id": DIGEST }),
        json!({ "state": "PLANNED", "reason": "end-of-month", "due_at": "2026-12-01T07:00:00Z" }),
        json!({ "state": "SENDING", "attempts": 1, "template": "deposit.en@1", "content_hash": "00",
            "verification_code": "7K2M-00ZQ-9XWD", "lease_until": "2026-11-22T10:01:00Z", "due_at": "2026-11-22T10:01:00Z" }),
        json!({ "state": "RETRY_AT", "attempts": 2, "reason": "throttled", "retry_at": "2026-11-22T10:01:00Z" }),
        json!({ "state": "SENT", "attempts": 1, "message_id": "m-1", "delivery": "bounced", "feedback": [
            { "at": "2026-11-22T10:00:02Z", "id": "f-1", "kind": "bounced", "detail": "Permanent General", "message_id": "m-1", "attempt": 1 },
        ] }),
        json!({ "state": "SENT", "attempts": 1, "message_id": "m-1", "reason": "its provider has told of it" }),
        json!({ "state": "REJECTED", "attempts": 1, "reason": "no such address", "recipient": { "address": "ab" } }),
        json!({ "state": "UNKNOWN", "attempts": 1, "reason": "timeout", "kind": "security", "due_at": "2026-11-22T10:15:00Z" }),
        json!({ "state": "SKIPPED", "reason": "erased", "digest_id": DIGEST }),
    ] {
        let phase = serde_json::from_value(attributes["state"].clone()).unwrap();
        let before = stored(phase, attributes);
        let mut after = written(&read(before.clone()));
        assert!(after.as_object_mut().unwrap().remove("facts").is_some());
        assert_eq!(after, before);
    }
}

#[test]
fn what_an_older_version_had_claimed_is_deferred_until_the_end_of_its_lease() {
    let lease_until = now() + seconds(30);
    let claimed = |due_at: Option<DateTime<Utc>>| {
        read(stored(
            Phase::Claimed,
            json!({ "lease_until": lease_until, "due_at": due_at, "template": "deposit.en@1", "content_hash": "00" }),
        ))
    };
    for (due_at, expected) in [
        (None, Resume::Redelivery),
        (Some(now()), Resume::Heartbeat(now())),
    ] {
        let notification = claimed(due_at);
        let State::Deferred { until, resume, .. } = *notification.state() else {
            panic!("{notification:?}")
        };
        assert_eq!((until, resume), (lease_until, expected));
        assert_eq!(
            (notification.attempts(), notification.template()),
            (0, Some("deposit.en@1"))
        );
        assert_eq!(read(written(&notification)), notification);
    }
}

#[test]
fn facts_of_an_older_version_follow_from_its_history() {
    let history = json!([
        { "state": "PLANNED", "at": "2026-11-22T06:00:00Z", "detail": "quiet-hours" },
        { "state": "CLAIMED", "at": "2026-11-22T08:00:00Z" },
        { "state": "SENDING", "at": "2026-11-22T08:00:00Z" },
        { "state": "RETRY_AT", "at": "2026-11-22T08:00:01Z", "times": 4, "last_at": "2026-11-22T08:20:01Z" },
        { "state": "SENDING", "at": "2026-11-22T08:05:00Z", "times": 4, "last_at": "2026-11-22T08:25:00Z" },
        { "state": "UNKNOWN", "at": "2026-11-22T08:26:00Z" },
        { "state": "SENT", "at": "2026-11-22T08:27:00Z", "times": 2, "last_at": "2026-11-22T08:29:00Z" },
    ]);
    let old = read(stored(
        Phase::Sent,
        json!({ "message_id": "m-1", "attempts": 5, "history": history }),
    ));
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let expected = Facts {
        decided_at: at("2026-11-22T06:00:00Z"),
        updated_at: at("2026-11-22T08:29:00Z"),
        sent_at: Some(at("2026-11-22T08:27:00Z")),
        waited: true,
        was_unknown: true,
    };
    assert_eq!(*old.facts(), expected);
    assert_eq!(old.attempted_at(), Some(at("2026-11-22T08:25:00Z")));
    // Once stored they do not depend on it any more.
    let mut stored = written(&old);
    stored["history"] = json!([]);
    let read = read(stored);
    assert_eq!(
        (*read.facts(), read.attempted_at()),
        (expected, old.attempted_at())
    );
    // Where none of it has happened.
    let skipped = crate::notification_given::read(crate::notification_given::stored(
        Phase::Skipped,
        json!({ "reason": "no-contact" }),
    ));
    let facts = skipped.facts();
    assert_eq!(
        (facts.sent_at, facts.waited, facts.was_unknown),
        (None, false, false)
    );
    assert_eq!(skipped.attempted_at(), None);
}

#[test]
fn what_no_version_has_stored_is_not_read_as_something_else() {
    for (phase, attributes, expected) in [
        (
            Phase::Planned,
            json!({}),
            "a notification that is PLANNED waits for nothing",
        ),
        (
            Phase::Sent,
            json!({}),
            "a notification that is SENT has no message",
        ),
        (
            Phase::Skipped,
            json!({}),
            "a notification that is SKIPPED has no reason",
        ),
        (
            Phase::Unknown,
            json!({ "history": [] }),
            "a notification that is UNKNOWN has no history",
        ),
    ] {
        let read = serde_json::from_value::<Notification>(stored(phase, attributes));
        assert_eq!(read.unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_reason_of_a_wait_and_the_evidence_of_a_mail_are_told_by_the_stored_reason() {
    let waits = |reason: Option<&str>| {
        let attributes = json!({ "reason": reason, "due_at": now() });
        match *read(stored(Phase::Planned, attributes)).state() {
            State::Waiting { reason, .. } => reason,
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!(waits(Some("quiet-hours")), WaitReason::QuietHours);
    assert_eq!(waits(Some("end-of-month")), WaitReason::MonthEnd);
    assert_eq!(waits(None), WaitReason::QuietHours);
    let evidence = |reason: Option<&str>| {
        let attributes = json!({ "reason": reason, "message_id": "m-1" });
        match read(stored(Phase::Sent, attributes)).state() {
            State::Sent { evidence, .. } => *evidence,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(evidence(None), Evidence::Answer);
    assert_eq!(
        evidence(Some("its provider has told of it")),
        Evidence::Report
    );
}

#[test]
fn a_reason_is_one_line_and_as_long_as_may_be() {
    assert_eq!(Reason::from("a\r\nb\u{7f}").as_str(), "a  b ");
    let longest = "é".repeat(Reason::MAX_BYTES / 2);
    assert_eq!(Reason::from(longest.as_str()).as_str(), longest);
    let shortened = Reason::new(longest + "é");
    assert!(shortened.as_str().len() <= Reason::MAX_BYTES);
    assert!(shortened.as_str().ends_with("é…"), "{shortened}");
}

fn any_detail() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "[a-d]".prop_map(Some),
        (0_u32..1_000_000).prop_map(|number| Some(format!("try again in {number} ms"))),
        (1_usize..3_000, any::<char>())
            .prop_map(|(length, letter)| Some(std::iter::repeat_n(letter, length).collect())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_history_is_bounded_whatever_alternates_and_loses_no_step(
        steps in prop::collection::vec((prop::sample::select(Phase::ALL.to_vec()), any_detail()), 1..400),
    ) {
        let at = |index: usize| now() + seconds(i64::try_from(index).unwrap());
        let mut history = History::default();
        for (index, (phase, detail)) in steps.iter().enumerate() {
            history.add(*phase, at(index), detail.clone().map(Reason::new));
            prop_assert!(history.len() <= MAX_STEPS);
            let size = serde_json::to_vec(&history).unwrap().len();
            prop_assert!(size <= 16 * 1024, "{} bytes", size);
        }
        for phase in Phase::ALL {
            let expected = steps.iter().filter(|(one, _)| *one == phase).count();
            let of_phase = history.iter().filter(|entry| entry.state == phase);
            prop_assert_eq!(of_phase.map(|entry| entry.times as usize).sum::<usize>(), expected);
        }
        let (first, last) = (&history[0], history.last().unwrap());
        prop_assert_eq!((first.state, first.at), (steps[0].0, at(0)));
        prop_assert_eq!((last.state, last.until()), (steps.last().unwrap().0, at(steps.len() - 1)));
        let stored = serde_json::to_value(&history).unwrap();
        prop_assert_eq!(serde_json::from_value::<History>(stored).unwrap(), history);
    }
}

#[test]
fn what_is_stored_of_a_notification_is_what_it_answers() {
    let statement = json!({ "statement": {
        "first_day": "2026-11-01", "last_day": "2026-11-30",
        "begins": "2026-11-01T00:00:00Z", "ends": "2026-12-01T00:00:00Z",
    } });
    let hash = "ab".repeat(32);
    let sent = read(stored(
        Phase::Sent,
        json!({
            "content": statement, "recipient": { "address": hash }, "attempts": 2, "message_id": "m-1",
            "template": "statement.en@1", "content_hash": "cd", "verification_code": "7K2M-00ZQ-9XWD",
            "delivery": "delivered",
            "feedback": [{ "at": now(), "id": "f-1", "kind": "delivered", "message_id": "m-1" }],
        }),
    ));
    assert_eq!(sent.correlation_id(), Some("corr-1"));
    assert_eq!(*sent.recipient(), Recipient::Address(hash.parse().unwrap()));
    assert_eq!(serde_json::to_value(sent.content()).unwrap(), statement);
    assert_eq!((sent.attempts(), sent.message_id()), (2, Some("m-1")));
    assert_eq!(
        (
            sent.template(),
            sent.content_hash(),
            sent.verification_code()
        ),
        (Some("statement.en@1"), Some("cd"), Some("7K2M-00ZQ-9XWD"))
    );
    assert_eq!(sent.provider().events().len(), 1);
    assert_eq!(sent.provider().status(), Some(DeliveryStatus::Delivered));

    let least = read(stored(
        Phase::Skipped,
        json!({ "reason": "erased", "correlation_id": null }),
    ));
    assert_eq!((least.correlation_id(), least.message_id()), (None, None));
    assert_eq!(*least.recipient(), Recipient::Customer);
    assert_eq!(*least.content(), Content::Event);
    assert_eq!(
        (
            least.template(),
            least.content_hash(),
            least.verification_code()
        ),
        (None, None, None)
    );
    let rejected =
        |message: Option<&str>| read(stored(Phase::Rejected, json!({ "message_id": message })));
    assert_eq!(rejected(Some("m-1")).message_id(), Some("m-1"));
    assert_eq!(rejected(None).message_id(), None);
}

#[test]
fn any_trace_of_an_attempt_that_an_older_version_stored_is_kept() {
    let with = |attributes: Value| {
        let claimed = read(stored(Phase::Claimed, attributes));
        let traces = [
            claimed.template(),
            claimed.content_hash(),
            claimed.verification_code(),
        ];
        (
            claimed.attempts(),
            traces.map(|trace| trace.map(str::to_owned)),
        )
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(with(json!({})), (0, [None, None, None]));
    assert_eq!(with(json!({ "attempts": 1 })), (1, [None, None, None]));
    assert_eq!(
        with(json!({ "template": "t" })),
        (0, [text("t"), None, None])
    );
    assert_eq!(
        with(json!({ "content_hash": "h" })),
        (0, [None, text("h"), None])
    );
    assert_eq!(
        with(json!({ "verification_code": "c" })),
        (0, [None, None, text("c")])
    );
}

#[test]
fn a_notification_without_an_attempt_is_the_same_after_it_was_stored() {
    let account_id: AccountId = "ACC-1".parse().unwrap();
    let draft = Draft::new(Subject {
        id: NotificationId::from_u128(1),
        source: EventRef {
            event_id: EventId::new(&account_id, 2),
            account_id,
            version: 2,
        },
        correlation_id: None,
        kind: Kind::Deposit,
        recipient: Recipient::Customer,
        content: Content::Event,
    });
    let waiting = Pending::from(draft)
        .waits(now(), now() + seconds(60), WaitReason::QuietHours)
        .unwrap();
    assert_eq!(read(written(&waiting)), waiting);
}

#[test]
fn a_notification_waits_for_its_own_digest_until_it_is_settled_into_it() {
    let digest: NotificationId = DIGEST.parse().unwrap();
    for (name, notification) in every_state() {
        let waits = name == "waiting for a digest";
        assert_eq!(notification.waits_for_digest(digest), waits, "{name}");
        assert!(
            !notification.waits_for_digest(NotificationId::from_u128(7)),
            "{name}"
        );
    }
}

/// Adds a step a second, and returns the history.
fn history<'a>(steps: impl IntoIterator<Item = (Phase, &'a str)>) -> History {
    let mut history = History::default();
    for (second, (phase, detail)) in (0..).zip(steps) {
        history.add(phase, now() + seconds(second), Some(Reason::new(detail)));
    }
    history
}

#[test]
fn attempts_that_repeat_are_one_entry_each_with_a_count_and_the_last_time() {
    let attempt = [(Phase::Sending, "first"), (Phase::RetryAt, "throttled")];
    let history = history(attempt.into_iter().cycle().take(10));
    let found: Vec<_> = history
        .iter()
        .map(|entry| (entry.state, entry.times, entry.at, entry.until()))
        .collect();
    assert_eq!(
        found,
        [
            (Phase::Sending, 5, now(), now() + seconds(8)),
            (Phase::RetryAt, 5, now() + seconds(1), now() + seconds(9)),
        ]
    );
    let others = self::history([
        (Phase::RetryAt, "throttled"),
        (Phase::RetryAt, "timeout"),
        (Phase::Unknown, "timeout"),
    ]);
    assert_eq!(others.len(), 3);
}

#[test]
fn a_full_history_keeps_its_ends_and_joins_what_is_between_by_its_state() {
    let details: Vec<String> = (0..MAX_STEPS + 1)
        .map(|number| format!("{number}"))
        .collect();
    // Every second one has the same detail each time.
    let steps = |count: usize| {
        details
            .iter()
            .take(count)
            .enumerate()
            .map(|(index, detail)| match index % 2 {
                0 => (Phase::Sending, "the same"),
                _ => (Phase::RetryAt, detail.as_str()),
            })
    };
    let full = history(steps(MAX_STEPS));
    assert_eq!(full.len(), MAX_STEPS);
    assert!(full.iter().all(|entry| entry.times == 1));

    let joined = history(steps(MAX_STEPS + 1));
    let times: Vec<u32> = joined.iter().map(|entry| entry.times).collect();
    assert_eq!(times, [vec![1; 12], vec![5, 4], vec![1; 20]].concat());
    let detail = |index: usize| joined[index].detail.as_ref().map(Reason::as_str);
    assert_eq!(
        (detail(11), detail(12), detail(13)),
        (Some("11"), Some("the same"), None)
    );
    assert_eq!(detail(14), Some("21"));
}
