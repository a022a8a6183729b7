//! The roles of the functions grant what their code calls, no more and no less.
//!
//! Nothing here lists calls by hand: those of the code are read out of its source by this crate's build script, from the `main`
//! of each function through the use cases and ports down to the clients of the SDK; those that AWS makes with the role for a
//! function follow from the template.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::policy::{listed, template};

/// One call a line: the function, the action, and on what.
const MADE: &str = include_str!(concat!(env!("OUT_DIR"), "/calls.txt"));

/// An action, and on what: a table's or another resource's logical id, with the index or stream where it is one's.
pub(crate) type Call = (String, String);

#[test]
fn a_functions_role_grants_the_calls_that_its_code_makes_and_no_other() {
    let template = template();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for name in xtask::FUNCTIONS {
        let (role, made) = calls_of(&template, name);
        let granted = granted(&template["Resources"][&role]);
        compared += made.len();
        for (action, on) in made.difference(&granted) {
            wrong.push(format!(
                "{name}: {action} on {on} is called and not granted"
            ));
        }
        for (action, on) in granted.difference(&made) {
            wrong.push(format!(
                "{name}: {action} on {on} is granted and not called"
            ));
        }
    }
    println!("{compared} calls of {} functions", xtask::FUNCTIONS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A function's role, and the calls that are made with it.
pub(crate) fn calls_of(template: &Value, name: &str) -> (String, BTreeSet<Call>) {
    let function = format!("{}Function", capitalised(name));
    let mut made = made_by(name);
    assert!(!made.is_empty(), "{name} calls nothing");
    made.extend(made_for(template, &function));
    let role = &template["Resources"][&function]["Properties"]["Role"]["Fn::GetAtt"][0];
    (role.as_str().unwrap().to_owned(), made)
}

fn made_by(function: &str) -> BTreeSet<Call> {
    MADE.lines()
        .filter_map(|line| {
            let (name, call) = line.split_once(' ').unwrap();
            let (action, on) = call.split_once(' ').unwrap();
            (name == function).then(|| (action.to_owned(), on.to_owned()))
        })
        .collect()
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// What AWS calls with a function's role, by what the template has for it.
fn made_for(template: &Value, function: &str) -> BTreeSet<Call> {
    let resources = template["Resources"].as_object().unwrap();
    let properties = &resources[function]["Properties"];
    let log_group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        .as_str()
        .unwrap();
    let mut calls: BTreeSet<Call> = ["CreateLogStream", "PutLogEvents"]
        .map(|action| (format!("logs:{action}"), log_group.to_owned()))
        .into();
    if template["Globals"]["Function"]["Tracing"] == "Active" {
        calls.extend(
            ["PutTraceSegments", "PutTelemetryRecords"]
                .map(|action| (format!("xray:{action}"), "*".to_owned())),
        );
    }
    for resource in resources.values() {
        let properties = &resource["Properties"];
        if properties["FunctionName"]["Ref"] != function {
            continue;
        }
        // Its records are read, and what fails is parked.
        if let Some(stream) = properties["EventSourceArn"]["Fn::GetAtt"].as_array() {
            let stream = format!("{}/stream", stream[0].as_str().unwrap());
            calls.extend(
                ["DescribeStream", "GetShardIterator", "GetRecords"]
                    .map(|action| (format!("dynamodb:{action}"), stream.clone())),
            );
            // By the service authorization reference it has no resources.
            calls.insert(("dynamodb:ListStreams".to_owned(), "*".to_owned()));
        }
        let on_failure = &properties["DestinationConfig"]["OnFailure"]["Destination"];
        if let Some(destination) = on_failure["Fn::GetAtt"][0].as_str() {
            calls.insert(("sqs:SendMessage".to_owned(), destination.to_owned()));
        }
    }
    calls
}

/// What a role grants. Of keys nothing: the services use them for the function, and what they need is tested with the keys.
fn granted(role: &Value) -> BTreeSet<Call> {
    let statements = &role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let mut calls = BTreeSet::new();
    for statement in statements.as_array().unwrap() {
        for action in listed(&statement["Action"]) {
            let action = action.as_str().unwrap();
            for resource in listed(&statement["Resource"]) {
                if !action.starts_with("kms:") {
                    calls.insert((action.to_owned(), named(&resource)));
                }
            }
        }
    }
    calls
}

/// A policy's resource by its logical id.
fn named(resource: &Value) -> String {
    if let Some(parts) = resource["Fn::GetAtt"].as_array() {
        let (id, attribute) = (parts[0].as_str().unwrap(), parts[1].as_str().unwrap());
        return match attribute {
            "StreamArn" => format!("{id}/stream"),
            _ => id.to_owned(),
        };
    }
    let text = resource["Fn::Sub"].as_str().or(resource.as_str()).unwrap();
    let known: BTreeMap<&str, &str> = [
        (":secret:${AWS::StackName}-signing-keys-", "SigningKeys"),
        (":identity/${MailIdentity}", "mail"),
        (":configuration-set/${MailConfiguration}", "mail"),
    ]
    .into();
    for (part, name) in known {
        if text.contains(part) {
            return name.to_owned();
        }
    }
    text.replace("${", "").replace(".Arn}", "")
}
