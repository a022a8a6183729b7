//! From a notice to a mail.

use sha2::{Digest, Sha256};

use crate::money::format_magnitude;
use crate::templates::Template;
use crate::untrusted::{one_line, one_line_without_links};
use crate::{Amount, Kind, Notice, format_amount, format_date, format_time, mask};

/// As long as a creditor reference and the remittance information of a SEPA payment (ISO 20022 `Max140Text`) may be.
const MAX_REFERENCE_CHARS: usize = 140;

/// As long as a party's name in ISO 20022 (`Max140Text`) may be.
const MAX_COUNTERPARTY_CHARS: usize = 140;

/// Long enough for a full name, short enough for a greeting and a heading.
const MAX_NAME_CHARS: usize = 80;

/// Far longer than any id of ours.
const MAX_NOTIFICATION_ID_CHARS: usize = 128;

/// ISO 4217 has no currency of more (CLF, UYW).
const MAX_CURRENCY_DIGITS: u32 = 4;

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, no control characters.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The html part. It says the same as the text.
    pub html: String,
    /// Which template and version made it, such as `deposit/en@1`.
    pub template: &'static str,
    /// Hex SHA-256 over subject, text and html, each preceded by its length in bytes (64 bit, big endian).
    pub content_hash: String,
}

/// Why a mail could not be made. It will fail again until the notice or the template is changed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// This kind of mail cannot do without a field that the notice has not got.
    #[error("a {kind} mail needs {field}")]
    Missing {
        /// What it was about.
        kind: Kind,
        /// The field of [`Notice`].
        field: &'static str,
    },
    /// An amount that is none: not an ISO 4217 code, or more decimals than any currency has.
    #[error("{field} is not an amount of money: {currency:?} with {digits} decimals")]
    NotMoney {
        /// The field of [`Notice`].
        field: &'static str,
        /// Its code, as given.
        currency: String,
        /// Its decimals, as given.
        digits: u32,
    },
    /// There are no words for this kind.
    #[error("there is no mail about a {kind}")]
    NoTemplate {
        /// What it was about.
        kind: Kind,
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

/// Makes the mail.
///
/// # Errors
/// [`RenderError`]: nothing half rendered comes out.
pub fn render(notice: &Notice) -> Result<Rendered, RenderError> {
    check(notice)?;
    let template = Template::of(notice.kind, notice.locale)
        .ok_or(RenderError::NoTemplate { kind: notice.kind })?;
    let failed = |source| RenderError::Template {
        template: template.name,
        source,
    };

    let facts = facts(notice);
    let subject = template.subject(&facts).map_err(failed)?;
    let subject = subject.trim_end_matches('\n');
    if subject.is_empty()
        || subject
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Err(RenderError::Subject {
            template: template.name,
        });
    }
    // The first line says what the subject says, by being the same.
    let facts = minijinja::context! { headline => subject, ..facts };
    let text = template.text(&facts).map_err(failed)?;
    let html = template.html(&facts).map_err(failed)?;

    let content_hash = content_hash(subject, &text, &html);
    Ok(Rendered {
        subject: subject.to_owned(),
        text,
        html,
        template: template.name,
        content_hash,
    })
}

/// Refuses what would make a mail that says something wrong.
fn check(notice: &Notice) -> Result<(), RenderError> {
    let tells_an_amount = matches!(
        notice.kind,
        Kind::Deposit | Kind::Withdrawal | Kind::LargeAmount
    );
    if tells_an_amount && notice.amount.is_none() {
        return Err(RenderError::Missing {
            kind: notice.kind,
            field: "amount",
        });
    }
    let amounts = [
        ("amount", notice.amount.as_ref()),
        ("balance_after", Some(&notice.balance_after)),
        ("overdraft_limit", notice.overdraft_limit.as_ref()),
        ("threshold", notice.threshold.as_ref()),
    ];
    for (field, amount) in amounts {
        let Some(Amount {
            currency, digits, ..
        }) = amount
        else {
            continue;
        };
        let is_code =
            currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase());
        if !is_code || *digits > MAX_CURRENCY_DIGITS {
            return Err(RenderError::NotMoney {
                field,
                currency: currency.clone(),
                digits: *digits,
            });
        }
    }
    Ok(())
}

/// What a template may name: strings that are ready to be shown, or none. Nothing else of the notice gets there.
fn facts(notice: &Notice) -> minijinja::Value {
    let locale = notice.locale;
    let magnitude = |amount: &Option<Amount>| {
        amount
            .as_ref()
            .map(|amount| format_magnitude(amount, locale))
    };
    let untrusted = |raw: &Option<String>, max_chars| {
        raw.as_ref()
            .and_then(|raw| shown(one_line_without_links(raw, max_chars)))
    };
    minijinja::context! {
        locale => locale.as_str(),
        bank_name => one_line(&notice.bank_name, MAX_NAME_CHARS),
        customer_name => shown(one_line_without_links(&notice.customer_name, MAX_NAME_CHARS)),
        account => mask(&notice.account_id),
        amount => magnitude(&notice.amount),
        balance_after => format_amount(&notice.balance_after, locale),
        overdraft_limit => magnitude(&notice.overdraft_limit),
        threshold => notice.threshold.as_ref().map(|threshold| format_amount(threshold, locale)),
        reference => untrusted(&notice.reference, MAX_REFERENCE_CHARS),
        counterparty => untrusted(&notice.counterparty, MAX_COUNTERPARTY_CHARS),
        occurred_at => format_time(notice.occurred_at, notice.time_zone, locale),
        recorded_at => format_time(notice.recorded_at, notice.time_zone, locale),
        value_date => notice.value_date.map(|day| format_date(day, locale)),
        notification_id => one_line(&notice.notification_id, MAX_NOTIFICATION_ID_CHARS),
    }
}

/// A string of which nothing is left after cleaning is not shown at all.
fn shown(cleaned: String) -> Option<String> {
    (!cleaned.is_empty()).then_some(cleaned)
}

/// The length before each part keeps `("ab", "c")` and `("a", "bc")` apart.
fn content_hash(subject: &str, text: &str, html: &str) -> String {
    let mut hash = Sha256::new();
    for part in [subject, text, html] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tells_where_one_part_ends_and_the_next_begins() {
        assert_ne!(content_hash("ab", "c", ""), content_hash("a", "bc", ""));
        assert_ne!(content_hash("a", "", "b"), content_hash("a", "b", ""));
        assert_eq!(content_hash("a", "b", "c"), content_hash("a", "b", "c"));
    }
}
