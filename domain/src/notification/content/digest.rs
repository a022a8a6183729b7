//! The notifications that a digest covers, and their compact stored form: ids are derived from account, version, kind and
//! recipient, and versions are shorter than ids.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::integration_event::ACCOUNT_OVERDRAWN;
use crate::notification::{self, EMAIL, Kind};
use crate::recipient::Recipient;
use crate::{AccountId, CustomerId, EventId, NotificationId, Version};

/// Stored bytes of the notifications in a digest, so that the item stays below 64 KB with the longest history and all reports
/// of a provider. The rest waits for the next digest.
const MAX_COVERED_BYTES: usize = 20 * 1024;
/// Stored bytes of a group of one account and kind, without the account's id.
const BYTES_OF_A_GROUP: usize = 64;

/// The notifications of one recipient in one mail: those that waited for an occurrence, or those of one event. Pinned when the
/// mail is first written, and only shortened afterwards: later ones are in the next digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Digest {
    customer_id: CustomerId,
    recipient: Recipient,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    covers: Vec<Covered>,
}

/// A notification that a digest covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// Its id.
    pub notification_id: NotificationId,
    /// Its kind.
    pub kind: Kind,
    /// The account of its event.
    pub account_id: AccountId,
    /// The version of its event.
    pub event_version: Version,
}

impl Covered {
    /// Its position in a digest: by account, in the order of its events, what
    /// an event is mainly about first.
    #[must_use]
    pub fn position(&self) -> (&AccountId, Version, Kind) {
        (&self.account_id, self.event_version, self.kind)
    }
}

impl Digest {
    /// Returns a digest with the first of these notifications by their [position](Covered::position), as many as fit.
    #[must_use]
    pub fn pin(
        customer_id: CustomerId,
        recipient: Recipient,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        mut waiting: Vec<Covered>,
    ) -> Self {
        waiting.sort_by(|one, other| one.position().cmp(&other.position()));
        waiting.truncate(room_for(&waiting));
        Digest {
            customer_id,
            recipient,
            from,
            to,
            covers: waiting,
        }
    }

    /// The recipient of its notifications.
    #[must_use]
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// The beginning of its period.
    #[must_use]
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The end of its period: its occurrence.
    #[must_use]
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }

    /// The notifications that it covers, in order.
    #[must_use]
    pub fn covers(&self) -> &[Covered] {
        &self.covers
    }

    /// The account and version of its event, if all its notifications are about the same one.
    #[must_use]
    pub fn one_event(&self) -> Option<(&AccountId, Version)> {
        let first = self.covers.first()?;
        let event = (&first.account_id, first.event_version);
        let is_same = |one: &Covered| (&one.account_id, one.event_version) == event;
        self.covers.iter().all(is_same).then_some(event)
    }

    /// The kinds of its notifications, each once, in their [precedence](Kind::precedence).
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.covers.iter().map(|one| one.kind).collect();
        kinds.sort_by_key(|kind| (kind.precedence(), *kind));
        kinds.dedup();
        kinds
    }

    /// Whether it covers this notification.
    #[must_use]
    pub fn includes(&self, notification: NotificationId) -> bool {
        self.covers
            .iter()
            .any(|covered| covered.notification_id == notification)
    }

    /// Removes the notifications that `keep` refuses, and returns them.
    pub fn retain(&mut self, keep: impl Fn(&Covered) -> bool) -> Vec<Covered> {
        let covers = std::mem::take(&mut self.covers);
        let (kept, left_out) = covers.into_iter().partition(keep);
        self.covers = kept;
        left_out
    }
}

/// The number of these notifications that fit into one digest.
fn room_for(waiting: &[Covered]) -> usize {
    let mut groups = BTreeSet::new();
    let mut bytes = 0_usize;
    waiting
        .iter()
        .take_while(|one| {
            if groups.insert((&one.account_id, one.kind)) {
                let id = one.account_id.as_str().len();
                bytes = bytes.saturating_add(BYTES_OF_A_GROUP).saturating_add(id);
            }
            // And a comma.
            let version = one.event_version.to_string().len().saturating_add(1);
            bytes = bytes.saturating_add(version);
            bytes <= MAX_COVERED_BYTES
        })
        .count()
}

#[derive(Serialize, Deserialize)]
struct Stored {
    customer_id: CustomerId,
    #[serde(default, skip_serializing_if = "Recipient::is_customer")]
    recipient: Recipient,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    #[serde(default, rename = "told", skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
    /// Single notifications: all in digests of older versions; since then, those whose ids are derived differently.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    covers: Vec<Covered>,
}

/// Notifications of one kind, of one account.
#[derive(Serialize, Deserialize)]
struct Group {
    account_id: AccountId,
    kind: Kind,
    versions: Vec<Version>,
}

impl From<Stored> for Digest {
    fn from(stored: Stored) -> Self {
        let Stored {
            customer_id,
            recipient,
            ..
        } = stored;
        let mut covers = stored.covers;
        for Group {
            account_id,
            kind,
            versions,
        } in stored.groups
        {
            covers.extend(versions.into_iter().map(|event_version| Covered {
                notification_id: id(&account_id, event_version, kind, &customer_id, &recipient),
                kind,
                account_id: account_id.clone(),
                event_version,
            }));
        }
        covers.sort_by(|one, other| one.position().cmp(&other.position()));
        Digest {
            customer_id,
            recipient,
            from: stored.from,
            to: stored.to,
            covers,
        }
    }
}

impl From<Digest> for Stored {
    fn from(digest: Digest) -> Self {
        let Digest {
            customer_id,
            recipient,
            from,
            to,
            covers,
        } = digest;
        let (short, covers): (Vec<_>, Vec<_>) = covers.into_iter().partition(|covered| {
            let (account, version, kind) = covered.position();
            covered.notification_id == id(account, version, kind, &customer_id, &recipient)
        });
        let mut groups: BTreeMap<(AccountId, Kind), Vec<Version>> = BTreeMap::new();
        for covered in short {
            let group = (covered.account_id, covered.kind);
            groups.entry(group).or_default().push(covered.event_version);
        }
        let groups = groups
            .into_iter()
            .map(|((account_id, kind), versions)| Group {
                account_id,
                kind,
                versions,
            });
        Stored {
            customer_id,
            recipient,
            from,
            to,
            groups: groups.collect(),
            covers,
        }
    }
}

/// Returns the id of the notification of this kind about this version.
fn id(
    account: &AccountId,
    version: Version,
    kind: Kind,
    customer: &CustomerId,
    recipient: &Recipient,
) -> NotificationId {
    let reported = EventId::new(account, version);
    let event = if kind == Kind::Overdrawn {
        reported.derived(ACCOUNT_OVERDRAWN)
    } else {
        reported
    };
    notification::notification_id(event, kind, customer, recipient, EMAIL)
}
