//! EventBridge's patterns for a matcher that reads a little less of them.

use serde_json::{Value, json};

/// The patterns that a pattern of EventBridge stands for.
///
/// In EventBridge `[{"exists": false}, "notify"]` means either; quamina takes
/// `exists` only where it stands alone, so each side becomes a pattern.
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
        // Not EventBridge's language; whoever adds it to a matcher is told.
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
