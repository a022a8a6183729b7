//! Stored events, whatever is in them: read back as they were written, or
//! refused by name. Schema 1 is the only one yet; a second one brings its old
//! form here, and what it is read as.

use domain::Event;
use domain::event::{DecodeError, SCHEMA};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any;

const TYPES: [&str; 5] = [
    "AccountOpened",
    "MoneyDeposited",
    "MoneyWithdrawn",
    "TransactionReversed",
    "AccountClosed",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[A-Z]{3}|[0-9]{1,3}\\.[0-9]{2}|\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        let name = "amount|currency|customer_id|reverses|movement|[a-z]{1,4}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_today_is_read_as_what_it_was(event in any::event()) {
        let read = Event::from_stored(event.type_name(), SCHEMA, &event.to_data());
        prop_assert_eq!(read, Ok(event));
    }

    #[test]
    fn a_type_that_is_not_known_is_an_error_that_names_it(event_type in "\\PC{0,20}", data in json_value()) {
        prop_assume!(!TYPES.contains(&event_type.as_str()));
        let error = Event::from_stored(&event_type, SCHEMA, &data).unwrap_err();
        prop_assert_eq!(&error, &DecodeError::UnknownType(event_type.clone()));
        let quoted = format!("{event_type:?}");
        prop_assert!(error.to_string().contains(&quoted), "{error}");
    }

    #[test]
    fn a_schema_that_is_not_known_is_an_error_that_names_it_whatever_the_data(
        event in any::event(),
        schema in prop_oneof![Just(0), SCHEMA + 1..=u32::MAX],
        data in json_value(),
    ) {
        for data in [event.to_data(), data] {
            let error = Event::from_stored(event.type_name(), schema, &data).unwrap_err();
            let named = format!("{} has schema {schema}", event.type_name());
            prop_assert!(error.to_string().contains(&named), "{error}");
            let expected = DecodeError::NewerSchema { event_type: event.type_name().to_owned(), schema };
            prop_assert_eq!(error, expected);
        }
    }

    #[test]
    fn no_data_can_do_more_than_be_refused_and_what_is_read_is_written_again(
        event_type in prop::sample::select(TYPES.to_vec()),
        data in json_value(),
    ) {
        match Event::from_stored(event_type, SCHEMA, &data) {
            Ok(event) => prop_assert_eq!(Event::from_stored(event_type, SCHEMA, &event.to_data()), Ok(event)),
            Err(error) => prop_assert!(error.to_string().contains(event_type), "{error}"),
        }
    }

    #[test]
    fn a_field_too_many_is_an_error_that_names_it(event in any::event(), name in "x_[a-z]{1,8}") {
        let mut data = event.to_data();
        data[&name] = json!(1);
        let error = Event::from_stored(event.type_name(), SCHEMA, &data).unwrap_err();
        prop_assert!(error.to_string().contains(&format!("/{name} ")), "{error}");
    }
}
