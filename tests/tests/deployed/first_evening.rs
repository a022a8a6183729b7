//! The release, unpacked and deployed by its script alone, as the guide says: in an account in which everything is missing.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;
use tests::deployed::Stack;
use tests::recorded_aws::{Answers, RecordedAws, error};
use tests::transcript::{Surroundings, Transcript};
use xtask::{Architecture, LocalAws};

use crate::Test;

pub const TESTS: &[Test] = &[(
    "the_first_evening_goes_from_an_empty_account_to_a_mail_as_its_guide_says",
    first_evening,
)];

const GUIDE: &str = "docs/how-to/first-deploy.md";

/// The API's address in AWS is none of this machine.
const CURL: &str = r#"#!/bin/sh
for word; do
    shift
    case $word in
        https://*.execute-api.eu-west-1.amazonaws.com/v1*)
            id=${word#https://}
            word=$AWS_ENDPOINT_URL/restapis/${id%%.*}/v1/_user_request_${word#*/v1}
            ;;
    esac
    set -- "$@" "$word"
done
exec /usr/bin/env -u CURL_HOME PATH="$REAL_PATH" curl --silent --show-error "$@"
"#;

/// What the local AWS does not have: limits, a sandbox, buckets of others, identities that wait for DNS.
fn first_day() -> Answers {
    let identity = |verified: bool| json!({ "VerifiedForSendingStatus": verified, "DkimAttributes": { "Tokens": ["q7", "r4", "zk"] } });
    let role = "arn:aws:iam::000000000000:role/api-gateway-logs";
    let answers = json!({
        "s3.HeadBucket": [error("403", "Forbidden"), null],
        "lambda.GetAccountSettings": { "AccountLimit": { "ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10 } },
        "apigateway.GetAccount": [{}, { "cloudwatchRoleArn": role }],
        "sesv2.GetEmailIdentity": [identity(false), identity(false), identity(false), identity(true)],
        "sns.GetTopicAttributes": { "Attributes": { "SubscriptionsConfirmed": "0", "SubscriptionsPending": "1" } },
        // Its address in a variable is not that of SQS for the command line.
        "sqs.GetQueueUrl": error("AWS.SimpleQueueService.NonExistentQueue", "no"),
        "sesv2.GetAccount": { "ProductionAccessEnabled": false, "SendingEnabled": true, "EnforcementStatus": "HEALTHY",
            "SendQuota": { "Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0 } },
    });
    answers.as_object().unwrap().clone()
}

/// Packs the functions that were built for this machine, as the release packs those for Lambda.
fn unpack_release(folder: &std::path::Path) {
    let here = Architecture::of_this_machine().unwrap();
    let zips: BTreeMap<_, _> = xtask::FUNCTIONS
        .into_iter()
        .map(|name| {
            let file = format!("{name}.zip");
            let bytes = fs::read(xtask::root().join("target/package").join(&file)).unwrap();
            ((here, file), bytes)
        })
        .collect();
    let packed = tempfile::tempdir().unwrap();
    let files = xtask::archive(packed.path(), &zips).unwrap();
    let unpacked = Command::new("tar")
        .args(["--strip-components=1", "-xzf"])
        .arg(&files[0])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(unpacked.success());
    // Without what the local AWS cannot do; otherwise it is the template of the release.
    let here = folder.join(here.name());
    let template = here.join("template.yaml");
    let local = xtask::localize(&fs::read_to_string(&template).unwrap(), &here).unwrap();
    fs::write(&template, local.to_string()).unwrap();
}

fn first_evening(_: &Stack) {
    let aws = LocalAws::start().unwrap();
    let (key, secret) = aws.root_credentials();
    let endpoint = aws.endpoint();
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", ""),
        ("AWS_REGION", xtask::REGION),
        ("AWS_DEFAULT_REGION", xtask::REGION),
    ];
    let recorded = RecordedAws::start(&first_day(), &variables);
    let curl = recorded.folder().join("curl");
    fs::write(&curl, CURL).unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let made = aws
        .aws()
        .args([
            "sesv2",
            "create-email-identity",
            "--email-identity",
            "bank.example",
        ])
        .status();
    assert!(made.unwrap().success());

    let mut guide = Transcript::read(GUIDE);
    unpack_release(guide.folder());
    let path = std::env::var("PATH").unwrap();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let surroundings = || {
        // The release is for Lambda's processors, and its functions run on this machine's.
        let here = Architecture::of_this_machine().unwrap().name();
        let names = ["preflight", "deploy"].map(|command| {
            let on_the_page = format!("ledgerbell-stack.sh {command}");
            let here = format!("{on_the_page} --arch {here}");
            (on_the_page, here)
        });
        let mut variables: Vec<_> = variables.map(owned).to_vec();
        variables.push(("REAL_PATH".to_owned(), path.clone()));
        variables.push((
            "PATH".to_owned(),
            format!("{}:{path}", recorded.folder().display()),
        ));
        Surroundings {
            names: names.to_vec(),
            variables,
        }
    };
    while guide.has_more() {
        guide.run_block(surroundings());
    }
}
