//! The HTTP API, as a caller sees it.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::{Agent, http};

/// Longer than the server takes for its bounded retries.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);
/// A mailbox of a thousand mails is some ten megabytes.
const MAX_ANSWER_BYTES: u64 = 256 * 1024 * 1024;

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    agent: Agent,
}

/// An answer, with its body as text and, where it is, as JSON.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// Whether other writers won every race.
    pub(super) fn is_busy(&self) -> bool {
        self.status == 409 && self.json["type"] == "urn:ledgerbell:problem:busy"
    }

    pub(super) fn new(status: u16, headers: http::HeaderMap, text: String) -> Self {
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            text,
            json,
        }
    }

    /// A header's value; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }
}

/// An append, before it is sent.
#[derive(Debug, Clone)]
pub struct Append {
    pub account: String,
    pub key: String,
    pub events: Vec<Value>,
}

/// An `AccountOpened` with these data.
#[must_use]
pub fn opening(customer: &str, currency: &str) -> Value {
    json!({
        "type": "AccountOpened",
        "occurred_at": "2026-11-22T09:00:00Z",
        "data": { "customer_id": customer, "currency": currency },
    })
}

impl Append {
    /// One `MoneyDeposited`, under a key of its own.
    #[must_use]
    pub fn deposit(
        account: &str,
        key: &str,
        amount: &str,
        currency: &str,
        reference: &str,
    ) -> Self {
        let event = json!({
            "type": "MoneyDeposited",
            "occurred_at": "2026-11-22T10:00:00Z",
            "data": { "amount": amount, "currency": currency, "reference": reference },
        });
        Append {
            account: account.to_owned(),
            key: key.to_owned(),
            events: vec![event],
        }
    }
}

impl Api {
    pub(super) fn new(base: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(REQUEST_WITHIN))
            // The server is killed while they are open; a stale one costs a retry only.
            .max_idle_connections_per_host(64)
            .build()
            .into();
        Api {
            base: base.to_owned(),
            agent,
        }
    }

    /// The URL, as `--endpoint` takes it.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.base
    }

    /// The address and port.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Sends one request.
    ///
    /// # Errors
    /// When no complete answer came back.
    ///
    /// # Panics
    /// When the parts are no valid request.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, String> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(body.to_owned())
            .expect("the parts are a request");
        let mut response = self.agent.run(request).map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_string()
            .map_err(|error| error.to_string())?;
        Ok(Answer::new(status, response.headers().clone(), text))
    }

    /// # Errors
    /// When no complete answer came back.
    pub fn try_get(&self, path: &str) -> Result<Answer, String> {
        self.try_send("GET", path, &[], "")
    }

    /// # Errors
    /// When no complete answer came back.
    pub fn try_append(&self, append: &Append) -> Result<Answer, String> {
        self.try_send(
            "POST",
            &format!("/v1/accounts/{}/events", append.account),
            &[
                ("content-type", "application/json"),
                ("idempotency-key", &append.key),
            ],
            &json!({ "events": append.events }).to_string(),
        )
    }

    /// # Panics
    /// When it is not answered with 200.
    #[track_caller]
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        let answer = self
            .try_get(path)
            .unwrap_or_else(|error| panic!("GET {path}: {error}"));
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text);
        answer.json
    }

    /// # Panics
    /// When it is not answered at all.
    #[track_caller]
    #[must_use]
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_send(
            method,
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Appends, and must succeed for the first time.
    ///
    /// # Panics
    /// When it is not answered with 201.
    #[track_caller]
    pub fn append(&self, append: &Append) -> Value {
        let answer = self
            .try_append(append)
            .unwrap_or_else(|error| panic!("{append:?}: {error}"));
        assert_eq!(answer.status, 201, "{append:?}: {}", answer.text);
        answer.json
    }

    /// Opens an account.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[track_caller]
    pub fn open(&self, account: &str, customer: &str, currency: &str) {
        self.append(&Append {
            account: account.to_owned(),
            key: format!("open-{account}"),
            events: vec![opening(customer, currency)],
        });
    }

    /// Puts a customer who is told everything that is told without asking.
    ///
    /// # Panics
    /// When it cannot be put.
    #[track_caller]
    pub fn put_customer(&self, customer: &str, locale: &str) {
        let body = json!({
            "email": format!("{customer}@example.com"),
            "name": "Ana Example",
            "locale": locale,
            "time_zone": "Europe/Paris",
            "preferences": {},
        });
        let answer = self.send("PUT", &format!("/v1/customers/{customer}"), &body);
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
    }

    /// All pages below `path`, which has a query already; `member` holds the
    /// rows and `parameter` takes what `next` says.
    #[track_caller]
    #[must_use]
    pub fn pages(&self, path: &str, member: &str, parameter: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut place = String::new();
        loop {
            let mut page = self.get(&format!("{path}{place}"));
            if let Value::Array(found) = page[member].take() {
                rows.extend(found);
            }
            place = match &page["next"] {
                Value::Null => return rows,
                Value::String(next) => format!("&{parameter}={next}"),
                next => format!("&{parameter}={next}"),
            };
        }
    }

    /// The mails, newest first.
    #[track_caller]
    #[must_use]
    pub fn inbox(&self) -> Vec<Value> {
        match self.get("/local/inbox") {
            Value::Array(mails) => mails,
            other => panic!("the mailbox is no array: {other}"),
        }
    }

    /// The dead letters.
    #[track_caller]
    #[must_use]
    pub fn dead_letters(&self) -> Vec<Value> {
        self.get("/v1/dead-letters")["dead_letters"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }
}
