//! SHA-256, and the canonical bytes that are hashed.

use std::fmt;
use std::str::FromStr;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A SHA-256, written as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

impl Hash {
    /// The previous hash of an account's first commit.
    pub const GENESIS: Hash = Hash([0; 32]);

    /// SHA-256 over `before` followed by `bytes`.
    #[must_use]
    pub fn of(before: &[u8], bytes: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(before);
        digest.update(bytes);
        Hash(digest.finalize().into())
    }

    /// Returns the hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Hash(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hex digits")]
pub struct HashError;

impl FromStr for Hash {
    type Err = HashError;
    fn from_str(text: &str) -> Result<Self, HashError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| HashError)?.try_into();
        Ok(Hash(bytes.map_err(|_| HashError)?))
    }
}

impl TryFrom<String> for Hash {
    type Error = HashError;
    fn try_from(text: String) -> Result<Self, HashError> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        HEXLOWER.encode(&hash.0)
    }
}

/// The canonical bytes of a JSON value, RFC 8785 (JCS).
///
/// # Panics
/// Never for a value without floating point, and there is none where money and versions are hashed.
#[must_use]
pub fn canonical_bytes(value: &Value) -> Vec<u8> {
    // Most texts of serde_json are canonical, which is many times faster.
    if is_plain(value)
        && let Ok(bytes) = serde_json::to_vec(value)
    {
        return bytes;
    }
    serde_json_canonicalizer::to_vec(value)
        .expect("a JSON value without floating point always has a canonical form")
}

/// Whether serde_json writes this value as RFC 8785 does: names in ASCII and in
/// order, and no numbers but whole ones that a double holds exactly.
pub(crate) fn is_plain(value: &Value) -> bool {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|number| number.unsigned_abs() <= EXACT),
        Value::Array(values) => values.iter().all(is_plain),
        Value::Object(fields) => {
            let sorted = fields.keys().is_sorted();
            sorted
                && fields
                    .iter()
                    .all(|(name, value)| name.is_ascii() && is_plain(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn assert_canonical(value: &Value) {
        let expected = serde_json_canonicalizer::to_vec(value).unwrap();
        assert_eq!(canonical_bytes(value), expected, "{value}");
    }

    /// RFC 8785 orders names by UTF-16 and writes numbers as doubles: neither is what serde_json does.
    #[test]
    fn what_serde_json_writes_in_another_way_is_canonical_too() {
        let exact = 1_i64 << 53;
        for value in [
            json!({ "\u{ffff}": 1, "\u{10000}": 2 }),
            json!([{ "a": [{ "\u{ffff}": 1, "\u{10000}": 2 }] }]),
            json!({ "b": 1, "a": 2 }),
            json!([exact, exact + 1, -exact, -exact - 1, i64::MAX, u64::MAX]),
            json!({ "a": { "n": exact + 1 } }),
            json!([null, true, false, "\u{7f}\u{e9}\u{1f600}\n"]),
        ] {
            assert_canonical(&value);
        }
        assert!(is_plain(
            &json!([exact, -exact, { "a": null, "b": ["\u{e9}"] }])
        ));
        assert!(!is_plain(&json!(exact + 1)) && !is_plain(&json!({ "\u{e9}": 1 })));
    }

    proptest! {
        #[test]
        fn any_names_and_numbers_are_canonical(
            members in proptest::collection::btree_map(any::<String>(), any::<i64>(), 0..5),
        ) {
            assert_canonical(&json!(members));
        }
    }
}
