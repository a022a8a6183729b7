//! Flags that take a code of the API.

use clap::builder::{PossibleValue, PossibleValuesParser};
use domain::words::Word;

/// Returns the parser for a code of these tables; the help has each one's words.
pub(crate) fn codes(tables: &[&[Word]]) -> PossibleValuesParser {
    let words = tables.iter().copied().flatten();
    words
        .map(|word| PossibleValue::new(word.code).help(word.words))
        .collect::<Vec<_>>()
        .into()
}
