//! Each function's role may make the calls that it makes, and is denied every other.
//!
//! Every call of the lists is tried as every role. Most denials so have a role for which the same call is let through, which
//! shows that the call is well made; for those of `NOBODY`, root is that role.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "each_call_that_a_role_is_denied_is_one_that_root_may_make",
        root_may,
    ),
    ("the_role_of_api_may_do_what_it_does_and_no_more", |stack| {
        matrix(stack, "ApiRole", API)
    }),
    (
        "the_role_of_project_may_do_what_it_does_and_no_more",
        |stack| matrix(stack, "ProjectRole", PROJECT),
    ),
    (
        "the_role_of_notify_may_do_what_it_does_and_no_more",
        |stack| matrix(stack, "NotifyRole", NOTIFY),
    ),
    (
        "the_role_of_feedback_may_do_what_it_does_and_no_more",
        |stack| matrix(stack, "FeedbackRole", FEEDBACK),
    ),
    (
        "the_role_of_replay_may_do_what_it_does_and_no_more",
        |stack| matrix(stack, "ReplayRole", REPLAY),
    ),
    (
        "the_role_of_schedule_may_do_what_it_does_and_no_more",
        |stack| matrix(stack, "ScheduleRole", SCHEDULE),
    ),
];

const API: &[&str] = &[
    "events Query",
    "events Query by-time",
    "events PutItem",
    "events BatchGetItem",
    "events Scan",
    "events and requests TransactWriteItems",
    "requests GetItem",
    "requests PutItem",
    "balances GetItem",
    "balances PutItem",
    "balances Scan",
    "customers Query",
    "customers PutItem",
    "notifications Query by-account",
    "notifications Query by-code",
    "notifications GetItem",
    "notifications PutItem",
    "suppressions GetItem",
    "suppressions UpdateItem",
    "keys GetSecretValue",
    "replays GetItem",
    "replays PutItem",
    "schedules GetItem",
    "schedules PutItem",
    "schedules Query",
    "bus PutEvents",
    "dead letters SendMessage",
    "dead letters ReceiveMessage",
];
const PROJECT: &[&str] = &[
    "events Query",
    "balances GetItem",
    "balances PutItem",
    "bus PutEvents",
    "dead letters SendMessage",
];
const NOTIFY: &[&str] = &[
    "events Query",
    "customers Query",
    "notifications GetItem",
    "notifications PutItem",
    "suppressions GetItem",
    "keys GetSecretValue",
    "dead letters SendMessage",
    "mail SendEmail",
    "mail GetAccount",
];
const FEEDBACK: &[&str] = &[
    "notifications GetItem",
    "notifications PutItem",
    "suppressions UpdateItem",
    "dead letters SendMessage",
];
const REPLAY: &[&str] = &[
    "events Query",
    "events Query by-time",
    "events Scan",
    "events BatchGetItem",
    "balances GetItem",
    "balances PutItem",
    "replays GetItem",
    "replays PutItem",
    "replays BatchWriteItem",
    "bus PutEvents",
    "dead letters SendMessage",
];
const SCHEDULE: &[&str] = &[
    "events Query",
    "events PutItem",
    "events and requests TransactWriteItems",
    "requests GetItem",
    "requests PutItem",
    "schedules GetItem",
    "schedules PutItem",
    "schedules Query by-due",
    "dead letters SendMessage",
];
/// Calls that no role may make.
const NOBODY: &[&str] = &[
    "events UpdateItem",
    "events DeleteItem",
    "events BatchWriteItem",
    "requests UpdateItem",
    "requests DeleteItem",
    "balances UpdateItem",
    "balances DeleteItem",
    "customers Scan",
    "customers DeleteItem",
    "notifications DeleteItem",
    "notifications Scan",
    "suppressions Scan",
    "suppressions PutItem",
    "suppressions DeleteItem",
    "keys PutSecretValue",
    "schedules DeleteItem",
    "schedules Scan",
    "dead letters PurgeQueue",
    "bus of AWS PutEvents",
];

/// All calls that are tried, each once.
fn calls() -> BTreeSet<&'static str> {
    [API, PROJECT, NOTIFY, FEEDBACK, REPLAY, SCHEDULE, NOBODY]
        .concat()
        .into_iter()
        .collect()
}

fn matrix(stack: &Stack, role: &str, allowed: &[&str]) {
    let caller = stack.role(role);
    let mut wrong = Vec::new();
    for call in calls() {
        let answer = make(stack, &caller, call);
        let expected = if allowed.contains(&call) {
            was_let_through(&answer)
        } else {
            answer.is_access_denied()
        };
        if !expected {
            let should = if allowed.contains(&call) {
                "allowed"
            } else {
                "denied"
            };
            wrong.push(format!(
                "{call} should be {should}: {} {}",
                answer.status, answer.body
            ));
        }
    }
    assert!(wrong.is_empty(), "{role}:\n{}", wrong.join("\n"));
}

fn root_may(stack: &Stack) {
    for call in calls() {
        // The one would take the letters that other tests wait for, the other the keys of their links.
        if !["dead letters PurgeQueue", "keys PutSecretValue"].contains(&call) {
            let answer = make(stack, &stack.root(), call);
            assert!(was_let_through(&answer), "{call}: {answer:?}");
        }
    }
}

/// Done, or refused by the condition that keeps the attempt without effect: both are beyond the policy.
fn was_let_through(answer: &Answer) -> bool {
    answer.status == 200
        || [
            "ConditionalCheckFailedException",
            "TransactionCanceledException",
        ]
        .iter()
        .any(|reason| answer.body.contains(reason))
}

fn make(stack: &Stack, caller: &Caller, call: &str) -> Answer {
    let (target, operation) = call.split_once(' ').unwrap();
    match (target, operation) {
        ("mail", "GetAccount") => stack.ses_account(caller),
        ("keys", operation) => {
            let body = json!({ "SecretId": stack.output("SigningKeysArn"), "SecretString": "{}" });
            let operation = format!("secretsmanager.{operation}");
            stack.call(caller, "secretsmanager", &operation, &body)
        }
        ("mail", _) => stack.send_mail(caller, &mail()),
        ("bus", "PutEvents") => put_events(stack, caller, stack.output("BusName")),
        ("bus", _) => put_events(stack, caller, "default"),
        ("dead", operation) => queue(stack, caller, operation.trim_start_matches("letters ")),
        ("events", "and requests TransactWriteItems") => append(stack, caller),
        (table, operation) => {
            let (operation, index) = operation.split_once(' ').unwrap_or((operation, ""));
            let body = table_request(stack, table, operation, index);
            stack.call(
                caller,
                "dynamodb",
                &format!("DynamoDB_20120810.{operation}"),
                &body,
            )
        }
    }
}

fn table_name<'a>(stack: &'a Stack, table: &str) -> &'a str {
    let output = match table {
        "events" => "EventsTableName",
        "requests" => "RequestsTableName",
        "balances" => "BalancesTableName",
        "customers" => "CustomersTableName",
        "notifications" => "NotificationsTableName",
        "replays" => "ReplaysTableName",
        "schedules" => "SchedulesTableName",
        "suppressions" => "SuppressionsTableName",
        other => panic!("no table {other}"),
    };
    stack.output(output)
}

/// The key of an item that is never there.
fn key(table: &str) -> Value {
    let text = json!({ "S": "PROBE" });
    match table {
        "events" => json!({ "account_id": text, "version": { "N": "1" } }),
        "requests" => json!({ "account_id": text, "idempotency_key": text }),
        "balances" => json!({ "account_id": text }),
        "customers" => json!({ "customer_id": text, "revision": { "N": "1" } }),
        "notifications" => json!({ "notification_id": text }),
        "replays" => json!({ "replay_id": text, "part": text }),
        "suppressions" => json!({ "address_hash": text }),
        "schedules" => json!({ "account_id": text, "schedule_id": text }),
        other => panic!("no table {other}"),
    }
}

/// A condition that no attempt meets: the answer tells whether it was allowed, and nothing is written.
fn never(table: &str) -> String {
    let key = key(table);
    format!(
        "attribute_exists({})",
        key.as_object().unwrap().keys().next().unwrap()
    )
}

fn table_request(stack: &Stack, table: &str, operation: &str, index: &str) -> Value {
    let name = table_name(stack, table);
    match operation {
        "GetItem" => json!({ "TableName": name, "Key": key(table) }),
        "BatchGetItem" => json!({ "RequestItems": { name: { "Keys": [key(table)] } } }),
        "BatchWriteItem" => {
            json!({ "RequestItems": { name: [{ "DeleteRequest": { "Key": key(table) } }] } })
        }
        "PutItem" => {
            json!({ "TableName": name, "Item": key(table), "ConditionExpression": never(table) })
        }
        "UpdateItem" | "DeleteItem" => {
            json!({ "TableName": name, "Key": key(table), "ConditionExpression": never(table) })
        }
        "Scan" => json!({ "TableName": name, "Limit": 1 }),
        "Query" => {
            let (attribute, value) = match (table, index) {
                ("events", "by-time") => ("slice", json!({ "N": "0" })),
                ("schedules", "by-due") => ("due_slice", json!({ "N": "0" })),
                ("notifications", "by-code") => ("verification_code", json!({ "S": "PROBE" })),
                ("customers", _) => ("customer_id", json!({ "S": "PROBE" })),
                _ => ("account_id", json!({ "S": "PROBE" })),
            };
            let mut query = json!({
                "TableName": name,
                "KeyConditionExpression": "#k = :v",
                "ExpressionAttributeNames": { "#k": attribute },
                "ExpressionAttributeValues": { ":v": value },
            });
            if !index.is_empty() {
                query["IndexName"] = json!(index);
            }
            query
        }
        other => panic!("no operation {other}"),
    }
}

fn append(stack: &Stack, caller: &Caller) -> Answer {
    let put = |table: &str| {
        json!({ "Put": {
            "TableName": table_name(stack, table),
            "Item": key(table),
            "ConditionExpression": never(table),
        } })
    };
    let body = json!({ "TransactItems": [put("events"), put("requests")] });
    stack.call(
        caller,
        "dynamodb",
        "DynamoDB_20120810.TransactWriteItems",
        &body,
    )
}

fn put_events(stack: &Stack, caller: &Caller, bus: &str) -> Answer {
    let entry =
        json!({ "EventBusName": bus, "Source": "test", "DetailType": "Probe", "Detail": "{}" });
    stack.call(
        caller,
        "events",
        "AWSEvents.PutEvents",
        &json!({ "Entries": [entry] }),
    )
}

fn queue(stack: &Stack, caller: &Caller, operation: &str) -> Answer {
    let mut body = json!({ "QueueUrl": stack.output("DeadLetterQueueUrl") });
    match operation {
        "SendMessage" => body["MessageBody"] = json!("PROBE"),
        "ReceiveMessage" => body["VisibilityTimeout"] = json!(0),
        _ => {}
    }
    stack.call(caller, "sqs", &format!("AmazonSQS.{operation}"), &body)
}

fn mail() -> Value {
    json!({
        "FromEmailAddress": "alerts@example.com",
        "Destination": { "ToAddresses": ["probe@example.org"] },
        "Content": { "Simple": {
            "Subject": { "Data": "Probe" },
            "Body": { "Text": { "Data": "Probe" } },
        } },
    })
}
