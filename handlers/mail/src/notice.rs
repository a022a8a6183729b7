//! What a mail may say.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::notification::Kind;

/// The language of a mail, and the way in which it writes money and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Locale {
    /// English: CLDR locale `en`.
    En,
    /// French: CLDR locale `fr`.
    Fr,
}

impl Locale {
    /// Every locale that has templates.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The BCP 47 tag, as customers' settings have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A language that has no templates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no mails in the language {0:?}: en or fr")]
pub struct UnknownLocale(pub String);

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|locale| locale.as_str() == tag)
            .ok_or_else(|| UnknownLocale(tag.to_owned()))
    }
}

/// An amount of money, exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// In minor units of the currency (cents), negative for a debt.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// How many decimals the currency has (ISO 4217): EUR 2, JPY 0, BHD 3.
    pub digits: u32,
}

/// All that a mail may say. Strings may hold anything: they are made harmless before they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// The customer's language.
    pub locale: Locale,
    /// The customer's time zone: both times are told in it.
    pub time_zone: Tz,
    /// The bank, as its customers know it.
    pub bank_name: String,
    /// The customer, as the bank greets them. Empty: greeted without a name.
    pub customer_name: String,
    /// The account. Only its last four characters are shown.
    pub account_id: String,
    /// What moved. Shown without its sign: the sentence tells the direction.
    pub amount: Option<Amount>,
    /// The balance after the event.
    pub balance_after: Amount,
    /// For [`Kind::Overdrawn`]: how far below zero the account may go.
    pub overdraft_limit: Option<Amount>,
    /// For [`Kind::LargeAmount`] and [`Kind::LowBalance`]: the figure that the customer set.
    pub threshold: Option<Amount>,
    /// The payment's reference, as the bank got it.
    pub reference: Option<String>,
    /// Who paid or was paid.
    pub counterparty: Option<String>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When the bank recorded it.
    pub recorded_at: DateTime<Utc>,
    /// From which day on it counts for interest, where the bank told one.
    pub value_date: Option<NaiveDate>,
    /// Shown small, so that the bank can find the mail again.
    pub notification_id: String,
}
