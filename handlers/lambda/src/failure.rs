//! The error of a use case as Lambda reports it.

use handlers::Error;
use lambda_runtime::Diagnostic;

/// The failure of an invocation. The error's class becomes the `errorType`, which dead letters show.
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
