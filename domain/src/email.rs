//! Addresses of mails.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Longest address that SMTP can carry (RFC 5321, 4.5.3.1.3).
const MAX_EMAIL_CHARS: usize = 254;

/// One plain address: what SES takes, and nothing that could add a second
/// recipient or a header.
pub fn check_email(text: &str) -> Result<String, &'static str> {
    const MESSAGE: &str = "must be one plain e-mail address, like \"ana@example.com\"";
    let plain = |c: char| {
        c.is_ascii_graphic()
            && !matches!(
                c,
                ',' | ';' | '<' | '>' | '"' | '(' | ')' | '[' | ']' | '\\' | ':'
            )
    };
    let (local, host) = text.rsplit_once('@').ok_or(MESSAGE)?;
    let good_host = host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains("..");
    if local.is_empty()
        || local.contains('@')
        || !good_host
        || text.len() > MAX_EMAIL_CHARS
        || !text.chars().all(plain)
    {
        return Err(MESSAGE);
    }
    Ok(text.to_owned())
}

/// What an address is called where it may not be shown: SHA-256, in hex, of it
/// in lower case. Mail systems do not tell "Ana@" from "ana@", whatever RFC
/// 5321 would allow.
#[must_use]
pub fn address_hash(address: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(address.trim().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_case_and_its_hash_does_not_show_it() {
        assert_eq!(
            address_hash("Ana@Example.COM"),
            address_hash("ana@example.com")
        );
        assert_ne!(
            address_hash("ana@example.com"),
            address_hash("ann@example.com")
        );
        assert_eq!(address_hash("ana@example.com").len(), 64);
    }
}
