//! Reading JSON of callers: an object with a duplicate member is refused.
//!
//! RFC 8259 leaves open which of the two counts. One parser reads 1.00 where the next one reads 1000.00, without an error.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use crate::fields::{FieldError, pointer_below};

/// Most members that one answer names: a hostile body can have thousands.
const MOST_NAMED: usize = 10;

/// Why a text is refused.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The JSON pointers (RFC 6901) of the members, at most ten.
    #[error("ambiguous: {} is given twice", .0.join(", "))]
    Twice(Vec<String>),
}

impl JsonError {
    /// The same for the answer to a request.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        match self {
            JsonError::NotJson(error) => {
                let detail = format!("the body is not JSON: {error}");
                vec![FieldError::pointer("", detail)]
            }
            JsonError::Twice(pointers) => {
                let twice = |pointer| FieldError::pointer(pointer, "is given twice");
                pointers.into_iter().map(twice).collect()
            }
        }
    }
}

/// Reads a whole text as JSON.
///
/// # Errors
/// Where it is not JSON, is nested deeper than 128 levels, or has a member
/// twice in one object. Names are compared as they are after their escapes.
pub fn read(text: &[u8]) -> Result<Value, JsonError> {
    let value = serde_json::from_slice(text)?;
    let twice = members_given_twice(text);
    match twice.is_empty() {
        true => Ok(value),
        false => Err(JsonError::Twice(twice)),
    }
}

/// An object or an array that has begun, and where in it we are.
enum Open {
    Object {
        /// Each name, and whether it was reported as a duplicate.
        names: HashMap<String, bool>,
        /// The member whose value comes, after its name.
        current: Option<String>,
    },
    Array {
        index: usize,
    },
}

/// Returns the pointers of the duplicate members of a text that is valid JSON. `serde_json` does not report them: it keeps the
/// last one.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "places and counts stay within the text"
)]
fn members_given_twice(text: &[u8]) -> Vec<String> {
    let mut twice = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut place = 0;
    while place < text.len() && twice.len() < MOST_NAMED {
        match text[place] {
            b'{' => open.push(Open::Object {
                names: HashMap::new(),
                current: None,
            }),
            b'[' => open.push(Open::Array { index: 0 }),
            b'}' | b']' => drop(open.pop()),
            b',' => match open.last_mut() {
                Some(Open::Object { current, .. }) => *current = None,
                Some(Open::Array { index }) => *index += 1,
                None => {}
            },
            b'"' => {
                let string = string_at(text, place);
                place += string.len() - 1;
                if is_given_twice(&mut open, string) {
                    twice.push(pointer(&open));
                }
            }
            _ => {}
        }
        place += 1;
    }
    twice
}

/// The string that begins there, with its quotation marks.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "places stay within the text"
)]
fn string_at(text: &[u8], place: usize) -> &[u8] {
    let rest = &text[place..];
    let mut end = 1;
    while end < rest.len() && rest[end] != b'"' {
        end += if rest[end] == b'\\' { 2 } else { 1 };
    }
    &rest[..rest.len().min(end + 1)]
}

/// Notes a string where it is a member's name, and says whether the object has had it before; of each name once.
fn is_given_twice(open: &mut [Open], string: &[u8]) -> bool {
    let Some(Open::Object { names, current }) = open.last_mut() else {
        return false;
    };
    if current.is_some() {
        return false;
    }
    let Ok(name) = serde_json::from_slice::<String>(string) else {
        return false;
    };
    *current = Some(name.clone());
    match names.entry(name) {
        Entry::Vacant(new) => {
            new.insert(false);
            false
        }
        Entry::Occupied(mut known) => !known.insert(true),
    }
}

fn pointer(open: &[Open]) -> String {
    open.iter().fold(String::new(), |above, open| match open {
        Open::Object { current, .. } => pointer_below(&above, current.as_deref().unwrap_or("")),
        Open::Array { index } => format!("{above}/{index}"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn twice(text: &str) -> Vec<String> {
        match read(text.as_bytes()) {
            Err(JsonError::Twice(pointers)) => pointers,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_named_wherever_it_is() {
        assert_eq!(twice(r#"{"a": 1, "a": 1}"#), ["/a"]);
        assert_eq!(twice(r#"{"a": 1, "b": 2, "\u0061": 3, "a": 4}"#), ["/a"]);
        assert_eq!(twice(r#"{"\"": "a", "\\": 1, "\u0022": 2}"#), ["/\""]);
        assert_eq!(twice(r#"{"a": "}],{", "b": [",\"", 1], "b": 2}"#), ["/b"]);
        assert_eq!(twice(r#"[{}, {"x": {"": 1, "": 2}}]"#), ["/1/x/"]);
        assert_eq!(twice(r#"{"a/b~": [0, {"c": 1, "c": 2}]}"#), ["/a~1b~0/1/c"]);
        assert_eq!(twice(r#"{"a": {"b": 1, "b": 2}, "a": {}}"#), ["/a/b", "/a"]);
        // The same name in another object is another member; upper case is another name.
        let good = r#"{"a": {"a": "a"}, "A": [{"a": 1}, {"a": 1}, "a", "a"], "b": "a"}"#;
        assert_eq!(
            read(good.as_bytes()).unwrap(),
            json!({ "a": { "a": "a" }, "A": [{ "a": 1 }, { "a": 1 }, "a", "a"], "b": "a" })
        );
    }

    #[test]
    fn a_text_that_has_thousands_twice_gets_a_short_answer() {
        let members: Vec<String> = (0..5_000)
            .map(|n| format!("\"m{n}\":0,\"m{n}\":0"))
            .collect();
        assert_eq!(
            twice(&format!("{{{}}}", members.join(","))).len(),
            MOST_NAMED
        );
        assert_eq!(
            twice(&format!("{{{}\"a\":0}}", "\"a\":0,".repeat(5_000))),
            ["/a"]
        );
    }

    #[test]
    fn a_request_is_answered_with_each_fault_of_its_body() {
        let faults = |text: &str| read(text.as_bytes()).unwrap_err().into_errors();
        let twice = |pointer: &str| FieldError::pointer(pointer, "is given twice");
        assert_eq!(
            faults(r#"{"a": 1, "a": 1, "b": {"c": 1, "c": 1}}"#),
            [twice("/a"), twice("/b/c")]
        );
        let [fault] = faults("{").try_into().unwrap();
        assert_eq!(fault.location, crate::Location::Pointer(String::new()));
        assert!(
            fault.detail.starts_with("the body is not JSON: "),
            "{}",
            fault.detail
        );
    }

    #[test]
    fn what_is_not_json_or_too_deep_is_refused() {
        for text in ["", "{", "{} {}", "[1,]", "nul", "\"\u{1}\"", "1e400"] {
            let refused = read(text.as_bytes());
            assert!(matches!(refused, Err(JsonError::NotJson(_))), "{text:?}");
        }
        assert!(read(b"\"\xff\"").is_err());
        assert!(read("[".repeat(200).as_bytes()).is_err());
        assert!(read("{\"a\":".repeat(200).as_bytes()).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The same, with the first member of each object there twice; how often that was.
    fn with_firsts_twice(value: &Value, count: &mut usize) -> String {
        match value {
            Value::Array(values) => {
                let all: Vec<String> = values
                    .iter()
                    .map(|value| with_firsts_twice(value, count))
                    .collect();
                format!("[{}]", all.join(","))
            }
            Value::Object(map) => {
                let mut all: Vec<String> = map
                    .iter()
                    .map(|(name, value)| {
                        format!("{}:{}", json!(name), with_firsts_twice(value, count))
                    })
                    .collect();
                if let Some((name, _)) = map.iter().next() {
                    all.push(format!("{}:null", json!(name)));
                    *count += 1;
                }
                format!("{{{}}}", all.join(","))
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn what_is_there_twice_is_found_in_any_text(value in value()) {
            let mut count = 0;
            let text = with_firsts_twice(&value, &mut count);
            let found = match read(text.as_bytes()) {
                Ok(_) => 0,
                Err(JsonError::Twice(pointers)) => pointers.len(),
                Err(error) => panic!("{text}: {error}"),
            };
            prop_assert_eq!(found, count.min(MOST_NAMED));
        }

        #[test]
        fn what_is_written_is_read_as_it_was(value in value()) {
            let text = serde_json::to_vec(&value).unwrap();
            prop_assert_eq!(read(&text).unwrap(), value);
        }
    }
}
