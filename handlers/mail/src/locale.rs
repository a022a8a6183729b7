//! The locales: one for each folder of `templates/` except `layout/`.

use std::fmt;
use std::str::FromStr;

/// A locale's conventions that ICU4X does not cover, from its `formats.txt`.
pub(crate) struct Conventions {
    /// Whether the currency's symbol comes before the number.
    pub(crate) symbol_first: bool,
    /// The text between the two in CLDR's pattern.
    pub(crate) gap: &'static str,
    /// The first day of a month, if it is not written `1`.
    pub(crate) first_of_month: Option<&'static str>,
    /// The time of a zone, with `#` for its city.
    pub(crate) zone: &'static str,
    /// The same before a vowel, if that differs.
    pub(crate) zone_before_vowel: Option<&'static str>,
    /// An article that cities begin with, and the pattern for the rest of such a name.
    pub(crate) zone_article: Option<(&'static str, &'static str)>,
    /// The character between values of a CSV file: ASCII.
    pub(crate) csv_delimiter: char,
    /// The character before the decimals of a CSV file: another one.
    pub(crate) csv_decimal: char,
    /// Whether a CSV file begins with a byte order mark.
    pub(crate) csv_mark: bool,
    /// Code and symbol, sorted by code. A currency without a symbol is written with its code.
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

/// The error for a tag without templates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there are no mails in the language {0:?}; choose one of: {tags}", tags = Locale::TAGS)]
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
