//! The tables, rules and heartbeats of the template, which one machine uses too.

use handlers::schedule::HEARTBEAT;
use serde_json::{Map, Value, json};

use crate::pattern::alternatives;

const TEMPLATE: &str = include_str!("../../cloudformation/template.yaml");

/// The error for an invalid template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in template: {0}")]
pub struct TemplateError(String);

/// A rule of the bus and the functions that it feeds.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub name: String,
    /// The patterns as JSON, of which any may match.
    pub patterns: Vec<String>,
    /// The logical ids of the functions.
    pub functions: Vec<String>,
    /// Whether it is on the default bus, with the events of AWS's own services.
    pub on_default_bus: bool,
}

/// A heartbeat of the template.
#[derive(Debug, Clone)]
pub(crate) struct Heartbeat {
    pub name: String,
    /// The logical id of the function that it calls.
    pub function: String,
    /// The input of the call, as JSON.
    pub input: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Template {
    resources: Map<String, Value>,
}

impl Template {
    pub(crate) fn built_in() -> Result<Self, TemplateError> {
        let mut template: Value =
            serde_saphyr::from_str(TEMPLATE).map_err(|error| TemplateError(error.to_string()))?;
        match template["Resources"].take() {
            Value::Object(resources) => Ok(Template { resources }),
            _ => Err(TemplateError("has no resources".to_owned())),
        }
    }

    fn of_type<'a>(
        &'a self,
        resource_type: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource["Type"] == resource_type)
            .map(|(name, resource)| (name, &resource["Properties"]))
    }

    /// Returns the `CreateTable` requests, with the tables' names on one machine:
    /// `events` for `EventsTable`.
    pub(crate) fn tables(&self) -> Vec<Value> {
        self.of_type("AWS::DynamoDB::Table")
            .map(|(name, properties)| {
                let mut request = json!({
                    "TableName": name.trim_end_matches("Table").to_lowercase(),
                    "BillingMode": "PAY_PER_REQUEST",
                });
                for part in [
                    "AttributeDefinitions",
                    "KeySchema",
                    "GlobalSecondaryIndexes",
                ] {
                    if let Some(value) = properties.get(part) {
                        request[part] = value.clone();
                    }
                }
                if let Some(view) = properties["StreamSpecification"].get("StreamViewType") {
                    request["StreamSpecification"] =
                        json!({ "StreamEnabled": true, "StreamViewType": view });
                }
                request
            })
            .collect()
    }

    /// Returns the heartbeats. Their rates are ignored, because additional beats
    /// change nothing. EventBridge Scheduler's other calls are for services that
    /// do not exist on one machine.
    pub(crate) fn heartbeats(&self) -> Vec<Heartbeat> {
        self.of_type("AWS::Scheduler::Schedule")
            .filter_map(|(name, properties)| {
                let target = &properties["Target"];
                Some(Heartbeat {
                    name: name.clone(),
                    function: target["Arn"]["Fn::GetAtt"][0].as_str()?.to_owned(),
                    input: target["Input"].as_str()?.to_owned(),
                })
            })
            .filter(|heartbeat| {
                let input: Value = serde_json::from_str(&heartbeat.input).unwrap_or_default();
                input["detail-type"] == HEARTBEAT
            })
            .collect()
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.of_type("AWS::Events::Rule")
            .map(|(name, properties)| {
                let targets = properties["Targets"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let function =
                    |target: &Value| target["Arn"]["Fn::GetAtt"][0].as_str().map(str::to_owned);
                Rule {
                    name: name.clone(),
                    patterns: alternatives(&resolved(&properties["EventPattern"]))
                        .iter()
                        .map(Value::to_string)
                        .collect(),
                    functions: targets.iter().filter_map(function).collect(),
                    on_default_bus: properties.get("EventBusName").is_none(),
                }
            })
            .collect()
    }
}

/// Replaces each reference to a resource in a pattern by the resource's name on
/// one machine, which is its logical id.
fn resolved(pattern: &Value) -> Value {
    match pattern {
        Value::Object(fields) => match fields.get("Ref") {
            Some(Value::String(id)) if fields.len() == 1 => json!(id),
            _ => fields
                .iter()
                .map(|(name, value)| (name.clone(), resolved(value)))
                .collect(),
        },
        Value::Array(values) => values.iter().map(resolved).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_rules_and_heartbeats_of_the_template_are_found() {
        let template = Template::built_in().unwrap();
        let mut tables: Vec<String> = template
            .tables()
            .iter()
            .map(|table| table["TableName"].as_str().unwrap().to_owned())
            .collect();
        tables.sort();
        assert_eq!(
            tables,
            [
                "balances",
                "customers",
                "events",
                "notifications",
                "replays",
                "requests",
                "schedules",
                "suppressions"
            ]
        );
        let functions: Vec<String> = template
            .heartbeats()
            .into_iter()
            .map(|heartbeat| heartbeat.function)
            .collect();
        assert_eq!(functions, ["ScheduleFunction", "NotifyFunction"]);
        let rules = template.rules();
        assert!(rules.len() >= 4);
        assert!(rules.iter().all(|rule| rule.functions.len() == 1));
        let of_aws: Vec<&str> = rules
            .iter()
            .filter(|rule| rule.on_default_bus)
            .map(|rule| rule.name.as_str())
            .collect();
        assert_eq!(of_aws, ["FeedbackRule"]);
        let streams = template
            .tables()
            .into_iter()
            .filter(|table| table.get("StreamSpecification").is_some());
        assert_eq!(streams.count(), 1);
    }
}
