//! The ids of accounts, customers, schedules, events, notifications and requests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The number of an account's events so far; the first event has version 1.
pub type Version = u64;

/// Longest account or customer id. DynamoDB keys allow far more; a bank's
/// longest account number, the IBAN, has 34.
pub const MAX_ID_CHARS: usize = 64;

/// Longest idempotency key, as the contract has it.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

/// Longest correlation id that a caller may give: it goes into logs and events.
pub const MAX_CORRELATION_ID_CHARS: usize = 128;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Not of the form of account, customer and schedule ids.
    #[error("must be 1 to {MAX_ID_CHARS} of A-Z a-z 0-9 . _ : -, the first a letter or digit")]
    Id,
    /// Not of the form of idempotency keys.
    #[error("must be 1 to {MAX_IDEMPOTENCY_KEY_CHARS} visible ASCII characters")]
    IdempotencyKey,
    /// A key that is reserved for this program.
    #[error("must not begin with \"{OWN_KEYS}\", as keys of our own do")]
    OwnKey,
    /// Not of the form of correlation ids.
    #[error("must be 1 to {MAX_CORRELATION_ID_CHARS} visible ASCII characters")]
    CorrelationId,
    /// Not the id of an event.
    #[error("must be the id of an event, a UUID")]
    EventId,
    /// Not the id of a notification.
    #[error("must be the id of a notification, a UUID")]
    NotificationId,
}

fn check_id(text: &str) -> Result<(), IdentifierError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
    let starts_well = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric());
    if starts_well && text.len() <= MAX_ID_CHARS && text.bytes().all(allowed) {
        Ok(())
    } else {
        Err(IdentifierError::Id)
    }
}

macro_rules! text_identifier {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        $(#[$doc])*
        pub struct $name(String);

        impl $name {
            /// The text of it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;
            fn from_str(text: &str) -> Result<Self, IdentifierError> {
                $check(text)?;
                Ok($name(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;
            fn try_from(text: String) -> Result<Self, IdentifierError> {
                $check(&text)?;
                Ok($name(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_identifier!(
    /// An account: 1 to 64 of `A-Z a-z 0-9 . _ : -`, the first a letter or digit.
    #[serde(try_from = "String", into = "String")]
    AccountId,
    check_id
);
text_identifier!(
    /// A customer, of the same form as an account id.
    #[serde(try_from = "String", into = "String")]
    CustomerId,
    check_id
);
text_identifier!(
    /// A schedule of an account, of the same form as an account id.
    #[serde(try_from = "String", into = "String")]
    ScheduleId,
    check_id
);
text_identifier!(
    /// The caller's name for one request: the same key never acts twice.
    #[serde(try_from = "String", into = "String")]
    IdempotencyKey,
    check_idempotency_key
);
text_identifier!(
    /// The id that connects all consequences of one request, in logs and events.
    ///
    /// [`FromStr`] is for what callers give. A stored one is read as it is: it is part of what a commit's hash is taken
    /// of, and no rule of today may make a commit unreadable.
    #[serde(transparent)]
    CorrelationId,
    check_correlation_id
);

impl From<&IdempotencyKey> for CorrelationId {
    fn from(key: &IdempotencyKey) -> Self {
        CorrelationId(key.0.clone())
    }
}

impl From<Uuid> for CorrelationId {
    fn from(uuid: Uuid) -> Self {
        CorrelationId(uuid.to_string())
    }
}

fn check_correlation_id(text: &str) -> Result<(), IdentifierError> {
    check_visible(text, MAX_CORRELATION_ID_CHARS).ok_or(IdentifierError::CorrelationId)
}

/// The prefix of the keys under which this program itself appends. They are read from stored commits, and refused from
/// callers.
pub const OWN_KEYS: &str = "ledgerbell:";

impl IdempotencyKey {
    /// A key that a caller may give.
    ///
    /// # Errors
    /// What a fault of its header says.
    pub fn of_caller(text: &str) -> Result<Self, IdentifierError> {
        if text.starts_with(OWN_KEYS) {
            return Err(IdentifierError::OwnKey);
        }
        text.parse()
    }
}

fn check_idempotency_key(text: &str) -> Result<(), IdentifierError> {
    check_visible(text, MAX_IDEMPOTENCY_KEY_CHARS).ok_or(IdentifierError::IdempotencyKey)
}

fn check_visible(text: &str, max: usize) -> Option<()> {
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    (!text.is_empty() && text.len() <= max && visible).then_some(())
}

/// The shards of the time index: enough to spread writes over DynamoDB's partitions, and few enough to read all of them.
/// Stored: a smaller number would hide commits.
pub const TIME_INDEX_SHARDS: u8 = 16;

impl AccountId {
    /// The shard of the time index that this account is in.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a digest has 32 bytes")]
    pub fn slice(&self) -> u8 {
        Sha256::digest(self.as_str())[0] % TIME_INDEX_SHARDS
    }

    /// The id's letters and digits in upper case, by which people find an account however they write it. Stored, as the key
    /// of an index. Accounts may share it.
    #[must_use]
    pub fn folded(&self) -> String {
        fold_id(&self.0)
    }
}

impl CustomerId {
    /// The id's letters and digits in upper case, like [`AccountId::folded`].
    #[must_use]
    pub fn folded(&self) -> String {
        fold_id(&self.0)
    }
}

/// Returns the ASCII letters and digits of a text in upper case, as [`AccountId::folded`] and [`CustomerId::folded`] do.
#[must_use]
pub fn fold_id(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

macro_rules! uuid_identifier {
    ($(#[$doc:meta])* $name:ident) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        $(#[$doc])*
        pub struct $name(Uuid);

        impl $name {
            /// The UUID that it is.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                $name(uuid)
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;
            fn from_str(text: &str) -> Result<Self, IdentifierError> {
                Uuid::try_parse(text)
                    .map($name)
                    .map_err(|_| IdentifierError::$name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_identifier!(
    /// The id of an event: a UUID of version 8 (RFC 9562) that is a function of
    /// its account and version, so a retry, a replay and a rebuild all find the
    /// same one.
    ///
    /// The first 48 bits are the version, the rest is taken from SHA-256 of the
    /// account id. So the place of an event is known from its id and its account.
    EventId
);
uuid_identifier!(
    /// The id of a notification: a UUID that is a function of what the
    /// notification is about and who gets it, see [`crate::notification`].
    NotificationId
);

impl NotificationId {
    /// The id that is this number.
    #[must_use]
    pub const fn from_u128(number: u128) -> Self {
        NotificationId(Uuid::from_u128(number))
    }

    /// Returns the id of this name in this namespace.
    #[must_use]
    pub fn derived(namespace: Uuid, name: &str) -> Self {
        NotificationId(Uuid::new_v5(&namespace, name.as_bytes()))
    }
}

impl EventId {
    /// The id of the event at this version of the account.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a digest has 32 bytes, an id 16")]
    pub fn new(account: &AccountId, version: Version) -> Self {
        let digest = Sha256::digest(account.as_str());
        let mut bytes = [0_u8; 16];
        bytes[..6].copy_from_slice(&version.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&digest[..10]);
        EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The version of `account` that this id names; `None` when it belongs to
    /// another account.
    #[must_use]
    pub fn version_in(self, account: &AccountId) -> Option<Version> {
        let mut version = [0_u8; 8];
        version[2..].copy_from_slice(&self.0.as_bytes()[..6]);
        let version = Version::from_be_bytes(version);
        (version > 0 && EventId::new(account, version) == self).then_some(version)
    }

    /// The part that all ids of an account's events share, in 20 hex digits. Stored, as the key of an index. It is 74 bits of
    /// a hash, so accounts practically never share it; [`EventId::version_in`] tells.
    #[must_use]
    pub fn account_part(self) -> String {
        data_encoding::HEXLOWER.encode(&self.0.as_bytes()[6..])
    }

    /// The id of an event that follows from this one and is not stored itself.
    #[must_use]
    pub fn derived(self, event_type: &str) -> Self {
        EventId(Uuid::new_v5(&self.0, event_type.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_plain_text_that_is_safe_in_a_path() {
        for id in [
            "ACC-1",
            "DE89370400440532013000",
            "a",
            "0:1.2_3-4",
            &"x".repeat(64),
        ] {
            assert!(id.parse::<AccountId>().is_ok(), "{id:?}");
        }
        for id in ["", "a/b", "a\0b", "-a", ".a", "a b", "é", &"x".repeat(65)] {
            assert!(id.parse::<AccountId>().is_err(), "{id:?}");
        }
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii_of_at_most_255() {
        assert!("k".repeat(255).parse::<IdempotencyKey>().is_ok());
        for key in ["", "a b", "é", "a\n", &"k".repeat(256)] {
            assert!(key.parse::<IdempotencyKey>().is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_correlation_id_of_a_caller_is_visible_ascii_of_at_most_128_and_a_stored_one_any_text() {
        assert!("k".repeat(128).parse::<CorrelationId>().is_ok());
        for id in ["", "a b", "é", "a\n", &"k".repeat(129)] {
            assert!(id.parse::<CorrelationId>().is_err(), "{id:?}");
            let stored: CorrelationId = serde_json::from_value(id.into()).unwrap();
            assert_eq!(serde_json::to_value(stored).unwrap(), id);
        }
        assert!(
            CorrelationId::from(Uuid::max())
                .as_str()
                .parse::<CorrelationId>()
                .is_ok()
        );
    }

    #[test]
    fn the_id_of_a_notification_is_written_as_the_uuid_that_it_is() {
        let id = NotificationId::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::to_value(id).unwrap(), id.uuid().to_string());
        assert_eq!(
            "7".parse::<NotificationId>(),
            Err(IdentifierError::NotificationId)
        );
    }

    #[test]
    fn an_event_id_tells_its_version_to_its_own_account_only() {
        let account: AccountId = "ACC-1".parse().unwrap();
        let other: AccountId = "ACC-2".parse().unwrap();
        let id = EventId::new(&account, 17);
        assert_eq!(id.version_in(&account), Some(17));
        assert_eq!(id.version_in(&other), None);
        assert_eq!(id.uuid().get_version_num(), 8);
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        assert_eq!(id.derived("AccountOverdrawn").version_in(&account), None);
    }

    #[test]
    fn the_ids_of_an_accounts_events_share_a_part_and_another_accounts_have_another() {
        let account: AccountId = "ACC-1".parse().unwrap();
        let other: AccountId = "ACC-2".parse().unwrap();
        let part = EventId::new(&account, 1).account_part();
        insta::assert_snapshot!(part, @"85eb876688ef9ab65883");
        assert_eq!(EventId::new(&account, (1 << 48) - 1).account_part(), part);
        assert_ne!(EventId::new(&other, 1).account_part(), part);
    }

    #[test]
    fn an_id_is_folded_to_its_letters_and_digits_in_upper_case() {
        for (id, folded) in [
            ("ACC-1", "ACC1"),
            ("de89.3704:0044_0532", "DE89370400440532"),
            ("a", "A"),
        ] {
            assert_eq!(id.parse::<AccountId>().unwrap().folded(), folded);
            assert_eq!(id.parse::<CustomerId>().unwrap().folded(), folded);
        }
        assert_eq!(fold_id("••••  68-2é8"), "6828");
    }

    #[test]
    fn the_id_of_an_event_never_changes() {
        let account: AccountId = "ACC-1".parse().unwrap();
        insta::assert_snapshot!(EventId::new(&account, 1), @"00000000-0001-85eb-8766-88ef9ab65883");
    }
}
