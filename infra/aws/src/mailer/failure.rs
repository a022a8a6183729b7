//! SES's errors, by what they prove about the mail.

use std::time::Duration;

use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use handlers::ports::SendFailure;

/// The pause after "Maximum sending rate exceeded", which ends within seconds.
const AFTER_RATE: Duration = Duration::from_secs(30);
/// The pause after "Daily message quota exceeded", which ends as the window of 24 hours moves on. SES does not say when; in
/// this time a sixth of a day's mails leave the window.
pub(super) const AFTER_QUOTA: Duration = Duration::from_secs(4 * 60 * 60);

/// The code of SES's error; empty if SES did not report one.
pub(super) fn code<R>(error: &SdkError<SendEmailError, R>) -> &str {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or("")
}

/// Whether SES takes no mail of the whole account.
pub(super) fn is_paused<R>(error: &SdkError<SendEmailError, R>) -> bool {
    stops_all(code(error))
}

fn stops_all(code: &str) -> bool {
    // A paused configuration set has the same code as a paused account.
    matches!(code, "AccountSuspendedException" | "SendingPausedException")
}

/// Returns the failure of a send. An error that does not prove that SES refused the mail leaves it unknown.
pub(super) fn failure<R: std::fmt::Debug>(error: &SdkError<SendEmailError, R>) -> SendFailure {
    let context = match error {
        SdkError::ServiceError(context) => context.err(),
        SdkError::ConstructionFailure(_) => {
            return SendFailure::Later {
                reason: "the request could not be built".to_owned(),
                after: AFTER_RATE,
            };
        }
        SdkError::TimeoutError(_) => {
            return SendFailure::Unknown("SES did not answer in time".to_owned());
        }
        _ => return SendFailure::Unknown("the connection to SES failed".to_owned()),
    };
    by_code(
        context.code().unwrap_or(""),
        context.message().unwrap_or(""),
    )
}

/// Returns the failure for SES's code. SES's message may name the recipient, so the failure does not contain it.
fn by_code(code: &str, message: &str) -> SendFailure {
    let later = |after| SendFailure::Later {
        reason: code.to_owned(),
        after,
    };
    match code {
        "MessageRejected"
        | "BadRequestException"
        | "NotFoundException"
        | "MailFromDomainNotVerifiedException" => SendFailure::Refused(code.to_owned()),
        "TooManyRequestsException" => later(AFTER_RATE),
        // Not in the SDK's model: a throttle by rate or by day, which only the text tells apart.
        "ThrottlingException" | "Throttling" if message.contains("Daily message quota") => {
            later(AFTER_QUOTA)
        }
        "ThrottlingException" | "Throttling" => later(AFTER_RATE),
        "LimitExceededException" | "AccountSuspendedException" | "SendingPausedException" => {
            later(AFTER_QUOTA)
        }
        // Permissions and credentials are checked before anything is sent.
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "InvalidSignatureException" => later(AFTER_RATE),
        other => SendFailure::Unknown(if other.is_empty() {
            "SES failed".to_owned()
        } else {
            other.to_owned()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_certainly_not_taken_is_tried_again() {
        let later =
            |code: &str, message: &str| matches!(by_code(code, message), SendFailure::Later { .. });
        assert!(later("TooManyRequestsException", ""));
        assert!(later(
            "ThrottlingException",
            "Maximum sending rate exceeded."
        ));
        assert!(later("SendingPausedException", ""));
        assert!(matches!(
            by_code("MessageRejected", ""),
            SendFailure::Refused(_)
        ));
        assert!(matches!(
            by_code("InternalServiceError", ""),
            SendFailure::Unknown(_)
        ));
        assert!(matches!(by_code("", ""), SendFailure::Unknown(_)));
    }

    #[test]
    fn a_daily_quota_parks_for_hours_and_a_rate_for_seconds() {
        let after = |message: &str| match by_code("ThrottlingException", message) {
            SendFailure::Later { after, .. } => after,
            other => panic!("{other:?}"),
        };
        assert!(after("Daily message quota exceeded.") >= Duration::from_secs(3600));
        assert!(after("Maximum sending rate exceeded.") <= Duration::from_secs(60));
    }

    #[test]
    fn only_what_concerns_the_whole_account_opens_the_breaker() {
        assert!(stops_all("SendingPausedException"));
        assert!(stops_all("AccountSuspendedException"));
        for code in [
            "TooManyRequestsException",
            "ThrottlingException",
            "MessageRejected",
            "",
        ] {
            assert!(!stops_all(code), "{code}");
        }
    }

    #[test]
    fn the_reason_never_repeats_what_ses_says_about_the_recipient() {
        let text = format!(
            "{:?}",
            by_code("MessageRejected", "Address ana@example.com is not verified")
        );
        assert!(!text.contains("ana@"), "{text}");
    }
}
