//! A change of the template that would replace or delete what holds data is seen here, before it is deployed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::template;

/// The types that hold something, and those of their properties that CloudFormation cannot change without a new resource.
const HOLDING: [(&str, &[&str]); 10] = [
    ("AWS::DynamoDB::Table", &["TableName", "KeySchema"]),
    ("AWS::SQS::Queue", &["QueueName", "FifoQueue"]),
    ("AWS::SecretsManager::Secret", &["Name"]),
    ("AWS::S3::Bucket", &["BucketName", "ObjectLockEnabled"]),
    ("AWS::KMS::Key", &["KeySpec", "MultiRegion"]),
    // That it is verified, by records in somebody's DNS.
    ("AWS::SES::EmailIdentity", &["EmailIdentity"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::Events::EventBus", &["Name"]),
    ("AWS::Events::Archive", &["ArchiveName", "SourceArn"]),
    (
        "AWS::Serverless::Api",
        &["StageName", "EndpointConfiguration"],
    ),
];

/// What goes with the stack, because it can be made again.
const GOES: [(&str, &str); 3] = [
    ("BalancesTable", "a replay rebuilds it"),
    (
        "SchedulesTable",
        "a replay of events to `schedule` builds it anew",
    ),
    ("ReplaysTable", "jobs and shadows only"),
];
/// Types that hold no data of the bank's: they go with the stack.
const WITHOUT_DATA: [&str; 4] = [
    "AWS::Logs::LogGroup",
    "AWS::Events::EventBus",
    "AWS::Events::Archive",
    "AWS::Serverless::Api",
];

fn resources() -> Map<String, Value> {
    let template = template();
    template["Resources"].as_object().unwrap().clone()
}

fn kind(resource: &Value) -> &str {
    resource["Type"].as_str().unwrap()
}

#[test]
fn what_holds_data_and_cannot_be_made_again_is_retained_once_made_and_the_rest_says_that_it_goes() {
    let goes: BTreeMap<_, _> = GOES.into();
    let mut gone = BTreeSet::new();
    let mut retained = 0;
    for (id, resource) in resources() {
        let kind = kind(&resource);
        let holds = HOLDING.iter().any(|(holding, _)| *holding == kind);
        if !holds || WITHOUT_DATA.contains(&kind) {
            continue;
        }
        let (deleted, replaced) = if let Some(why) = goes.get(id.as_str()) {
            gone.insert(id.clone());
            assert!(!why.is_empty());
            ("Delete", "Delete")
        } else {
            retained += 1;
            // Nothing is in it yet while it is made, and its name would stand in the next attempt's way.
            ("RetainExceptOnCreate", "Retain")
        };
        assert_eq!(resource["DeletionPolicy"], deleted, "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], replaced, "{id}");
    }
    assert_eq!(gone.len(), GOES.len(), "{gone:?}");
    assert_eq!(retained, 12);
}

#[test]
fn a_type_that_could_hold_data_is_known_here() {
    // Services that keep what they are given. A new type of theirs has to be thought about.
    const KEEPING: [&str; 9] = [
        "AWS::DynamoDB::",
        "AWS::S3::",
        "AWS::SQS::",
        "AWS::SecretsManager::",
        "AWS::KMS::",
        "AWS::RDS::",
        "AWS::EFS::",
        "AWS::Kinesis",
        "AWS::Backup::",
    ];
    // They say something of a resource, and hold nothing.
    const SAYING: [&str; 5] = [
        "AWS::SQS::QueuePolicy",
        "AWS::S3::BucketPolicy",
        "AWS::KMS::Alias",
        "AWS::SecretsManager::RotationSchedule",
        "AWS::SecretsManager::ResourcePolicy",
    ];
    for (id, resource) in resources() {
        let kind = kind(&resource);
        let keeps = KEEPING.iter().any(|service| kind.starts_with(service));
        let known = HOLDING.iter().any(|(known, _)| *known == kind);
        assert!(!keeps || known || SAYING.contains(&kind), "{id}: {kind}");
    }
}

/// A difference means that CloudFormation makes a new, empty resource, or refuses to since the name is taken.
///
/// What is new is added to the file by a run with `INSTA_UPDATE=always`. What is renamed, or has another key, needs a way for its
/// data first.
#[test]
fn what_holds_something_keeps_its_id_name_and_key() {
    let identities: BTreeMap<String, Value> = resources()
        .into_iter()
        .filter_map(|(id, resource)| {
            let (kind, fixed) = HOLDING
                .into_iter()
                .find(|(holding, _)| *holding == kind(&resource))?;
            let properties = &resource["Properties"];
            let mut identity: BTreeMap<String, Value> = fixed
                .iter()
                .filter(|name| !properties[**name].is_null())
                .map(|name| ((*name).to_owned(), properties[*name].clone()))
                .collect();
            identity.insert("Type".to_owned(), json!(kind));
            if let Some(keys) = properties["KeySchema"].as_array() {
                identity.insert("KeyTypes".to_owned(), key_types(properties, keys));
            }
            Some((id, json!(identity)))
        })
        .collect();
    insta::assert_json_snapshot!(identities);
}

/// The types of a table's keys, in their order.
fn key_types(properties: &Value, keys: &[Value]) -> Value {
    let attributes = properties["AttributeDefinitions"].as_array().unwrap();
    let type_of = |key: &Value| {
        let found = attributes
            .iter()
            .find(|attribute| attribute["AttributeName"] == key["AttributeName"]);
        found.unwrap()["AttributeType"].clone()
    };
    keys.iter().map(type_of).collect()
}
