//! Account ids made from a bank's account numbers.

use data_encoding::HEXLOWER;
use domain::AccountId;
use domain::identifiers::MAX_ID_CHARS;
use sha2::{Digest, Sha256};

/// Hexadecimal digits of the hash that keeps two long account numbers apart.
const HASH_CHARS: usize = 8;

/// Returns the id of the account with this number.
///
/// Surrounding spaces are removed, every character that an id cannot contain
/// becomes `-`, and anything before the first letter or digit is removed. A
/// number that is too long keeps its beginning and gets a hash of the whole.
///
/// `None` if the number has no ASCII letter or digit.
pub fn account_id(number: &str) -> Option<AccountId> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    let mapped: String = number
        .trim()
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    let id = mapped.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if id.len() <= MAX_ID_CHARS {
        return id.parse().ok();
    }
    let hash = HEXLOWER.encode(&Sha256::digest(number.trim().as_bytes()));
    let kept = id.get(..MAX_ID_CHARS - HASH_CHARS - 1)?;
    format!("{kept}-{}", hash.get(..HASH_CHARS)?).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: &str) -> Option<String> {
        account_id(number).map(String::from)
    }

    #[test]
    fn characters_that_an_id_cannot_have_become_dashes() {
        assert_eq!(
            id("NL71RABO0123456789").as_deref(),
            Some("NL71RABO0123456789")
        );
        assert_eq!(
            id("50880050/0194787400888").as_deref(),
            Some("50880050-0194787400888")
        );
        assert_eq!(
            id(" BPHKPLPK/320000546101 ").as_deref(),
            Some("BPHKPLPK-320000546101")
        );
        assert_eq!(id("1291.99.348EUR").as_deref(), Some("1291.99.348EUR"));
        assert_eq!(id("/12 3").as_deref(), Some("12-3"));
        assert_eq!(id("///"), None);
    }

    #[test]
    fn long_numbers_that_differ_at_their_end_stay_apart() {
        let (one, other) = (
            id(&format!("{}1", "9".repeat(70))),
            id(&format!("{}2", "9".repeat(70))),
        );
        assert_eq!(one.as_deref().map(str::len), Some(MAX_ID_CHARS));
        assert_ne!(one, other);
    }
}
