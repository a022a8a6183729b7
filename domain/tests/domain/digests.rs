//! What a digest covers: as much as fits, stored shortly, and only ever less.

use chrono::{DateTime, Utc};
use domain::integration_event::ACCOUNT_OVERDRAWN;
use domain::notification::{
    Content, Covered, Digest, Draft, EMAIL, EventRef, Kind, Pending, Statement, Subject,
    notification_id,
};
use domain::recipient::Recipient;
use domain::{AccountId, CustomerId, EventId, NotificationId, Version};
use serde_json::{Value, json};

fn customer() -> CustomerId {
    "CUST-42".parse().unwrap()
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The notification of this kind about this version, with the id that follows from them.
fn covered(account: &str, event_version: Version, kind: Kind) -> Covered {
    let account_id: AccountId = account.parse().unwrap();
    let reported = EventId::new(&account_id, event_version);
    let event = match kind {
        Kind::Overdrawn => reported.derived(ACCOUNT_OVERDRAWN),
        _ => reported,
    };
    Covered {
        notification_id: notification_id(event, kind, &customer(), &Recipient::Customer, EMAIL),
        kind,
        account_id,
        event_version,
    }
}

fn pinned(waiting: Vec<Covered>) -> Digest {
    Digest::pin(
        customer(),
        Recipient::Customer,
        time("2026-11-21T07:00:00Z"),
        time("2026-11-22T07:00:00Z"),
        waiting,
    )
}

fn few() -> Vec<Covered> {
    vec![
        covered("ACC-1", 2, Kind::Withdrawal),
        covered("ACC-1", 2, Kind::Overdrawn),
        covered("ACC-1", 3, Kind::Deposit),
        covered("ACC-2", 7, Kind::Withdrawal),
    ]
}

#[test]
fn a_digest_is_read_as_it_was_written_and_ids_that_follow_from_versions_are_not_stored() {
    let digest = pinned(few());
    let written = serde_json::to_value(&digest).unwrap();
    assert_eq!(
        written,
        json!({
            "customer_id": "CUST-42",
            "from": "2026-11-21T07:00:00Z",
            "to": "2026-11-22T07:00:00Z",
            "told": [
                { "account_id": "ACC-1", "kind": "deposit", "versions": [3] },
                { "account_id": "ACC-1", "kind": "withdrawal", "versions": [2] },
                { "account_id": "ACC-1", "kind": "overdrawn", "versions": [2] },
                { "account_id": "ACC-2", "kind": "withdrawal", "versions": [7] },
            ],
        })
    );
    let read: Digest = serde_json::from_value(written).unwrap();
    let mut expected = few();
    expected.sort_by(|one, other| one.position().cmp(&other.position()));
    assert_eq!(read.covers(), expected);
}

#[test]
fn an_id_of_another_making_is_stored_as_it_is() {
    let other = Covered {
        notification_id: NotificationId::from_u128(7),
        ..covered("ACC-1", 5, Kind::Deposit)
    };
    let digest = pinned(vec![covered("ACC-1", 4, Kind::Deposit), other.clone()]);
    let written = serde_json::to_value(&digest).unwrap();
    assert_eq!(written["told"][0]["versions"], json!([4]));
    assert_eq!(written["covers"], serde_json::to_value([&other]).unwrap());
    assert_eq!(serde_json::from_value::<Digest>(written).unwrap(), digest);
}

#[test]
fn a_digest_includes_what_it_covers_until_that_is_left_out() {
    let [withdrawal, overdrawn, deposit, other] = few().try_into().unwrap();
    let mut digest = pinned(few());
    assert_eq!(digest.covers(), few());
    assert!(few().iter().all(|one| digest.includes(one.notification_id)));
    assert!(!digest.includes(NotificationId::from_u128(7)));

    let left_out = digest.retain(|covered| covered.kind != Kind::Withdrawal);
    assert_eq!(left_out, [withdrawal.clone(), other]);
    assert_eq!(digest.covers(), [overdrawn.clone(), deposit]);
    assert!(digest.includes(overdrawn.notification_id));
    assert!(!digest.includes(withdrawal.notification_id));
}

/// How many of these a digest covers.
fn count(waiting: Vec<Covered>) -> usize {
    let digest = pinned(waiting);
    digest.covers().len()
}

/// Bytes of what a digest covers, as it is stored.
fn bytes(digest: &Digest) -> usize {
    let written: Value = serde_json::to_value(digest).unwrap();
    written["told"].to_string().len()
}

#[test]
fn a_digest_covers_as_many_as_fit_into_twenty_kilobytes_and_the_others_wait() {
    assert_eq!(count(Vec::new()), 0);
    assert_eq!(count(few()), 4);
    // Of one account and kind, each costs its version and a comma; the group 64 bytes and the account's id.
    let of_one_account = |first: Version| {
        (first..first + 30_000)
            .map(|version| covered("ACC-1", version, Kind::Deposit))
            .collect::<Vec<_>>()
    };
    assert_eq!(count(of_one_account(1_000_000)), (20 * 1024 - 64 - 5) / 8);
    // Of an account each, the groups cost most.
    let of_many: Vec<Covered> = (100_000..101_000)
        .map(|number| covered(&format!("ACC-{number}"), 2, Kind::Deposit))
        .collect();
    assert_eq!(count(of_many.clone()), 20 * 1024 / (64 + 10 + 2));
    // Of two kinds in turn, there are two groups.
    let alternating: Vec<Covered> = of_one_account(1_000_000)
        .into_iter()
        .zip([Kind::Deposit, Kind::Withdrawal].into_iter().cycle())
        .map(|(one, kind)| Covered { kind, ..one })
        .collect();
    assert_eq!(count(alternating), (20 * 1024 - 2 * (64 + 5)) / 8);
    // The estimate is not below what is stored.
    for waiting in [of_one_account(1_000_000), of_many] {
        assert!(bytes(&pinned(waiting)) <= 20 * 1024);
    }
}

fn draft(content: Content) -> Draft {
    let account_id: AccountId = "ACC-1".parse().unwrap();
    Draft::new(Subject {
        id: NotificationId::from_u128(1),
        source: EventRef {
            event_id: EventId::new(&account_id, 2),
            account_id,
            version: 2,
        },
        correlation_id: None,
        kind: Kind::Deposit,
        recipient: Recipient::Customer,
        content,
    })
}

fn statement() -> Statement {
    serde_json::from_value(json!({
        "first_day": "2026-11-01", "last_day": "2026-11-30",
        "begins": "2026-11-01T00:00:00Z", "ends": "2026-12-01T00:00:00Z",
    }))
    .unwrap()
}

#[test]
fn a_mail_is_about_its_event_a_digest_or_a_statement() {
    let digest = pinned(few());
    for (content, is_event, of_digest, of_statement) in [
        (Content::Event, true, None, None),
        (Content::Digest(digest.clone()), false, Some(&digest), None),
        (
            Content::Statement(statement()),
            false,
            None,
            Some(statement()),
        ),
    ] {
        assert_eq!(
            (content.is_event(), content.is_digest()),
            (is_event, of_digest.is_some())
        );
        assert_eq!(
            (content.digest(), content.statement()),
            (of_digest, of_statement)
        );
        assert!(!content.is_empty(), "{content:?}");
    }
    assert!(Content::Digest(pinned(Vec::new())).is_empty());
}

#[test]
fn what_is_left_out_of_a_pending_digest_is_returned_and_of_anything_else_nothing_is() {
    let mut pending = Pending::from(draft(Content::Digest(pinned(few()))));
    let left_out = pending.retain_covered(|covered| covered.event_version != 2);
    assert_eq!(left_out, few()[..2]);
    assert_eq!(pending.retain_covered(|_| true), []);
    for content in [Content::Event, Content::Statement(statement())] {
        assert_eq!(Pending::from(draft(content)).retain_covered(|_| false), []);
    }
}
