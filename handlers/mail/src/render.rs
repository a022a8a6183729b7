//! The rendering of facts into a mail.

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
    /// The subject: one line without control characters.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part, with the same contents as the text.
    pub html: String,
    /// The template and its version, such as `deposit/en@1`.
    pub template: &'static str,
    /// The SHA-256, in hex, of subject, text, HTML and attachments, each preceded by its length in bytes (64 bits, big
    /// endian).
    pub content_hash: String,
}

/// Omits the contents, which are personal and must not get into logs.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("template", &self.template)
            .field("content_hash", &self.content_hash)
            .finish_non_exhaustive()
    }
}

/// The reason why a mail was not rendered. Permanent: only another notice or template helps.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The notice lacks a field that this kind of mail requires.
    #[error("a {mail} mail needs {field}")]
    Missing {
        /// The mail's folder.
        mail: &'static str,
        /// The field of the notice.
        field: &'static str,
    },
    /// The kind is [`Kind::Statement`], which has a function of its own.
    #[error("a {kind} mail is not made from one event")]
    NotANotice {
        /// The kind.
        kind: Kind,
    },
    /// An amount has no valid currency code, or more decimals than any currency.
    #[error("{field} is not an amount of money: {currency:?} with {digits} decimals")]
    NotMoney {
        /// The field of the notice.
        field: &'static str,
        /// The given currency code.
        currency: String,
        /// The given decimals.
        digits: u32,
    },
    /// Amounts do not belong together: their currencies differ, or their sum is wrong or exceeds 64 bits.
    #[error("{field} does not add up")]
    DoesNotAddUp {
        /// The field of the notice.
        field: &'static str,
    },
    /// A URL is invalid, or could end a line or an attribute. The error does not show it, because it contains a secret.
    #[error(
        "{field} is not an absolute http or https URL of at most 2048 visible ASCII characters"
    )]
    NotAUrl {
        /// The field of the notice.
        field: &'static str,
    },
    /// A list has more items than one mail can carry.
    #[error("{field} has {count}, more than {max}")]
    TooMany {
        /// The field of the notice.
        field: &'static str,
        /// The number of items.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// The template uses a fact that this notice does not have.
    #[error("template {template}: {source}")]
    Template {
        /// The template and its version.
        template: &'static str,
        /// The engine's error.
        source: minijinja::Error,
    },
    /// The subject is empty or has a line break. The facts cannot contain one, so it is the template's fault.
    #[error("template {template}: the subject is not one line")]
    Subject {
        /// The template and its version.
        template: &'static str,
    },
}

/// The input of a rendering.
pub(crate) struct Mail<'a> {
    /// The folder of its template.
    pub(crate) folder: &'static str,
    pub(crate) envelope: &'a Envelope,
    /// Whether the customer can switch it off.
    pub(crate) optional: bool,
    pub(crate) facts: Facts,
    /// The contents of its attachments.
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
    // The first line of a body is the subject.
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

/// Returns the hash of all parts. Their lengths distinguish `("ab", "c")` from `("a", "bc")`.
fn content_hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize())
}

/// Returns the names of facts.
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
    fn the_hash_depends_on_where_one_part_ends_and_the_next_begins() {
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
