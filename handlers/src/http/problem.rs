//! Errors as problem details, RFC 9457.

use axum::Json;
use axum::http::header::{self, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::FieldError;
use serde::Serialize;

use crate::customers::UnreadablePerson;
use crate::error::Error;

/// Faults that one answer lists, because a hostile body can have thousands. The rest is left out.
const MAX_ERRORS: usize = 100;
/// Seconds to wait before a retry after a transient failure: a lost race or an outage is rarely over sooner, and clients wait
/// longer each time themselves.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// Problem details (RFC 9457): an error for programs (`type`, `errors`) and for people (`title`, `detail`).
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    problem_type: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Whether the same request may succeed later.
    #[serde(skip)]
    transient: bool,
}

impl Problem {
    /// Returns a problem of the type `urn:ledgerbell:problem:{name}`. With the status 503, it has a `Retry-After`.
    pub fn new(
        status: StatusCode,
        name: &str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Problem {
            problem_type: format!("urn:ledgerbell:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            transient: status == StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// It names members, as the caller can enter them anew, and nothing of what they hold.
    fn unreadable_customer(unreadable: &UnreadablePerson) -> Self {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unreadable-customer",
            "The customer's entry cannot be read",
            format!(
                "Another version stored it, and this one refuses it: {unreadable}. Enter the customer again, or erase the \
                 entry."
            ),
        )
    }

    #[must_use]
    fn transient(self) -> Self {
        Problem {
            transient: true,
            ..self
        }
    }

    /// Returns the problem with these faults of the request, at most 100.
    #[must_use]
    pub fn with_errors(mut self, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MAX_ERRORS);
        self.errors = errors;
        self
    }

    /// Returns the problem of a request with these faults (status 400).
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One field is not as it must be; see errors.".to_owned(),
            count => format!("{count} fields are not as they must be; see errors."),
        };
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-request",
            "The request is invalid",
            detail,
        )
        .with_errors(errors)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        if let Some(unreadable) = error.unreadable_person() {
            tracing::error!(%detail, "answered 500");
            return Problem::unreadable_customer(unreadable);
        }
        match error {
            Error::Invalid(errors) => Problem::invalid(errors),
            Error::NotFound(_) => Problem::new(
                StatusCode::NOT_FOUND,
                "not-found",
                "There is no such resource",
                detail,
            ),
            Error::VersionConflict { .. } => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "version-mismatch",
                "The version is another one",
                detail,
            )
            .with_errors(vec![FieldError::header(
                "If-Match",
                "is not the version there is",
            )]),
            Error::KeyReused => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The idempotency key belongs to another request",
                detail,
            )
            .with_errors(vec![FieldError::header(
                "Idempotency-Key",
                "was used before, with another body",
            )]),
            Error::Busy { .. } => Problem::new(
                StatusCode::CONFLICT,
                "busy",
                "Others write to it at the same time",
                detail,
            )
            .transient(),
            Error::Refused(_) => Problem::new(
                StatusCode::CONFLICT,
                "conflict",
                "The request is in conflict",
                detail,
            ),
            Error::Retryable(_) | Error::Unknown(_) => {
                tracing::warn!(%detail, "answered 503");
                Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "try-again",
                    "Not possible at the moment",
                    "Send the request again, with the same Idempotency-Key if it has one.",
                )
            }
            Error::Permanent(_) => {
                // The caller does not get internal details; the log has them.
                tracing::error!(%detail, "answered 500");
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "Something is wrong on our side",
                    "It is in the log, with the correlation id of the request.",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.transient {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

pub(super) async fn no_such_resource(uri: Uri) -> Problem {
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "There is no such resource",
        format!("There is nothing at {}.", uri.path()),
    );
    // A path with too many segments most likely has an id with a slash.
    let below = |name: &str| {
        uri.path()
            .strip_prefix("/v1/")
            .is_some_and(|path| path.starts_with(name))
    };
    let hint = "has no \"/\": it is 1 to 64 of A-Z a-z 0-9 . _ : -";
    if below("accounts/") {
        return problem.with_errors(vec![FieldError::parameter("account_id", hint)]);
    }
    if below("customers/") {
        return problem.with_errors(vec![FieldError::parameter("customer_id", hint)]);
    }
    problem
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "The method is not for this resource",
        "See /v1/openapi.json for the methods of each path.",
    )
}
