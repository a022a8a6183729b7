//! From the SDK's errors to ours.

use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use domain::FieldError;
use handlers::Error;

/// Codes that say: nothing has happened, and it may go well later.
const PASSING: [&str; 15] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "InternalServerError",
    "InternalException",
    "ServiceUnavailable",
    // A permission or a table that is missing comes back when somebody mends
    // the stack; no account's data are at fault.
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
];

/// What is known of a request after its error.
pub(crate) fn classify<E, R>(what: &str, error: &SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + Debug,
    R: Debug,
{
    match error {
        // It never left.
        SdkError::ConstructionFailure(_) => {
            Error::Permanent(format!("{what}: the request could not be built"))
        }
        // Its answer was lost, or it was.
        SdkError::TimeoutError(_) => Error::Unknown(format!("{what}: no answer in time")),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            Error::Unknown(format!("{what}: the connection failed"))
        }
        SdkError::DispatchFailure(_) => Error::Retryable(format!("{what}: no connection")),
        SdkError::ResponseError(_) => {
            Error::Unknown(format!("{what}: the answer could not be read"))
        }
        SdkError::ServiceError(context) => {
            let code = context.err().code().unwrap_or("no code");
            let message = context.err().message().unwrap_or("no message");
            if PASSING.contains(&code) {
                Error::Retryable(format!("{what}: {code}"))
            } else {
                Error::Permanent(format!("{what}: {code}: {message}"))
            }
        }
        _ => Error::Unknown(format!("{what}: an error of a kind that is not known here")),
    }
}

/// The same for a request that went on from a caller's cursor: DynamoDB
/// refuses a key that is none of the table's, and then the cursor is at fault.
pub(crate) fn classify_page<E, R>(what: &str, cursor: Option<&str>, error: &SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + Debug,
    R: Debug,
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
