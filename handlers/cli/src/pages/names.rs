//! The script with the words for the API's codes, made from the table that the command line and the reference have too.

use std::sync::LazyLock;

use domain::words::{
    EVENTS, KINDS, OPERATION_REASONS, REPORTS, SEARCH_KEYS, SKIP_REASONS, STATES, WAIT_REASONS,
    Word,
};
use serde_json::{Value, json};

/// The module's text.
pub(super) static MODULE: LazyLock<String> = LazyLock::new(|| {
    let reasons = [&SKIP_REASONS[..], &WAIT_REASONS, &OPERATION_REASONS].concat();
    [
        ("EVENT_NAMES", &EVENTS[..]),
        ("KIND_NAMES", &KINDS),
        ("STATE_NAMES", &STATES),
        ("REASONS", &reasons),
        ("SKIP_REASONS", &SKIP_REASONS),
        ("PROVIDER_NAMES", &REPORTS),
        ("SEARCH_KEYS", &SEARCH_KEYS),
    ]
    .map(|(name, table)| {
        format!(
            "export const {name} = Object.fromEntries({});\n",
            pairs(table)
        )
    })
    .concat()
});

/// The codes with their words, in the order of the table, which the pages list them in.
fn pairs(table: &[Word]) -> Value {
    table
        .iter()
        .map(|word| json!([word.code, word.words]))
        .collect()
}
