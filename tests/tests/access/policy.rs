//! The template's policies, read as IAM reads them.

use serde_json::Value;

pub(crate) fn template() -> Value {
    let text = std::fs::read_to_string(xtask::template_path()).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// One string or a list of them, which policies use alike.
pub(crate) fn listed(value: &Value) -> Vec<Value> {
    value
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![value.clone()])
}

/// Whether a text has the form of a pattern: `*` is any characters, slashes included.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|behind| {
            (0..=behind.len())
                .filter(|at| behind.is_char_boundary(*at))
                .any(|at| matches(rest, &behind[at..]))
        }),
    }
}

#[test]
fn a_star_of_a_policy_is_any_characters() {
    for (pattern, text, expected) in [
        ("GET/accounts", "GET/accounts", true),
        ("GET/accounts", "GET/accounts/A", false),
        ("GET/accounts/*", "GET/accounts/A/events", true),
        ("GET/accounts/*", "GET/accounts", false),
        ("POST/accounts/A-*/events", "POST/accounts/A-1/events", true),
        (
            "POST/accounts/A-*/events",
            "POST/accounts/B-1/events",
            false,
        ),
        ("POST/accounts/A-*/events", "POST/accounts/A-1", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}
