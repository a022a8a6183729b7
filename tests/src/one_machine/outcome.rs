//! What must have come out of a load.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::api::Api;
use super::disk::Disk;
use super::eventually;
use super::load::Load;

/// Most rows in one page.
const PAGE: usize = 1000;

/// All that can be seen of one account when nothing is under way any more.
#[derive(Debug)]
pub struct Outcome {
    pub account: Value,
    pub events: Vec<Value>,
    pub notifications: Vec<Value>,
    pub mails: Vec<Value>,
    pub verification: Value,
    pub dead_letters: Vec<Value>,
}

/// Waits until the account is projected to `version`, nothing waits for
/// delivery and there are `mails` mails, and then looks at everything.
///
/// # Panics
/// When that never comes.
#[track_caller]
#[must_use]
pub fn settled(api: &Api, disk: &Disk, account: &str, version: usize, mails: usize) -> Outcome {
    eventually("everything is projected and delivered", || {
        let shown = api.try_get(&format!("/v1/accounts/{account}"))?;
        let (waiting, sent) = (disk.deliveries(), disk.mails());
        let seen = format!(
            "version {} of {version}, {waiting} deliveries wait, {sent} mails of {mails}",
            shown.json["version"]
        );
        // More mails than there should be are for the assertions to say.
        if shown.json["version"] == version && waiting == 0 && sent >= mails {
            Ok(())
        } else {
            Err(seen)
        }
    });
    Outcome {
        account: api.get(&format!("/v1/accounts/{account}")),
        events: api.pages(
            &format!("/v1/accounts/{account}/events?limit={PAGE}"),
            "events",
            "after_version",
        ),
        notifications: api.pages(
            &format!("/v1/accounts/{account}/notifications?limit={PAGE}"),
            "notifications",
            "cursor",
        ),
        mails: api.inbox(),
        verification: api.get(&format!("/v1/accounts/{account}/verification")),
        dead_letters: api.dead_letters(),
    }
}

impl Outcome {
    /// The load, once: nothing lost, nothing doubled, in events, balance,
    /// notifications and mails.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn is_exactly(&self, load: &Load) {
        self.events_are(load);
        self.notifications_are(load);
        self.mails_are_those_of_the_notifications();
        assert_eq!(self.verification["valid"], true, "{}", self.verification);
        assert_eq!(self.verification["checked_events"], load.total() + 1);
        assert!(self.dead_letters.is_empty(), "{:#?}", self.dead_letters);
    }

    #[track_caller]
    fn events_are(&self, load: &Load) {
        let versions: Vec<u64> = self
            .events
            .iter()
            .filter_map(|event| event["version"].as_u64())
            .collect();
        let expected: Vec<u64> = (1..=load.total() as u64 + 1).collect();
        assert_eq!(versions, expected, "versions have a gap, or one twice");
        let mut references: Vec<&str> = self
            .events
            .iter()
            .filter_map(|event| event["data"]["reference"].as_str())
            .collect();
        references.sort_unstable();
        let mut sent: Vec<String> = (0..load.writers)
            .flat_map(|writer| {
                (0..load.deposits).map(move |number| load.deposit(writer, number).key)
            })
            .collect();
        sent.sort_unstable();
        assert_eq!(references, sent, "a deposit is missing, or recorded twice");
        assert_eq!(self.account["balance"], load.sum());
        assert_eq!(self.account["version"], load.total() + 1);
    }

    #[track_caller]
    fn notifications_are(&self, load: &Load) {
        let unsent: Vec<&Value> = self
            .notifications
            .iter()
            .filter(|notification| notification["state"] != "SENT")
            .collect();
        assert!(unsent.is_empty(), "{unsent:#?}");
        let told: BTreeSet<&str> = self
            .notifications
            .iter()
            .filter_map(|notification| notification["event_id"].as_str())
            .collect();
        let happened: BTreeSet<&str> = self
            .events
            .iter()
            .skip(1)
            .filter_map(|event| event["event_id"].as_str())
            .collect();
        assert_eq!(
            told, happened,
            "an event is without a notification, or the other way round"
        );
        assert_eq!(
            self.notifications.len(),
            load.total(),
            "an event has two notifications"
        );
    }

    /// Each notification is one mail, and the mail speaks of its own event.
    #[track_caller]
    fn mails_are_those_of_the_notifications(&self) {
        let references: BTreeMap<&str, &str> = self
            .events
            .iter()
            .filter_map(|event| {
                Some((
                    event["event_id"].as_str()?,
                    event["data"]["reference"].as_str()?,
                ))
            })
            .collect();
        let mut of_notification: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for mail in &self.mails {
            of_notification
                .entry(mail["notification_id"].as_str().unwrap_or("none"))
                .or_default()
                .push(mail);
        }
        for notification in &self.notifications {
            let id = notification["notification_id"].as_str().unwrap_or_default();
            let mails = of_notification.remove(id).unwrap_or_default();
            assert_eq!(mails.len(), 1, "mails of {notification:#}");
            let event_id = notification["event_id"].as_str().unwrap_or_default();
            let line = format!("Reference: {}\n", references[event_id]);
            let text = mails[0]["text"].as_str().unwrap_or_default();
            assert!(text.contains(&line), "no {line:?} in {text}");
        }
        assert!(
            of_notification.is_empty(),
            "mails without a notification: {:?}",
            of_notification.keys()
        );
    }
}
