//! From facts to a mail.

use std::fmt;

use data_encoding::HEXLOWER;
use minijinja::Value;
use sha2::{Digest, Sha256};

use crate::facts::Facts;
use crate::templates::Template;
use crate::{Envelope, Kind};

/// A mail, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, no control characters.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The html part. It says the same as the text.
    pub html: String,
    /// Which template and version made it, such as `deposit/en@1`.
    pub template: &'static str,
    /// Hex SHA-256 over subject, text, html and what is attached, each preceded by its length in bytes (64 bit, big
    /// endian).
    pub content_hash: String,
}

/// Greets somebody by name: its content is for its reader alone, whatever is logged.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("template", &self.template)
            .field("content_hash", &self.content_hash)
            .finish_non_exhaustive()
    }
}

/// Why a mail could not be made. It will fail again until the notice or the template is changed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// This kind of mail cannot do without a field that the notice has not got.
    #[error("a {mail} mail needs {field}")]
    Missing {
        /// The mail's folder.
        mail: &'static str,
        /// The field of the notice.
        field: &'static str,
    },
    /// This kind has a function of its own.
    #[error("a {kind} mail is not made from one event")]
    NotANotice {
        /// What it was about.
        kind: Kind,
    },
    /// An amount that is none: not an ISO 4217 code, or more decimals than any currency has.
    #[error("{field} is not an amount of money: {currency:?} with {digits} decimals")]
    NotMoney {
        /// The field of the notice.
        field: &'static str,
        /// Its code, as given.
        currency: String,
        /// Its decimals, as given.
        digits: u32,
    },
    /// Amounts that do not belong together: another currency, or a sum that no account can have.
    #[error("{field} does not add up")]
    DoesNotAddUp {
        /// The field of the notice.
        field: &'static str,
    },
    /// A URL that is none, or could end a line or an attribute. It is not told: it has a secret in it.
    #[error(
        "{field} is not an absolute http or https URL of at most 2048 visible ASCII characters"
    )]
    NotAUrl {
        /// The field of the notice.
        field: &'static str,
    },
    /// More than one mail can carry.
    #[error("{field} has {count}, more than {max}")]
    TooMany {
        /// The field of the notice.
        field: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// The template names something that this notice does not have.
    #[error("template {template}: {source}")]
    Template {
        /// The template and its version.
        template: &'static str,
        /// What the engine says.
        source: minijinja::Error,
    },
    /// A subject came out with a control character. The facts cannot bring one, so the template did.
    #[error("template {template}: the subject is not one line")]
    Subject {
        /// The template and its version.
        template: &'static str,
    },
}

/// What a mail is made from.
pub(crate) struct Mail<'a> {
    /// The folder of its words.
    pub(crate) folder: &'static str,
    pub(crate) envelope: &'a Envelope,
    /// Whether the customer may wish not to get it.
    pub(crate) optional: bool,
    pub(crate) facts: Facts,
    /// The bytes of what goes with it.
    pub(crate) attached: &'a [&'a [u8]],
}

pub(crate) fn make(mail: Mail<'_>) -> Result<Rendered, RenderError> {
    mail.envelope.check()?;
    let template = Template::of(mail.folder, mail.envelope.locale);
    let failed = |source| RenderError::Template {
        template: template.name,
        source,
    };

    let facts = mail.envelope.facts(mail.optional).and(mail.facts);
    let subject = template
        .subject(&Value::from_object(facts.clone()))
        .map_err(failed)?;
    let subject = subject.trim_end_matches('\n');
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if subject.is_empty() || subject.contains(breaks) {
        return Err(RenderError::Subject {
            template: template.name,
        });
    }
    // The first line says what the subject says, by being the same.
    let facts = Value::from_object(facts.with("headline", subject));
    let text = template.text(&facts).map_err(failed)?;
    let html = template.html(&facts).map_err(failed)?;

    let parts: Vec<&[u8]> = [subject.as_bytes(), text.as_bytes(), html.as_bytes()]
        .into_iter()
        .chain(mail.attached.iter().copied())
        .collect();
    let content_hash = content_hash(&parts);
    Ok(Rendered {
        subject: subject.to_owned(),
        text,
        html,
        template: template.name,
        content_hash,
    })
}

/// The length before each part keeps `("ab", "c")` and `("a", "bc")` apart.
fn content_hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize())
}

/// The names of facts.
#[cfg(test)]
pub(crate) fn names(facts: &Value) -> std::collections::BTreeSet<&str> {
    facts
        .try_iter()
        .unwrap()
        .map(|name| name.as_str().unwrap().to_owned().leak() as &str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tells_where_one_part_ends_and_the_next_begins() {
        assert_ne!(
            content_hash(&[b"ab", b"c", b""]),
            content_hash(&[b"a", b"bc", b""])
        );
        assert_ne!(
            content_hash(&[b"a", b"", b"b"]),
            content_hash(&[b"a", b"b", b""])
        );
        assert_eq!(content_hash(&[b"a", b"b"]), content_hash(&[b"a", b"b"]));
    }
}
