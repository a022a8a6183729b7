//! What is seen of the deployed stack: its logs, its metrics, its alarms, and that nobody personal is in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::canary::Canary;
use tests::deployed::{Caller, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "the_correlation_id_of_a_request_is_in_the_log_of_every_function_on_its_way",
        one_id_through_all_logs,
    ),
    (
        "personal_data_is_in_no_log_line_metric_or_dead_letter_of_the_stack",
        nobody_is_in_the_logs,
    ),
    (
        "what_goes_wrong_rings_and_every_alarm_rings_where_its_metric_crosses_its_threshold",
        alarms_ring,
    ),
];

struct Bank<'a> {
    stack: &'a Stack,
    caller: Caller,
    account: &'static str,
}

impl<'a> Bank<'a> {
    /// An open account of this person.
    fn open(stack: &'a Stack, account: &'static str, person: &Value) -> Self {
        let caller = stack.user_of_the_api(&format!("bank-of-{account}"));
        let bank = Bank {
            stack,
            caller,
            account,
        };
        let put = stack
            .api("PUT", &bank.customer(), &[], Some(person))
            .send(Some(&bank.caller));
        assert_eq!(put.status, 201, "{put:?}");
        let opened = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
            "data": { "customer_id": format!("CUST-{account}"), "currency": "EUR" } });
        bank.append("open", opened);
        bank
    }

    fn customer(&self) -> String {
        format!("/customers/CUST-{}", self.account)
    }

    /// Under a key that is the correlation id too.
    fn append(&self, key: &str, event: Value) {
        let path = format!("/accounts/{}/events", self.account);
        let headers = [("idempotency-key", key), ("x-correlation-id", key)];
        let body = json!({ "events": [event] });
        let appended = self
            .stack
            .api("POST", &path, &headers, Some(&body))
            .send(Some(&self.caller));
        assert_eq!(appended.status, 201, "{appended:?}");
    }

    fn notifications(&self) -> Value {
        let path = format!("/accounts/{}/notifications", self.account);
        self.stack
            .api("GET", &path, &[], None)
            .send(Some(&self.caller))
            .json()
    }

    /// Waits until this many notifications are in this state.
    fn told(&self, state: &str, count: usize) {
        self.stack.eventually("the notifications", || {
            let page = self.notifications();
            let all = page["notifications"].as_array().into_iter().flatten();
            match all.filter(|found| found["state"] == state).count() {
                found if found >= count => Ok(()),
                _ => Err(page),
            }
        });
    }
}

/// The lines of each function's log that are JSON.
fn logs(stack: &Stack) -> BTreeMap<String, Vec<Value>> {
    let mut logs: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut name = String::new();
    for line in stack.function_logs().split(['\n', '\t']) {
        if let Some(group) = line.strip_prefix("--- /aws/lambda/") {
            name = group.rsplit('-').next().unwrap_or_default().to_owned();
        } else if let Ok(line) = serde_json::from_str(line) {
            logs.entry(name.clone()).or_default().push(line);
        }
    }
    logs
}

fn one_id_through_all_logs(stack: &Stack) {
    let person = json!({ "email": "bounce+observed@simulator.amazonses.com", "name": "Ada Moreau", "preferences": {} });
    let bank = Bank::open(stack, "ACC-OBSERVED", &person);
    bank.append(
        "corr-observed-1",
        Canary::movement("MoneyDeposited", "12.00"),
    );
    bank.told("SENT", 1);
    let expected = [
        ("api", "appended"),
        ("feedback", "what became of a mail"),
        ("notify", "mail sent"),
        ("project", "projected"),
        ("project", "published"),
    ];
    stack.eventually("the lines of all hops", || {
        let logs = logs(stack);
        let is_there = |(function, message): &(&str, &str)| {
            let lines = logs.get(*function).into_iter().flatten();
            lines.clone().any(|line| {
                line["correlation_id"] == "corr-observed-1" && line["message"] == *message
            })
        };
        let missing: Vec<_> = expected.iter().filter(|hop| !is_there(hop)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(format!("{missing:?}"))
        }
    });
    // The line of the mail has Lambda's own ids too, by which its X-Ray trace is found.
    let sent = logs(stack)["notify"]
        .iter()
        .find(|line| line["correlation_id"] == "corr-observed-1")
        .cloned()
        .unwrap();
    assert!(sent["requestId"].is_string(), "{sent:#}");
}

fn nobody_is_in_the_logs(stack: &Stack) {
    let mut person = Canary::person("example.org", json!({}));
    person["email"] = json!("bounce+zqcanaryown@simulator.amazonses.com");
    let bank = Bank::open(stack, "ACC-CANARY", &person);
    bank.append("canary-1", Canary::movement("MoneyDeposited", "1.00"));
    bank.append("canary-2", Canary::movement("MoneyWithdrawn", "0.50"));
    bank.told("SENT", 1);
    let call = |method, path: &str, body: Option<&Value>| {
        stack.api(method, path, &[], body).send(Some(&bank.caller))
    };
    let mut wrong = person.clone();
    wrong["email"] = json!("zqcanaryown, zqcanaryfurther");
    assert_eq!(call("PUT", &bank.customer(), Some(&wrong)).status, 400);
    let what_if = json!({ "from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
        "preferences": { "addresses": [{ "email": "zqcanaryfurther@example.org", "kinds": ["deposit"] }] } });
    assert_eq!(call("POST", "/what-if", Some(&what_if)).status, 200);
    // An event that notify fails at, with all that an event has.
    let broken = json!({ "source": "ledgerbell", "detail-type": "MoneyDeposited",
        "detail": { "metadata": { "correlation_id": "canary-3" }, "data": Canary::movement("MoneyDeposited", "1.00")["data"] } });
    assert_eq!(
        stack.invoke_later(&stack.root(), "notify", &broken).status,
        202
    );
    // And one of SES's that nothing can be made of.
    let bounce = json!({ "source": "aws.ses", "detail-type": "Email Bounced", "detail": { "eventType": "Bounce",
        "mail": { "tags": { "notification_id": ["3f9a1c0e-5d7b-5288-8a61-0c2e94d7b1f6"] },
            "destination": ["zqcanaryown@example.org"] },
        "bounce": { "bouncedRecipients": [{ "emailAddress": "zqcanaryown@example.org" }] } } });
    assert_eq!(
        stack
            .invoke_later(&stack.root(), "feedback", &bounce)
            .status,
        202
    );
    stack.eventually("the dead letter", || {
        let letters = stack.dead_letters();
        match letters
            .iter()
            .any(|letter| letter.body.contains("canary-3"))
        {
            true => Ok(()),
            false => Err(letters.len()),
        }
    });
    assert_eq!(call("DELETE", &bank.customer(), None).status, 204);
    bank.append("canary-4", Canary::movement("MoneyDeposited", "2.00"));
    let page = stack.eventually("the decision after the erasure", || {
        let page = bank.notifications();
        match page["notifications"][0]["reason"] == "erased" {
            true => Ok(page),
            false => Err(page),
        }
    });
    let verified = call(
        "GET",
        &format!("/accounts/{}/verification", bank.account),
        None,
    )
    .json();
    assert_eq!(verified["valid"], true, "{verified}");

    let mails = stack
        .mails()
        .iter()
        .map(|mail| format!("{mail:?}"))
        .collect::<String>();
    assert!(
        mails.contains("Zqcanaryname") && mails.contains("zqcanaryown"),
        "it was there to be found"
    );
    let mut canary = Canary::default();
    let text = stack.function_logs();
    assert!(text.contains("canary-4"), "the logs are those of this");
    for line in text.split(['\n', '\t']) {
        canary.search("a line of a function's log", line);
    }
    canary.search("a metric", &json!(stack.metrics_in_the_logs()).to_string());
    for letter in stack.dead_letters() {
        // An event of SES's is kept as SES made it: docs/explanation/mail-delivery.md.
        if !letter.body.contains("aws.ses") {
            canary.search_record("a dead letter", &format!("{letter:?}"));
        }
    }
    let listed = call("GET", "/dead-letters?limit=100", None);
    canary.search_record("the list of dead letters", &listed.body);
    canary.search_record("the notifications", &page.to_string());
    canary.search_record("the commits", &call("GET", "/commits?limit=100", None).body);
    canary.assert_not_found();
}

/// A schedule that cannot be run, so that a heartbeat has something to fail at.
fn unreadable_schedule() -> Value {
    json!({
        "account_id": { "S": "ACC-NOWHERE" }, "schedule_id": { "S": "unreadable" },
        "revision": { "N": "1" }, "version": { "N": "1" }, "created_at": { "S": "2026-01-01T00:00:00Z" },
        "schedule": { "S": "nothing that can be read" },
        "due_slice": { "N": "0" }, "next_at": { "S": "2026-01-01T00:00:00.000000Z" },
    })
}

fn table_call(stack: &Stack, operation: &str, what: (&str, Value)) {
    let mut body = json!({ "TableName": stack.output("SchedulesTableName") });
    body[what.0] = what.1;
    let answer = stack.call(
        &stack.root(),
        "dynamodb",
        &format!("DynamoDB_20120810.{operation}"),
        &body,
    );
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn alarms_ring(stack: &Stack) {
    heartbeats_are_counted(stack);
    what_really_fails_rings(stack);
    every_alarm_rings(stack);
}

/// By the functions themselves, each its own. The local AWS tells metrics apart by their names alone, so both alarms follow the first.
fn heartbeats_are_counted(stack: &Stack) {
    let alarms = ["heartbeat-stopped", "notify-heartbeat-stopped"];
    for alarm in alarms {
        assert_ne!(stack.alarm(alarm), "OK", "{alarm}");
    }
    let beat = json!({ "source": "ledgerbell", "detail-type": "Heartbeat", "detail": {} });
    for (function, due) in [("schedule", "schedule"), ("notify", "notification")] {
        // One more, as the first of the schedule comes a minute after the deployment.
        let sent = stack.invoke_later(&stack.root(), function, &beat);
        assert_eq!(sent.status, 202, "{sent:?}");
        let beats = stack.eventually(&format!("heartbeats of {due}"), || {
            let mut told = stack.metrics_in_the_logs();
            told.retain(|one| {
                let is_its =
                    |dimension: &Value| *dimension == json!({ "Name": "due", "Value": due });
                let mut dimensions = one["Dimensions"].as_array().into_iter().flatten();
                one["MetricName"] == "Heartbeats" && dimensions.any(is_its)
            });
            if told.is_empty() {
                Err("none")
            } else {
                Ok(told)
            }
        });
        stack.tell_metric("Ledgerbell", &beats);
    }
    for alarm in alarms {
        assert_eq!(stack.alarm(alarm), "OK", "{alarm}");
    }
}

/// By what the functions write and what the services count: nothing is made up here.
fn what_really_fails_rings(stack: &Stack) {
    assert_ne!(stack.alarm("due-failing"), "ALARM");
    assert_ne!(stack.alarm("dead-letters"), "ALARM");
    table_call(stack, "PutItem", ("Item", unreadable_schedule()));
    let beat = json!({ "source": "ledgerbell", "detail-type": "Heartbeat", "detail": {} });
    assert_eq!(
        stack.invoke_later(&stack.root(), "schedule", &beat).status,
        202
    );
    for _ in 0..3 {
        let nonsense =
            json!({ "source": "ledgerbell", "detail-type": "MoneyDeposited", "detail": {} });
        assert_eq!(
            stack
                .invoke_later(&stack.root(), "notify", &nonsense)
                .status,
            202
        );
    }
    for (alarm, metric) in [("due-failing", "DueFailed"), ("dead-letters", "")] {
        stack.eventually(alarm, || {
            stack.tell_metric("AWS/SQS", &[stack.queue_depth()]);
            let told = stack.metrics_in_the_logs().into_iter();
            let told: Vec<Value> = told.filter(|one| one["MetricName"] == metric).collect();
            stack.tell_metric("Ledgerbell", &told);
            match stack.alarm(alarm) {
                state if state == "ALARM" => Ok(()),
                state => Err(state),
            }
        });
    }
    let key = json!({ "account_id": { "S": "ACC-NOWHERE" }, "schedule_id": { "S": "unreadable" } });
    table_call(stack, "DeleteItem", ("Key", key));
}

/// A value beyond the threshold, told under the alarm's own namespace, name and dimensions.
fn every_alarm_rings(stack: &Stack) {
    let definitions = stack.alarm_definitions();
    assert_eq!(definitions.len(), 42);
    let before: BTreeMap<String, String> = stack.alarms().into_iter().collect();
    // Nobody but Lambda has told anything yet, and the two above.
    let quiet = |name: &str| !["due-failing", "dead-letters", "export-late"].contains(&name);
    for definition in &definitions {
        let name = definition["AlarmName"]
            .as_str()
            .unwrap()
            .trim_start_matches("ledgerbell-");
        if definition["Namespace"] != "AWS/Lambda" && quiet(name) {
            assert_ne!(before[name], "ALARM", "{name}");
        }
    }
    for definition in &definitions {
        let name = definition["AlarmName"]
            .as_str()
            .unwrap()
            .trim_start_matches("ledgerbell-");
        let threshold = definition["Threshold"].as_f64().unwrap();
        let metric = definition["MetricName"].clone();
        // Rings until the first export of a stack, and is quiet for a day after one.
        if name == "export-late" {
            continue;
        }
        if definition["ComparisonOperator"] == "LessThanThreshold" {
            // Heartbeats were counted: what rings for want of them is quiet.
            assert_eq!(before[name], "OK", "{name}");
            continue;
        }
        // Beyond it also as an average over what was told before.
        let value = threshold.mul_add(1000.0, 1000.0);
        let datum =
            json!({ "MetricName": metric, "Value": value, "Dimensions": definition["Dimensions"] });
        stack.tell_metric(definition["Namespace"].as_str().unwrap(), &[datum]);
        assert_eq!(stack.alarm(name), "ALARM", "{name}");
    }
}
