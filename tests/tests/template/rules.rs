//! The template's rules, held against the golden examples of the bus events.

use std::{collections::BTreeSet, fs};

use embedded::pattern::alternatives;
use quamina::Quamina;
use serde_json::{Value, json};

use crate::template;

/// The rules by logical id, with their properties.
fn rules() -> Vec<(String, Value)> {
    let template = template();
    let mut found = Vec::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        if resource["Type"] == "AWS::Events::Rule" {
            found.push((id.clone(), resource["Properties"].clone()));
        }
    }
    found
}

/// The rules that a bus event sets off.
fn matching(event: &Value) -> BTreeSet<String> {
    let mut matcher: Quamina<String> = Quamina::new();
    for (id, rule) in rules() {
        let pattern = named(&rule["EventPattern"]);
        for pattern in alternatives(&pattern) {
            matcher
                .add_pattern(id.clone(), &pattern.to_string())
                .unwrap();
        }
    }
    matcher
        .matches_for_event(event.to_string().as_bytes())
        .unwrap()
        .into_iter()
        .collect()
}

/// The pattern as it is deployed: what it refers to, by the logical id.
fn named(pattern: &Value) -> Value {
    let text = pattern.to_string();
    let reference = json!({ "Ref": "MailConfiguration" }).to_string();
    serde_json::from_str(&text.replace(&reference, "\"MailConfiguration\"")).unwrap()
}

/// The golden examples, which `docs/events/` describes.
fn examples() -> Vec<Value> {
    let folder = xtask::root().join("docs/events/examples");
    let examples: Vec<Value> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap()
        })
        .collect();
    assert!(examples.len() >= 10);
    examples
}

fn kind(event: &Value) -> &str {
    event["detail-type"].as_str().unwrap()
}

fn with(event: &Value, name: &str, value: &str) -> Value {
    let mut changed = event.clone();
    changed["detail"]["metadata"][name] = json!(value);
    changed
}

#[test]
fn each_event_type_sets_off_the_rule_that_is_meant_for_it() {
    for event in examples() {
        let expected: &[&str] = match kind(&event) {
            "MoneyDeposited" => &["DepositRule"],
            "MoneyWithdrawn" => &["WithdrawalRule"],
            "TransactionReversed" | "AccountOverdrawn" | "OperationSkipped" | "AccountClosed" => {
                &["AlertRule"]
            }
            "ReplayRequested" => &["ReplayRule"],
            "OperationScheduled" | "OperationCancelled" => &["ScheduleRule"],
            "AccountOpened" => &[],
            other => panic!("an example of {other}, of which this test knows nothing"),
        };
        assert_eq!(
            matching(&event),
            expected.iter().map(|&id| id.to_owned()).collect(),
            "{}",
            kind(&event)
        );
    }
}

#[test]
fn a_replayed_event_sets_off_no_rule_that_sends_mail() {
    for event in examples() {
        let replayed = with(&event, "replay", "0193553f-6d1c-7b1a-9c39-2f0f7a5e8d11");
        for marked in [
            &replayed,
            &with(&replayed, "target", "notify"),
            &with(&replayed, "target", "audit"),
        ] {
            let mut rules = matching(marked);
            rules.remove("ReplayRule");
            rules.remove("ScheduleRule");
            assert_eq!(rules, BTreeSet::new(), "{}", kind(&event));
        }
    }
}

#[test]
fn what_a_replay_of_the_archive_sends_sets_off_no_rule_of_this_bus() {
    for mut event in examples() {
        assert!(event.get("replay-name").is_none());
        event["replay-name"] = json!("an-audit");
        assert_eq!(matching(&event), BTreeSet::new(), "{}", kind(&event));
    }
}

#[test]
fn an_event_addressed_to_notify_is_as_one_addressed_to_nobody() {
    for event in examples() {
        let mut rules = matching(&event);
        rules.remove("ScheduleRule");
        assert_eq!(
            matching(&with(&event, "target", "notify")),
            rules,
            "{}",
            kind(&event)
        );
    }
}

#[test]
fn an_event_addressed_to_another_consumer_sets_off_no_rule_that_sends_mail() {
    for event in examples() {
        let mut rules = matching(&with(&event, "target", "audit"));
        rules.remove("ReplayRule");
        assert_eq!(rules, BTreeSet::new(), "{}", kind(&event));
    }
}

#[test]
fn a_replay_addressed_to_schedule_reaches_it_and_no_mail() {
    for event in examples() {
        let replayed = with(&event, "replay", "0193553f-6d1c-7b1a-9c39-2f0f7a5e8d11");
        let mut rules = matching(&with(&replayed, "target", "schedule"));
        rules.remove("ReplayRule");
        let mut expected = matching(&event);
        expected.retain(|rule| rule == "ScheduleRule");
        assert_eq!(rules, expected, "{}", kind(&event));
    }
}

#[test]
fn an_event_of_another_source_sets_off_nothing() {
    for mut event in examples() {
        event["source"] = json!("aws.ses");
        assert_eq!(matching(&event), BTreeSet::new(), "{}", kind(&event));
    }
}

#[test]
fn every_rule_but_that_of_ses_is_on_our_bus_and_all_park_what_it_cannot_deliver() {
    for (id, rule) in rules() {
        // SES publishes to the default bus only.
        let bus = (id != "FeedbackRule").then(|| json!({ "Ref": "Bus" }));
        assert_eq!(rule.get("EventBusName"), bus.as_ref(), "{id}");
        let [target] = rule["Targets"].as_array().unwrap().as_slice() else {
            panic!("{id}: one target")
        };
        assert!(
            target["RetryPolicy"]["MaximumRetryAttempts"].is_u64(),
            "{id}"
        );
        assert!(
            target["RetryPolicy"]["MaximumEventAgeInSeconds"].is_u64(),
            "{id}"
        );
        assert_eq!(
            target["DeadLetterConfig"]["Arn"],
            json!({ "Fn::GetAtt": ["DeadLetters", "Arn"] }),
            "{id}"
        );
    }
}

#[test]
fn every_rule_may_call_its_function_and_nothing_else_on_the_bus_may() {
    let template = template();
    let mut permitted = BTreeSet::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        if resource["Type"] != "AWS::Lambda::Permission" {
            continue;
        }
        let permission = &resource["Properties"];
        // Secrets Manager calls the function that rotates its secret: tests/template/encryption.rs.
        if id == "RotateFunctionPermission" {
            continue;
        }
        assert_eq!(permission["Principal"], "events.amazonaws.com", "{id}");
        permitted.insert((
            permission["SourceArn"]["Fn::GetAtt"][0]
                .as_str()
                .unwrap()
                .to_owned(),
            permission["FunctionName"]["Ref"]
                .as_str()
                .unwrap()
                .to_owned(),
        ));
    }
    let needed: BTreeSet<_> = rules()
        .into_iter()
        .map(|(id, rule)| {
            (
                id,
                rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            )
        })
        .collect();
    assert_eq!(permitted, needed);
}

#[test]
fn of_ses_only_mails_of_our_configuration_set_with_our_tag_set_off_the_feedback_rule() {
    let event = |set: &str, tag: &str| {
        json!({
            "source": "aws.ses",
            "detail-type": "Email Bounced",
            "detail": { "eventType": "Bounce", "mail": { "tags": { "ses:configuration-set": [set], tag: ["x"] } } },
        })
    };
    let ours = event("MailConfiguration", "notification_id");
    assert_eq!(matching(&ours), ["FeedbackRule".to_owned()].into());
    assert_eq!(
        matching(&event("other", "notification_id")),
        BTreeSet::new()
    );
    assert_eq!(
        matching(&event("MailConfiguration", "campaign")),
        BTreeSet::new()
    );
    let mut forged = ours;
    forged["source"] = json!("ledgerbell");
    assert_eq!(matching(&forged), BTreeSet::new());
}
