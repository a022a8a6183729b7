//! What every mail says, whatever it is about.

use std::fmt;

use chrono_tz::Tz;

use crate::facts::{Facts, facts};
use crate::render::RenderError;
use crate::untrusted::{one_line, one_line_without_links};
use crate::{Amount, Locale};

/// Long enough for a full name, short enough for a greeting and a heading.
const MAX_NAME_CHARS: usize = 80;

/// Far longer than any id of ours.
const MAX_NOTIFICATION_ID_CHARS: usize = 128;

/// Longer than any code that a person would type (`XXXX-XXXX-XXXX` has 14).
const MAX_CODE_CHARS: usize = 32;

/// What mail programs and proxies surely take (RFC 9110 asks for 8000; some cut at 2048).
const MAX_URL_BYTES: usize = 2048;

/// ISO 4217 has no currency of more (CLF, UYW).
const MAX_CURRENCY_DIGITS: u32 = 4;

/// To whom a mail goes and from whom, and what stands in its foot. Strings may hold anything: they are made harmless
/// before they are shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The customer's language.
    pub locale: Locale,
    /// The customer's time zone: all times are told in it.
    pub time_zone: Tz,
    /// The bank, as its customers know it.
    pub bank_name: String,
    /// The customer, as the bank greets them. Empty: greeted without a name.
    pub customer_name: String,
    /// Shown small, so that the bank can find the mail again.
    pub notification_id: String,
    /// With it the customer can check on the bank's website that the mail is the bank's, such as `7KQ2-MX4T-9RWB`.
    /// Empty where the bank has no such page: the line is left out.
    pub verification_code: String,
    /// Where the customer says that mails like this one are not wanted: an absolute `http` or `https` URL in ASCII.
    /// Never shown in mails about security, which cannot be switched off.
    pub unsubscribe_url: Option<String>,
    /// The customer's wish: no amount, balance, counterparty or reference in the mail.
    pub hide_amounts: bool,
    /// The mail may have been sent before, and says so.
    pub possible_repeat: bool,
}

/// Neither the name nor what only the customer may have, whatever is logged.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("notification_id", &self.notification_id)
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

impl Envelope {
    /// The facts of [`crate::fact_names::ENVELOPE`].
    pub(crate) fn facts(&self, optional: bool) -> Facts {
        facts! {
            bank_name => one_line(&self.bank_name, MAX_NAME_CHARS),
            customer_name => shown(one_line_without_links(&self.customer_name, MAX_NAME_CHARS)),
            verification_code => shown(one_line_without_links(&self.verification_code, MAX_CODE_CHARS)),
            unsubscribe_url => self.unsubscribe_url.as_ref().filter(|_| optional),
            optional => optional,
            hidden => self.hide_amounts,
            possible_repeat => self.possible_repeat,
            notification_id => one_line(&self.notification_id, MAX_NOTIFICATION_ID_CHARS),
        }
    }

    /// Refuses a URL that is none, which could end an attribute or a line.
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

/// A string of which nothing is left after cleaning is not shown at all.
pub(crate) fn shown(cleaned: String) -> Option<String> {
    (!cleaned.is_empty()).then_some(cleaned)
}

/// Words of somebody else, where there are any.
pub(crate) fn untrusted(raw: &Option<String>, max_chars: usize) -> Option<String> {
    raw.as_ref()
        .and_then(|raw| shown(one_line_without_links(raw, max_chars)))
}

/// Refuses what is no amount of money.
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
