//! Receiving servers write texts of their own into bounces, and anybody can
//! put anything into a JSON object.

use domain::notification::Phase;
use handlers::feedback::read;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::given::{example, notification};

const TYPES: [&str; 6] = [
    "Send",
    "Delivery",
    "DeliveryDelay",
    "Bounce",
    "Complaint",
    "Reject",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[a-z]{1,8}@[a-z]{1,8}\\.com".prop_map(Value::from),
        "[+-]?[0-9]{1,9}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:00:00Z".prop_map(Value::from),
        Just(json!("Permanent")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z_]{1,12}", inner), 0..4)
                .prop_map(|pairs| Value::from(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, pointer: String, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        places(child, format!("{pointer}/{name}"), found);
    }
    found.push(pointer);
}

proptest! {
    #[test]
    fn whatever_is_written_into_an_event_nothing_of_it_is_kept_that_could_be_an_address(
        event_type in prop::sample::select(TYPES.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4),
    ) {
        let mut event = example(event_type);
        for (index, value) in changes {
            let mut found = Vec::new();
            places(&event, String::new(), &mut found);
            let pointer = index.get(&found).clone();
            *event.pointer_mut(&pointer).unwrap() = value;
        }
        match read(&event) {
            Ok(None) => {}
            Ok(Some(read)) => {
                let stored = notification(Phase::Unknown, 1);
                let next = stored.provider_reported(&read.event, chrono::DateTime::UNIX_EPOCH);
                let next = next.unwrap();
                let mut kept = serde_json::to_string(&next).unwrap();
                kept = kept.replace("deposit.en@1", "the template");
                prop_assert!(!kept.contains('@'), "{kept}");
                prop_assert!(kept.len() < 4096, "{}", kept.len());
            }
            Err(error) => {
                prop_assert_eq!(error.class(), "Permanent");
                prop_assert!(!error.to_string().contains('@'), "{}", error);
            }
        }
    }

    #[test]
    fn anything_at_all_is_an_answer_and_no_panic(event in any_json()) {
        let _ = read(&event);
    }
}
