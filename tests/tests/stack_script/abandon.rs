//! A stack that never held an event can be left behind without a trace; one that did cannot.

use serde_json::{Value, json};

use tests::recorded_aws::error;

use crate::account::Account;

/// An account whose first deployment failed after it had made most of what is retained.
fn failed() -> Account {
    let resource = |of: &str, id: &str| {
        json!({ "ResourceType": of, "PhysicalResourceId": id, "LogicalResourceId": id, "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": "2026-12-01T00:00:00Z" })
    };
    let gone = error("ValidationError", "Stack with id bell does not exist");
    Account::ready()
        .with(
            "cloudformation.DescribeStacks",
            json!([{ "Stacks": [{ "StackName": "bell", "StackStatus": "CREATE_FAILED" }] }, gone]),
        )
        .with(
            "dynamodb.ListTables",
            json!({ "TableNames": ["bell-events", "bell-customers", "bell-two-events"] }),
        )
        .with("dynamodb.Scan", json!({ "Count": 0, "ScannedCount": 0 }))
        .with("dynamodb.UpdateTable", json!({}))
        .with("dynamodb.DeleteTable", json!({}))
        .with(
            "sqs.GetQueueUrl",
            json!({ "QueueUrl": "https://sqs/bell-dead-letters" }),
        )
        .with(
            "sqs.GetQueueAttributes",
            json!({ "Attributes": { "ApproximateNumberOfMessages": "0" } }),
        )
        .with("sqs.DeleteQueue", json!({}))
        .with(
            "secretsmanager.DescribeSecret",
            json!({ "Name": "bell-signing-keys" }),
        )
        .with(
            "secretsmanager.DeleteSecret",
            json!({ "Name": "bell-signing-keys" }),
        )
        .with(
            "cloudformation.ListStackResources",
            json!({ "StackResourceSummaries": [
                resource("AWS::S3::Bucket", "bell-exportsbucket-1"),
                resource("AWS::KMS::Key", "key-1"),
                resource("AWS::SQS::Queue", "https://sqs/bell-dead-letters"),
            ] }),
        )
        .with("cloudformation.DeleteStack", json!({}))
        .with("s3.DeleteBucket", json!({}))
        .with("kms.ScheduleKeyDeletion", json!({ "KeyId": "key-1" }))
}

fn tables(calls: &[Value]) -> Vec<&str> {
    calls
        .iter()
        .map(|call| call["TableName"].as_str().unwrap())
        .collect()
}

#[test]
fn what_a_failed_first_deployment_left_is_shown_and_deleted_once_its_name_is_typed() {
    let ran = failed().run_and_reply(&["abandon"], "bell");
    assert_eq!(ran.code, 0, "{}", ran.said);
    for shown in [
        "stack   bell (CREATE_FAILED)",
        "table   bell-events, empty",
        "table   bell-customers, empty",
        "queue   bell-dead-letters, with 0 letters",
        "secret  bell-signing-keys",
        "bucket  bell-exportsbucket-1, if it is empty",
        "key     key-1, in 7 days, if no bucket stays",
    ] {
        assert!(ran.said.contains(shown), "{shown}: {}", ran.said);
    }
    // Protection goes first: with it, neither the stack nor a table could be deleted.
    let ours = ["bell-events", "bell-customers"];
    let lifted = ran.calls_of("dynamodb.UpdateTable");
    assert!(
        lifted
            .iter()
            .all(|call| call["DeletionProtectionEnabled"] == false),
        "{lifted:?}"
    );
    assert_eq!(tables(&lifted), ours);
    assert_eq!(tables(&ran.calls_of("dynamodb.DeleteTable")), ours);
    assert_eq!(
        ran.changes(),
        [
            "dynamodb.UpdateTable",
            "dynamodb.UpdateTable",
            "cloudformation.DeleteStack",
            "dynamodb.DeleteTable",
            "dynamodb.DeleteTable",
            "sqs.DeleteQueue",
            "secretsmanager.DeleteSecret",
            "s3.DeleteBucket",
            "kms.ScheduleKeyDeletion",
        ]
    );
}

#[test]
fn nothing_is_deleted_on_another_reply_or_none() {
    for reply in ["", "yes", "bel"] {
        let ran = failed().run_and_reply(&["abandon"], reply);
        assert_eq!(ran.code, 1, "{}", ran.said);
        assert!(ran.said.ends_with("Nothing was changed.\n"), "{}", ran.said);
        assert!(ran.changes().is_empty(), "{:?}", ran.calls);
    }
}

#[test]
fn what_a_table_holds_is_never_deleted_nor_what_cannot_be_read() {
    let denied = || error("AccessDeniedException", "no");
    for account in [
        failed().with("dynamodb.Scan", json!({ "Count": 1, "ScannedCount": 1 })),
        failed().with("dynamodb.Scan", denied()),
        // Without the table of events, customers count too.
        failed()
            .with("dynamodb.ListTables", json!({ "TableNames": ["bell-customers"] }))
            .with("dynamodb.Scan", json!({ "Count": 1, "ScannedCount": 1 })),
        failed().with("dynamodb.ListTables", denied()),
        failed().with("kms.ListAliases", denied()),
        failed().with("cloudformation.ListStackResources", denied()),
        failed().with(
            "cloudformation.DescribeStacks",
            json!({ "Stacks": [{ "StackName": "bell", "StackStatus": "CREATE_COMPLETE", "EnableTerminationProtection": true }] }),
        ),
    ] {
        let ran = account.run_and_reply(&["abandon"], "bell");
        assert_eq!(ran.code, 1, "{}", ran.said);
        assert!(ran.said.contains("Nothing was changed."), "{}", ran.said);
        assert!(ran.changes().is_empty(), "{:?}", ran.calls);
    }
}

#[test]
fn events_that_came_while_the_stack_went_stay_protected_and_so_do_their_keys() {
    let empty = json!({ "Count": 0, "ScannedCount": 0 });
    // Both tables are looked at twice before, and once when the stack is gone.
    let scans = json!([empty, empty, empty, empty, { "Count": 1, "ScannedCount": 1 }]);
    let ran = failed()
        .with("dynamodb.Scan", scans)
        .run_and_reply(&["abandon"], "bell");
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert!(
        ran.said.contains("bell-events has come to hold something"),
        "{}",
        ran.said
    );
    let protected = ran.calls_of("dynamodb.UpdateTable");
    let last = protected.last().unwrap();
    assert_eq!(last["DeletionProtectionEnabled"], true);
    for call in [
        "dynamodb.DeleteTable",
        "kms.ScheduleKeyDeletion",
        "secretsmanager.DeleteSecret",
    ] {
        assert!(ran.calls_of(call).is_empty(), "{call}");
    }
}

#[test]
fn what_an_earlier_stack_left_goes_by_its_names_and_a_bucket_with_files_stays() {
    let gone = error("ValidationError", "Stack with id bell does not exist");
    let left = failed()
        .with("cloudformation.DescribeStacks", gone)
        .with(
            "kms.ListAliases",
            json!({ "Aliases": [{ "AliasName": "alias/bell-data" }] }),
        )
        .with("kms.DeleteAlias", json!({}));
    let ran = left.run_and_reply(&["abandon"], "bell");
    assert_eq!(ran.code, 0, "{}", ran.said);
    // What was exported may be encrypted with it.
    assert!(ran.calls_of("kms.ScheduleKeyDeletion").is_empty());
    assert_eq!(ran.calls_of("kms.DeleteAlias").len(), 1);
    assert!(ran.calls_of("cloudformation.DeleteStack").is_empty());

    let ran = failed()
        .with(
            "s3.DeleteBucket",
            error(
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty",
            ),
        )
        .run_and_reply(&["abandon"], "bell");
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(
        ran.said
            .contains("the bucket bell-exportsbucket-1 stays, and the keys with it"),
        "{}",
        ran.said
    );
    assert!(ran.calls_of("kms.ScheduleKeyDeletion").is_empty());

    let ran = Account::ready().run(&["abandon"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(
        ran.said
            .contains("There is nothing called bell in eu-west-1."),
        "{}",
        ran.said
    );
}
