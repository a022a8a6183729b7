//! Reading the events of the bus: versions of the program overlap, and a reader
//! may be older than what it reads.

use domain::IntegrationEvent;
use domain::event::DecodeError;
use domain::integration_event::Detail;
use serde_json::{Value, json};

use crate::bus_events::{detail, docs, one_of_each, read_json};

/// Adds a member to every object.
fn add_everywhere(value: &mut Value) {
    if let Value::Object(members) = value {
        members.values_mut().for_each(add_everywhere);
        members.insert("of_a_later_version".to_owned(), json!({ "any": [1, null] }));
    }
}

#[test]
fn members_that_are_not_known_are_ignored_wherever_they_are() {
    for event in one_of_each() {
        let mut detail = detail(&event);
        add_everywhere(&mut detail);
        let read = IntegrationEvent::from_wire(event.type_name(), &detail);
        assert_eq!(read, Ok(event), "{detail:#}");
    }
}

#[test]
fn what_passes_through_keeps_the_data_of_a_later_version() {
    for event in one_of_each() {
        let mut detail = detail(&event);
        detail["data"]["of_a_later_version"] = json!("kept");
        let read: Detail = serde_json::from_value(detail.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), detail);
    }
}

/// Required of writers. Stored events may lack them, and are read by the same code.
const HAVE_DEFAULTS: [(&str, &str); 4] = [
    ("AccountOpened", "overdraft_limit"),
    ("AccountOpened", "opening_balance"),
    ("OperationScheduled", "time_zone"),
    ("AccountOverdrawn", "causation_id"),
];

#[test]
fn an_event_that_lacks_what_its_schema_requires_cannot_be_read() {
    for event in one_of_each() {
        let name = event.type_name();
        let schema = read_json(docs().join(format!("{name}.v1.schema.json")));
        for part in ["metadata", "data"] {
            let required = &schema["properties"][part]["required"];
            for member in required.as_array().unwrap() {
                let member = member.as_str().unwrap();
                let mut detail = detail(&event);
                detail[part].as_object_mut().unwrap().remove(member);
                match IntegrationEvent::from_wire(name, &detail) {
                    Ok(_) => assert!(HAVE_DEFAULTS.contains(&(name, member)), "{name} {member}"),
                    Err(DecodeError::Malformed { event_type, detail }) => {
                        assert_eq!(event_type, name);
                        assert!(detail.contains(member), "{member}: {detail}");
                    }
                    Err(error) => panic!("{member}: {error}"),
                }
            }
        }
    }
}

#[test]
fn an_event_of_a_later_version_is_named_as_one_and_not_guessed_at() {
    for event in one_of_each() {
        let name = event.type_name();
        let mut detail = detail(&event);
        assert_eq!(
            IntegrationEvent::from_wire("MoneyFrozen", &detail),
            Err(DecodeError::UnknownType("MoneyFrozen".to_owned()))
        );
        detail["metadata"]["schema"] = json!(2);
        // Its data may be anything.
        detail["data"] = json!({ "sum": { "minor": 12_550 } });
        assert_eq!(
            IntegrationEvent::from_wire(name, &detail),
            Err(DecodeError::NewerSchema {
                event_type: name.to_owned(),
                schema: 2
            })
        );
    }
}
