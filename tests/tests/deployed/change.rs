//! A stack with data is deployed again, changed, and deleted, and no data goes that should stay.
//!
//! It has the stack for itself, between the other tests and chaos.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::deployed::{Caller, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[(
    "a_second_deploy_and_a_changed_parameter_lose_nothing_and_a_deleted_stack_leaves_what_cannot_be_made_again",
    change,
)];

/// What cannot be made again: as the template retains it.
const KEPT: [&str; 5] = [
    "EventsTableName",
    "RequestsTableName",
    "CustomersTableName",
    "NotificationsTableName",
    "SuppressionsTableName",
];
/// What follows from the events.
const FOLLOWS: [&str; 3] = [
    "BalancesTableName",
    "SchedulesTableName",
    "ReplaysTableName",
];

fn change(stack: &Stack) {
    let caller = stack.user_of_the_api("bank-of-changes");
    open(stack, &caller, "BEFORE-1");
    let before = Kept::of(stack);
    assert!(before.events > 0, "nothing is there that could be lost");

    let again = stack.deploy_again(&[]);
    before.is_still_in(&again, "the same template again");
    open(&again, &caller, "BEFORE-2");

    let changed = again.deploy_again(&[
        ("BankName", "Another Bank"),
        ("LogRetentionDays", "30"),
        ("DeletionProtection", "true"),
    ]);
    before.is_still_in(&changed, "three parameters changed");
    assert_eq!(changed.variable("notify", "BANK_NAME"), "Another Bank");
    open(&changed, &caller, "BEFORE-3");
    for table in KEPT.iter().chain(&FOLLOWS) {
        let delete = json!({ "TableName": changed.output(table) });
        let operation = "DynamoDB_20120810.DeleteTable";
        let refused = changed.call(&changed.root(), "dynamodb", operation, &delete);
        assert!(refused.body.contains("protect"), "{table}: {refused:?}");
    }

    // A stack of its own, as the other one is still needed. The mail identity is that one's.
    let going = stack.deploy_beside("going", &[("CreateMailIdentity", "false")]);
    open(&going, &going.user_of_the_api("bank-that-goes"), "GOING-1");
    let before = Kept::of(&going);
    going.delete();
    before.is_still_in(&going, "the stack deleted");
    for table in FOLLOWS {
        let describe = json!({ "TableName": going.output(table) });
        let operation = "DynamoDB_20120810.DescribeTable";
        let gone = going.call(&going.root(), "dynamodb", operation, &describe);
        assert!(gone.body.contains("ResourceNotFound"), "{table}: {gone:?}");
    }
}

/// Appends, and waits for what is projected: the whole way from the API over the stream.
fn open(stack: &Stack, caller: &Caller, account: &str) {
    let body = json!({ "events": [{
        "type": "AccountOpened",
        "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "customer_id": "CUST-CHANGE", "currency": "EUR", "opening_balance": "7.00" },
    }] });
    let path = format!("/accounts/{account}/events");
    let key = [("idempotency-key", "open")];
    let appended = stack
        .api("POST", &path, &key, Some(&body))
        .send(Some(caller));
    assert_eq!(appended.status, 201, "{account}: {appended:?}");
    stack.eventually(&format!("the balance of {account}"), || {
        let rows = stack.scan("BalancesTableName");
        let projected = rows.iter().any(|row| row["account_id"]["S"] == account);
        if projected { Ok(()) } else { Err(rows.len()) }
    });
}

/// What must be there afterwards as it was before.
struct Kept {
    /// Whole items, by the table's output.
    items: Vec<(&'static str, BTreeSet<String>)>,
    events: usize,
    secret: String,
    letters: usize,
}

impl Kept {
    fn of(stack: &Stack) -> Self {
        let items: Vec<_> = KEPT.map(|table| (table, whole(stack, table))).into();
        Self {
            events: items[0].1.len(),
            items,
            secret: secret(stack),
            letters: stack.dead_letters().len(),
        }
    }

    fn is_still_in(&self, stack: &Stack, after: &str) {
        for (table, items) in &self.items {
            let now = whole(stack, table);
            let missing: Vec<_> = items.difference(&now).collect();
            assert!(missing.is_empty(), "{table}, {after}: {missing:?}");
        }
        assert_eq!(secret(stack), self.secret, "{after}");
        let letters = stack.dead_letters().len();
        assert!(letters >= self.letters, "{after}: {letters} letters");
    }
}

/// Notifications by their ids alone: they may move on meanwhile.
fn whole(stack: &Stack, table: &str) -> BTreeSet<String> {
    let items = stack.scan(table);
    items
        .iter()
        .map(|item| match table {
            "NotificationsTableName" => item["notification_id"].to_string(),
            _ => item.to_string(),
        })
        .collect()
}

fn secret(stack: &Stack) -> String {
    let id = json!({ "SecretId": stack.output("SigningKeysArn") });
    let operation = "secretsmanager.GetSecretValue";
    let answer = stack.call(&stack.root(), "secretsmanager", operation, &id);
    assert_eq!(answer.status, 200, "{answer:?}");
    match &answer.json()["SecretString"] {
        Value::String(text) => text.clone(),
        other => panic!("no secret: {other}"),
    }
}
