//! The keys that sign links and codes in mails, and the signatures.
//!
//! One key signs; older keys verify the links that they have signed. Pure: a port stores the keys.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Shortest secret, in bytes: as long as the hash (RFC 2104, section 3), so that it is as hard to guess as a signature. A
/// shorter one is refused.
const MIN_SECRET_BYTES: usize = 32;
/// Characters of a key's id, enough to distinguish some dozens of keys.
const ID_CHARS: usize = 8;
/// Older keys that a rotation keeps: those of ten years, with a rotation every 90 days, well within Secrets Manager's limit of
/// 65,536 bytes. Links of dropped keys stop working.
pub const KEPT_KEYS: usize = 40;

/// The purpose of a signature. A signature for one purpose is not valid for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An unsubscribe link.
    Unsubscribe,
    /// The undoing of a click on an unsubscribe link.
    Resubscribe,
    /// A mail's verification code.
    MailCode,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Purpose::Unsubscribe => "ledgerbell unsubscribe 1\n",
            Purpose::Resubscribe => "ledgerbell resubscribe 1\n",
            Purpose::MailCode => "ledgerbell mail code 1\n",
        }
    }
}

/// The signing keys: the current one first, then those that signed before it. `Debug` shows their ids, and never a secret.
#[derive(Debug, Clone)]
pub struct Keyring(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    secret: Vec<u8>,
}

/// Never shows the secret, because values are logged.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The stored JSON: `{"secret": "...", "old": ["...", "..."]}`, where `old` is optional. Secrets are texts of at least 32
/// bytes that nobody can guess.
#[derive(Serialize, Deserialize)]
struct Kept {
    secret: String,
    #[serde(default)]
    old: Vec<String>,
}

impl Keyring {
    /// Reads stored keys: texts of the form `{"secret": "...", "old": ["...", "..."]}`, the newest version first. `old` is
    /// optional, and secrets have at least 32 bytes.
    ///
    /// # Errors
    /// - `Permanent`: there is no text, one is not of this form, or a secret is too short; a retry does not help. The error
    ///   contains nothing of the texts.
    pub fn read(newest_first: &[&str]) -> Result<Self> {
        let mut keys: Vec<Key> = Vec::new();
        for text in newest_first {
            // Not with serde's own message, which could show a part of the text.
            let kept: Kept = serde_json::from_str(text).map_err(|_| {
                Error::Permanent("the signing keys are not of the form that is documented".into())
            })?;
            for secret in std::iter::once(kept.secret).chain(kept.old) {
                let key = Key::new(secret.into_bytes())?;
                if keys.iter().all(|known| known.id != key.id) {
                    keys.push(key);
                }
            }
        }
        if keys.is_empty() {
            return Err(Error::Permanent("there is no signing key".into()));
        }
        Ok(Keyring(keys))
    }

    /// Returns the text to store after a rotation: the new secret signs, and the newest [`KEPT_KEYS`] keys of the stored texts
    /// stay valid.
    ///
    /// # Errors
    /// Those of [`Keyring::read`].
    pub fn rotated(newest_first: &[&str], secret: &str) -> Result<String> {
        let mut old = Keyring::read(newest_first)?.0;
        old.truncate(KEPT_KEYS);
        let text = |key: Key| String::from_utf8_lossy(&key.secret).into_owned();
        let kept = Kept {
            secret: secret.to_owned(),
            old: old.into_iter().map(text).collect(),
        };
        serde_json::to_string(&kept)
            .map_err(|_| Error::Permanent("the signing keys cannot be written".into()))
    }

    /// Checks that these keys are a rotation of `before`: they sign with a new key, and accept its signatures.
    ///
    /// # Errors
    /// - `Permanent`: something is missing; a retry does not help. The error contains no key.
    pub(crate) fn follows(&self, before: &Keyring) -> Result<()> {
        let refuse = |what: &str| {
            Err(Error::Permanent(
                format!("the new signing keys {what}").into(),
            ))
        };
        let probe = Purpose::MailCode;
        let (id, signature) = self.sign(probe, "probe");
        if before.holds(id) {
            return refuse("sign with a key that is in use already");
        }
        if !self.verify(probe, id, "probe", &signature) {
            return refuse("do not accept what they signed");
        }
        let kept = before.0.iter().take(KEPT_KEYS);
        if kept.clone().any(|key| !self.holds(&key.id)) {
            return refuse("do not hold all the older ones");
        }
        Ok(())
    }

    /// Whether there is a key with this id.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id == id)
    }

    /// Signs a text with the current key. Returns the key's id and the signature.
    #[must_use]
    pub(crate) fn sign(&self, purpose: Purpose, text: &str) -> (&str, [u8; 32]) {
        let key = &self.0[0];
        (
            &key.id,
            key.mac(purpose, text).finalize().into_bytes().into(),
        )
    }

    /// Whether this is the signature of the text by the key with this id. Takes constant time.
    #[must_use]
    pub(crate) fn verify(&self, purpose: Purpose, id: &str, text: &str, signature: &[u8]) -> bool {
        self.0
            .iter()
            .find(|key| key.id == id)
            .is_some_and(|key| key.mac(purpose, text).verify_slice(signature).is_ok())
    }
}

impl Key {
    fn new(secret: Vec<u8>) -> Result<Self> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(Error::Permanent(
                format!("a signing key is shorter than {MIN_SECRET_BYTES} characters").into(),
            ));
        }
        // Derived from the secret: a key has the same id everywhere, and nobody has to assign ids.
        let digest = Sha256::new()
            .chain_update("ledgerbell key id\n")
            .chain_update(&secret)
            .finalize();
        let mut id = HEXLOWER.encode(&digest);
        id.truncate(ID_CHARS);
        Ok(Key { id, secret })
    }

    fn mac(&self, purpose: Purpose, text: &str) -> Hmac<Sha256> {
        #[allow(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any length will do");
        mac.update(purpose.label().as_bytes());
        mac.update(text.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "new-new-new-new-new-new-new-new-new-new";
    const OLD: &str = "old-old-old-old-old-old-old-old-old-old";

    fn kept(secret: &str) -> String {
        serde_json::json!({ "secret": secret }).to_string()
    }

    #[test]
    fn the_signature_is_hmac_sha_256() {
        // RFC 4231 has no key of the form that is kept here, so the construction is told by another implementation:
        // hmac.new(b"new-...", b"ledgerbell mail code 1\nx", "sha256") of Python.
        let keyring = Keyring::read(&[&kept(NEW)]).unwrap();
        let (_, signature) = keyring.sign(Purpose::MailCode, "x");
        assert_eq!(
            HEXLOWER.encode(&signature),
            "1e73170e8a9fc5ce72a972dca99f4dd5bdd19275b1f0057f02acd55d4ac62962"
        );
    }

    #[test]
    fn what_an_older_key_signed_is_still_good_and_the_newest_key_signs() {
        let before = Keyring::read(&[&kept(OLD)]).unwrap();
        let (id, signature) = before.sign(Purpose::Unsubscribe, "x");
        let listed = format!("{{\"secret\": \"{NEW}\", \"old\": [\"{OLD}\"]}}");
        for after in [
            Keyring::read(&[&kept(NEW), &kept(OLD)]).unwrap(),
            Keyring::read(&[&listed]).unwrap(),
        ] {
            assert!(after.verify(Purpose::Unsubscribe, id, "x", &signature));
            assert_ne!(after.sign(Purpose::Unsubscribe, "x").0, id);
        }
        let retired = Keyring::read(&[&kept(NEW)]).unwrap();
        assert!(!retired.verify(Purpose::Unsubscribe, id, "x", &signature));
    }

    #[test]
    fn a_signature_is_good_for_its_text_and_purpose_only() {
        let keyring = Keyring::read(&[&kept(NEW)]).unwrap();
        let (id, signature) = keyring.sign(Purpose::Unsubscribe, "x");
        assert!(!keyring.verify(Purpose::Unsubscribe, id, "y", &signature));
        assert!(!keyring.verify(Purpose::MailCode, id, "x", &signature));
        assert!(!keyring.verify(Purpose::Unsubscribe, id, "x", &signature[..31]));
        assert!(!keyring.verify(Purpose::Unsubscribe, id, "x", &[]));
    }

    #[test]
    fn a_secret_is_neither_shown_nor_accepted_when_it_is_short() {
        let shown = format!("{:?}", Keyring::read(&[&kept(NEW)]).unwrap());
        assert!(!shown.contains("new-"), "{shown}");
        for broken in [
            "",
            "{}",
            "new-new-new",
            "{\"secret\": \"short-secret\"}",
            "{\"secret\": 7}",
        ] {
            let error = Keyring::read(&[broken]).unwrap_err().to_string();
            assert!(
                !error.contains("short-secret") && !error.contains("new-"),
                "{error}"
            );
        }
        assert!(Keyring::read(&[]).is_err());
    }
}
