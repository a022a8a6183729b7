//! What became of each notification.

use domain::notification::{
    Content, Covered, DeliveryStatus, Digest, Draft, EventRef, Kind, Notification, Pending, Pinned,
    ProviderEvent, ProviderEventKind, SkipReason, Subject, WaitReason,
};
use domain::recipient::Recipient;
use domain::{AccountId, EventId, NotificationId};
use handlers::ports::{
    DECISION_SHARDS, DUE_SHARDS, Decided, Notifications, Saved, Versioned, decision_shard,
    due_shard,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::history::{account, start};

const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

/// A notification of this event, as an attempt of the heartbeat pins it.
fn sending(account_id: &AccountId, version: u64, kind: Kind) -> Notification {
    pending(account_id, version, kind)
        .sending(start(), LEASE, pinned("0000-0000-0000"))
        .unwrap()
}

fn pending(account_id: &AccountId, version: u64, kind: Kind) -> Pending {
    Pending::from(draft(account_id, version, kind, Content::Event))
}

fn draft(account_id: &AccountId, version: u64, kind: Kind, content: Content) -> Draft {
    let event_id = EventId::new(account_id, version);
    Draft::new(Subject {
        id: NotificationId::derived(event_id.uuid(), kind.as_str()),
        source: EventRef {
            account_id: account_id.clone(),
            event_id,
            version,
        },
        correlation_id: Some("corr-1".parse().unwrap()),
        kind,
        recipient: Recipient::Customer,
        content,
    })
}

fn pinned(code: &str) -> Pinned {
    Pinned {
        template: "deposit/en@1".to_owned(),
        content_hash: "00".repeat(32),
        code: code.to_owned(),
    }
}

async fn save(store: &dyn Notifications, value: Notification, revision: u64) -> Saved {
    store.save(&Versioned { value, revision }).await.unwrap()
}

async fn save_first(store: &dyn Notifications, value: &Notification) {
    assert_eq!(save(store, value.clone(), 0).await, Saved::Written);
}

pub async fn a_notification_is_written_only_over_the_revision_before_it(store: &dyn Notifications) {
    let sending = sending(&account("ACC-1"), 2, Kind::Deposit);
    let id = sending.id();
    assert_eq!(store.get(id).await.unwrap(), None);
    let sent = sending.clone().sent(start(), "message".to_owned()).unwrap();
    assert_eq!(
        save(store, sent.clone(), 1).await,
        Saved::Stale,
        "the second step of what has no first"
    );
    save_first(store, &sending).await;
    let stored = Versioned {
        value: sending.clone(),
        revision: 1,
    };
    assert_eq!(store.get(id).await.unwrap(), Some(stored));
    assert_eq!(
        save(store, sending.clone(), 0).await,
        Saved::Stale,
        "begun twice"
    );
    assert_eq!(save(store, sent.clone(), 1).await, Saved::Written);
    let lost = sending
        .clone()
        .skipped(start(), SkipReason::Erased)
        .unwrap();
    assert_eq!(
        save(store, lost, 1).await,
        Saved::Stale,
        "another worker's step"
    );
    assert_eq!(
        save(store, sending, 0).await,
        Saved::Stale,
        "begun again after it was sent"
    );
    let stored = Versioned {
        value: sent,
        revision: 2,
    };
    assert_eq!(store.get(id).await.unwrap(), Some(stored));
}

pub async fn an_accounts_notifications_are_listed_newest_event_first(store: &dyn Notifications) {
    let (mine, other) = (account("ACC-1"), account("ACC-2"));
    for version in [2, 10, 9, 100, 11] {
        for kind in [Kind::Withdrawal, Kind::LowBalance] {
            save_first(store, &sending(&mine, version, kind)).await;
            save_first(store, &sending(&other, version, kind)).await;
        }
    }
    for limit in [1, 3, 100] {
        let mut listed = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let (page, next) = store
                .of_account(&mine, cursor.as_deref(), limit)
                .await
                .unwrap();
            assert!(page.len() <= limit);
            assert!(
                page.iter()
                    .all(|notification| *notification.account_id() == mine)
            );
            listed.extend(
                page.into_iter()
                    .map(|notification| notification.source().version),
            );
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(
            listed,
            [100, 100, 11, 11, 10, 10, 9, 9, 2, 2],
            "limit {limit}"
        );
    }
}

pub async fn what_its_provider_told_is_kept_with_a_notification(store: &dyn Notifications) {
    let sending = sending(&account("ACC-1"), 2, Kind::Deposit);
    let bounced = ProviderEvent {
        at: start(),
        id: "feedback-1".to_owned(),
        kind: ProviderEventKind::Bounced,
        detail: Some("Permanent General".to_owned()),
        message_id: "message".to_owned(),
        attempt: Some(1),
    };
    let reported = sending.provider_reported(&bounced, start()).unwrap();
    save_first(store, &reported).await;
    let found = store.get(reported.id()).await.unwrap().unwrap().value;
    assert_eq!(found.provider().status(), Some(DeliveryStatus::Bounced));
    assert_eq!(found, reported);
}

pub async fn a_notification_is_found_by_its_code_and_one_without_by_none(
    store: &dyn Notifications,
) {
    let without = pending(&account("ACC-1"), 2, Kind::Deposit);
    let without = without.skipped(start(), SkipReason::Erased).unwrap();
    save_first(store, &without).await;
    let with = pending(&account("ACC-1"), 3, Kind::Deposit);
    let with = with
        .sending(start(), LEASE, pinned("7K2M-00ZQ-9XWD"))
        .unwrap();
    save_first(store, &with).await;
    assert_eq!(store.by_code("7K2M-00ZQ-9XWD").await.unwrap(), Some(with));
    assert_eq!(store.by_code("7K2M-00ZQ-9XWE").await.unwrap(), None);
}

pub async fn what_is_due_is_found_by_its_time_and_not_any_more_when_it_is_done(
    store: &dyn Notifications,
) {
    let hour = TimeDelta::hours(1);
    let waiting = |kind, until| {
        let pending = pending(&account("ACC-1"), 2, kind);
        pending
            .waits(start(), until, WaitReason::QuietHours)
            .unwrap()
    };
    let later = waiting(Kind::Deposit, start() + hour);
    // Another second of the same moment: what is compared has one spelling.
    let sooner = start() + TimeDelta::microseconds(1);
    let sooner = waiting(Kind::LargeAmount, sooner);
    for waiting in [&later, &sooner] {
        save_first(store, waiting).await;
    }
    let due = async |now| {
        let mut found = Vec::new();
        for shard in 0..DUE_SHARDS {
            found.extend(store.due(shard, now, 10).await.unwrap());
        }
        found
    };
    assert_eq!(due(start()).await, Vec::<NotificationId>::new());
    assert_eq!(due(start() + hour / 2).await, [sooner.id()]);
    assert_eq!(due(start() + hour).await.len(), 2);
    let shard = due_shard(later.id());
    assert!(store.due(shard, start() + hour, 1).await.unwrap().len() <= 1);
    let done = sooner.skipped(start(), SkipReason::Erased).unwrap();
    assert_eq!(save(store, done, 1).await, Saved::Written);
    assert_eq!(due(start() + hour).await, [later.id()]);
}

pub async fn what_waits_for_a_digest_is_found_and_the_digest_is_of_no_account(
    store: &dyn Notifications,
) {
    let (one, other) = (NotificationId::from_u128(1), NotificationId::from_u128(2));
    let account_id = account("ACC-1");
    let mut waiting = Vec::new();
    for version in 2..5 {
        let digest = if version == 4 { other } else { one };
        let pending = pending(&account_id, version, Kind::Deposit);
        let notification = pending.waits(start(), start(), WaitReason::Digest(digest));
        let notification = notification.unwrap();
        save_first(store, &notification).await;
        waiting.push(notification.id());
    }
    let mut found = store.of_digest(one, 10).await.unwrap();
    found.sort();
    waiting[..2].sort();
    assert_eq!(found, waiting[..2]);
    assert_eq!(store.of_digest(one, 1).await.unwrap().len(), 1);

    let covered = Covered {
        notification_id: waiting[0],
        kind: Kind::Deposit,
        account_id: account_id.clone(),
        event_version: 2,
    };
    let (customer, recipient) = ("CUST-42".parse().unwrap(), Recipient::Customer);
    let content = Digest::pin(customer, recipient, start(), start(), vec![covered]);
    let digest = draft(&account_id, 9, Kind::Deposit, Content::Digest(content));
    let digest = Pending::from(digest)
        .sending(start(), LEASE, pinned("0000-0000-0000"))
        .unwrap();
    save_first(store, &digest).await;
    assert_eq!(store.get(digest.id()).await.unwrap().unwrap().value, digest);
    let (of_account, _) = store.of_account(&account_id, None, 10).await.unwrap();
    assert_eq!(of_account.len(), 3);
    assert!(of_account.iter().all(|found| found.id() != digest.id()));
}

/// A notification that was decided so many nanoseconds after the start.
fn decided_after(version: u64, nanos: i64) -> Notification {
    let at = start() + TimeDelta::nanoseconds(nanos);
    pending(&account("ACC-1"), version, Kind::Deposit)
        .waits(at, at, WaitReason::QuietHours)
        .unwrap()
}

/// What was decided in this range, of all shards, newest first.
async fn decided(
    store: &dyn Notifications,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: usize,
) -> Vec<Decided> {
    let mut found = Vec::new();
    for shard in 0..DECISION_SHARDS {
        let of_shard = store.decided(shard, from, to, limit).await.unwrap();
        let times = of_shard.iter().map(|key| key.position.decided_at);
        assert!(times.rev().is_sorted(), "{of_shard:?}");
        found.extend(of_shard);
    }
    found.sort_by(|one, other| other.position.cmp(&one.position));
    found
}

pub async fn decisions_are_found_by_their_time_newest_first_and_keep_it(store: &dyn Notifications) {
    let all: Vec<Notification> = (0..40)
        .map(|number| decided_after(2 + number, i64::try_from(number).unwrap()))
        .collect();
    for notification in &all {
        save_first(store, notification).await;
    }
    let expected: Vec<Decided> = all.iter().rev().map(Decided::of).collect();
    let (first, last) = (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);
    assert_eq!(decided(store, first, last, 40).await, expected);
    let at = |nanos| start() + TimeDelta::nanoseconds(nanos);
    let range = decided(store, at(10), at(20), 40).await;
    assert_eq!(range, expected[20..30], "the end is not in it");
    for (from, to) in [(at(10), at(10)), (at(20), at(10)), (last, last)] {
        assert_eq!(decided(store, from, to, 40).await, [], "{from} {to}");
    }
    let shard = decision_shard(&all[39]).unwrap();
    let newest = store.decided(shard, first, last, 1).await.unwrap();
    assert_eq!(newest, expected[..1]);
    // Each later state leaves it where it is.
    for notification in all {
        let later = at(1_000_000);
        let skipped = notification.skipped(later, SkipReason::Erased).unwrap();
        assert_eq!(save(store, skipped, 1).await, Saved::Written);
    }
    assert_eq!(decided(store, first, last, 40).await, expected);
}

pub async fn all_that_were_decided_at_one_time_are_read_together(store: &dyn Notifications) {
    let (from, to) = (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC);
    for version in 2..102 {
        save_first(store, &decided_after(version, 1)).await;
    }
    for version in 102..110 {
        save_first(store, &decided_after(version, 0)).await;
    }
    let covered = Covered {
        notification_id: decided_after(2, 1).id(),
        kind: Kind::Deposit,
        account_id: account("ACC-1"),
        event_version: 2,
    };
    let (customer, recipient) = ("CUST-42".parse().unwrap(), Recipient::Customer);
    let content = Digest::pin(customer, recipient, start(), start(), vec![covered]);
    let digest = draft(
        &account("ACC-1"),
        200,
        Kind::Deposit,
        Content::Digest(content),
    );
    let digest = Pending::from(digest)
        .sending(start(), LEASE, pinned("0000-0000-0000"))
        .unwrap();
    assert_eq!(decision_shard(&digest), None);
    save_first(store, &digest).await;
    let newest = decided(store, from, to, 1).await;
    let times: Vec<_> = newest.iter().map(|key| key.position.decided_at).collect();
    assert_eq!(times, [start() + TimeDelta::nanoseconds(1); 100]);
    assert_eq!(
        decided(store, from, to, 1000).await.len(),
        108,
        "the digest is none of them"
    );
}
