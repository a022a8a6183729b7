//! What an event's notifications come to: sent, waiting or skipped, when it was
//! recorded and at each attempt.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::email::EmailAddress;
use domain::notification::{
    self, Contact, Content, Covered, Digest, EMAIL, EventRef, Kind, SkipReason, Statement, Subject,
    Verdict, WaitReason, Wishes,
};
use domain::preferences::Preferences;
use domain::recipient::Recipient;
use domain::{CustomerId, IntegrationEvent};
use serde_json::{Value, json};

use crate::given::{Given, closed, deposited, opened, start};

const SECOND: &str = "second@example.com";

fn customer() -> CustomerId {
    "CUST-42".parse().unwrap()
}

fn second() -> Recipient {
    let address: EmailAddress = SECOND.parse().unwrap();
    Recipient::Address(address.hash())
}

fn preferences(json: Value) -> Preferences {
    Preferences::read(json, "").unwrap()
}

/// In Paris, where it is an hour later than in UTC.
fn wishes(preferences: &Preferences) -> Wishes<'_> {
    Wishes {
        preferences,
        time_zone: Tz::Europe__Paris,
    }
}

fn last_of(given: Given) -> IntegrationEvent {
    let commit = given.0.last().unwrap();
    IntegrationEvent::of_commit(commit).unwrap().pop().unwrap()
}

fn deposit() -> IntegrationEvent {
    last_of(Given::commit([opened(), deposited("10.00")]))
}

fn verdicts(
    event: &IntegrationEvent,
    as_recorded: Option<Wishes<'_>>,
    today: Contact<'_>,
) -> Vec<(Kind, Verdict)> {
    notification::evaluate(event, as_recorded, today)
        .into_iter()
        .map(|decision| (decision.kind, decision.verdict))
        .collect()
}

fn subject(kind: Kind, recipient: Recipient, content: Content) -> Subject {
    let event = deposit();
    let metadata = event.metadata;
    Subject {
        id: notification::notification_id(metadata.event_id, kind, &customer(), &recipient, EMAIL),
        source: EventRef {
            account_id: metadata.account_id,
            event_id: metadata.event_id,
            version: metadata.version,
        },
        correlation_id: None,
        kind,
        recipient,
        content,
    }
}

fn noon() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

#[test]
fn nothing_goes_to_whom_nothing_can_be_sent() {
    let defaults = Preferences::default();
    let known = wishes(&defaults);
    for (as_recorded, today, reason) in [
        (None, Contact::Unknown, SkipReason::NoContact),
        (None, Contact::Known(known), SkipReason::NoContact),
        (Some(known), Contact::Unknown, SkipReason::NoContact),
        (None, Contact::Erased, SkipReason::Erased),
        (Some(known), Contact::Erased, SkipReason::Erased),
    ] {
        assert_eq!(
            verdicts(&deposit(), as_recorded, today),
            [(Kind::Deposit, Verdict::Skip(reason))],
            "{as_recorded:?}, {today:?}"
        );
    }
}

#[test]
fn the_wishes_of_then_decide_and_a_kind_that_was_switched_off_since_is_skipped() {
    let on = Preferences::default();
    let off = preferences(json!({ "kinds": { "deposit": { "enabled": false } } }));
    let small =
        preferences(json!({ "kinds": { "deposit": { "min_amount": { "EUR": "10.01" } } } }));
    let skip = Verdict::Skip;
    for (then, today, expected) in [
        (&on, &on, Verdict::Send),
        (&on, &off, skip(SkipReason::PreferenceOff)),
        (&off, &on, skip(SkipReason::PreferenceOff)),
        // A minimum of today changes nothing, and one of then gives its own reason.
        (&on, &small, Verdict::Send),
        (&small, &on, skip(SkipReason::BelowMinimum)),
        (&small, &off, skip(SkipReason::BelowMinimum)),
    ] {
        let today = Contact::Known(wishes(today));
        let decided = verdicts(&deposit(), Some(wishes(then)), today);
        assert_eq!(decided, [(Kind::Deposit, expected)]);
    }
}

#[test]
fn what_may_wait_waits_for_the_digest_of_its_own_recipient() {
    let daily = preferences(json!({
        "delivery": "daily",
        "addresses": [{ "email": SECOND, "kinds": ["deposit"] }],
    }));
    let (then, today) = (wishes(&daily), Contact::Known(wishes(&daily)));
    // Eight in the morning in Paris, after the day on which it was recorded.
    let until: DateTime<Utc> = "2026-11-23T07:00:00Z".parse().unwrap();
    let decided = notification::evaluate(&deposit(), Some(then), today);
    let expected = [Recipient::Customer, second()].map(|recipient| {
        let digest = notification::digest_id(&customer(), &recipient, until, EMAIL);
        let reason = WaitReason::Digest(digest);
        (recipient, Verdict::Wait { until, reason })
    });
    let decided: Vec<_> = decided
        .into_iter()
        .map(|decision| (decision.recipient, decision.verdict))
        .collect();
    assert_eq!(decided, expected);

    let closed = last_of(Given::commit([opened()]).and([closed()]));
    assert_eq!(
        verdicts(&closed, Some(then), today),
        [(Kind::Security, Verdict::Send)]
    );
}

#[test]
fn nobody_is_notified_of_history_that_was_loaded_whatever_else_would_be_a_reason() {
    let loaded = last_of(Given::commit([opened()]).and_loaded([deposited("10.00")]));
    let defaults = Preferences::default();
    let daily = preferences(json!({ "delivery": "daily" }));
    for (as_recorded, today) in [
        (None, Contact::Unknown),
        (None, Contact::Erased),
        (Some(wishes(&defaults)), Contact::Known(wishes(&defaults))),
        (Some(wishes(&daily)), Contact::Known(wishes(&daily))),
    ] {
        assert_eq!(
            verdicts(&loaded, as_recorded, today),
            [(Kind::Deposit, Verdict::Skip(SkipReason::Imported))]
        );
    }
}

#[test]
fn a_verdict_is_confirmed_for_the_customer_of_now_in_this_order() {
    let quiet = json!({ "from": "12:30", "to": "14:30" });
    let off = json!({ "enabled": false });
    let plain = Preferences::default();
    let in_quiet = preferences(json!({ "quiet_hours": quiet }));
    let neither = preferences(json!({ "quiet_hours": quiet, "kinds": { "deposit": off } }));
    let subject = subject(Kind::Deposit, Recipient::Customer, Content::Event);
    let waits = Verdict::Wait {
        until: "2026-11-22T13:30:00Z".parse().unwrap(),
        reason: WaitReason::QuietHours,
    };
    for (wished, is_suppressed, expected) in [
        (None, true, Verdict::Skip(SkipReason::Erased)),
        (
            Some(&neither),
            true,
            Verdict::Skip(SkipReason::PreferenceOff),
        ),
        (Some(&in_quiet), true, Verdict::Skip(SkipReason::Suppressed)),
        (Some(&in_quiet), false, waits),
        (Some(&plain), false, Verdict::Send),
    ] {
        let customer = wished.map(wishes);
        let confirmed =
            notification::confirm(&subject, Verdict::Send, customer, is_suppressed, noon());
        assert_eq!(confirmed, expected, "{wished:?}");
    }
}

#[test]
fn what_is_about_security_does_not_wait_for_the_end_of_quiet_hours() {
    let quiet = preferences(json!({ "quiet_hours": { "from": "12:30", "to": "14:30" } }));
    for kind in Kind::ALL {
        let kinds = json!({ "kinds": { kind.as_str(): { "enabled": true } } });
        let mut on = Value::from(quiet.clone());
        on["kinds"] = kinds["kinds"].clone();
        let on = preferences(on);
        let subject = subject(kind, Recipient::Customer, Content::Event);
        let customer = Some(wishes(&on));
        let confirmed = notification::confirm(&subject, Verdict::Send, customer, false, noon());
        assert_eq!(confirmed == Verdict::Send, kind == Kind::Security, "{kind}");
    }
}

#[test]
fn what_waits_or_is_skipped_is_not_decided_again() {
    let off = preferences(json!({ "kinds": { "deposit": { "enabled": false } } }));
    let subject = subject(Kind::Deposit, Recipient::Customer, Content::Event);
    let until = noon();
    let reason = WaitReason::MonthEnd;
    for decided in [
        Verdict::Skip(SkipReason::NotCrossed),
        Verdict::Wait { until, reason },
    ] {
        for customer in [None, Some(wishes(&off))] {
            let confirmed = notification::confirm(&subject, decided, customer, true, noon());
            assert_eq!(confirmed, decided);
        }
    }
}

#[test]
fn a_digest_is_wanted_while_something_is_left_in_it_and_the_address_is_the_customers() {
    let covered = |kind| Covered {
        notification_id: subject(kind, Recipient::Customer, Content::Event).id,
        kind,
        account_id: deposit().metadata.account_id,
        event_version: 2,
    };
    let digest = |recipient: Recipient, covers: Vec<Covered>| {
        let pinned = Digest::pin(customer(), recipient.clone(), start(), noon(), covers);
        // The kind of a digest is that of its first notification, and may be off by now.
        subject(Kind::Deposit, recipient, Content::Digest(pinned))
    };
    let off = preferences(json!({
        "kinds": { "deposit": { "enabled": false } },
        "addresses": [{ "email": SECOND, "kinds": ["reversal"] }],
    }));
    let gone = preferences(json!({ "kinds": { "deposit": { "enabled": false } } }));
    let one = || vec![covered(Kind::Withdrawal)];
    for (subject, wished, included) in [
        (digest(Recipient::Customer, one()), &off, true),
        (digest(Recipient::Customer, Vec::new()), &off, false),
        (digest(second(), one()), &off, true),
        (digest(second(), Vec::new()), &off, false),
        (digest(second(), one()), &gone, false),
    ] {
        let customer = Some(wishes(wished));
        let confirmed = notification::confirm(&subject, Verdict::Send, customer, false, noon());
        let expected = match included {
            true => Verdict::Send,
            false => Verdict::Skip(SkipReason::PreferenceOff),
        };
        assert_eq!(confirmed, expected);
    }
}

#[test]
fn a_statement_is_wanted_where_its_kind_is_on_for_the_address() {
    let statement = Statement {
        first_day: "2026-10-01".parse().unwrap(),
        last_day: "2026-10-31".parse().unwrap(),
        begins: start(),
        ends: noon(),
        versions: None,
    };
    let on = preferences(json!({
        "kinds": { "statement": { "enabled": true } },
        "addresses": [{ "email": SECOND, "kinds": ["deposit"] }],
    }));
    for (recipient, included) in [(Recipient::Customer, true), (second(), false)] {
        let subject = subject(Kind::Statement, recipient, Content::Statement(statement));
        assert_eq!(wishes(&on).include(&subject), included);
    }
}
