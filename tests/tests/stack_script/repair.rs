//! What was changed by hand is brought back, after it was shown, and nothing that holds data is replaced.

use serde_json::{Value, json};

use tests::recorded_aws::error;

use crate::account::Account;

fn account(change_set: Value) -> Account {
    let parameters = json!([{ "ParameterKey": "MailFrom" }, { "ParameterKey": "MailIdentity" }]);
    Account::ready()
        .with(
            "cloudformation.DescribeStacks",
            json!({ "Stacks": [{ "StackName": "bell", "StackStatus": "UPDATE_COMPLETE", "Parameters": parameters, "Outputs": [] }] }),
        )
        .with("cloudformation.CreateChangeSet", json!({ "Id": "set" }))
        .with("cloudformation.DescribeChangeSet", change_set)
        .with("cloudformation.DeleteChangeSet", json!({}))
        .with("cloudformation.ExecuteChangeSet", json!({}))
}

fn changes(replacement: &str) -> Value {
    let change = |action: &str, name: &str, of: &str, replacement: &str| json!({ "Type": "Resource", "ResourceChange": { "Action": action, "LogicalResourceId": name, "ResourceType": of, "Replacement": replacement } });
    json!({ "Status": "CREATE_COMPLETE", "Changes": [
        change("Add", "DepositRule", "AWS::Events::Rule", "False"),
        change("Modify", "EventsTable", "AWS::DynamoDB::Table", replacement),
    ] })
}

#[test]
fn what_drifted_is_shown_and_brought_back_once_it_is_agreed_to() {
    let ran = account(changes("False")).run_and_reply(&["repair"], "yes");
    assert_eq!(ran.code, 0, "{}", ran.said);
    let made = &ran.calls_of("cloudformation.CreateChangeSet")[0];
    assert_eq!(made["DeploymentMode"], "REVERT_DRIFT");
    assert_eq!(made["UsePreviousTemplate"], true);
    assert_eq!(
        made["Parameters"],
        json!([
            { "ParameterKey": "MailFrom", "UsePreviousValue": true },
            { "ParameterKey": "MailIdentity", "UsePreviousValue": true },
        ])
    );
    for shown in [
        "Add     DepositRule (AWS::Events::Rule)",
        "Modify  EventsTable (AWS::DynamoDB::Table)",
    ] {
        assert!(ran.said.contains(shown), "{shown}: {}", ran.said);
    }
    assert_eq!(
        ran.changes(),
        [
            "cloudformation.CreateChangeSet",
            "cloudformation.ExecuteChangeSet"
        ]
    );

    let ran = account(changes("False")).run_and_reply(&["repair"], "no");
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.said.ends_with("Nothing was changed.\n"), "{}", ran.said);
    assert_eq!(
        ran.changes(),
        [
            "cloudformation.CreateChangeSet",
            "cloudformation.DeleteChangeSet"
        ]
    );
}

#[test]
fn a_repair_that_would_replace_make_or_remove_what_holds_data_is_refused_whatever_the_reply() {
    let one = |action: &str, of: &str| {
        let change = json!({ "Action": action, "LogicalResourceId": "It", "ResourceType": of, "Replacement": "False" });
        json!({ "Status": "CREATE_COMPLETE", "Changes": [{ "Type": "Resource", "ResourceChange": change }] })
    };
    for (change_set, why) in [
        (changes("True"), "would replace a resource"),
        (changes("Conditional"), "would replace a resource"),
        // The table was deleted: an empty one would stand where its backup is to be restored.
        (
            one("Add", "AWS::DynamoDB::Table"),
            "make something empty in the place",
        ),
        (
            one("Remove", "AWS::KMS::Key"),
            "make something empty in the place",
        ),
    ] {
        let ran = account(change_set).run_and_reply(&["repair"], "yes");
        assert_eq!(ran.code, 1, "{}", ran.said);
        assert!(ran.said.contains(why), "{why}: {}", ran.said);
        assert_eq!(
            ran.changes(),
            [
                "cloudformation.CreateChangeSet",
                "cloudformation.DeleteChangeSet"
            ]
        );
    }
}

#[test]
fn a_stack_without_drift_is_told_so_and_one_that_cannot_be_compared_says_what_to_do() {
    let failed = |reason: &str| json!({ "Status": "FAILED", "StatusReason": reason });
    let ran = account(failed("The submitted information didn't contain changes.")).run(&["repair"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(
        ran.said
            .ends_with("Everything is as the template has it.\n"),
        "{}",
        ran.said
    );

    let ran = account(failed("AWS::X does not support drift")).run(&["repair"]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(
        ran.said
            .contains("CloudFormation cannot compare: AWS::X does not support drift"),
        "{}",
        ran.said
    );

    let refused = account(json!({})).with(
        "cloudformation.CreateChangeSet",
        error("ValidationError", "not with a transform"),
    );
    let ran = refused.run(&["repair"]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(
        ran.said.contains("not with a transform") && ran.said.contains("\"Repairing\""),
        "{}",
        ran.said
    );
}
