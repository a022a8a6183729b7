//! A header of ours that says two things is refused, on every route: also on one that does not read it.

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
    // An answer to a request that is still being sent is lost.
    let _ = body::read(request.into_body()).await;
    problem.into_response()
}
