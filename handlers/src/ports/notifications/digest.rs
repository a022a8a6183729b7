//! What a digest tells, and how it is stored so that it stays small: an id of a
//! notification follows from its account, version, kind and recipient, and
//! versions are short where ids are not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::integration_event::ACCOUNT_OVERDRAWN;
use domain::notification::{self, EMAIL, Kind};
use domain::recipient::Recipient;
use domain::{AccountId, CustomerId, EventId, NotificationId, Version};
use serde::{Deserialize, Serialize};

/// Most bytes of what a digest tells, as it is stored: beside the longest
/// history and all that a provider tells, the item is to stay below 64 KB.
const MAX_COVERED_BYTES: usize = 20 * 1024;
/// What an account and a kind take with their names, beside the account's id.
const BYTES_OF_A_GROUP: usize = 64;

/// Pinned when the digest is first written: what comes later is in the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Digest {
    pub customer_id: CustomerId,
    pub recipient: Recipient,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The notifications that it tells, in order.
    pub covers: Vec<Covered>,
}

/// A notification that a digest tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    pub notification_id: NotificationId,
    pub kind: Kind,
    pub account_id: AccountId,
    pub event_version: Version,
}

impl Covered {
    /// By account, in the order of its events, what an event is mainly about first.
    pub fn place(&self) -> (&AccountId, Version, Kind) {
        (&self.account_id, self.event_version, self.kind)
    }
}

impl Digest {
    /// How many of these have their place in one digest.
    pub fn room_for<'a>(covered: impl IntoIterator<Item = &'a Covered>) -> usize {
        let mut groups = BTreeSet::new();
        let mut bytes = 0;
        covered
            .into_iter()
            .take_while(|one| {
                if groups.insert((&one.account_id, one.kind)) {
                    bytes += BYTES_OF_A_GROUP + one.account_id.as_str().len();
                }
                bytes += one.event_version.to_string().len() + 1;
                bytes <= MAX_COVERED_BYTES
            })
            .count()
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    customer_id: CustomerId,
    #[serde(default, skip_serializing_if = "Recipient::is_customer")]
    recipient: Recipient,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    told: Vec<Told>,
    /// One by one: all of them, in what an older version has stored; since then, those whose ids are of another making.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    covers: Vec<Covered>,
}

/// Notifications of one kind, of one account.
#[derive(Serialize, Deserialize)]
struct Told {
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
        for Told {
            account_id,
            kind,
            versions,
        } in stored.told
        {
            covers.extend(versions.into_iter().map(|event_version| Covered {
                notification_id: id(&account_id, event_version, kind, &customer_id, &recipient),
                kind,
                account_id: account_id.clone(),
                event_version,
            }));
        }
        covers.sort_by(|one, other| one.place().cmp(&other.place()));
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
            let (account, version, kind) = covered.place();
            covered.notification_id == id(account, version, kind, &customer_id, &recipient)
        });
        let mut told: BTreeMap<(AccountId, Kind), Vec<Version>> = BTreeMap::new();
        for covered in short {
            let of = (covered.account_id, covered.kind);
            told.entry(of).or_default().push(covered.event_version);
        }
        let told = told.into_iter().map(|((account_id, kind), versions)| Told {
            account_id,
            kind,
            versions,
        });
        Stored {
            customer_id,
            recipient,
            from,
            to,
            told: told.collect(),
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
