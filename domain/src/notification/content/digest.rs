//! What a digest covers, and how it is stored so that it stays small: an id of a
//! notification follows from its account, version, kind and recipient, and
//! versions are short where ids are not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::integration_event::ACCOUNT_OVERDRAWN;
use crate::notification::{self, EMAIL, Kind};
use crate::recipient::Recipient;
use crate::{AccountId, CustomerId, EventId, NotificationId, Version};

/// Most bytes of what a digest covers, as it is stored: beside the longest
/// history and all that a provider reports, the item is to stay below 64 KB.
const MAX_COVERED_BYTES: usize = 20 * 1024;
/// Bytes that an account and a kind take with their names, beside the account's id.
const BYTES_OF_A_GROUP: usize = 64;

/// The notifications of one recipient that waited for one occurrence. Pinned
/// when the digest is first written, and only ever shortened: what comes later
/// is in the next one.
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
    /// What it is about.
    pub kind: Kind,
    /// The account of its event.
    pub account_id: AccountId,
    /// The version of its event.
    pub event_version: Version,
}

impl Covered {
    /// Its position in a digest: by account, in the order of its events, what
    /// an event is mainly about first.
    pub fn position(&self) -> (&AccountId, Version, Kind) {
        (&self.account_id, self.event_version, self.kind)
    }
}

impl Digest {
    /// Pins what a digest covers: the first of these, as many as fit.
    pub fn pin(
        customer_id: CustomerId,
        recipient: Recipient,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        mut waiting: Vec<Covered>,
    ) -> Self {
        waiting.truncate(room_for(&waiting));
        Digest {
            customer_id,
            recipient,
            from,
            to,
            covers: waiting,
        }
    }

    /// Whose notifications it covers.
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// Where its period begins.
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The occurrence, at which its period ends.
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }

    /// The notifications that it covers, in order.
    pub fn covers(&self) -> &[Covered] {
        &self.covers
    }

    /// Whether it covers this notification.
    pub fn includes(&self, notification: NotificationId) -> bool {
        self.covers
            .iter()
            .any(|covered| covered.notification_id == notification)
    }

    /// Leaves out what `keep` refuses, and returns that.
    pub fn retain(&mut self, keep: impl Fn(&Covered) -> bool) -> Vec<Covered> {
        let covers = std::mem::take(&mut self.covers);
        let (kept, left_out) = covers.into_iter().partition(keep);
        self.covers = kept;
        left_out
    }
}

/// How many of these fit into one digest.
fn room_for(waiting: &[Covered]) -> usize {
    let mut groups = BTreeSet::new();
    let mut bytes = 0;
    waiting
        .iter()
        .take_while(|one| {
            if groups.insert((&one.account_id, one.kind)) {
                bytes += BYTES_OF_A_GROUP + one.account_id.as_str().len();
            }
            bytes += one.event_version.to_string().len() + 1;
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
    /// One by one: all of them, in what an older version stored; since then,
    /// those whose ids are of another making.
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

/// The id of the notification of this kind about this version.
fn id(
    account: &AccountId,
    version: Version,
    kind: Kind,
    customer: &CustomerId,
    recipient: &Recipient,
) -> NotificationId {
    let reported = EventId::new(account, version);
    let event = match kind {
        Kind::Overdrawn => reported.derived(ACCOUNT_OVERDRAWN),
        _ => reported,
    };
    notification::notification_id(event, kind, customer, recipient, EMAIL)
}
