//! The template, as far as it can be judged without deploying it.
#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

mod change;
mod encryption;
mod limits;
// AWS's models come with its command line, as the transform does with SAM: both are Python.
#[cfg(feature = "python")]
mod names;
mod pieces;
mod roles;
mod rules;
#[cfg(feature = "python")]
mod transformed;

use serde_json::{Value, json};

fn template_text() -> String {
    std::fs::read_to_string(xtask::template_path()).unwrap()
}

fn template() -> Value {
    serde_saphyr::from_str(&template_text()).unwrap()
}

/// The resources of a type, as (logical id, properties).
fn of_type(template: &Value, kind: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_object().unwrap().iter();
    let found: Vec<_> = resources
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.clone(), resource["Properties"].clone()))
        .collect();
    assert!(!found.is_empty(), "the template has no {kind}");
    found
}

fn arn_of(id: &str) -> Value {
    json!({ "Fn::GetAtt": [id, "Arn"] })
}

/// One string or a list of them, which policies use alike.
fn listed(value: &Value) -> Vec<Value> {
    value
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![value.clone()])
}
