//! The proxy that signs the page's requests and passes them on to the stack.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use handlers::http::Problem;
use ureq::Agent;

use crate::stack::{self, Signer, Unsigned};

/// Longest wait, in seconds: API Gateway answers within 29 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(35);
/// Largest body, in bytes: more than the API accepts, so that it refuses itself.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;
/// Largest answer, in bytes: API Gateway's limit is 10 MiB.
const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;

/// The request headers that the API reads. Cookies and origins are not passed on.
const SENT_ON: [&str; 6] = [
    "accept",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-correlation-id",
];
/// The answer's headers that the page reads.
const SENT_BACK: [&str; 6] = [
    "content-type",
    "etag",
    "idempotency-replayed",
    "location",
    "retry-after",
    "x-correlation-id",
];

/// A stack's API with the client for it.
pub(super) struct Upstream {
    agent: Agent,
    endpoint: String,
    signer: Signer,
}

struct Sent {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Upstream {
    pub(super) fn new(endpoint: &Uri, signer: Signer) -> Result<Self, String> {
        Ok(Upstream {
            agent: stack::agent(endpoint, REQUEST_TIMEOUT)?,
            endpoint: endpoint.to_string().trim_end_matches('/').to_owned(),
            signer,
        })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn send(&self, sent: &Sent) -> Result<Response, String> {
        let url = format!("{}{}", self.endpoint, sent.path);
        let headers: Vec<(&str, &str)> = SENT_ON
            .into_iter()
            // All values, because the API must refuse ambiguous ones.
            .flat_map(|name| {
                sent.headers
                    .get_all(name)
                    .iter()
                    .map(move |value| (name, value))
            })
            .filter_map(|(name, value)| Some((name, value.to_str().ok()?)))
            .collect();
        let unsigned = Unsigned {
            method: sent.method.as_str(),
            url: &url,
            headers: &headers,
            body: &sent.body,
        };
        let signed = self.signer.sign(&unsigned)?;
        let mut request = ureq::http::Request::builder()
            .method(unsigned.method)
            .uri(&url);
        for &(name, value) in &headers {
            request = request.header(name, value);
        }
        for (name, value) in &signed {
            request = request.header(name, value);
        }
        let request = request
            .body(sent.body.to_vec())
            .map_err(|error| error.to_string())?;
        let answer = self.agent.run(request).map_err(|error| error.to_string())?;
        let (head, mut body) = answer.into_parts();
        let body = body
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| error.to_string())?;
        let mut response = (head.status, body).into_response();
        response.headers_mut().clear();
        for name in SENT_BACK {
            if let Some(value) = head.headers.get(name) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value.clone());
            }
        }
        Ok(response)
    }
}

pub(super) fn router(upstream: Arc<Upstream>) -> Router {
    Router::new()
        .route("/v1/{*path}", any(forward))
        .with_state(upstream)
}

async fn forward(State(upstream): State<Arc<Upstream>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let sent = Sent {
        method: head.method,
        path: head
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: head.headers,
        body,
    };
    // The client blocks its thread.
    let answered = tokio::task::spawn_blocking(move || upstream.send(&sent)).await;
    let reason = match answered {
        Ok(Ok(response)) => return response,
        Ok(Err(reason)) => reason,
        Err(error) => error.to_string(),
    };
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "stack-unreachable",
        "The stack does not answer",
        reason,
    )
    .into_response()
}
