//! An account in AWS as recorded, and the script run against it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tests::recorded_aws::{Answers, RecordedAws, error};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../infra/cloudformation/ledgerbell-stack.sh"
);

/// What each call answers.
pub struct Account {
    answers: Answers,
    region: &'static str,
}

impl Account {
    /// An account that is ready for a first deployment: set up, verified, outside of SES's sandbox.
    pub fn ready() -> Self {
        let missing = |code: &str| error(code, "not found");
        let allowed = json!([{ "EvalActionName": "dynamodb:CreateTable", "EvalResourceName": "*", "EvalDecision": "allowed" }]);
        let answers = json!({
            "sts.GetCallerIdentity": { "Account": "111122223333", "UserId": "AIDA", "Arn": "arn:aws:iam::111122223333:user/ops" },
            "cloudformation.DescribeStacks": error("ValidationError", "Stack with id bell does not exist"),
            "dynamodb.ListTables": { "TableNames": ["bell-two-events", "orders"] },
            "sqs.GetQueueUrl": missing("AWS.SimpleQueueService.NonExistentQueue"),
            "secretsmanager.DescribeSecret": missing("ResourceNotFoundException"),
            "kms.ListAliases": { "Aliases": [{ "AliasName": "alias/other-data" }] },
            "s3.HeadBucket": { "BucketRegion": "eu-west-1" },
            "apigateway.GetAccount": { "cloudwatchRoleArn": "arn:aws:iam::111122223333:role/api-gateway-logs" },
            "lambda.GetAccountSettings": { "AccountLimit": { "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000 } },
            "sesv2.GetEmailIdentity": missing("NotFoundException"),
            "sesv2.GetAccount": { "ProductionAccessEnabled": true, "SendingEnabled": true, "EnforcementStatus": "HEALTHY",
                "SendQuota": { "Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0 } },
            "sns.GetTopicAttributes": { "Attributes": { "SubscriptionsConfirmed": "1", "SubscriptionsPending": "0" } },
            "iam.SimulatePrincipalPolicy": { "EvaluationResults": allowed },
        });
        let Value::Object(answers) = answers else {
            unreachable!()
        };
        Account {
            answers,
            region: "eu-west-1",
        }
    }

    /// With another answer to a call.
    pub fn with(mut self, call: &str, answer: Value) -> Self {
        self.answers.insert(call.to_owned(), answer);
        self
    }

    pub fn in_region(mut self, region: &'static str) -> Self {
        self.region = region;
        self
    }

    /// Runs a command of the script for the stack `bell`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_named("bell", arguments, "")
    }

    /// Runs it, and replies to what it asks.
    pub fn run_and_reply(&self, arguments: &[&str], reply: &str) -> Ran {
        self.run_named("bell", arguments, reply)
    }

    pub fn run_named(&self, stack: &str, arguments: &[&str], reply: &str) -> Ran {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "recorded"),
            ("AWS_SECRET_ACCESS_KEY", "recorded"),
            ("AWS_REGION", self.region),
            ("AWS_DEFAULT_REGION", self.region),
        ];
        let aws = RecordedAws::start(&self.answers, &variables);
        let path = std::env::var("PATH").unwrap();
        let (command, rest) = arguments.split_first().unwrap();
        let mut script = Command::new("sh")
            .arg(SCRIPT)
            .arg(command)
            .args(["--stack", stack])
            .args(rest)
            .env("PATH", format!("{}:{path}", aws.folder().display()))
            .env("AWS_REGION", self.region)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A script that asks nothing may have ended before it is told anything.
        let _ = writeln!(script.stdin.take().unwrap(), "{reply}");
        Ran::new(script.wait_with_output().unwrap(), aws.calls())
    }
}

/// What the script said and called.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub said: String,
    pub calls: Vec<String>,
}

impl Ran {
    fn new(output: Output, calls: Vec<String>) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap(),
            said: text(output.stdout) + &text(output.stderr),
            calls,
        }
    }

    /// Returns the lines of a kind of finding.
    pub fn findings(&self, kind: &str) -> Vec<&str> {
        let lines = self.said.lines();
        lines
            .filter_map(|line| line.strip_prefix(kind))
            .map(str::trim)
            .collect()
    }

    /// Returns the parameters of each call of an operation, such as `dynamodb.UpdateTable`.
    pub fn calls_of(&self, operation: &str) -> Vec<Value> {
        let of = |call: &String| {
            let (name, parameters) = call.split_once(' ')?;
            (name == operation).then(|| serde_json::from_str(parameters).unwrap())
        };
        self.calls.iter().filter_map(of).collect()
    }

    /// Returns the operations that were called and do more than read, in their order.
    pub fn changes(&self) -> Vec<&str> {
        let reads = ["Get", "Describe", "Head", "List", "Simulate", "Scan"];
        let operations = self.calls.iter().filter_map(|call| call.split(' ').next());
        operations
            .filter(|name| {
                let operation = name.split('.').nth(1).unwrap();
                !reads.iter().any(|verb| operation.starts_with(verb))
            })
            .collect()
    }

    /// That exactly this stops the deployment, and that a line below it mends it.
    #[track_caller]
    pub fn is_stopped_by(&self, finding: &str, mend: &str) {
        assert_eq!(self.code, 1, "{}", self.said);
        let stops = self.findings("STOP");
        assert!(
            stops.len() == 1 && stops[0].contains(finding),
            "{finding}: {}",
            self.said
        );
        assert!(self.said.contains(mend), "{mend}: {}", self.said);
    }

    /// That nothing stops the deployment, and this is a warning.
    #[track_caller]
    pub fn warns_of(&self, finding: &str, mend: &str) {
        assert_eq!(self.code, 0, "{}", self.said);
        let warned = self
            .findings("warn")
            .iter()
            .any(|line| line.contains(finding));
        assert!(
            warned && self.said.contains(mend),
            "{finding}: {}",
            self.said
        );
    }
}
