//! Each role with each call of AWS's services that any of them makes, and with some that none may.
//!
//! Most denials so have a role for which the same call is let through, which shows that the call is well made; for the
//! others, root is that role.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Stack};

use super::{SERVICE_ROLES, Seen, Tally};

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
    "balances Query by-ending",
    "balances Query by-events",
    "balances Query by-customer",
    "customers Query",
    "customers Query by-term",
    "customers PutItem",
    "customers Scan",
    "customers DeleteItem",
    "notifications Query by-account",
    "notifications Query by-code",
    "notifications Query by-decided",
    "notifications GetItem",
    "notifications PutItem",
    "suppressions GetItem",
    "suppressions UpdateItem",
    "keys GetSecretValue",
    "replays GetItem",
    "replays PutItem",
    "replays Query by-part",
    "schedules GetItem",
    "schedules PutItem",
    "schedules Query",
    "schedules Query by-due",
    "bus PutEvents",
    "dead letters SendMessage",
    "dead letters ReceiveMessage",
    "dead letters GetQueueAttributes",
    "dead letters DeleteMessage",
    "dead letters ChangeMessageVisibility",
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
    "notifications Query by-due",
    "notifications Query by-digest",
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
const HEARTBEAT: &[&str] = &[
    "functions Invoke schedule",
    "functions Invoke notify",
    "functions Invoke export",
    "dead letters SendMessage",
];
const ROTATE: &[&str] = &[
    "keys DescribeSecret",
    "keys GetSecretValue",
    "keys PutSecretValue",
    "keys UpdateSecretVersionStage",
];
const EXPORT: &[&str] = &[
    "events Query",
    "events Query by-time",
    "events BatchGetItem",
    "balances Scan",
    "notifications GetItem",
    "notifications Query by-account",
    "exports GetObject",
    "exports PutObject",
    "exports DeleteObject",
    "exports ListBucket",
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
    "customers UpdateItem",
    "notifications DeleteItem",
    "notifications Scan",
    "suppressions Scan",
    "suppressions PutItem",
    "suppressions DeleteItem",
    "keys DeleteSecret",
    "schedules DeleteItem",
    "schedules Scan",
    "dead letters PurgeQueue",
    "bus of AWS PutEvents",
    "functions Invoke api",
    "functions Invoke project",
    "functions Invoke feedback",
    "functions Invoke replay",
    "functions Invoke rotate",
];
/// What the tables' own policies deny to everybody who does not append, or to everybody.
const HISTORY: &[&str] = &[
    "events PutItem",
    "events UpdateItem",
    "events DeleteItem",
    "events BatchWriteItem",
    "events and requests TransactWriteItems",
    "requests PutItem",
    "requests UpdateItem",
    "requests DeleteItem",
    "requests BatchWriteItem",
];
/// The one would take the letters that other tests wait for, the other the keys of their links.
const DESTRUCTIVE: [&str; 2] = ["dead letters PurgeQueue", "keys DeleteSecret"];

/// All calls that are tried, each once.
fn calls() -> BTreeSet<&'static str> {
    [
        API, PROJECT, NOTIFY, FEEDBACK, REPLAY, SCHEDULE, HEARTBEAT, ROTATE, EXPORT, NOBODY,
        HISTORY,
    ]
    .concat()
    .into_iter()
    .collect()
}

/// What a role of the template makes.
fn made_by(role: &str) -> &'static [&'static str] {
    match role {
        "ApiRole" => API,
        "ProjectRole" => PROJECT,
        "NotifyRole" => NOTIFY,
        "FeedbackRole" => FEEDBACK,
        "ReplayRole" => REPLAY,
        "ScheduleRole" => SCHEDULE,
        "HeartbeatRole" => HEARTBEAT,
        "RotateRole" => ROTATE,
        "ExportRole" => EXPORT,
        other => panic!("no role {other}"),
    }
}

pub(super) fn matrix(stack: &Stack) {
    let tag = Some(("ledgerbell-accounts", "BANKA-"));
    let mut callers = vec![
        (
            "bank",
            stack.user_with_policy("bank-at-aws", "BankPolicyArn", tag),
        ),
        (
            "analyst",
            stack.user_with_policy("analyst-at-aws", "AnalystPolicyArn", None),
        ),
        (
            "operator",
            stack.user_with_policy("operator-at-aws", "OperatorPolicyArn", None),
        ),
        (
            "user without a policy",
            stack.user_without_rights("nobody-at-aws"),
        ),
        ("administrator", stack.administrator("administrator")),
    ];
    callers.extend(SERVICE_ROLES.map(|role| (role, stack.role(role))));
    let mut tally = Tally::default();
    for (name, caller) in &callers {
        for call in calls() {
            let may = match *name {
                "administrator" if DESTRUCTIVE.contains(&call) => continue,
                "administrator" => !HISTORY.contains(&call),
                role if SERVICE_ROLES.contains(&role) => made_by(role).contains(&call),
                _ => false,
            };
            let answer = make(stack, caller, call);
            tally.note(&format!("{name}: {call}"), may, seen(&answer), &answer);
        }
    }
    tally.conclude("access to AWS's services", callers.len());
}

pub(super) fn root_may(stack: &Stack) {
    for call in calls() {
        if !DESTRUCTIVE.contains(&call) {
            let answer = make(stack, &stack.root(), call);
            assert_eq!(seen(&answer), Seen::Passed, "{call}: {answer:?}");
        }
    }
}

/// Done, or refused by what keeps the attempt without effect: both are beyond the policy.
fn seen(answer: &Answer) -> Seen {
    const WITHOUT_EFFECT: [&str; 6] = [
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "ReceiptHandleIsInvalid",
        "NoSuchKey",
        "PreconditionFailed",
        "You must specify MoveToVersionId",
    ];
    let refused = || WITHOUT_EFFECT.iter().any(|why| answer.body.contains(why));
    if answer.is_access_denied() {
        Seen::Denied
    } else if matches!(answer.status, 200 | 204) || refused() {
        Seen::Passed
    } else {
        Seen::Neither
    }
}

fn make(stack: &Stack, caller: &Caller, call: &str) -> Answer {
    let (target, operation) = call.split_once(' ').unwrap();
    match (target, operation) {
        ("mail", "GetAccount") => stack.ses_account(caller),
        ("keys", operation) => {
            let mut body = json!({ "SecretId": stack.output("SigningKeysArn") });
            // A version of a stage that nobody reads; and a stage that is to be moved nowhere.
            match operation {
                "PutSecretValue" => {
                    body["SecretString"] = json!("{}");
                    body["VersionStages"] = json!(["PROBE"]);
                }
                "UpdateSecretVersionStage" => body["VersionStage"] = json!("PROBE"),
                _ => {}
            }
            let operation = format!("secretsmanager.{operation}");
            stack.call(caller, "secretsmanager", &operation, &body)
        }
        ("mail", _) => stack.send_mail(caller, &mail()),
        ("functions", operation) => {
            let function = operation.trim_start_matches("Invoke ");
            stack.invoke(caller, function, "DryRun", &json!({}))
        }
        ("bus", "PutEvents") => put_events(stack, caller, stack.output("BusName")),
        ("bus", _) => put_events(stack, caller, "default"),
        ("exports", operation) => stack.probe_exports(caller, operation),
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
        // Of the customers only terms are deleted. The local AWS knows no condition on the key and would let through any.
        "DeleteItem" if table == "customers" => json!({
            "TableName": name,
            "Key": { "customer_id": { "S": "#PROBE" }, "revision": { "N": "1" } },
            "ConditionExpression": never(table),
        }),
        "UpdateItem" | "DeleteItem" => {
            json!({ "TableName": name, "Key": key(table), "ConditionExpression": never(table) })
        }
        "Scan" => json!({ "TableName": name, "Limit": 1 }),
        "Query" => {
            let (attribute, value) = match (table, index) {
                ("events", "by-time") => ("slice", json!({ "N": "0" })),
                (_, "by-due") => ("due_slice", json!({ "N": "0" })),
                (_, "by-digest") => ("digest_id", json!({ "S": "PROBE" })),
                ("notifications", "by-code") => ("verification_code", json!({ "S": "PROBE" })),
                ("balances", "by-ending") => ("ending", json!({ "S": "PROBE" })),
                ("balances", "by-events") => ("event_part", json!({ "S": "PROBE" })),
                ("notifications", "by-decided") => ("decided_slice", json!({ "N": "0" })),
                ("replays", "by-part") => ("part", json!({ "S": "PROBE" })),
                ("customers", "by-term") => ("kind", json!({ "S": "PROBE" })),
                ("customers", _) | ("balances", "by-customer") => {
                    ("customer_id", json!({ "S": "PROBE" }))
                }
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
        "DeleteMessage" | "ChangeMessageVisibility" => {
            body["ReceiptHandle"] = json!("PROBE");
            body["VisibilityTimeout"] = json!(0);
        }
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
