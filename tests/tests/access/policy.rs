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

/// Whether a text has the form of a pattern: `*` is any characters, slashes included, and `?` any one.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut behind = pattern.chars();
    match behind.next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .any(|at| matches(behind.as_str(), &text[at..])),
        Some('?') => {
            let mut rest = text.chars();
            rest.next().is_some() && matches(behind.as_str(), rest.as_str())
        }
        Some(one) => text
            .strip_prefix(one)
            .is_some_and(|rest| matches(behind.as_str(), rest)),
    }
}

#[test]
fn a_star_of_a_policy_is_any_characters_and_a_question_mark_is_one() {
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
        ("secret:keys-??????", "secret:keys-AbCdEf", true),
        ("secret:keys-??????", "secret:keys-AbCdE", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}
