//! What happens next to a notification: as it was decided before there was one
//! function for it, for every stored combination.

use chrono::{DateTime, Utc};
use domain::notification::{Caller, Phase, Step};
use serde_json::json;

use crate::notification_given::{DIGEST, now, read, seconds, stored};

/// A stored notification as the first versions saw it: a name and some optional
/// attributes.
#[derive(Debug, Clone, Copy)]
struct Flat {
    phase: Phase,
    due_at: Option<DateTime<Utc>>,
    lease_until: Option<DateTime<Utc>>,
    retry_at: Option<DateTime<Utc>>,
    has_digest: bool,
    is_event: bool,
    attempts: u32,
}

/// The decision of the first versions, which had three places for it.
fn step_before(flat: &Flat, caller: Caller) -> Step {
    let go_on = || match flat.due_at {
        Some(_) => Step::Nothing,
        None => go_on_now(flat),
    };
    match caller {
        Caller::Redelivery => go_on(),
        Caller::Heartbeat if flat.due_at.is_none_or(|due_at| due_at > now()) => Step::Nothing,
        Caller::Heartbeat if flat.phase == Phase::Planned && flat.has_digest && flat.is_event => {
            Step::Collect {
                digest: DIGEST.parse().unwrap(),
            }
        }
        Caller::Heartbeat => go_on_now(flat),
        Caller::Operator { attempt } => match flat.phase {
            Phase::Unknown if flat.attempts == attempt => Step::Deliver,
            Phase::Unknown => Step::Nothing,
            _ => go_on(),
        },
    }
}

fn go_on_now(flat: &Flat) -> Step {
    let later = |time: Option<DateTime<Utc>>| time.filter(|time| *time > now());
    let (leased, put_off) = (later(flat.lease_until), later(flat.retry_at));
    match (flat.phase, leased, put_off) {
        (Phase::Planned | Phase::Unknown, ..) if flat.due_at.is_some() => Step::Deliver,
        (Phase::Planned | Phase::Sent | Phase::Skipped | Phase::Rejected | Phase::Unknown, ..) => {
            Step::Nothing
        }
        (Phase::Claimed | Phase::Sending, Some(until), _) => Step::NotBefore(until),
        (Phase::RetryAt, _, Some(until)) => Step::NotBefore(until),
        (Phase::Claimed | Phase::RetryAt, ..) => Step::Deliver,
        (Phase::Sending, ..) => Step::AskMailer {
            attempt: flat.attempts,
        },
    }
}

impl Flat {
    /// Every combination that a version has stored: a notification that waits
    /// has something to wait for, and what is finished has no time.
    fn all() -> Vec<Flat> {
        let times = [
            None,
            Some(now() - seconds(1)),
            Some(now()),
            Some(now() + seconds(1)),
        ];
        let mut all = Vec::new();
        for phase in Phase::ALL {
            for due_at in times {
                for lease_until in times {
                    for retry_at in times {
                        for (has_digest, is_event) in
                            [(true, true), (true, false), (false, true), (false, false)]
                        {
                            for attempts in [0, 1, 2] {
                                all.push(Flat {
                                    phase,
                                    due_at,
                                    lease_until,
                                    retry_at,
                                    has_digest,
                                    is_event,
                                    attempts,
                                });
                            }
                        }
                    }
                }
            }
        }
        all.retain(|flat| match flat.phase {
            Phase::Planned => flat.due_at.is_some() || flat.has_digest,
            Phase::Sent | Phase::Rejected | Phase::Skipped => flat.due_at.is_none(),
            Phase::Claimed | Phase::Sending | Phase::RetryAt | Phase::Unknown => true,
        });
        all
    }

    fn stored(&self) -> serde_json::Value {
        let content = match self.is_event {
            true => json!("event"),
            false => json!({ "statement": {
                "first_day": "2026-11-01", "last_day": "2026-11-30",
                "begins": "2026-11-01T00:00:00Z", "ends": "2026-12-01T00:00:00Z",
            } }),
        };
        stored(
            self.phase,
            json!({
                "due_at": self.due_at,
                "lease_until": self.lease_until,
                "retry_at": self.retry_at,
                "digest_id": self.has_digest.then_some(DIGEST),
                "attempts": self.attempts,
                "content": content,
                "message_id": (self.phase == Phase::Sent).then_some("m-1"),
                "reason": (self.phase == Phase::Skipped).then_some("erased"),
            }),
        )
    }
}

#[test]
fn every_stored_combination_has_the_same_next_step_as_ever() {
    let callers = [
        Caller::Redelivery,
        Caller::Heartbeat,
        Caller::Operator { attempt: 1 },
    ];
    let mut compared = 0;
    for flat in Flat::all() {
        let notification = read(flat.stored());
        for caller in callers {
            assert_eq!(
                notification.next_step(caller, now()),
                step_before(&flat, caller),
                "{caller:?} of {flat:?}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 12_960);
}

#[test]
fn what_waits_for_a_reason_of_a_later_version_is_put_off_by_the_heartbeat_and_sent_by_nobody() {
    let callers = [
        Caller::Redelivery,
        Caller::Heartbeat,
        Caller::Operator { attempt: 0 },
    ];
    let steps = |attributes| {
        let notification = read(stored(Phase::Planned, attributes));
        callers.map(|caller| notification.next_step(caller, now()))
    };
    assert_eq!(
        steps(json!({ "reason": "approval", "due_at": now() })),
        [Step::Nothing, Step::HoldBack, Step::Nothing]
    );
    for attributes in [
        json!({ "reason": "approval", "due_at": now() + seconds(1) }),
        json!({ "reason": "approval", "digest_id": DIGEST }),
        json!({ "reason": "approval" }),
    ] {
        assert_eq!(steps(attributes), [Step::Nothing; 3]);
    }
}
