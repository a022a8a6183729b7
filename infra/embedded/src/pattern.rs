//! EventBridge's patterns, translated for a matcher that supports fewer of them.

use serde_json::{Value, json};

/// Returns the patterns that together are equivalent to a pattern of EventBridge.
///
/// In EventBridge, `[{"exists": false}, "notify"]` means either. quamina supports
/// `exists` only by itself, so each side becomes a pattern of its own.
#[must_use]
pub fn alternatives(pattern: &Value) -> Vec<Value> {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .fold(vec![json!({})], |patterns, (name, value)| {
                let values = alternatives(value);
                patterns
                    .iter()
                    .flat_map(|pattern| values.iter().map(move |value| with(pattern, name, value)))
                    .collect()
            }),
        Value::Array(values) => {
            let (absent, others): (Vec<Value>, Vec<Value>) = values
                .iter()
                .cloned()
                .partition(|value| value["exists"] == false);
            [absent, others]
                .into_iter()
                .filter(|side| !side.is_empty())
                .map(Value::Array)
                .collect()
        }
        // Not a pattern of EventBridge. The matcher reports it when it is added.
        other => vec![other.clone()],
    }
}

fn with(pattern: &Value, name: &str, value: &Value) -> Value {
    let mut extended = pattern.clone();
    extended[name] = value.clone();
    extended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_or_a_value_becomes_two_patterns() {
        let pattern = json!({ "source": ["ledgerbell"], "detail": { "target": [{ "exists": false }, "notify"] } });
        assert_eq!(
            alternatives(&pattern),
            [
                json!({ "source": ["ledgerbell"], "detail": { "target": [{ "exists": false }] } }),
                json!({ "source": ["ledgerbell"], "detail": { "target": ["notify"] } }),
            ]
        );
    }
}
