//! The words for codes: the table of the code, the reference and the OpenAPI document say the same.

use domain::words::{
    EVENTS, KINDS, OPERATION_REASONS, REPORTS, SEARCH_KEYS, SKIP_REASONS, STATES, WAIT_REASONS,
    Word,
};
use handlers::http::OPENAPI;
use serde_json::Value;

const REFERENCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/reference/reasons-and-states.md"
);

fn reference() -> String {
    let sections = [
        ("States", "Of a notification.", &STATES[..]),
        (
            "Reasons not to send",
            "Of the state `SKIPPED`.",
            &SKIP_REASONS,
        ),
        ("Reasons to wait", "Of the state `PLANNED`.", &WAIT_REASONS),
        (
            "Reasons to skip a scheduled operation",
            "Of the event `OperationSkipped`.",
            &OPERATION_REASONS,
        ),
        (
            "Reports",
            "What the mail service reports of a mail that it accepted, in `provider_events` and `delivery`.",
            &REPORTS,
        ),
        ("Kinds", "Of notifications.", &KINDS),
        ("Events", "Their types.", &EVENTS),
        ("Keys of a search", "What a hit was found by.", &SEARCH_KEYS),
    ];
    let mut page = "# States, reasons and other codes, in words\n\n\
        The API, exports, JSON and CSV have the codes, the console and the tables of the command line the words. This page \
        is made from the\ntable in the code; `UPDATE_GOLDEN=1 cargo test -p tests --test api -- words::` writes it.\n"
        .to_owned();
    for (title, intro, table) in sections {
        page += &format!("\n## {title}\n\n{intro}\n\n| code | words | meaning |\n|---|---|---|\n");
        for Word {
            code,
            words,
            meaning,
        } in table
        {
            page += &format!("| `{code}` | {words} | {meaning} |\n");
        }
    }
    page
}

#[test]
fn the_reference_of_codes_is_the_table_of_the_code() {
    let page = reference();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(REFERENCE, &page).unwrap();
    }
    let written = std::fs::read_to_string(REFERENCE).unwrap();
    assert_eq!(page, written, "run the test with UPDATE_GOLDEN=1");
}

#[test]
fn the_openapi_document_has_the_words_and_meaning_of_each_code() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let reason = "Notification/properties/reason";
    for (schema, table) in [
        ("NotificationState", &STATES[..]),
        (reason, &SKIP_REASONS),
        (reason, &WAIT_REASONS),
        ("SkipReason", &OPERATION_REASONS),
        ("ProviderEvent/properties/kind", &REPORTS),
        ("NotificationKind", &KINDS),
        // `AccountOverdrawn` is published, and the API does not answer it.
        ("EventType", &EVENTS[..EVENTS.len() - 1]),
        ("SearchKey", &SEARCH_KEYS),
    ] {
        let place = format!("/components/schemas/{schema}/description");
        let description = document.pointer(&place).and_then(Value::as_str).unwrap();
        let codes: Vec<String> = (table.iter())
            .map(|word| format!("`{}` {}: {}", word.code, word.words, word.meaning))
            .collect();
        let words = codes.join("; ") + ".";
        assert!(
            description.contains(&words),
            "{place} lacks:\n{words}\nand is:\n{description}"
        );
    }
}
