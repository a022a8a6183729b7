//! The client of a running ledgerbell.

mod problem;

mod request;
mod rows;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Uri;
use serde::Serialize;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use crate::stack::{self, Signer};
pub(crate) use problem::Problem;
use request::Request;
pub(crate) use rows::{MAX_PAGE, Rows};

/// Longest wait for an answer, in seconds. The longest request is the verification
/// of a large account.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Seconds for which a request is retried, if it is safe to retry.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Largest answer, in bytes: 1000 events with all their texts are below 4 MiB.
const MAX_ANSWER_BYTES: u64 = 32 * 1024 * 1024;

/// The reason why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error(
        "no ledgerbell answers at {endpoint}: {reason}; start one with `ledgerbell serve`, or name it with --endpoint"
    )]
    Unreachable { endpoint: String, reason: String },
    #[error("{0}")]
    Problem(Problem),
    #[error("the server at {endpoint} is not ledgerbell: {reason}")]
    NotLedgerbell { endpoint: String, reason: String },
    #[error("{0}")]
    NotSigned(String),
}

impl CallError {
    /// Returns the status of a problem.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            CallError::Problem(problem) => Some(problem.status),
            _ => None,
        }
    }

    /// Whether other writers won every race; the same request may be sent again.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, CallError::Problem(problem) if problem.is_busy())
    }
}

pub(crate) type Result<T, E = CallError> = std::result::Result<T, E>;

/// An answer that is not a problem.
#[derive(Debug)]
pub(crate) struct Answer {
    pub body: Value,
    /// The number in `ETag`: the revision of a customer, the version of an account.
    pub revision: Option<u64>,
    /// The request was recorded before.
    pub replayed: bool,
    /// The number of retries.
    pub retries: u32,
    /// The number of retries because other writers won every race (409).
    pub conflicts: u32,
}

/// An append, which is safe to retry because of its key.
#[derive(Debug)]
pub(crate) struct Append<'a, B> {
    pub account_id: &'a str,
    pub idempotency_key: &'a str,
    /// The version that the account must have; 0 if it must not exist.
    pub if_match: Option<u64>,
    pub body: &'a B,
}

impl<B: Serialize> Append<'_, B> {
    fn request(&self, query: &[(&str, &str)]) -> Request {
        let path = format!("accounts/{}/events", self.account_id);
        Request::new("POST", &path)
            .query(query)
            .header("idempotency-key", self.idempotency_key.to_owned())
            .if_match(self.if_match)
            .json(self.body)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: Agent,
    endpoint: String,
    patience: Duration,
    signer: Option<Arc<Signer>>,
}

enum Failed {
    /// The request was not sent.
    NotSent(String),
    /// The request may have taken effect.
    Lost(String),
    /// The same request may succeed later: 503, 429, or the 409 of other writers.
    Transient(CallError),
    Final(CallError),
}

impl Client {
    /// Returns a client of the API at this URL, without `/v1`.
    ///
    /// # Errors
    /// The URL needs TLS, which this program or this machine does not support.
    pub(crate) fn new(endpoint: &Uri, signer: Option<Signer>) -> Result<Self, String> {
        Ok(Client {
            agent: stack::agent(endpoint, REQUEST_TIMEOUT)?,
            endpoint: endpoint.to_string().trim_end_matches('/').to_owned(),
            patience: DEFAULT_PATIENCE,
            signer: signer.map(Arc::new),
        })
    }

    /// Retries requests for this long, even while nothing listens there.
    #[must_use]
    pub(crate) fn patient(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let request = Request::new("GET", path).query(query);
        Ok(self.repeat(true, &request)?.body)
    }

    /// Sends a GET. Returns the revision too, for a later `If-Match`.
    pub(crate) fn get_with_revision(&self, path: &str) -> Result<(Value, Option<u64>)> {
        let answer = self.repeat(true, &Request::new("GET", path))?;
        Ok((answer.body, answer.revision))
    }

    /// The same, but returns `None` after a 404.
    pub(crate) fn find_with_revision(&self, path: &str) -> Result<Option<(Value, Option<u64>)>> {
        match self.get_with_revision(path) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a GET. Returns `None` after a 404.
    pub(crate) fn find(&self, path: &str, query: &[(&str, &str)]) -> Result<Option<Value>> {
        match self.get(path, query) {
            Ok(body) => Ok(Some(body)),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a POST without a key, and only once, because it may have taken effect.
    pub(crate) fn post(&self, path: &str, body: &impl Serialize) -> Result<Value> {
        let request = Request::new("POST", path).json(body);
        Ok(self.repeat(false, &request)?.body)
    }

    /// Sends a POST that may be retried: a query that is too long for a URL, or an
    /// idempotent request.
    pub(crate) fn ask(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<Value> {
        let request = Request::new("POST", path).query(query).json(body);
        Ok(self.repeat(true, &request)?.body)
    }

    pub(crate) fn put(&self, path: &str, body: &impl Serialize) -> Result<Value> {
        let request = Request::new("PUT", path).json(body);
        Ok(self.repeat(true, &request)?.body)
    }

    /// Sends a PUT that takes effect at this revision only. It is not repeated with one, because a second request would be
    /// refused if the first had taken effect.
    pub(crate) fn put_if(
        &self,
        path: &str,
        body: &impl Serialize,
        revision: Option<u64>,
    ) -> Result<(Value, Option<u64>)> {
        let request = Request::new("PUT", path).if_match(revision).json(body);
        let answer = self.repeat(revision.is_none(), &request)?;
        Ok((answer.body, answer.revision))
    }

    /// Sends a PUT to one of the paths besides the API, which only `serve` has.
    pub(crate) fn put_local(&self, path: &str, body: &impl Serialize) -> Result<Value> {
        let request = Request::local("PUT", path).json(body);
        Ok(self.repeat(true, &request)?.body)
    }

    /// Sends a DELETE, which is idempotent.
    pub(crate) fn delete(&self, path: &str) -> Result<()> {
        self.repeat(true, &Request::new("DELETE", path)).map(drop)
    }

    /// Sends a DELETE that takes effect at this revision only. It is not repeated with one.
    pub(crate) fn delete_if(&self, path: &str, revision: Option<u64>) -> Result<()> {
        let request = Request::new("DELETE", path).if_match(revision);
        self.repeat(revision.is_none(), &request).map(drop)
    }

    /// Appends, with retries under the same key until it is acknowledged.
    pub(crate) fn append<B: Serialize>(&self, append: &Append<'_, B>) -> Result<Answer> {
        self.repeat(true, &append.request(&[]))
    }

    /// Returns the notifications that an append would produce. Nothing is recorded.
    pub(crate) fn preview<B: Serialize>(&self, append: &Append<'_, B>) -> Result<Value> {
        let request = append.request(&[("dry_run", "notifications")]);
        Ok(self.repeat(true, &request)?.body)
    }

    fn repeat(&self, repeatable: bool, request: &Request) -> Result<Answer> {
        let started = Instant::now();
        let mut wait = FIRST_WAIT;
        let (mut retries, mut conflicts) = (0, 0);
        // If nothing listens at the first request, the endpoint is probably wrong,
        // unless the command waits for restarts.
        let waits_for_a_server = self.patience > DEFAULT_PATIENCE;
        loop {
            let failed = match self.once(request) {
                Ok(answer) => {
                    return Ok(Answer {
                        retries,
                        conflicts,
                        ..answer
                    });
                }
                Err(failed) => failed,
            };
            if let Failed::Transient(error) = &failed {
                conflicts += u32::from(error.is_busy());
            }
            let again = match &failed {
                Failed::Final(_) => false,
                Failed::NotSent(_) => retries > 0 || waits_for_a_server,
                Failed::Lost(_) | Failed::Transient(_) => repeatable,
            };
            if !again || started.elapsed() + wait > self.patience {
                return Err(self.error(failed));
            }
            std::thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_WAIT);
            retries += 1;
        }
    }

    fn once(&self, request: &Request) -> Result<Answer, Failed> {
        let mut response = self.send(request)?;
        let status = response.status();
        let replayed = response.headers().contains_key("idempotency-replayed");
        let etag = response.headers().get("etag");
        let revision = etag.and_then(|etag| etag.to_str().ok()?.trim_matches('"').parse().ok());
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| self.failed(&error))?;
        let body: Option<Value> = serde_json::from_slice(&text).ok();
        if status.is_success() {
            let body = match status {
                StatusCode::NO_CONTENT => Some(Value::Null),
                _ => body,
            };
            return match body {
                Some(body) => Ok(Answer {
                    body,
                    revision,
                    replayed,
                    retries: 0,
                    conflicts: 0,
                }),
                None => Err(Failed::Final(self.not_ledgerbell("its answer is not JSON"))),
            };
        }
        let error = match body.and_then(|body| Problem::read(status, &body)) {
            Some(problem) => CallError::Problem(problem),
            None => self.not_ledgerbell(&format!("it answers {status}")),
        };
        let transient = error.is_busy()
            || matches!(
                status,
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
            );
        Err(match transient {
            true => Failed::Transient(error),
            false => Failed::Final(error),
        })
    }

    /// Sends the request, signed anew each time: a signature is valid for minutes only.
    fn send(&self, request: &Request) -> Result<Response<Body>, Failed> {
        let unsigned = |reason| Failed::Final(CallError::NotSigned(reason));
        let request = request
            .made(&self.endpoint, self.signer.as_deref())
            .map_err(unsigned)?;
        self.agent.run(request).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &ureq::Error) -> Failed {
        let text = error.to_string();
        match error {
            ureq::Error::Io(io) if io.kind() == io::ErrorKind::ConnectionRefused => {
                Failed::NotSent("connection refused".to_owned())
            }
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => Failed::NotSent(text),
            ureq::Error::Io(io) => Failed::Lost(io.to_string()),
            ureq::Error::Timeout(_) => Failed::Lost(text),
            ureq::Error::BodyExceedsLimit(_) => {
                Failed::Final(self.not_ledgerbell("its answer is too long"))
            }
            // A connection that ended within an answer is a protocol error too.
            ureq::Error::Protocol(_) => Failed::Lost(text),
            _ => Failed::Final(self.unreachable(text)),
        }
    }

    fn error(&self, failed: Failed) -> CallError {
        match failed {
            Failed::NotSent(reason) | Failed::Lost(reason) => self.unreachable(reason),
            Failed::Transient(error) | Failed::Final(error) => error,
        }
    }

    fn unreachable(&self, reason: String) -> CallError {
        CallError::Unreachable {
            endpoint: self.endpoint.clone(),
            reason,
        }
    }

    fn not_ledgerbell(&self, reason: &str) -> CallError {
        CallError::NotLedgerbell {
            endpoint: self.endpoint.clone(),
            reason: reason.to_owned(),
        }
    }
}
