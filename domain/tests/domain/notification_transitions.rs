//! Every transition of a notification in every state: taken, or refused.

use std::time::Duration;

use domain::notification::{
    Content, Draft, EventRef, Followup, IllegalTransition, Kind, Notification, Pending, Phase,
    Pinned, Resume, SkipReason, State, Subject, WaitReason,
};
use domain::recipient::Recipient;
use domain::{EventId, NotificationId};

use crate::notification_given::{DIGEST, every_state, now, seconds};

const MINUTE: Duration = Duration::from_secs(60);
const NEXT_DIGEST: NotificationId = NotificationId::from_u128(2);

type Taken = Result<Notification, IllegalTransition>;
/// A transition, by its name.
type Transition = (&'static str, fn(Notification) -> Taken);

fn pinned() -> Pinned {
    Pinned {
        template: "deposit.en@2".to_owned(),
        content_hash: "ff".repeat(32),
        code: "7K2M-00ZQ-9XWD".to_owned(),
    }
}

const TRANSITIONS: [Transition; 10] = [
    ("waits", |n| {
        n.waits(now(), now() + MINUTE, WaitReason::QuietHours)
    }),
    ("joins its digest", Notification::joins_digest),
    ("misses its digest", |n| {
        n.misses_digest(NEXT_DIGEST, now() + MINUTE)
    }),
    ("sending", |n| n.sending(now(), MINUTE, pinned())),
    ("sent", |n| n.sent(now(), "m-2".to_owned())),
    ("refused", |n| n.refused(now(), "no such address".into())),
    ("deferred", |n| {
        n.deferred(now(), MINUTE, "throttled".into())
    }),
    ("silent", |n| {
        n.silent(now(), "timeout".into(), MINUTE).map(|(n, _)| n)
    }),
    ("skipped", |n| n.skipped(now(), SkipReason::Erased)),
    ("postponed", |n| n.postponed(now() + MINUTE)),
];

/// The transitions that each state takes; every other one is refused.
fn allowed(state: &str) -> &'static [&'static str] {
    match state {
        "waiting for the end of quiet hours" | "waiting for the end of the month" => {
            &["waits", "sending", "skipped", "postponed"]
        }
        "waiting for a digest" => &[
            "joins its digest",
            "misses its digest",
            "skipped",
            "postponed",
        ],
        "held back until a time" => &["skipped", "postponed"],
        "in a digest" | "held back without a time" => &["skipped"],
        "sending for an event" => &[
            "waits", "sending", "sent", "refused", "deferred", "silent", "skipped",
        ],
        "sending for the heartbeat" => &[
            "waits",
            "sending",
            "sent",
            "refused",
            "deferred",
            "silent",
            "skipped",
            "postponed",
        ],
        "deferred for an event" | "unknown" => &["waits", "sending", "skipped"],
        "deferred for the heartbeat" | "unknown and to be repeated" => {
            &["waits", "sending", "skipped", "postponed"]
        }
        "sent"
        | "refused"
        | "turned away"
        | "skipped"
        | "skipped for an unknown reason"
        | "left out of a digest" => &[],
        other => panic!("no row for {other}"),
    }
}

/// The state that a transition leads to.
fn target(transition: &str, from: Phase) -> Phase {
    match transition {
        "waits" | "joins its digest" | "misses its digest" => Phase::Planned,
        "sending" => Phase::Sending,
        "sent" => Phase::Sent,
        "refused" => Phase::Rejected,
        "deferred" => Phase::RetryAt,
        "silent" => Phase::Unknown,
        "skipped" => Phase::Skipped,
        "postponed" => from,
        other => panic!("no target for {other}"),
    }
}

#[test]
fn every_transition_is_taken_or_refused_as_the_table_says() {
    for (name, notification) in every_state() {
        let from = notification.phase();
        for (transition, take) in TRANSITIONS {
            let to = target(transition, from);
            let taken = take(notification.clone());
            match allowed(name).contains(&transition) {
                true => {
                    let next =
                        taken.unwrap_or_else(|error| panic!("{name}, {transition}: {error}"));
                    assert_eq!(next.phase(), to, "{name}, {transition}");
                    assert_eq!(
                        next.subject(),
                        notification.subject(),
                        "{name}, {transition}"
                    );
                    assert_eq!(
                        next.provider(),
                        notification.provider(),
                        "{name}, {transition}"
                    );
                }
                false => assert_eq!(
                    taken,
                    Err(IllegalTransition { from, to }),
                    "{name}, {transition}"
                ),
            }
        }
    }
}

#[test]
fn a_step_is_noted_in_history_and_facts_and_a_change_of_time_or_digest_is_not() {
    for (name, notification) in every_state() {
        for (transition, take) in TRANSITIONS {
            let Ok(next) = take(notification.clone()) else {
                continue;
            };
            let what = format!("{name}, {transition}");
            let is_silent =
                ["joins its digest", "misses its digest", "postponed"].contains(&transition);
            let steps = next.history().iter().map(|entry| entry.times).sum::<u32>();
            assert_eq!(steps, if is_silent { 1 } else { 2 }, "{what}");
            let last = next.history().last().unwrap();
            assert_eq!(
                (last.state, last.until()),
                (next.phase(), next.facts().updated_at),
                "{what}"
            );
            assert_eq!(
                next.facts().decided_at,
                notification.facts().decided_at,
                "{what}"
            );
            if !is_silent {
                assert_eq!(
                    last.detail.as_ref().map(|detail| detail.as_str()),
                    next.reason(),
                    "{what}"
                );
            }
        }
    }
}

fn in_state(name: &str) -> Notification {
    let mut all = every_state().into_iter();
    all.find(|(found, _)| *found == name).unwrap().1
}

#[test]
fn who_resumes_it_stays_the_same_over_an_attempt() {
    let lease_until = now() + MINUTE;
    for (name, expected) in [
        (
            "waiting for the end of quiet hours",
            Resume::Heartbeat(lease_until),
        ),
        ("deferred for the heartbeat", Resume::Heartbeat(lease_until)),
        ("unknown and to be repeated", Resume::Heartbeat(lease_until)),
        ("sending for the heartbeat", Resume::Heartbeat(lease_until)),
        ("deferred for an event", Resume::Redelivery),
        ("unknown", Resume::Redelivery),
        ("sending for an event", Resume::Redelivery),
    ] {
        let sending = in_state(name).sending(now(), MINUTE, pinned()).unwrap();
        let resume = expected;
        assert_eq!(
            *sending.state(),
            State::Sending {
                lease_until,
                resume
            },
            "{name}"
        );
    }
}

#[test]
fn a_long_pause_of_the_mailer_is_left_to_the_heartbeat_and_a_short_one_to_a_redelivery() {
    let after = |name: &str, pause: u64| {
        let pause = Duration::from_secs(pause);
        in_state(name)
            .deferred(now(), pause, "throttled".into())
            .unwrap()
    };
    assert_eq!(after("sending for an event", 59).due_at(), None);
    assert_eq!(
        after("sending for an event", 60).due_at(),
        Some(now() + seconds(60))
    );
    assert_eq!(
        after("sending for the heartbeat", 1).due_at(),
        Some(now() + seconds(1))
    );
}

#[test]
fn silence_after_the_first_mail_about_security_is_followed_by_a_second_one_and_any_other_by_a_letter()
 {
    let sending = |kind: Kind, attempts: u32| {
        let mut notification = Pending::from(draft(kind))
            .sending(now(), MINUTE, pinned())
            .unwrap();
        for _ in 1..attempts {
            notification = notification.sending(now(), MINUTE, pinned()).unwrap();
        }
        assert_eq!(notification.attempts(), attempts);
        notification
    };
    for (kind, attempts, expected, due) in [
        (Kind::Security, 1, Followup::Repeat, Some(now() + MINUTE)),
        (Kind::Security, 2, Followup::Letter, None),
        (Kind::Deposit, 1, Followup::Letter, None),
    ] {
        let (unknown, followup) = sending(kind, attempts)
            .silent(now(), "timeout".into(), MINUTE)
            .unwrap();
        assert_eq!(
            (followup, unknown.due_at()),
            (expected, due),
            "{kind} {attempts}"
        );
        assert!(unknown.facts().was_unknown);
        assert!(Pending::from(unknown).may_be_repeat());
    }
}

fn draft(kind: Kind) -> Draft {
    let account_id: domain::AccountId = "ACC-1".parse().unwrap();
    Draft::new(Subject {
        id: NotificationId::from_u128(1),
        source: EventRef {
            event_id: EventId::new(&account_id, 2),
            account_id,
            version: 2,
        },
        correlation_id: None,
        kind,
        recipient: Recipient::Customer,
        content: Content::Event,
    })
}

#[test]
fn a_draft_takes_each_of_its_first_steps() {
    let pending = || Pending::from(draft(Kind::Deposit));
    assert!(!pending().may_be_repeat());
    let waiting = pending()
        .waits(now(), now() + MINUTE, WaitReason::QuietHours)
        .unwrap();
    assert_eq!(
        (waiting.reason(), waiting.facts().waited),
        (Some("quiet-hours"), true)
    );
    let skipped = pending().skipped(now(), SkipReason::NoContact).unwrap();
    assert_eq!(
        (skipped.reason(), skipped.attempts()),
        (Some("no-contact"), 0)
    );
    let sending = pending().sending(now(), MINUTE, pinned()).unwrap();
    assert_eq!(
        (sending.attempts(), sending.attempted_at()),
        (1, Some(now()))
    );
    assert_eq!(sending.template(), Some("deposit.en@2"));
    assert_eq!(sending.due_at(), None);
    let owned = Pending::from(draft(Kind::Deposit).resumed_by_heartbeat(now()));
    let sending = owned.sending(now(), MINUTE, pinned()).unwrap();
    assert_eq!(sending.due_at(), Some(now() + MINUTE));
    for begun in [waiting, skipped, sending] {
        assert_eq!(begun.history().len(), 1);
        assert_eq!(begun.facts().decided_at, now());
    }
}

#[test]
fn what_is_skipped_while_a_digest_has_it_remembers_the_digest() {
    for name in ["waiting for a digest", "in a digest"] {
        let skipped = in_state(name)
            .skipped(now(), SkipReason::PreferenceOff)
            .unwrap();
        assert_eq!(skipped.digest_id(), Some(DIGEST.parse().unwrap()), "{name}");
        assert_eq!(skipped.in_digest(), None, "{name}");
    }
    let digest = DIGEST.parse().unwrap();
    assert_eq!(
        in_state("waiting for a digest")
            .joins_digest()
            .unwrap()
            .in_digest(),
        Some(digest)
    );
}
