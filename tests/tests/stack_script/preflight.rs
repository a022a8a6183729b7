//! What would stop a first deployment is found before anything is made, each with what mends it.

use serde_json::json;

use tests::recorded_aws::error;

use crate::account::{Account, Ran};

const WANTED: [&str; 7] = [
    "preflight",
    "--bucket",
    "zips",
    "--parameter",
    "MailIdentity=bank.example",
    "--parameter",
    "MailFrom=alerts@bank.example",
];

fn preflight(account: &Account, parameters: &[&str]) -> Ran {
    let mut arguments = WANTED.to_vec();
    for parameter in parameters {
        arguments.extend(["--parameter", parameter]);
    }
    account.run(&arguments)
}

#[test]
fn an_account_that_is_ready_is_told_so_and_nothing_is_changed() {
    let topic = "AlarmTopic=arn:aws:sns:eu-west-1:111122223333:ops";
    let ran = preflight(&Account::ready(), &["NotifyConcurrency=5", topic]);
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(
        ran.said
            .starts_with("Account 111122223333, region eu-west-1, stack bell, as arn:aws:iam::111122223333:user/ops\n"),
        "{}",
        ran.said
    );
    assert!(
        ran.said.ends_with("Nothing stops the deployment.\n"),
        "{}",
        ran.said
    );
    assert!(ran.findings("warn").is_empty(), "{}", ran.said);
    assert_eq!(ran.findings("ok").len(), 9, "{}", ran.said);
    assert!(ran.changes().is_empty(), "{:?}", ran.calls);
}

#[test]
fn an_account_on_its_first_day_is_told_everything_at_once() {
    let fresh = Account::ready()
        .with("apigateway.GetAccount", json!({}))
        .with(
            "lambda.GetAccountSettings",
            json!({ "AccountLimit": { "UnreservedConcurrentExecutions": 10 } }),
        )
        .with("s3.HeadBucket", error("404", "Not Found"))
        .with(
            "sesv2.GetAccount",
            json!({ "ProductionAccessEnabled": false, "SendingEnabled": true, "EnforcementStatus": "HEALTHY",
                "SendQuota": { "Max24HourSend": 200.0, "MaxSendRate": 1.0 } }),
        );
    let ran = preflight(&fresh, &["NotifyConcurrency=5"]);
    assert_eq!(ran.code, 1, "{}", ran.said);
    assert_eq!(
        ran.findings("STOP"),
        [
            "there is no bucket zips",
            "API Gateway has no role for logs in this account and region, which the access log needs",
            "NotifyConcurrency is 5, and 10 concurrent executions are not reserved, of which 100 must stay",
        ]
    );
    for mend in [
        "aws s3 mb s3://zips --region eu-west-1",
        "value=arn:aws:iam::111122223333:role/api-gateway-logs",
        "--parameter NotifyConcurrency=0",
        "SES is in its sandbox: 200 mails a day, 1 a second, to verified recipients only",
        "AlarmTopic is empty",
        "Nothing was made: 3 of these would stop the deployment.",
    ] {
        assert!(ran.said.contains(mend), "{mend}: {}", ran.said);
    }
    // With what was said done.
    let mended = fresh.with("s3.HeadBucket", json!({ "BucketRegion": "eu-west-1" }));
    assert_eq!(preflight(&mended, &["ApiAccessLog=false"]).code, 0);
}

#[test]
fn a_name_a_region_and_parameters_that_cannot_work_are_refused_by_name() {
    let ready = Account::ready();
    let mut arguments = WANTED.to_vec();
    arguments.extend(["--parameter", "RequestsPerAddress=9"]);
    let ran = ready
        .in_region("eu-south-2")
        .run_named(&"b".repeat(45), &arguments, "");
    assert_eq!(
        ran.findings("STOP")[..3],
        [
            format!(
                "the name {} has 45 characters, and 44 fit: names of resources begin with it",
                "b".repeat(45)
            ),
            "CloudFormation has no SES in eu-south-2: choose another region".to_owned(),
            "RequestsPerAddress is 9: it is 0, or at least 10".to_owned(),
        ]
    );
    let ran = Account::ready().run(&[
        "preflight",
        "--bucket",
        "zips",
        "--parameter",
        "MailIdentity=bank.example",
        "--parameter",
        "MailFrom=alerts@another.example",
    ]);
    ran.is_stopped_by(
        "MailFrom alerts@another.example does not belong to MailIdentity bank.example",
        "",
    );
    preflight(&Account::ready(), &["Bankname=Two Rivers"])
        .is_stopped_by("the template has no parameter Bankname", "");
    Account::ready()
        .run(&["preflight", "--bucket", "zips"])
        .is_stopped_by(
            "MailIdentity and MailFrom are missing",
            "--parameter MailIdentity=example.com",
        );
}

#[test]
fn what_an_earlier_stack_left_is_listed() {
    let left = Account::ready()
        .with(
            "dynamodb.ListTables",
            json!({ "TableNames": ["bell-events", "bell-two-events", "bell-requests"] }),
        )
        .with(
            "sqs.GetQueueUrl",
            json!({ "QueueUrl": "https://sqs/bell-dead-letters" }),
        )
        .with(
            "kms.ListAliases",
            json!({ "Aliases": [{ "AliasName": "alias/bell-data" }] }),
        );
    preflight(&left, &[]).is_stopped_by(
        "an earlier stack of this name left: tables bell-events,bell-requests queue bell-dead-letters keys alias/bell-data",
        "choose another name",
    );
}

#[test]
fn a_stack_that_takes_no_update_says_what_it_needs_and_others_are_updated() {
    let stack = |status: &str| {
        Account::ready().with(
            "cloudformation.DescribeStacks",
            json!({ "Stacks": [{ "StackStatus": status }] }),
        )
    };
    preflight(&stack("ROLLBACK_COMPLETE"), &[]).is_stopped_by(
        "ROLLBACK_COMPLETE",
        "aws cloudformation delete-stack --stack-name bell",
    );
    preflight(&stack("UPDATE_IN_PROGRESS"), &[]).is_stopped_by("wait for its end", "");
    preflight(&stack("UPDATE_ROLLBACK_FAILED"), &[]).is_stopped_by(
        "takes no update",
        "aws cloudformation continue-update-rollback --stack-name bell",
    );
    for (status, goes_on) in [
        ("CREATE_FAILED", "deploying again goes on where it stopped"),
        (
            "UPDATE_COMPLETE",
            "the stack is UPDATE_COMPLETE, and is updated",
        ),
    ] {
        // Its own names are not those of an earlier stack.
        let own = stack(status).with(
            "sqs.GetQueueUrl",
            json!({ "QueueUrl": "https://sqs/bell-dead-letters" }),
        );
        let ran = preflight(&own, &[]);
        assert!(ran.code == 0 && ran.said.contains(goes_on), "{}", ran.said);
    }
}

#[test]
fn a_parameter_that_is_left_out_is_as_the_stack_has_it() {
    let parameter =
        |name: &str, value: &str| json!({ "ParameterKey": name, "ParameterValue": value });
    let parameters = [
        parameter("ApiAccessLog", "false"),
        parameter("MailIdentity", "other.example"),
    ];
    let stack = Account::ready()
        .with("apigateway.GetAccount", json!({}))
        .with(
            "cloudformation.DescribeStacks",
            json!({ "Stacks": [{ "StackStatus": "UPDATE_COMPLETE", "Parameters": parameters }] }),
        );
    let from = "MailFrom=a@bank.example";
    stack
        .run(&["preflight", "--bucket", "zips", "--parameter", from])
        .is_stopped_by(
            "MailFrom a@bank.example does not belong to MailIdentity other.example",
            "",
        );
    let ran = stack.run(&["preflight", "--bucket", "zips"]);
    assert_eq!(ran.code, 0, "{}", ran.said);
}

#[test]
fn a_bucket_elsewhere_or_of_another_account_is_refused() {
    let ready = Account::ready().with("s3.HeadBucket", json!({ "BucketRegion": "us-east-1" }));
    preflight(&ready, &[]).is_stopped_by(
        "the bucket zips is in us-east-1, and the stack in eu-west-1",
        "aws s3 mb",
    );
    let taken = Account::ready().with("s3.HeadBucket", error("403", "Forbidden"));
    preflight(&taken, &[]).is_stopped_by(
        "the bucket zips is another account's",
        "aws s3 mb s3://ANOTHER-NAME",
    );
}

#[test]
fn an_identity_that_is_there_or_missing_or_unverified_says_which_parameter_or_record() {
    let identity = |verified: bool| json!({ "VerifiedForSendingStatus": verified, "DkimAttributes": { "Tokens": ["one", "two"] } });
    let there = Account::ready().with("sesv2.GetEmailIdentity", identity(true));
    preflight(&there, &[]).is_stopped_by(
        "SES has the identity bank.example already",
        "--parameter CreateMailIdentity=false",
    );
    assert_eq!(preflight(&there, &["CreateMailIdentity=false"]).code, 0);
    preflight(&Account::ready(), &["CreateMailIdentity=false"]).is_stopped_by(
        "SES does not have the identity bank.example",
        "CreateMailIdentity=true",
    );
    let unverified = Account::ready().with("sesv2.GetEmailIdentity", identity(false));
    let ran = preflight(&unverified, &["CreateMailIdentity=false"]);
    ran.warns_of(
        "SES has not verified bank.example yet",
        "one._domainkey.bank.example CNAME one.dkim.amazonses.com",
    );
    assert!(
        ran.said
            .contains("two._domainkey.bank.example CNAME two.dkim.amazonses.com"),
        "{}",
        ran.said
    );
}

#[test]
fn a_topic_that_is_missing_stops_and_one_without_readers_is_a_warning() {
    let topic = "AlarmTopic=arn:aws:sns:eu-west-1:111122223333:ops";
    let missing = Account::ready().with(
        "sns.GetTopicAttributes",
        error("NotFound", "Topic does not exist"),
    );
    preflight(&missing, &[topic])
        .is_stopped_by("there is no topic arn:aws:sns", "aws sns create-topic");
    let unread = |pending: &str| {
        let read = json!({ "Attributes": { "SubscriptionsConfirmed": "0", "SubscriptionsPending": pending } });
        preflight(
            &Account::ready().with("sns.GetTopicAttributes", read),
            &[topic],
        )
    };
    unread("0").warns_of("nobody is subscribed", "aws sns subscribe");
    unread("1").warns_of("waits for its confirmation", "");
}

#[test]
fn what_may_not_be_looked_at_or_done_is_a_warning_and_a_paused_account_is_too() {
    let denied = json!([{ "EvalActionName": "dynamodb:PutResourcePolicy", "EvalResourceName": "*", "EvalDecision": "implicitDeny" }]);
    let account = Account::ready()
        .with("apigateway.GetAccount", error("AccessDeniedException", "not authorized"))
        .with("iam.SimulatePrincipalPolicy", json!({ "EvaluationResults": denied }))
        .with(
            "sesv2.GetAccount",
            json!({ "ProductionAccessEnabled": true, "SendingEnabled": false, "EnforcementStatus": "SHUTDOWN",
                "SendQuota": { "Max24HourSend": 50000.0, "MaxSendRate": 14.0 } }),
        );
    let ran = preflight(&account, &[]);
    ran.warns_of("you may not call apigateway:GET", "");
    ran.warns_of("may not: dynamodb:PutResourcePolicy", "");
    ran.warns_of(
        "sending is switched off",
        "put-account-sending-attributes --sending-enabled",
    );
}

#[test]
fn wrong_use_says_what_is_wrong_and_calls_nothing() {
    for (arguments, wrong) in [
        (&["destroy"][..], "destroy is not a command"),
        (&["preflight"], "--bucket is missing"),
        (&["preflight", "--bucket"], "--bucket needs a value"),
        (
            &["preflight", "--bucket", "b", "--parameter", "x"],
            "--parameter is NAME=VALUE",
        ),
        (&["preflight", "--force"], "--force is not an option"),
    ] {
        let ran = Account::ready().run(arguments);
        assert_eq!(ran.code, 2, "{}", ran.said);
        assert!(ran.said.contains(wrong), "{wrong}: {}", ran.said);
        assert!(ran.calls.is_empty(), "{:?}", ran.calls);
    }
}
