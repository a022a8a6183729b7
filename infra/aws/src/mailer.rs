use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{
    Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag,
};
use handlers::ports::{Mail, Mailer, Outcome, SendFailure};
use uuid::Uuid;

/// Shorter than the lease of a notification, so that nobody else takes it up
/// while an answer may still come.
const TIMEOUT: Duration = Duration::from_secs(20);
/// "Maximum sending rate exceeded" passes within seconds.
const AFTER_RATE: Duration = Duration::from_secs(30);
/// "Daily message quota exceeded" passes as the window of 24 hours moves on.
const AFTER_QUOTA: Duration = Duration::from_secs(60 * 60);
/// The tag by which SES's events find the notification.
const TAG: &str = "notification_id";

/// Simple Email Service. It has no idempotency token: this client never
/// repeats a request by itself.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    configuration_set: String,
}

impl Ses {
    pub fn new(shared: &aws_config::SdkConfig, configuration_set: String) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_attempt_timeout(TIMEOUT)
            .operation_timeout(TIMEOUT)
            .build();
        let config = aws_sdk_sesv2::config::Builder::from(shared)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::disabled())
            .build();
        Ses {
            client: Client::from_conf(config),
            configuration_set,
        }
    }
}

fn content(text: &str) -> Result<Content, SendFailure> {
    let content = Content::builder().data(text).charset("UTF-8").build();
    content.map_err(|error| SendFailure::Refused(format!("the mail could not be built: {error}")))
}

#[async_trait]
impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        let refused =
            |what: &str| SendFailure::Refused(format!("the mail's {what} could not be built"));
        let id = mail.notification_id.to_string();
        let header =
            |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
        let message = Message::builder()
            .subject(content(&mail.subject)?)
            .body(
                Body::builder()
                    .text(content(&mail.text)?)
                    .html(content(&mail.html)?)
                    .build(),
            )
            // RFC 3834: so that no out-of-office answers to it.
            .headers(header("Auto-Submitted", "auto-generated").map_err(|_| refused("headers"))?)
            .headers(header("X-Ledgerbell-Notification", &id).map_err(|_| refused("headers"))?)
            .build();
        let tag = MessageTag::builder()
            .name(TAG)
            .value(&id)
            .build()
            .map_err(|_| refused("tag"))?;
        let answer = self
            .client
            .send_email()
            .from_email_address(&mail.from)
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .content(EmailContent::builder().simple(message).build())
            .configuration_set_name(&self.configuration_set)
            .email_tags(tag)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.message_id().unwrap_or("not told").to_owned()),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn outcome(&self, _notification_id: Uuid, _attempt: u32) -> Outcome {
        // Only its events tell, later and perhaps.
        Outcome::Unknowable
    }
}

/// What is known after an error. Whatever does not say that the mail was
/// certainly not taken leaves it unknown.
fn failure<R: std::fmt::Debug>(error: &SdkError<SendEmailError, R>) -> SendFailure {
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

/// The message of SES can name the recipient and is not passed on.
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
        // Not in the SDK's model: a throttle by rate or by day, told by its text.
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
    fn the_reason_never_repeats_what_ses_says_about_the_recipient() {
        let text = format!(
            "{:?}",
            by_code("MessageRejected", "Address ana@example.com is not verified")
        );
        assert!(!text.contains("ana@"), "{text}");
    }
}
