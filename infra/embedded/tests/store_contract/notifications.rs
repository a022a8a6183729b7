//! What became of each notification.

use domain::notification::Kind;
use domain::recipient::Recipient;
use domain::{AccountId, EventId, NotificationId};
use handlers::ports::{
    Content, Covered, DUE_SHARDS, DeliveryStatus, Digest, History, Notification, Notifications,
    ProviderEvent, ProviderEventKind, State,
};

use crate::history::{account, start};

fn planned(account_id: &AccountId, version: u64, kind: Kind) -> Notification {
    let event_id = EventId::new(account_id, version);
    let claimed = Notification {
        notification_id: NotificationId::derived(event_id.uuid(), kind.as_str()),
        account_id: account_id.clone(),
        event_id,
        event_version: version,
        correlation_id: Some("corr-1".parse().unwrap()),
        kind,
        recipient: Recipient::Customer,
        content: Content::Event,
        state: State::Claimed,
        reason: None,
        template: Some("deposit/en@1".to_owned()),
        content_hash: Some("00".repeat(32)),
        attempts: 0,
        lease_until: None,
        retry_at: None,
        due_at: None,
        digest_id: None,
        message_id: None,
        feedback: Vec::new(),
        delivery: None,
        verification_code: None,
        revision: 0,
        history: History::default(),
    };
    let mut claimed = claimed.moved(State::Claimed, start(), None);
    claimed.lease_until = Some(start());
    claimed
}

pub async fn a_notification_is_written_only_over_the_revision_before_it(store: &dyn Notifications) {
    let claimed = planned(&account("ACC-1"), 2, Kind::Deposit);
    let id = claimed.notification_id;
    assert_eq!(store.get(id).await.unwrap(), None);
    let mut sending = claimed.moved(State::Sending, start(), None);
    sending.attempts = 1;
    assert!(
        !store.save(&sending).await.unwrap(),
        "the second step of what has no first"
    );
    assert!(store.save(&claimed).await.unwrap());
    assert_eq!(store.get(id).await.unwrap().as_ref(), Some(&claimed));
    assert!(!store.save(&claimed).await.unwrap(), "claimed twice");
    assert!(store.save(&sending).await.unwrap());
    let lost = claimed.moved(State::Skipped, start(), Some("erased".to_owned()));
    assert!(!store.save(&lost).await.unwrap(), "another worker's step");
    let mut sent = sending.moved(State::Sent, start(), None);
    sent.message_id = Some("message".to_owned());
    assert!(store.save(&sent).await.unwrap());
    assert!(
        !store.save(&claimed).await.unwrap(),
        "claimed again after it was sent"
    );
    assert_eq!(store.get(id).await.unwrap(), Some(sent));
}

pub async fn an_accounts_notifications_are_listed_newest_event_first(store: &dyn Notifications) {
    let (mine, other) = (account("ACC-1"), account("ACC-2"));
    for version in [2, 10, 9, 100, 11] {
        for kind in [Kind::Withdrawal, Kind::LowBalance] {
            assert!(store.save(&planned(&mine, version, kind)).await.unwrap());
            assert!(store.save(&planned(&other, version, kind)).await.unwrap());
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
                    .all(|notification| notification.account_id == mine)
            );
            listed.extend(
                page.into_iter()
                    .map(|notification| notification.event_version),
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
    let mut claimed = planned(&account("ACC-1"), 2, Kind::Deposit);
    claimed.delivery = Some(DeliveryStatus::Bounced);
    claimed.feedback = vec![ProviderEvent {
        at: start(),
        id: "feedback-1".to_owned(),
        kind: ProviderEventKind::Bounced,
        detail: Some("Permanent General".to_owned()),
        message_id: "message".to_owned(),
        attempt: Some(1),
    }];
    assert!(store.save(&claimed).await.unwrap());
    let found = store.get(claimed.notification_id).await.unwrap();
    assert_eq!(found, Some(claimed));
}

pub async fn a_notification_is_found_by_its_code_and_one_without_by_none(
    store: &dyn Notifications,
) {
    let without = planned(&account("ACC-1"), 2, Kind::Deposit);
    assert!(store.save(&without).await.unwrap());
    let mut with = planned(&account("ACC-1"), 3, Kind::Deposit);
    with.verification_code = Some("7K2M-00ZQ-9XWD".to_owned());
    assert!(store.save(&with).await.unwrap());
    assert_eq!(store.by_code("7K2M-00ZQ-9XWD").await.unwrap(), Some(with));
    assert_eq!(store.by_code("7K2M-00ZQ-9XWE").await.unwrap(), None);
}

pub async fn what_is_due_is_found_by_its_time_and_not_any_more_when_it_is_done(
    store: &dyn Notifications,
) {
    let hour = chrono::TimeDelta::hours(1);
    let mut later = planned(&account("ACC-1"), 2, Kind::Deposit);
    later.due_at = Some(start() + hour);
    let mut sooner = planned(&account("ACC-1"), 2, Kind::LargeAmount);
    // Another second of the same moment: what is compared has one spelling.
    sooner.due_at = Some(start() + chrono::TimeDelta::microseconds(1));
    for waiting in [&later, &sooner] {
        assert!(store.save(waiting).await.unwrap());
    }
    let due = async |now| {
        let mut found = Vec::new();
        for slice in 0..DUE_SHARDS {
            found.extend(store.due(slice, now, 10).await.unwrap());
        }
        found
    };
    assert_eq!(due(start()).await, Vec::<NotificationId>::new());
    assert_eq!(due(start() + hour / 2).await, [sooner.notification_id]);
    assert_eq!(due(start() + hour).await.len(), 2);
    let slice = later.due_slice();
    assert!(store.due(slice, start() + hour, 1).await.unwrap().len() <= 1);
    let done = sooner.moved(State::Sent, start(), None);
    assert!(store.save(&done).await.unwrap());
    assert_eq!(due(start() + hour).await, [later.notification_id]);
}

pub async fn what_waits_for_a_digest_is_found_and_the_digest_is_of_no_account(
    store: &dyn Notifications,
) {
    let (one, other) = (NotificationId::from_u128(1), NotificationId::from_u128(2));
    let account_id = account("ACC-1");
    let mut waiting = Vec::new();
    for version in 2..5 {
        let mut notification = planned(&account_id, version, Kind::Deposit);
        notification.digest_id = Some(if version == 4 { other } else { one });
        assert!(store.save(&notification).await.unwrap());
        waiting.push(notification.notification_id);
    }
    let mut found = store.of_digest(one, 10).await.unwrap();
    found.sort();
    waiting[..2].sort();
    assert_eq!(found, waiting[..2]);
    assert_eq!(store.of_digest(one, 1).await.unwrap().len(), 1);

    let mut digest = planned(&account_id, 2, Kind::Deposit);
    digest.notification_id = one;
    digest.content = Content::Digest(Digest {
        customer_id: "CUST-42".parse().unwrap(),
        recipient: Recipient::Customer,
        from: start(),
        to: start(),
        covers: vec![Covered {
            notification_id: waiting[0],
            kind: Kind::Deposit,
            account_id: account_id.clone(),
            event_version: 2,
        }],
    });
    assert!(store.save(&digest).await.unwrap());
    assert_eq!(store.get(one).await.unwrap(), Some(digest));
    let (of_account, _) = store.of_account(&account_id, None, 10).await.unwrap();
    assert_eq!(of_account.len(), 3);
    assert!(of_account.iter().all(|found| found.notification_id != one));
}
