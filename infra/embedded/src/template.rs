//! What one machine takes from the template: its tables and its rules. They
//! are not written a second time.

use handlers::schedule::HEARTBEAT;
use serde_json::{Map, Value, json};

use crate::pattern::alternatives;

const TEMPLATE: &str = include_str!("../../cloudformation/template.yaml");

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in template: {0}")]
pub struct TemplateError(String);

/// A rule of the bus and the functions that it feeds.
#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    /// EventBridge's pattern, as JSON; any of these is a match.
    pub patterns: Vec<String>,
    /// Logical ids of functions.
    pub functions: Vec<String>,
    /// Whether it is on the bus of AWS's own services, not on ours.
    pub on_default_bus: bool,
}

/// A schedule of the template's own: the functions' heartbeat.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    pub name: String,
    /// The logical id of the function that it calls.
    pub function: String,
    /// What it calls it with, as JSON.
    pub input: String,
}

#[derive(Debug, Clone)]
pub struct Template {
    resources: Map<String, Value>,
}

impl Template {
    pub fn built_in() -> Result<Self, TemplateError> {
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

    /// `CreateTable` requests, by the names that tables have on one machine:
    /// `EventsTable` is `events`.
    pub fn tables(&self) -> Vec<Value> {
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

    /// What EventBridge Scheduler calls to have done what is due. How often it
    /// does is left to whoever stands in for it: a beat more or less changes
    /// nothing. Its other calls are for services that one machine has not.
    pub fn heartbeats(&self) -> Vec<Heartbeat> {
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

    pub fn rules(&self) -> Vec<Rule> {
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

/// A pattern in which each resource that it refers to has the name that it has
/// on one machine: its logical id.
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
