//! One-click unsubscribing, RFC 8058: the token in the link, the headers of the mail, and the use case behind a click.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::CustomerId;
use domain::cadence::Cadence;
use domain::notification::Kind;
use domain::recipient::Recipient;
use mail::Locale;

use crate::customers::CustomerService;
use crate::error::Result;
use crate::keyring::{Keyring, Purpose};
use crate::ports::Keys;

/// Longest token, in characters: the longest customer id and kind in Base64, with their signature, need less than half of it.
/// A longer one is refused like a forged one.
const MAX_TOKEN_CHARS: usize = 512;
/// The version of the token's form.
const VERSION: &str = "1";

/// The notifications that a link switches off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// One kind.
    Kind(Kind),
    /// Every kind that can be switched off.
    All,
}

impl Topic {
    /// The kinds that a link of this topic switches off; none for a kind that cannot be switched off.
    pub fn kinds(self) -> Vec<Kind> {
        let all: Vec<Kind> = match self {
            Topic::Kind(kind) => vec![kind],
            Topic::All => Kind::ALL.to_vec(),
        };
        all.into_iter()
            .filter(|kind| kind.can_be_switched_off())
            .collect()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topic::Kind(kind) => kind.fmt(f),
            Topic::All => f.write_str("all"),
        }
    }
}

impl FromStr for Topic {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Topic::All),
            kind => Ok(Topic::Kind(kind.parse()?)),
        }
    }
}

/// The mailing list of a link: the mails of a topic to one address of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List<'a> {
    /// The customer.
    pub customer: &'a CustomerId,
    /// The customer's address.
    pub recipient: &'a Recipient,
    /// The notifications that the link switches off.
    pub topic: Topic,
}

impl<'a> List<'a> {
    /// Returns the list of the customer's own address.
    pub fn own(customer: &'a CustomerId, topic: Topic) -> Self {
        List {
            customer,
            recipient: &Recipient::Customer,
            topic,
        }
    }
}

/// Returns the link in a mail's footer and header; `None` if the topic cannot be switched off. `public_url` ends with `/v1`.
#[must_use]
pub fn url(keyring: &Keyring, public_url: &str, list: List<'_>) -> Option<String> {
    if list.topic.kinds().is_empty() {
        return None;
    }
    let token = token(keyring, list);
    Some(format!(
        "{}/unsubscribe?token={token}",
        public_url.trim_end_matches('/')
    ))
}

/// Returns the headers `List-Unsubscribe` and `List-Unsubscribe-Post` (RFC 8058, section 3.1); none if the topic cannot be
/// switched off. DKIM has to sign both, which SES does.
#[must_use]
pub fn headers(keyring: &Keyring, public_url: &str, list: List<'_>) -> Vec<(String, String)> {
    let Some(url) = url(keyring, public_url, list) else {
        return Vec::new();
    };
    vec![
        ("List-Unsubscribe".to_owned(), format!("<{url}>")),
        (
            "List-Unsubscribe-Post".to_owned(),
            "List-Unsubscribe=One-Click".to_owned(),
        ),
    ]
}

/// Returns the token of a link. It contains no time: a link is valid for as long as its key is kept, and a mail rendered twice
/// is the same.
fn token(keyring: &Keyring, list: List<'_>) -> String {
    let List {
        customer, topic, ..
    } = list;
    let payload = match list.recipient {
        Recipient::Customer => format!("{customer}\n{topic}"),
        Recipient::Address(hash) => format!("{customer}\n{topic}\n{hash}"),
    };
    let (id, signature) = keyring.sign(Purpose::Unsubscribe, &payload);
    format!(
        "{VERSION}.{id}.{}.{}",
        URL_SAFE_NO_PAD.encode(payload),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Returns the id of the key that a token claims to be signed with.
fn key_id(token: &str) -> Option<&str> {
    token.split('.').nth(1)
}

/// Reads a token; `None` if it is not signed by one of our keys.
fn read(keyring: &Keyring, token: &str) -> Option<(CustomerId, Topic, Recipient)> {
    if token.len() > MAX_TOKEN_CHARS {
        return None;
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [VERSION, id, payload, signature] = parts.as_slice() else {
        return None;
    };
    let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !keyring.verify(Purpose::Unsubscribe, id, &payload, &signature) {
        return None;
    }
    let mut parts = payload.splitn(3, '\n');
    let (customer, topic) = (parts.next()?, parts.next()?);
    let recipient = match parts.next() {
        None => Recipient::Customer,
        Some(hash) => Recipient::Address(hash.parse().ok()?),
    };
    Some((customer.parse().ok()?, topic.parse().ok()?, recipient))
}

/// Returns what undoes a click on the link: the revision that it wrote and the kinds that it switched off, signed for this link
/// alone.
fn undo(keyring: &Keyring, token: &str, revision: u64, kinds: &[Kind]) -> String {
    let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
    let kinds = kinds.join(",");
    let payload = format!("{token}\n{revision}\n{kinds}");
    let (id, signature) = keyring.sign(Purpose::Resubscribe, &payload);
    let signature = URL_SAFE_NO_PAD.encode(signature);
    format!("{id}.{revision}.{kinds}.{signature}")
}

/// Reads the revision and the kinds of [`undo`]; `None` if it is not signed for this link by one of our keys.
fn read_undo(keyring: &Keyring, token: &str, undo: &str) -> Option<(u64, Vec<Kind>)> {
    if undo.len() > MAX_TOKEN_CHARS {
        return None;
    }
    let parts: Vec<&str> = undo.split('.').collect();
    let [id, revision, kinds, signature] = parts.as_slice() else {
        return None;
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let payload = format!("{token}\n{revision}\n{kinds}");
    if !keyring.verify(Purpose::Resubscribe, id, &payload, &signature) {
        return None;
    }
    let kinds: Option<Vec<Kind>> = kinds.split(',').map(|kind| kind.parse().ok()).collect();
    Some((revision.parse().ok()?, kinds?))
}

/// A valid link, for the page behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The notifications that the link switches off.
    pub topic: Topic,
    /// Whether it is in the mails to the customer's own address. A further address changes only what it gets itself.
    pub is_own: bool,
    /// The customer's locale; `None` if the customer was erased.
    pub locale: Option<Locale>,
}

/// What a click has switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// The link.
    pub link: Link,
    /// The signed value that undoes it; `None` if nothing was switched off, or it cannot be undone: a further address without any
    /// kind is forgotten.
    pub undo: Option<String>,
}

/// The use case behind the links.
pub struct Unsubscriber {
    /// The keys that verify tokens.
    pub keys: Arc<dyn Keys>,
    /// The customers, whose preferences a click changes.
    pub customers: Arc<CustomerService>,
}

impl fmt::Debug for Unsubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsubscriber").finish_non_exhaustive()
    }
}

impl Unsubscriber {
    /// Verifies a link and changes nothing. Returns `None` for a forged link, and for one whose key is no longer kept.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the keys or the customers did not answer; retry.
    /// - `Permanent`: the signing keys cannot be read; a retry does not help.
    pub async fn look(&self, token: &str) -> Result<Option<Link>> {
        let Some((customer, topic, recipient)) = self.read(token).await? else {
            return Ok(None);
        };
        self.link(&customer, topic, &recipient).await.map(Some)
    }

    /// Switches off the kinds of the link for its address. Returns `None` for a forged link, and for one whose key is no longer
    /// kept. Idempotent; for an erased customer there is nothing to do.
    ///
    /// # Errors
    /// - `Busy`: every optimistic write lost its race, and nothing was changed; retry.
    /// - `Retryable`, `Unknown`: the keys or the customers did not answer; retry.
    /// - `Permanent`: the signing keys or the customer's entry cannot be read; a retry does not help.
    pub async fn unsubscribe(&self, token: &str) -> Result<Option<SwitchedOff>> {
        let Some((customer, topic, recipient)) = self.read(token).await? else {
            return Ok(None);
        };
        let off = self
            .customers
            .switch_off(&customer, &recipient, &topic.kinds())
            .await?;
        let undo = match off.filter(|_| recipient.is_customer()) {
            Some((revision, kinds)) => {
                Some(undo(&self.keys.keyring().await?, token, revision, &kinds))
            }
            None => None,
        };
        let link = self.link(&customer, topic, &recipient).await?;
        Ok(Some(SwitchedOff { link, undo }))
    }

    /// Switches on again what a click on the link has switched off, by [`SwitchedOff::undo`], unless the customer has been changed
    /// since. Returns `None` for a forged one, for one whose key is no longer kept, and after such a change. Idempotent; for an
    /// erased customer there is nothing to do.
    ///
    /// # Errors
    /// Those of [`Unsubscriber::unsubscribe`].
    pub async fn undo(&self, token: &str, undo: &str) -> Result<Option<Link>> {
        let Some((customer, topic, recipient)) = self.read(token).await? else {
            return Ok(None);
        };
        let id = undo.split('.').next().unwrap_or("");
        let keyring = self.keys.keyring_with(id).await?;
        let Some((revision, kinds)) =
            read_undo(&keyring, token, undo).filter(|_| recipient.is_customer())
        else {
            return Ok(None);
        };
        let mut is_changed = false;
        self.customers
            .prefer(&customer, |latest, preferences| {
                let off = kinds.iter().filter(|kind| !preferences.is_on(**kind));
                let before = off.fold(preferences.clone(), |so_far, kind| so_far.with(*kind));
                is_changed = latest != revision && before != *preferences;
                match is_changed {
                    true => preferences.clone(),
                    false => before,
                }
            })
            .await?;
        match is_changed {
            true => Ok(None),
            false => self.link(&customer, topic, &recipient).await.map(Some),
        }
    }

    /// Changes when the mails of a digest's link come, and tells whether the customer gets any of them. Returns `None` for a forged link, for one whose key is no longer kept, and
    /// for one that is not in a digest to the customer's own address. Idempotent; for an erased customer there is nothing to do.
    ///
    /// # Errors
    /// Those of [`Unsubscriber::unsubscribe`].
    pub async fn deliver(&self, token: &str, delivery: Cadence) -> Result<Option<(Link, bool)>> {
        let Some((customer, topic, recipient)) = self.read(token).await? else {
            return Ok(None);
        };
        if topic != Topic::All || !recipient.is_customer() {
            return Ok(None);
        }
        let mut gets_any = false;
        self.customers
            .prefer(&customer, |_, preferences| {
                gets_any = topic.kinds().iter().any(|kind| preferences.is_on(*kind));
                preferences.with_delivery(delivery)
            })
            .await?;
        let link = self.link(&customer, topic, &recipient).await?;
        Ok(Some((link, gets_any)))
    }

    async fn read(&self, token: &str) -> Result<Option<(CustomerId, Topic, Recipient)>> {
        let Some(id) = key_id(token) else {
            return Ok(None);
        };
        let keyring = self.keys.keyring_with(id).await?;
        // A link for a kind that can no longer be switched off is refused like a forged one.
        Ok(read(&keyring, token).filter(|(_, topic, _)| !topic.kinds().is_empty()))
    }

    async fn link(
        &self,
        customer: &CustomerId,
        topic: Topic,
        recipient: &Recipient,
    ) -> Result<Link> {
        let latest = self.customers.customers.latest(customer).await?;
        let person = latest.and_then(|latest| latest.person?.ok());
        let locale = person.map(|person| person.locale);
        Ok(Link {
            topic,
            is_own: recipient.is_customer(),
            locale,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(secret: &str) -> Keyring {
        Keyring::read(&[&format!("{{\"secret\": \"{}\"}}", secret.repeat(40))]).unwrap()
    }

    fn customer() -> CustomerId {
        "CUST-42".parse().unwrap()
    }

    #[test]
    fn a_token_says_what_it_was_made_for_and_fits_into_a_header() {
        let longest: CustomerId = "x".repeat(64).parse().unwrap();
        let further = Recipient::Address("f".repeat(64).parse().unwrap());
        let topics = Kind::ALL.into_iter().map(Topic::Kind).chain([Topic::All]);
        for (topic, recipient) in
            topics.flat_map(|topic| [(topic, Recipient::Customer), (topic, further.clone())])
        {
            let list = List {
                customer: &longest,
                recipient: &recipient,
                topic,
            };
            let token = token(&keyring("a"), list);
            assert_eq!(
                read(&keyring("a"), &token),
                Some((longest.clone(), topic, recipient))
            );
            assert!(token.len() < MAX_TOKEN_CHARS * 2 / 3, "{}", token.len());
            assert!(
                token
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            );
        }
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_none() {
        let good = token(&keyring("a"), List::own(&customer(), Topic::All));
        for position in 0..good.len() {
            let mut changed = good.clone().into_bytes();
            changed[position] = if changed[position] == b'x' {
                b'y'
            } else {
                b'x'
            };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(read(&keyring("a"), &changed), None, "{changed}");
        }
        for broken in [
            "",
            ".",
            "1.a.b.c",
            &format!("{good}."),
            &good[..good.len() - 1],
            &"1.".repeat(400),
        ] {
            assert_eq!(read(&keyring("a"), broken), None, "{broken}");
        }
        assert_eq!(read(&keyring("b"), &good), None);
    }

    #[test]
    fn what_undoes_a_click_is_signed_for_its_link_and_its_kinds() {
        let ring = keyring("a");
        let token = token(&ring, List::own(&customer(), Topic::All));
        let all: Vec<Kind> = Topic::All.kinds();
        let undo = undo(&ring, &token, 7, &all);
        assert_eq!(read_undo(&ring, &token, &undo), Some((7, all)));
        let other = super::token(&ring, List::own(&customer(), Topic::Kind(Kind::Deposit)));
        assert_eq!(read_undo(&ring, &other, &undo), None);
        for changed in [
            undo.replacen("deposit,", "", 1),
            undo.replacen(".7.", ".8.", 1),
        ] {
            assert_eq!(read_undo(&ring, &token, &changed), None, "{changed}");
        }
        for broken in ["", "..", &undo[1..], &"a.".repeat(400)] {
            assert_eq!(read_undo(&ring, &token, broken), None, "{broken}");
        }
        // A link's own signature is for another purpose.
        let (id, signature) = ring.sign(Purpose::Unsubscribe, &format!("{token}\n7\ndeposit"));
        let forged = format!("{id}.7.deposit.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(read_undo(&ring, &token, &forged), None);
    }

    #[test]
    fn the_headers_are_those_of_rfc_8058() {
        let headers = headers(
            &keyring("a"),
            "https://bank.example/v1/",
            List::own(&customer(), Topic::Kind(Kind::Deposit)),
        );
        let [(name, link), post] = headers.as_slice() else {
            panic!("{headers:?}")
        };
        assert_eq!(name, "List-Unsubscribe");
        assert!(
            link.starts_with("<https://bank.example/v1/unsubscribe?token=1."),
            "{link}"
        );
        assert!(link.ends_with('>'));
        assert_eq!(
            post,
            &(
                "List-Unsubscribe-Post".to_owned(),
                "List-Unsubscribe=One-Click".to_owned()
            )
        );
    }
}
