//! A first deployment that fails goes on; a later one is rolled back.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use tests::recorded_aws::error;

use crate::account::{Account, Ran};

/// A template with a function, whose zip is beside it.
fn template() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("api.zip"), "PK").unwrap();
    let function =
        json!({ "Type": "AWS::Serverless::Function", "Properties": { "CodeUri": "api.zip" } });
    let parameters = ["BankName", "MailFrom", "MailIdentity"]
        .map(|name| (name.to_owned(), json!({ "Type": "String" })));
    let parameters = Value::Object(parameters.into_iter().collect());
    let template = json!({ "Parameters": parameters, "Transform": "AWS::Serverless-2016-10-31", "Resources": { "ApiFunction": function } });
    let path = folder.path().join("template.yaml");
    fs::write(&path, template.to_string()).unwrap();
    (folder, path.display().to_string())
}

fn stack(status: &str) -> Value {
    let output = json!({ "OutputKey": "ApiUrl", "OutputValue": "https://api.example/v1" });
    let identity = json!({ "ParameterKey": "MailIdentity", "ParameterValue": "bank.example" });
    json!({ "Stacks": [{ "StackName": "bell", "StackStatus": status, "Outputs": [output], "Parameters": [identity] }] })
}

/// An account whose stack is these, one after another, while a change is made.
fn account(stacks: &[Value]) -> Account {
    Account::ready()
        .with("cloudformation.DescribeStacks", json!(stacks))
        .with("s3.HeadObject", error("404", "Not Found"))
        .with("s3.PutObject", json!({ "ETag": "e" }))
        .with(
            "cloudformation.GetTemplateSummary",
            json!({ "Parameters": [] }),
        )
        .with(
            "cloudformation.CreateChangeSet",
            json!({ "Id": "set", "StackId": "bell" }),
        )
        .with(
            "cloudformation.DescribeChangeSet",
            json!({ "Status": "CREATE_COMPLETE" }),
        )
        .with("cloudformation.ExecuteChangeSet", json!({}))
}

fn deploy(account: &Account, more: &[&str]) -> Ran {
    let (_folder, template) = template();
    let mut arguments = vec!["deploy", "--bucket", "zips", "--template", &template];
    arguments.extend([
        "--parameter",
        "MailIdentity=bank.example",
        "--parameter",
        "MailFrom=alerts@bank.example",
    ]);
    arguments.extend(more);
    account.run(&arguments)
}

#[test]
fn a_first_deployment_is_looked_at_uploaded_and_made_without_rollback_and_says_what_waits() {
    let none = error("ValidationError", "Stack with id bell does not exist");
    let fresh = account(&[none.clone(), none, stack("CREATE_COMPLETE")]).with(
        "sesv2.GetEmailIdentity",
        json!([error("NotFoundException", "no"), { "VerifiedForSendingStatus": false, "DkimAttributes": { "Tokens": ["one"] } }]),
    );
    let ran = deploy(&fresh, &["--parameter", "BankName=Bank of the Two Rivers"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert_eq!(
        ran.changes(),
        [
            "s3.PutObject",
            "s3.PutObject",
            "cloudformation.CreateChangeSet",
            "cloudformation.ExecuteChangeSet"
        ]
    );
    let made = &ran.calls_of("cloudformation.CreateChangeSet")[0];
    assert_eq!(made["ChangeSetType"], "CREATE");
    let name = json!({ "ParameterKey": "BankName", "ParameterValue": "Bank of the Two Rivers" });
    assert!(
        made["Parameters"].as_array().unwrap().contains(&name),
        "{made}"
    );
    let executed = &ran.calls_of("cloudformation.ExecuteChangeSet")[0];
    assert_eq!(executed["DisableRollback"], true);
    let (_, after) = ran
        .said
        .split_once("The stack is CREATE_COMPLETE.")
        .unwrap();
    for line in [
        "  ApiUrl                     https://api.example/v1",
        "SES has not verified bank.example yet",
        "one._domainkey.bank.example CNAME one.dkim.amazonses.com",
    ] {
        assert!(after.contains(line), "{line}: {}", ran.said);
    }
}

#[test]
fn a_first_deployment_that_failed_goes_on_and_a_later_one_is_rolled_back() {
    for (status, disabled) in [("CREATE_FAILED", true), ("UPDATE_COMPLETE", false)] {
        let account = account(&[stack(status), stack(status), stack("UPDATE_COMPLETE")]);
        let ran = deploy(&account, &[]);
        assert_eq!(ran.code, 0, "{}", ran.said);
        let executed = &ran.calls_of("cloudformation.ExecuteChangeSet")[0];
        assert_eq!(executed["DisableRollback"], disabled, "{status}");
    }
}

#[test]
fn what_would_fail_is_not_begun() {
    let taken = account(&[error(
        "ValidationError",
        "Stack with id bell does not exist",
    )])
    .with("s3.HeadBucket", error("403", "Forbidden"));
    let ran = deploy(&taken, &[]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(ran.changes().is_empty(), "{:?}", ran.calls);
    // A person who has looked already may go on without.
    let none = error("ValidationError", "Stack with id bell does not exist");
    let ready = account(&[none.clone(), none, stack("CREATE_COMPLETE")])
        .with("s3.HeadBucket", error("403", "Forbidden"));
    let ran = deploy(&ready, &["--skip-preflight"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
}

#[test]
fn a_failure_says_what_failed_first_and_how_to_go_on() {
    let none = error("ValidationError", "Stack with id bell does not exist");
    let event = |name: &str, status: &str, reason: &str, token: &str| json!({ "LogicalResourceId": name, "ResourceStatus": status, "ResourceStatusReason": reason, "ClientRequestToken": token });
    // The newest first.
    let failed = json!([
        event(
            "ApiStage",
            "CREATE_FAILED",
            "Resource creation cancelled",
            "second"
        ),
        event(
            "SigningKeys",
            "CREATE_FAILED",
            "a secret with this name is scheduled for deletion",
            "second"
        ),
        event("EventsTable", "CREATE_COMPLETE", "", "second"),
        event("Bus", "CREATE_FAILED", "of the deployment before", "first"),
    ]);
    let account = account(&[none.clone(), none, stack("CREATE_FAILED")]).with(
        "cloudformation.DescribeStackEvents",
        json!({ "StackEvents": failed }),
    );
    let ran = deploy(&account, &[]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    let (_, said) = ran.said.split_once("What failed first:\n").unwrap();
    assert!(said.starts_with("SigningKeys"), "{}", ran.said);
    assert!(said.contains("scheduled for deletion"), "{}", ran.said);
    assert!(!said.contains("of the deployment before"), "{}", ran.said);
    assert!(
        said.ends_with("Deploying again goes on from here.\n"),
        "{}",
        ran.said
    );
}
