//! From the SDK's errors to ours.

use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use domain::FieldError;
use handlers::Error;

/// Codes of transient failures: the request had no effect, and a later one may succeed.
const TRANSIENT: [&str; 16] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestThrottled",
    "TransactionConflictException",
    "TransactionInProgressException",
    "InternalServerError",
    "InternalException",
    "ServiceUnavailable",
    // A missing permission or table is a fault of the stack, which an operator repairs, and not of the account's data.
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
];

/// Why a request to AWS failed. It has nothing of the request, which may name a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Cause {
    #[error("the request could not be built")]
    NotBuilt,
    #[error("no answer in time")]
    NoAnswer,
    #[error("the connection failed")]
    ConnectionFailed,
    #[error("no connection")]
    NoConnection,
    #[error("the answer could not be read")]
    Unreadable,
    #[error("{code}")]
    Failed { code: String },
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    #[error("an error of a kind that is not known here")]
    Unforeseen,
}

/// Returns our error for the SDK's: permanent, retryable, or unknown if the request may have had its effect.
pub(crate) fn classify<E>(what: &'static str, error: &SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + Debug,
{
    match error {
        // It never left.
        SdkError::ConstructionFailure(_) => Error::permanent(what, Cause::NotBuilt),
        // Either the request or its answer was lost.
        SdkError::TimeoutError(_) => Error::unknown(what, Cause::NoAnswer),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            Error::unknown(what, Cause::ConnectionFailed)
        }
        SdkError::DispatchFailure(_) => Error::retryable(what, Cause::NoConnection),
        SdkError::ResponseError(_) => Error::unknown(what, Cause::Unreadable),
        SdkError::ServiceError(context) => {
            // No code: the answer was cut short, and may have been a success; or it came from a proxy. The SDK calls both
            // an error of the service, although the service has not reported one.
            let Some(code) = context.err().code() else {
                return Error::unknown(what, Cause::Unreadable);
            };
            // SQS puts the name of its older protocol before it.
            let name = code.rsplit('.').next().unwrap_or(code);
            let is_transient = TRANSIENT.contains(&name);
            let code = code.to_owned();
            if is_transient {
                Error::retryable(what, Cause::Failed { code })
            } else if context.raw().status().is_server_error() {
                Error::unknown(what, Cause::Failed { code })
            } else {
                let message = context.err().message().unwrap_or("no message").to_owned();
                Error::permanent(what, Cause::Refused { code, message })
            }
        }
        _ => Error::unknown(what, Cause::Unforeseen),
    }
}

/// Like [`classify`], for a request that continued at a caller's cursor: DynamoDB refuses a key that the table cannot have,
/// and then the cursor is invalid.
pub(crate) fn classify_page<E>(
    what: &'static str,
    cursor: Option<&str>,
    error: &SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + Debug,
{
    let refused = matches!(error, SdkError::ServiceError(context)
        if context.err().code() == Some("ValidationException"));
    if refused && cursor.is_some() {
        return Error::invalid(FieldError::parameter(
            "cursor",
            "is not one that was given out here",
        ));
    }
    classify(what, error)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::query::QueryError;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn classified(status: u16, code: Option<&str>) -> Error {
        let error = match code {
            Some(code) => QueryError::generic(ErrorMetadata::builder().code(code).build()),
            None => QueryError::unhandled("unexpected end of the answer"),
        };
        let status = status.try_into().unwrap();
        let response = HttpResponse::new(status, SdkBody::empty());
        classify("reading", &SdkError::service_error(error, response))
    }

    #[test]
    fn an_answer_that_was_cut_short_leaves_it_unknown_and_is_no_reason_to_give_up() {
        for status in [200, 400, 500] {
            let error = classified(status, None);
            assert!(matches!(error, Error::Unknown(_)), "{status}: {error:?}");
        }
    }

    #[test]
    fn a_server_that_fails_is_asked_again_whatever_it_calls_its_failure() {
        let error = classified(503, Some("SomethingOfAProxy"));
        assert!(matches!(error, Error::Unknown(_)), "{error:?}");
    }

    #[test]
    fn a_throttle_of_sqs_passes_by_its_new_name_and_by_its_old_one() {
        for code in [
            "RequestThrottled",
            "AWS.SimpleQueueService.RequestThrottled",
        ] {
            let error = classified(400, Some(code));
            assert!(matches!(error, Error::Retryable(_)), "{code}: {error:?}");
        }
    }

    #[test]
    fn what_the_service_refuses_is_permanent() {
        let error = classified(400, Some("ValidationException"));
        assert!(matches!(error, Error::Permanent(_)), "{error:?}");
    }
}
