//! A use case's error as Lambda reports it.

use handlers::Error;
use lambda_runtime::Diagnostic;

/// Its class becomes the `errorType` that dead letters and alarms sort by.
#[derive(Debug)]
pub struct Failure(pub Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure(error)
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Diagnostic {
            error_type: failure.0.class().to_owned(),
            error_message: failure.0.to_string(),
        }
    }
}
