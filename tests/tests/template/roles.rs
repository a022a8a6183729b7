//! What the template's roles may do, told without deploying it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{listed, of_type, template};

/// The statements of a function's role as (action, resource) pairs.
fn grants(role: &Value) -> Vec<(String, Value)> {
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap();
    assert_eq!(role["Policies"].as_array().unwrap().len(), 1);
    statements
        .iter()
        .flat_map(|statement| {
            assert_eq!(statement["Effect"], "Allow");
            let resources = listed(&statement["Resource"]);
            listed(&statement["Action"])
                .into_iter()
                .flat_map(move |action| {
                    let action = action.as_str().unwrap().to_owned();
                    resources
                        .clone()
                        .into_iter()
                        .map(move |resource| (action.clone(), resource))
                })
        })
        .collect()
}

/// The table that a policy's resource is about, its indexes and stream included.
fn table_of(resource: &Value) -> Option<String> {
    let id = match resource {
        Value::Object(intrinsic) => match intrinsic.iter().next().unwrap() {
            (name, Value::Array(parts)) if name == "Fn::GetAtt" => parts[0].as_str().unwrap(),
            (_, Value::String(pattern)) => pattern.strip_prefix("${")?.split_once(['.', '}'])?.0,
            other => panic!("unexpected resource {other:?}"),
        },
        _ => return None,
    };
    id.ends_with("Table").then(|| id.to_owned())
}

/// Those roles that may call an action on a table.
fn allowed_on(table: &str, action: &str) -> BTreeSet<String> {
    of_type(&template(), "AWS::IAM::Role")
        .into_iter()
        .filter(|(_, role)| {
            grants(role).iter().any(|(granted, resource)| {
                granted == action && table_of(resource).as_deref() == Some(table)
            })
        })
        .map(|(id, _)| id)
        .collect()
}

#[test]
fn no_role_has_a_wildcard_but_for_the_files_of_the_export_and_calls_that_have_no_resources() {
    for (id, role) in of_type(&template(), "AWS::IAM::Role") {
        for (action, resource) in grants(&role) {
            assert!(!action.contains('*'), "{id}: {action}");
            let wild = resource.to_string().contains('*');
            assert_eq!(
                wild,
                action.starts_with("xray:")
                    || action == "ses:GetAccount"
                    || action == "dynamodb:ListStreams"
                    || resource == json!({ "Fn::Sub": "${ExportsBucket.Arn}/history/*" }),
                "{id}: {action} on {resource}"
            );
        }
        assert!(
            role.get("ManagedPolicyArns").is_none(),
            "{id}: managed policies grant more than is called"
        );
    }
}

#[test]
fn the_history_is_added_to_by_the_api_and_by_schedules_alone_and_changed_by_nobody() {
    assert_eq!(
        allowed_on("EventsTable", "dynamodb:PutItem"),
        ["ApiRole".to_owned(), "ScheduleRole".to_owned()].into()
    );
    for action in [
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem",
    ] {
        assert_eq!(
            allowed_on("EventsTable", action),
            BTreeSet::new(),
            "{action}"
        );
        assert_eq!(
            allowed_on("RequestsTable", action),
            BTreeSet::new(),
            "{action}"
        );
    }
    assert_eq!(
        allowed_on("EventsTable", "dynamodb:Scan"),
        ["ApiRole".to_owned(), "ReplayRole".to_owned()].into()
    );
}

#[test]
fn no_revision_of_a_customer_is_deleted_only_terms_of_the_index_are() {
    assert_eq!(
        allowed_on("CustomersTable", "dynamodb:DeleteItem"),
        ["ApiRole".to_owned()].into()
    );
    let template = template();
    let role = &template["Resources"]["ApiRole"]["Properties"];
    let statements = &role["Policies"][0]["PolicyDocument"]["Statement"];
    let deletes = statements.as_array().unwrap().iter().find(|statement| {
        statement["Resource"] == json!({ "Fn::GetAtt": ["CustomersTable", "Arn"] })
            && listed(&statement["Action"]).contains(&json!("dynamodb:DeleteItem"))
    });
    // No id of a customer begins with "#".
    let keys = json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["#*"] } });
    assert_eq!(deletes.unwrap()["Condition"], keys);
    assert_eq!(deletes.unwrap()["Action"], "dynamodb:DeleteItem");
}

#[test]
fn only_notify_can_send_mail() {
    let senders: BTreeSet<_> = of_type(&template(), "AWS::IAM::Role")
        .into_iter()
        .filter(|(_, role)| {
            grants(role)
                .iter()
                .any(|(action, _)| action.starts_with("ses:"))
        })
        .map(|(id, _)| id)
        .collect();
    assert_eq!(senders, ["NotifyRole".to_owned()].into());
}

#[test]
fn a_function_is_told_of_the_tables_that_its_role_may_reach_and_of_no_other() {
    let template = template();
    for (id, function) in of_type(&template, "AWS::Serverless::Function") {
        let told: BTreeSet<String> = function["Environment"]["Variables"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| name.ends_with("_TABLE"))
            .map(|(_, value)| value["Ref"].as_str().unwrap().to_owned())
            .collect();
        let role = function["Role"]["Fn::GetAtt"][0].as_str().unwrap();
        let reached: BTreeSet<String> = grants(&template["Resources"][role]["Properties"])
            .iter()
            .filter_map(|(_, resource)| table_of(resource))
            .collect();
        assert_eq!(told, reached, "{id}");
    }
}

#[test]
fn only_lambda_assumes_the_role_of_a_function() {
    for (id, role) in of_type(&template(), "AWS::IAM::Role") {
        if id == "HeartbeatRole" {
            continue;
        }
        let expected = json!([{
            "Effect": "Allow",
            "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }]);
        assert_eq!(
            role["AssumeRolePolicyDocument"]["Statement"], expected,
            "{id}"
        );
    }
}

#[test]
fn only_the_scheduler_of_this_account_assumes_the_role_of_the_heartbeats_which_calls_three_functions()
 {
    let template = template();
    let role = &template["Resources"]["HeartbeatRole"]["Properties"];
    let expected = json!([{
        "Effect": "Allow",
        "Principal": { "Service": "scheduler.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } },
    }]);
    assert_eq!(role["AssumeRolePolicyDocument"]["Statement"], expected);
    let arn_of = |id: &str| json!({ "Fn::GetAtt": [id, "Arn"] });
    assert_eq!(
        grants(role),
        [
            (
                "lambda:InvokeFunction".to_owned(),
                arn_of("ScheduleFunction")
            ),
            ("lambda:InvokeFunction".to_owned(), arn_of("NotifyFunction")),
            ("lambda:InvokeFunction".to_owned(), arn_of("ExportFunction")),
            ("sqs:SendMessage".to_owned(), arn_of("DeadLetters")),
            // For the queue: its messages are encrypted.
            ("kms:Decrypt".to_owned(), arn_of("DataKey")),
            ("kms:GenerateDataKey".to_owned(), arn_of("DataKey")),
        ]
    );
}
