//! The contents that all mails have in common.

use std::fmt;

use chrono_tz::Tz;

use crate::facts::{Facts, facts};
use crate::render::RenderError;
use crate::untrusted::{one_line, one_line_without_links};
use crate::{Amount, Locale};

/// Longest name, in characters: enough for a full name, and short enough for a greeting. A longer one is cut.
const MAX_NAME_CHARS: usize = 80;

/// Longest verification code, in characters: longer than any that a person would type (`XXXX-XXXX-XXXX` has 14). A longer
/// one is cut.
const MAX_CODE_CHARS: usize = 32;

/// Longest URL, in bytes: RFC 9110 recommends 8000, but some mail programs and proxies cut at 2048. A longer one is refused.
const MAX_URL_BYTES: usize = 2048;

/// Most decimals of a currency in ISO 4217 (CLF, UYW). More are refused.
const MAX_CURRENCY_DIGITS: u32 = 4;

/// The recipient, the sender and the footer of a mail. Strings may contain anything: they are sanitised before they are
/// shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The customer's language.
    pub locale: Locale,
    /// The customer's time zone, in which all times are shown.
    pub time_zone: Tz,
    /// The bank's name, as its customers know it.
    pub bank_name: String,
    /// The customer's name in the greeting. Empty for a greeting without a name.
    pub customer_name: String,
    /// The notification's id, for messages about this value. No mail shows it: the code is shorter to read out.
    pub notification_id: String,
    /// A code like `7KQ2-MX4T-9RWB`, with which customers verify on the bank's website that the mail is genuine. Empty if
    /// the bank has no such page; its line is left out then.
    pub verification_code: String,
    /// The link that unsubscribes from such mails: an absolute `http` or `https` URL in ASCII. Never shown in mails about
    /// security, which cannot be switched off.
    pub unsubscribe_url: Option<String>,
    /// Whether the customer wants no amount, balance, counterparty or reference in mails.
    pub hide_amounts: bool,
    /// Whether the mail may have been sent before, which it then says.
    pub possible_repeat: bool,
}

/// Omits the name and the secrets, which must not get into logs.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("notification_id", &self.notification_id)
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

impl Envelope {
    /// Returns the facts of [`crate::fact_names::ENVELOPE`].
    pub(crate) fn facts(&self, optional: bool) -> Facts {
        facts! {
            bank_name => one_line(&self.bank_name, MAX_NAME_CHARS),
            customer_name => shown(one_line_without_links(&self.customer_name, MAX_NAME_CHARS)),
            verification_code => shown(one_line_without_links(&self.verification_code, MAX_CODE_CHARS)),
            unsubscribe_url => self.unsubscribe_url.as_ref().filter(|_| optional),
            optional => optional,
            hidden => self.hide_amounts,
            possible_repeat => self.possible_repeat,
        }
    }

    /// Refuses an invalid URL, which could end an attribute or a line.
    pub(crate) fn check(&self) -> Result<(), RenderError> {
        let Some(url) = &self.unsubscribe_url else {
            return Ok(());
        };
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let plain = url.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`')
        });
        if rest.is_none_or(str::is_empty) || !plain || url.len() > MAX_URL_BYTES {
            return Err(RenderError::NotAUrl {
                field: "unsubscribe_url",
            });
        }
        Ok(())
    }
}

/// Returns `None` for a string of which sanitising left nothing.
pub(crate) fn shown(cleaned: String) -> Option<String> {
    (!cleaned.is_empty()).then_some(cleaned)
}

/// Returns the sanitised words of a third party, if there are any.
pub(crate) fn untrusted(raw: &Option<String>, max_chars: usize) -> Option<String> {
    raw.as_ref()
        .and_then(|raw| shown(one_line_without_links(raw, max_chars)))
}

/// Refuses an invalid amount of money.
pub(crate) fn check_amount(field: &'static str, amount: &Amount) -> Result<(), RenderError> {
    let Amount {
        currency, digits, ..
    } = amount;
    let is_code = currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase());
    if !is_code || *digits > MAX_CURRENCY_DIGITS {
        return Err(RenderError::NotMoney {
            field,
            currency: currency.clone(),
            digits: *digits,
        });
    }
    Ok(())
}
