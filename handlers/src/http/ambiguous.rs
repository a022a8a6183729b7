//! Requests with two values of a header of the API are refused, on every route, even on those that do not read it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{body, parameters};

const OURS: [&str; 4] = [
    "Idempotency-Key",
    "If-Match",
    "X-Correlation-Id",
    "Content-Type",
];

pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let refused = OURS
        .into_iter()
        .find_map(|name| parameters::header(request.headers(), name).err());
    let Some(problem) = refused else {
        return next.run(request).await;
    };
    // The body first, because a caller that is still sending does not read the answer.
    let _ = body::read(request.into_body()).await;
    problem.into_response()
}
