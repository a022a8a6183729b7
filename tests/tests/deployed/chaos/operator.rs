//! An operator, who redrives what has failed. By the API alone, but for what would take a quarter of an hour.

use std::time::Duration;

use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Letter, Stack};

/// A redrive of many letters, with room. The function itself has 28 s.
const REQUEST_LIMIT: Duration = Duration::from_secs(35);
/// As many as the API looks at in one request.
const MANY: usize = 100;

pub struct Operator<'a> {
    stack: &'a Stack,
    caller: Caller,
}

/// A dead letter as the API lists it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: String,
    /// What has failed: an account, a function, a notification ...
    pub kind: String,
    pub reason: String,
}

impl Listed {
    /// Whether the projection of an account has really stopped. No fault of a service may do that.
    pub fn is_of_a_parked_account(&self) -> bool {
        self.kind == "account" && self.reason != NOT_PARKED
    }
}

/// The reason that the operator's own letters give.
const NOT_PARKED: &str = "to see it redriven";

impl<'a> Operator<'a> {
    pub fn of(stack: &'a Stack, caller: Caller) -> Self {
        Self { stack, caller }
    }

    /// The letters that are visible, by the API.
    pub fn list(&self) -> Vec<Listed> {
        let answer = self
            .stack
            .api("GET", &format!("/dead-letters?limit={MANY}"), &[], None)
            .send(Some(&self.caller));
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        answer.json()["dead_letters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|letter| Listed {
                id: text(&letter["id"]),
                kind: text(&letter["kind"]),
                reason: text(&letter["reason"]),
            })
            .collect()
    }

    /// Redrives what needs no name, whatever comes of the request.
    pub fn try_redrive(&self) -> Result<Answer, String> {
        self.stack
            .api(
                "POST",
                "/dead-letters/redrive",
                &[],
                Some(&json!({ "max": MANY })),
            )
            .try_send(Some(&self.caller), REQUEST_LIMIT)
    }

    /// Redrives the letters of these names. Answers how many were.
    pub fn redrive(&self, letters: &[Listed]) -> usize {
        if letters.is_empty() {
            return 0;
        }
        let ids: Vec<&str> = letters.iter().map(|letter| &*letter.id).collect();
        let answer = self
            .stack
            .api(
                "POST",
                "/dead-letters/redrive",
                &[],
                Some(&json!({ "ids": ids })),
            )
            .send(Some(&self.caller));
        assert_eq!(answer.status, 200, "{answer:?}");
        let redriven = answer.json()["redriven"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let failed: Vec<&Value> = redriven
            .iter()
            .filter(|letter| letter["outcome"] != "redriven")
            .collect();
        assert!(failed.is_empty(), "not redriven: {failed:#?}");
        redriven.len()
    }

    /// Puts a letter into the queue that says that the account was parked. It was not, so nothing comes of a redrive.
    pub fn write_of_a_parked_account(&self, account: &str) {
        let body = json!({
            "ledgerbell": "account-parked",
            "account_id": account,
            "reason": NOT_PARKED,
            "at": "2026-11-22T10:00:00Z",
        });
        self.send(&Letter {
            body: body.to_string(),
            attributes: json!({}),
        });
    }

    /// Stands in for fifteen minutes: the longest delay of a letter, and more than any is hidden for.
    ///
    /// All letters are taken out of the queue and put in again. Nothing else may be writing letters meanwhile.
    pub fn let_the_letters_become_visible(&self) {
        let letters = self.stack.dead_letters();
        self.empty_the_queue();
        for letter in &letters {
            self.send(letter);
        }
    }

    pub fn empty_the_queue(&self) {
        self.queue("PurgeQueue", json!({}));
    }

    fn send(&self, letter: &Letter) {
        let message = json!({ "MessageBody": letter.body, "MessageAttributes": letter.attributes });
        self.queue("SendMessage", message);
    }

    fn queue(&self, operation: &str, mut body: Value) {
        body["QueueUrl"] = json!(self.stack.output("DeadLetterQueueUrl"));
        let root = self.stack.root();
        let operation = format!("AmazonSQS.{operation}");
        let answer = self.stack.call(&root, "sqs", &operation, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
