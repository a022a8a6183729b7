//! The languages: one for each folder of `templates/` with words.

use std::fmt;
use std::str::FromStr;

/// How a language writes money and dates, as far as ICU4X does not do it: from the folder's `formats.txt`.
pub(crate) struct Conventions {
    /// Whether the currency's symbol comes before the number.
    pub(crate) symbol_first: bool,
    /// What CLDR's pattern has between the two.
    pub(crate) gap: &'static str,
    /// How the first day of a month is counted, where it is not `1`.
    pub(crate) first_of_month: Option<&'static str>,
    /// Code and symbol, sorted by code; a currency that is absent is written by its code.
    pub(crate) symbols: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/locales.rs"));

impl Locale {
    pub(crate) fn conventions(self) -> &'static Conventions {
        &CONVENTIONS[self as usize]
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A language that has no templates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no mails in the language {0:?}; there are: {tags}", tags = Locale::TAGS)]
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
