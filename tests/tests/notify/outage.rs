//! What is stored of a notification stays small, whatever happens to its mail:
//! a mailer that is out for weeks, a provider that tells much, a large digest.

use crate::given::*;
use chrono::{DateTime, TimeDelta, Utc};
use domain::integration_event::ACCOUNT_OVERDRAWN;
use domain::notification::{
    self, Covered, Digest, EMAIL, Kind, Notification, Phase, Reason, SkipReason,
};
use domain::recipient::Recipient;
use domain::{AccountId, CustomerId, EventId, NotificationId, Version};
use handlers::composition::Composition;
use handlers::query::notifications::shown_of_account;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Answer, account};

/// No item is larger: a sixth of what DynamoDB takes, with its indexes.
const LARGEST_ITEM: usize = 64 * 1024;
/// Every quarter of an hour, for three weeks.
const ATTEMPTS: u32 = 3 * 7 * 24 * 4;
const PAUSE: Duration = Duration::from_secs(15 * 60);

fn size(notification: &Notification) -> usize {
    serde_json::to_vec(notification).unwrap().len()
}

/// How often it was in this state, by its history.
fn times(notification: &Notification, state: Phase) -> u32 {
    let steps = notification.history().iter();
    steps
        .filter(|step| step.state == state)
        .map(|step| step.times)
        .sum()
}

#[tokio::test]
async fn while_the_mailer_is_out_for_weeks_a_notification_stays_small_and_tells_how_often_it_was_tried()
 {
    let world = deposit().await;
    world
        .mailer
        .answer((0..ATTEMPTS).map(|_| Answer::Later(PAUSE)));
    world.deliver_bus().await;
    let first = only(&world);
    let notifier = world.notifier();
    for _ in 1..ATTEMPTS {
        world.clock.advance(PAUSE + Duration::from_secs(1));
        notifier.run_due(Duration::from_secs(60)).await.unwrap();
    }
    let waiting = only(&world);
    assert_eq!(
        (waiting.phase(), waiting.attempts()),
        (Phase::RetryAt, ATTEMPTS)
    );
    assert!(
        size(&waiting) < LARGEST_ITEM / 16,
        "{} bytes",
        size(&waiting)
    );
    assert_eq!(states(&waiting), [Phase::Sending, Phase::RetryAt]);
    for state in states(&waiting) {
        assert_eq!(times(&waiting, state), ATTEMPTS, "{state:?}");
    }
    let (first, last) = (&first.history()[1], &waiting.history()[1]);
    assert_eq!(last.at, first.at);
    assert!(last.until() - first.at > TimeDelta::days(20));

    world.clock.advance(PAUSE + Duration::from_secs(1));
    notifier.run_due(Duration::from_secs(60)).await.unwrap();
    let (shown, _) = shown_of_account(world.notifications.as_ref(), &account(1), None, 10)
        .await
        .unwrap();
    let history = shown[0]["history"].as_array().unwrap();
    let seen: Vec<&str> = history
        .iter()
        .map(|step| step["state"].as_str().unwrap())
        .collect();
    assert_eq!(seen, ["SENDING", "RETRY_AT", "SENDING", "SENT"]);
    assert_eq!(history[1]["times"], ATTEMPTS);
    assert!(history[1]["last_at"].as_str() > history[1]["at"].as_str());
    assert_eq!(
        (&history[3]["times"], &history[3]["last_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown[0]["attempts"], ATTEMPTS + 1);
}

/// A notification that the mailer puts off, with these steps behind it.
fn put_off(history: &Value) -> Value {
    json!({
        "notification_id": "3f9a1c0e-5d7b-5288-8a61-0c2e94d7b1f6",
        "account_id": "A".repeat(64),
        "event_id": "00000000-0002-8ec9-a178-4641c05f1b8b",
        "event_version": 2,
        "correlation_id": "c".repeat(128),
        "kind": "deposit",
        "state": "RETRY_AT",
        "reason": "the sending rate is exceeded",
        "template": "deposit.en@1",
        "content_hash": "00".repeat(32),
        "attempts": 1,
        "lease_until": null,
        "retry_at": "2026-11-30T23:00:00Z",
        "message_id": null,
        "history": history,
    })
}

#[test]
fn a_long_history_of_an_older_version_is_read_and_is_small_when_it_is_written_next() {
    let attempt = |number: usize| {
        let at = format!("2026-11-{:02}T{:02}:00:00Z", 1 + number / 24, number % 24);
        [
            json!({ "state": "CLAIMED", "at": at }),
            json!({ "state": "SENDING", "at": at }),
            json!({ "state": "RETRY_AT", "at": at, "detail": "the sending rate is exceeded" }),
        ]
    };
    let history: Vec<Value> = (0..30 * 24).flat_map(attempt).collect();
    let old = put_off(&history.into());
    assert!(old.to_string().len() > LARGEST_ITEM);
    let read: Notification = serde_json::from_value(old).unwrap();
    assert_eq!(times(&read, Phase::Sending), 30 * 24);
    let later: DateTime<Utc> = "2026-12-01T00:00:00Z".parse().unwrap();
    let next = read.skipped(later, SkipReason::Erased).unwrap();
    assert!(size(&next) < LARGEST_ITEM / 16, "{} bytes", size(&next));
    let sending = &next.history()[1];
    assert_eq!(
        (sending.at.to_rfc3339(), sending.until().to_rfc3339()),
        (
            "2026-11-01T00:00:00+00:00".to_owned(),
            "2026-11-30T23:00:00+00:00".to_owned()
        )
    );
}

/// The notification of this kind about this version, as a digest covers it.
fn covered(account: &str, version: Version, kind: Kind, recipient: &Recipient) -> Covered {
    let account_id: AccountId = account.parse().unwrap();
    let customer: CustomerId = "CUST-42".parse().unwrap();
    let mut event = EventId::new(&account_id, version);
    if kind == Kind::Overdrawn {
        event = event.derived(ACCOUNT_OVERDRAWN);
    }
    Covered {
        notification_id: notification::notification_id(event, kind, &customer, recipient, EMAIL),
        kind,
        account_id,
        event_version: version,
    }
}

fn digest(covers: Vec<Covered>, recipient: Recipient) -> Digest {
    let (from, to) = ("2026-11-22T07:00:00Z", "2026-11-23T07:00:00Z");
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    Digest::pin("CUST-42".parse().unwrap(), recipient, from, to, covers)
}

#[test]
fn the_largest_digest_with_the_longest_history_and_all_that_a_provider_tells_is_below_64_kb() {
    let accounts = |number: usize| format!("{number:0>64}");
    let one_account = |_| "DE02120300000000202051".to_owned();
    let kinds = [Kind::Deposit, Kind::Withdrawal, Kind::Overdrawn];
    let accounts: [&dyn Fn(usize) -> String; 2] = [&accounts, &one_account];
    for (account, expected) in accounts.into_iter().zip([150, 1_500]) {
        let all = (0..1_500).map(|index| {
            let version = 1_000_000 + index as Version;
            covered(
                &account(index),
                version,
                kinds[index % 3],
                &Recipient::Customer,
            )
        });
        let digest = digest(all.collect(), Recipient::Customer);
        assert_eq!(digest.covers().len(), expected);
        let step = |number: usize| {
            let detail = Reason::new(format!("{number:0>300}"));
            json!({ "state": "RETRY_AT", "at": "2026-11-23T07:00:00.123456Z", "detail": detail })
        };
        let mut stored = put_off(&(0..500).map(step).collect());
        stored["content"] = json!({ "digest": digest });
        stored["feedback"] = (0..50)
            .map(|number| {
                json!({
                    "at": "2026-11-23T07:00:00.123456Z",
                    "id": format!("{number:0>120}"),
                    "kind": "rendering-failed",
                    "detail": "d".repeat(81),
                    "message_id": "m".repeat(120),
                    "attempt": u32::MAX,
                })
            })
            .collect();
        let largest: Notification = serde_json::from_value(stored).unwrap();
        assert!(size(&largest) < LARGEST_ITEM, "{} bytes", size(&largest));
        let stored = serde_json::to_value(&largest).unwrap();
        assert_eq!(
            serde_json::from_value::<Notification>(stored).unwrap(),
            largest
        );
    }
}

#[test]
fn what_a_digest_covers_is_read_as_it_was_also_as_an_older_version_has_stored_it() {
    let further = Recipient::Address("ab".repeat(32).parse().unwrap());
    for recipient in [Recipient::Customer, further] {
        let covers = vec![
            covered("ACC-1", 2, Kind::Deposit, &recipient),
            covered("ACC-1", 3, Kind::Withdrawal, &recipient),
            covered("ACC-1", 3, Kind::Overdrawn, &recipient),
            covered("ACC-2", 2, Kind::Deposit, &recipient),
        ];
        let new = digest(covers.clone(), recipient.clone());
        let stored = serde_json::to_value(&new).unwrap();
        assert_eq!(stored["covers"], Value::Null, "{stored}");
        assert_eq!(serde_json::from_value::<Digest>(stored).unwrap(), new);

        let old = json!({
            "customer_id": "CUST-42",
            "from": "2026-11-22T07:00:00Z",
            "to": "2026-11-23T07:00:00Z",
            "covers": covers,
        });
        let read: Digest = serde_json::from_value(old).unwrap();
        assert_eq!(read.covers(), covers);
        // It does not say to whom, and loses no id when it is written again.
        let again = serde_json::to_value(&read).unwrap();
        assert_eq!(serde_json::from_value::<Digest>(again).unwrap(), read);
    }
    let mut other = covered("ACC-1", 2, Kind::Deposit, &Recipient::Customer);
    other.notification_id = NotificationId::from_u128(7);
    let made_otherwise = digest(vec![other], Recipient::Customer);
    let stored = serde_json::to_value(&made_otherwise).unwrap();
    assert_eq!(
        serde_json::from_value::<Digest>(stored).unwrap(),
        made_otherwise
    );
}
