//! Correlation ids: every answer has the request's.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::parameters;

/// The header by which a caller follows a request through the logs.
pub(super) const HEADER: &str = "x-correlation-id";

/// Adds an id to a request without one, and the same id to the answer. The route refuses an invalid id.
pub(super) async fn echo(mut request: Request, next: Next) -> Response {
    let id = parameters::correlation_id(request.headers()).ok();
    let id = id.and_then(|id| HeaderValue::from_str(id.as_str()).ok());
    if let Some(id) = &id {
        request.headers_mut().insert(HEADER, id.clone());
    }
    let correlation_id = id.as_ref().and_then(|id| id.to_str().ok());
    let span = tracing::error_span!("request", correlation_id);
    let mut response = next.run(request).instrument(span).await;
    if let Some(id) = id {
        response.headers_mut().insert(HEADER, id);
    }
    response
}
