//! The deployed stack.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use xtask::{Architecture, Deployment, LocalAws, Profile};

use super::{Answer, Caller, Request};

/// What of the pipeline has not come out by then never will: with warm functions it takes a second or two.
const PIPELINE_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// The template and the functions on a local AWS, which ends with the last stack on it.
#[derive(Debug)]
pub struct Stack {
    pub(super) aws: Arc<LocalAws>,
    pub(super) deployment: Deployment,
    api_url: String,
}

/// A mail that SES took.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The recipients.
    pub to: Vec<String>,
    /// The sender.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// A message in the dead-letter queue, whether it is visible or not.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What it says.
    pub body: String,
    /// Its message attributes, as SQS takes and gives them.
    pub attributes: Value,
}

impl Stack {
    /// Packages the functions, starts a local AWS and deploys.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn deploy() -> Self {
        let here = Architecture::of_this_machine().unwrap_or_else(|error| panic!("{error}"));
        xtask::package(here, Profile::Dev).unwrap_or_else(|error| panic!("{error}"));
        let aws = LocalAws::start().unwrap_or_else(|error| panic!("{error}"));
        let deployment = xtask::deploy_local(&aws, "ledgerbell", &[])
            .unwrap_or_else(|error| panic!("{error}\n{}", aws.log_tail()));
        Self::of(Arc::new(aws), deployment)
    }

    pub(super) fn of(aws: Arc<LocalAws>, deployment: Deployment) -> Self {
        let api_url = deployment
            .local_api_url(&aws)
            .unwrap_or_else(|error| panic!("{error}"));
        Self {
            aws,
            deployment,
            api_url,
        }
    }

    /// A request to the API; the path follows the contract's base.
    #[must_use]
    pub fn api(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Request {
        let mut headers: Vec<_> = headers
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        Request {
            service: "execute-api",
            method,
            url: format!("{}{path}", self.api_url),
            headers,
            body: body.map(Value::to_string).unwrap_or_default(),
        }
    }

    /// A call of a service that speaks AWS's JSON protocol, such as DynamoDB.
    #[must_use]
    pub fn call(
        &self,
        caller: &Caller,
        service: &'static str,
        operation: &str,
        body: &Value,
    ) -> Answer {
        Request {
            service,
            method: "POST",
            url: format!("{}/", self.aws.endpoint()),
            headers: vec![
                (
                    "content-type".to_owned(),
                    "application/x-amz-json-1.0".to_owned(),
                ),
                ("x-amz-target".to_owned(), operation.to_owned()),
            ],
            body: body.to_string(),
        }
        .send(Some(caller))
    }

    /// A call as root of a service that speaks AWS's query protocol.
    #[must_use]
    pub fn form(&self, service: &'static str, parameters: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", percent_encoded(value)))
            .collect();
        Request {
            service,
            method: "POST",
            url: format!("{}/", self.aws.endpoint()),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: pairs.join("&"),
        }
        .send(Some(&self.root()))
    }

    /// All items of a table that an output of the template names, read past the functions.
    ///
    /// # Panics
    /// Where DynamoDB does not give them.
    #[must_use]
    pub fn scan(&self, table: &str) -> Vec<Value> {
        let root = self.root();
        let mut found = Vec::new();
        let mut scan = json!({ "TableName": self.output(table), "ConsistentRead": true });
        loop {
            let answer = self.call(&root, "dynamodb", "DynamoDB_20120810.Scan", &scan);
            assert_eq!(answer.status, 200, "{answer:?}");
            let mut page = answer.json();
            if let Value::Array(items) = page["Items"].take() {
                found.extend(items);
            }
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].take();
            if scan["ExclusiveStartKey"].is_null() {
                return found;
            }
        }
    }

    /// Lambda's asynchronous invocation of a function, by the function's short name.
    #[must_use]
    pub fn invoke_later(&self, caller: &Caller, function: &str, event: &Value) -> Answer {
        self.invoke(caller, function, "Event", event)
    }

    /// Lambda's invocation of a function, of a type of Lambda's; `DryRun` runs nothing.
    #[must_use]
    pub fn invoke(
        &self,
        caller: &Caller,
        function: &str,
        invocation_type: &str,
        event: &Value,
    ) -> Answer {
        Request {
            service: "lambda",
            method: "POST",
            url: format!(
                "{}/2015-03-31/functions/{}-{function}/invocations",
                self.aws.endpoint(),
                self.deployment.stack
            ),
            headers: vec![(
                "x-amz-invocation-type".to_owned(),
                invocation_type.to_owned(),
            )],
            body: event.to_string(),
        }
        .send(Some(caller))
    }

    /// SES's call that sends a mail.
    #[must_use]
    pub fn send_mail(&self, caller: &Caller, body: &Value) -> Answer {
        Request {
            service: "ses",
            method: "POST",
            url: format!("{}/v2/email/outbound-emails", self.aws.endpoint()),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
        }
        .send(Some(caller))
    }

    /// SES's call that tells the account's rate and quota.
    #[must_use]
    pub fn ses_account(&self, caller: &Caller) -> Answer {
        Request {
            service: "ses",
            method: "GET",
            url: format!("{}/v2/email/account", self.aws.endpoint()),
            headers: Vec::new(),
            body: String::new(),
        }
        .send(Some(caller))
    }

    /// The mails that SES took, oldest first.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.inspect("/_ministack/ses/messages")
            .iter()
            .map(|mail| Mail {
                to: mail["To"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(text)
                    .collect(),
                from: text(&mail["Source"]),
                subject: text(&mail["Subject"]),
                text: text(&mail["BodyText"]),
                html: text(&mail["BodyHtml"]),
            })
            .collect()
    }

    /// The dead letters, also those that are not visible yet or just now.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<Letter> {
        let queues = self.get("/_ministack/sqs/messages");
        let mut letters = Vec::new();
        collect_letters(&queues, &mut letters);
        letters
    }

    /// What one of the local AWS's own pages lists for its one account.
    fn inspect(&self, path: &str) -> Vec<Value> {
        let page = self.get(path);
        let accounts = page["messages"].as_object().cloned().unwrap_or_default();
        accounts
            .into_iter()
            .flat_map(|(_, listed)| listed.as_array().cloned().unwrap_or_default())
            .collect()
    }

    fn get(&self, path: &str) -> Value {
        Request {
            service: "",
            method: "GET",
            url: format!("{}{path}", self.aws.endpoint()),
            headers: Vec::new(),
            body: String::new(),
        }
        .send(None)
        .json()
    }

    /// An output of the template.
    ///
    /// # Panics
    /// Where there is none of that name.
    #[must_use]
    pub fn output(&self, name: &str) -> &str {
        self.deployment
            .output(name)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits for something to come out of the pipeline, for a bounded time.
    ///
    /// # Panics
    /// Where it does not; the message has what was seen last, the dead letters and the functions' logs.
    pub fn eventually<T, S: std::fmt::Debug>(
        &self,
        what: &str,
        mut look: impl FnMut() -> Result<T, S>,
    ) -> T {
        let started = Instant::now();
        loop {
            match look() {
                Ok(found) => return found,
                Err(seen) if started.elapsed() > PIPELINE_LIMIT => panic!(
                    "{what}: not within {PIPELINE_LIMIT:?}; seen last: {seen:?}\n{}",
                    self.evidence()
                ),
                Err(_) => thread::sleep(POLL),
            }
        }
    }

    /// The dead letters and all logs, for a failure's message.
    #[must_use]
    pub fn evidence(&self) -> String {
        format!(
            "dead letters: {:#?}\n{}\n{}",
            self.dead_letters(),
            self.function_logs(),
            self.aws.log_tail()
        )
    }

    /// What the functions wrote.
    #[must_use]
    pub fn function_logs(&self) -> String {
        let mut all = String::new();
        for name in xtask::FUNCTIONS {
            let group = format!("/aws/lambda/{}-{name}", self.deployment.stack);
            let output = self
                .aws
                .aws()
                .args([
                    "logs",
                    "filter-log-events",
                    "--query",
                    "events[].message",
                    "--output",
                    "text",
                ])
                .args(["--log-group-name", &group])
                .output();
            let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            all.push_str(&format!("--- {group}\n{}\n", text.unwrap_or_default()));
        }
        all
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// The messages of a page, however it nests its accounts and queues.
fn collect_letters(page: &Value, letters: &mut Vec<Letter>) {
    match page {
        Value::Object(fields) => match fields.get("Body") {
            Some(Value::String(body)) => letters.push(Letter {
                body: body.clone(),
                attributes: fields
                    .get("MessageAttributes")
                    .cloned()
                    .unwrap_or_else(|| json!({})),
            }),
            _ => fields
                .values()
                .for_each(|value| collect_letters(value, letters)),
        },
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect_letters(value, letters)),
        _ => {}
    }
}
