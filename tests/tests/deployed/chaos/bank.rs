//! A bank's systems, which send each report under its key until it is answered.

use std::{
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Stack};

/// Longer than API Gateway waits for the function.
const REQUEST_LIMIT: Duration = Duration::from_secs(35);
/// By then each report has been answered, or never will be.
const PATIENCE: Duration = Duration::from_secs(150);
const FIRST_REST: Duration = Duration::from_millis(200);
const LONGEST_REST: Duration = Duration::from_secs(2);

const CUSTOMER: &str = "CUST-CHAOS";

/// A report that was acknowledged.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub account: String,
    /// Its idempotency key, and the reference of the movement.
    pub key: String,
    /// What it does to the balance, in cents.
    pub cents: i64,
    pub body: Value,
    /// The answer's body.
    pub answer: Value,
    /// How often it was sent.
    pub sent: usize,
}

impl Acknowledged {
    /// Whether the customer is told of it.
    pub fn is_movement(&self) -> bool {
        self.body["events"][0]["type"] != "AccountOpened"
    }

    /// The one event that it led to.
    pub fn event_id(&self) -> &str {
        self.answer["events"][0]["event_id"]
            .as_str()
            .unwrap_or_default()
    }
}

/// The bank, with what it knows to be recorded.
pub struct Bank<'a> {
    pub stack: &'a Stack,
    pub caller: Caller,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

impl<'a> Bank<'a> {
    /// With one customer, who is told of every movement.
    pub fn with_a_customer(stack: &'a Stack) -> Self {
        let this = Self {
            stack,
            caller: stack.user_of_the_api("bank-in-chaos"),
            acknowledged: Mutex::default(),
        };
        let customer = json!({
            "email": "chaos@example.org",
            "name": "Ada Moreau",
            "locale": "en",
            "time_zone": "Europe/Paris",
            "preferences": {},
        });
        let put = stack
            .api(
                "PUT",
                &format!("/customers/{CUSTOMER}"),
                &[],
                Some(&customer),
            )
            .send(Some(&this.caller));
        assert!((200..300).contains(&put.status), "{put:?}");
        this
    }

    /// Opens an account with 1000.00.
    pub fn open(&self, account: &str) {
        let data =
            json!({ "customer_id": CUSTOMER, "currency": "EUR", "opening_balance": "1000.00" });
        self.report(account, "open", "AccountOpened", data, 100_000);
    }

    /// The account's `number`-th movement: deposits, and a withdrawal after every two of them.
    pub fn move_money(&self, account: &str, number: i64) {
        let key = format!("{account}-{number}");
        let amount = format!("{number}.25");
        let data = json!({ "amount": amount, "currency": "EUR", "reference": key });
        let cents = number * 100 + 25;
        if number % 3 == 0 {
            self.report(account, &key, "MoneyWithdrawn", data, -cents);
        } else {
            self.report(account, &key, "MoneyDeposited", data, cents);
        }
    }

    fn report(&self, account: &str, key: &str, kind: &str, data: Value, cents: i64) {
        let event = json!({ "type": kind, "occurred_at": "2026-11-22T10:00:00Z", "data": data });
        let body = json!({ "events": [event] });
        let (answer, sent) = self.send_until_answered(account, key, &body);
        let acknowledged = Acknowledged {
            account: account.to_owned(),
            key: key.to_owned(),
            cents,
            body,
            answer,
            sent,
        };
        let mut all = self.lock();
        // Each counts as one event, whatever it is sent for.
        let twice = |one: &Acknowledged| one.account == account && one.key == key;
        assert!(!all.iter().any(twice), "{account}, {key}: reported twice");
        all.push(acknowledged);
    }

    /// Silence and 5xx say nothing, so the same is sent again under the same key.
    fn send_until_answered(&self, account: &str, key: &str, body: &Value) -> (Value, usize) {
        let started = Instant::now();
        let mut rest = FIRST_REST;
        for sent in 1.. {
            let seen = match self.post(account, key, body) {
                Ok(answer) if matches!(answer.status, 200 | 201) => return (answer.json(), sent),
                Ok(answer) if answer.status == 429 || answer.status >= 500 => format!("{answer:?}"),
                Ok(answer) => panic!("{key} was refused: {answer:?}"),
                Err(error) => error,
            };
            assert!(
                started.elapsed() < PATIENCE,
                "{key} was not acknowledged, sent {sent} times; last: {seen}"
            );
            thread::sleep(rest);
            rest = (rest * 2).min(LONGEST_REST);
        }
        unreachable!("the numbers do not end")
    }

    pub fn post(&self, account: &str, key: &str, body: &Value) -> Result<Answer, String> {
        self.stack
            .api(
                "POST",
                &format!("/accounts/{account}/events"),
                &[("idempotency-key", key)],
                Some(body),
            )
            .try_send(Some(&self.caller), REQUEST_LIMIT)
    }

    /// An answer of the API when nothing disturbs it.
    pub fn get(&self, path: &str) -> Value {
        let answer = self
            .stack
            .api("GET", path, &[], None)
            .send(Some(&self.caller));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Acknowledged>> {
        self.acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
