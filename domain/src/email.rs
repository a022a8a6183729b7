//! E-mail addresses, and the hashes that name them where they must not appear.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest address of SMTP (RFC 5321, 4.5.3.1.3), in characters. A longer one is refused.
const MAX_EMAIL_CHARS: usize = 254;

/// One plain e-mail address, of a form that SES accepts and that cannot add a second recipient or a header.
///
/// It is personal data: `Debug` does not show it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The text is not one plain e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one plain e-mail address, like \"ana@example.com\"")]
pub struct EmailAddressError;

impl EmailAddress {
    /// The address, as the caller wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash that names the address where it must not appear.
    #[must_use]
    pub fn hash(&self) -> AddressHash {
        AddressHash::of(&self.0)
    }

    /// The first character and the domain, by which the owner recognises the address.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, host) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}…@{host}")
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailAddressError;

    fn try_from(text: String) -> Result<Self, EmailAddressError> {
        let plain = |c: char| {
            c.is_ascii_graphic()
                && !matches!(
                    c,
                    ',' | ';' | '<' | '>' | '"' | '(' | ')' | '[' | ']' | '\\' | ':'
                )
        };
        let (local, host) = text.rsplit_once('@').ok_or(EmailAddressError)?;
        let is_host = host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
            && !host.contains("..");
        let is_local = !local.is_empty() && !local.contains('@');
        if is_local && is_host && text.len() <= MAX_EMAIL_CHARS && text.chars().all(plain) {
            Ok(EmailAddress(text))
        } else {
            Err(EmailAddressError)
        }
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> String {
        address.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress")
    }
}

/// The SHA-256 of an address in lower case, in hex digits, which names it where it must not appear. Mail systems do not
/// distinguish "Ana@" from "ana@", although RFC 5321 would allow it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressHash(String);

/// The text is not the name of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 lower-case hex digits")]
pub struct AddressHashError;

impl AddressHash {
    /// Hashes any text, because a mail provider may report an address that is refused here.
    #[must_use]
    pub fn of(address: &str) -> Self {
        AddressHash(HEXLOWER.encode(&Sha256::digest(address.trim().to_lowercase())))
    }

    /// The 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AddressHash {
    type Err = AddressHashError;

    fn from_str(text: &str) -> Result<Self, AddressHashError> {
        match HEXLOWER.decode(text.as_bytes()) {
            Ok(bytes) if bytes.len() == 32 => Ok(AddressHash(text.to_owned())),
            _ => Err(AddressHashError),
        }
    }
}

impl fmt::Display for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_address_is_written_as_it_was_given_and_never_shown(
            local in "[!#-'*+./0-9=?A-Z^_`a-z{|}~-]{1,60}",
            host in "[a-z0-9-]{1,20}(\\.[a-z0-9-]{1,20}){1,3}",
        ) {
            let text = format!("{local}@{host}");
            let address: EmailAddress = text.parse().unwrap();
            prop_assert_eq!(address.as_str(), text.as_str());
            prop_assert_eq!(serde_json::to_value(&address).unwrap(), text.as_str());
            prop_assert_eq!(serde_json::from_value::<EmailAddress>(text.as_str().into()).unwrap(), address.clone());
            let debugged = format!("{address:?}");
            prop_assert_eq!(debugged, "EmailAddress");
            let hash = address.hash();
            prop_assert_eq!(hash.to_string(), hash.as_str());
            prop_assert_eq!(format!("{hash:?}"), hash.as_str());
            let masked = address.masked();
            // The host is shown whole, and may contain the same.
            let (shown, _) = masked.split_once('@').unwrap();
            prop_assert!(local.len() == 1 || !shown.contains(&local));
            prop_assert!(masked.ends_with(&host));
        }

        #[test]
        fn no_text_is_an_address_that_could_name_two_or_forge_a_header(text in "\\PC{0,20}@?\\PC{0,20}[\n\r ,;<>]?") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                let one_each = address.as_str().matches('@').count() == 1;
                prop_assert!(one_each && address.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert!(!address.as_str().contains([',', ';', '<', '>', '"', ':']));
            }
        }
    }

    #[test]
    fn what_no_mail_could_reach_is_no_address() {
        let too_long = format!("{}@example.com", "a".repeat(243));
        for text in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "ana@example",
            "ana@.com",
            "ana@example.",
            "ana@a..b",
            "a@b@example.com",
            "Ana <ana@example.com>",
            "ana@example.com,ben@example.com",
            " ana@example.com",
            "ánä@example.com",
            &too_long,
        ] {
            assert_eq!(
                text.parse::<EmailAddress>(),
                Err(EmailAddressError),
                "{text}"
            );
        }
        assert!(too_long[1..].parse::<EmailAddress>().is_ok());
    }

    #[test]
    fn an_address_is_the_same_in_any_case_and_its_hash_does_not_show_it() {
        let hash = AddressHash::of("ana@example.com");
        assert_eq!(AddressHash::of("Ana@Example.COM "), hash);
        assert_ne!(AddressHash::of("ann@example.com"), hash);
        assert_eq!(hash.as_str().parse(), Ok(hash.clone()));
        for text in ["", "5f", &hash.as_str().to_uppercase(), "ana@example.com"] {
            assert_eq!(text.parse::<AddressHash>(), Err(AddressHashError), "{text}");
        }
    }
}
