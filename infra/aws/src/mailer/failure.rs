//! SES's errors, by what they prove about the mail, and whether they concern all mails.

use std::time::Duration;

use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use handlers::ports::SendFailure;

use super::connection;

/// The shortest pause. A shorter one would be left to Lambda's own retries, which make a dead letter of an event within
/// minutes; from a minute on the heartbeat tries the mail again.
pub(super) const AFTER_RATE: Duration = Duration::from_secs(60);
/// The pause after "Daily message quota exceeded", which ends as the window of 24 hours moves on. SES does not say when; in
/// this time a sixth of a day's mails leave the window.
pub(super) const AFTER_QUOTA: Duration = Duration::from_secs(4 * 60 * 60);
/// The pause of a mail whose recipient SES refuses while the account is in the sandbox. A person at the bank has to act.
const AFTER_SANDBOX: Duration = Duration::from_secs(15 * 60);

/// What an error of SES proves. Nothing of it is for ever but a refusal of the mail itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// SES refused this mail because of its content.
    Refused,
    /// SES is called too often.
    Rate,
    /// The day's quota is used up.
    Quota,
    /// SES takes no mail of this account: what it lacks is a matter of set-up, permission or reputation.
    Account,
    /// The account is in the sandbox, and the recipient is not verified.
    Sandbox,
    /// Nothing: the mail may have been taken.
    Nothing,
}

/// A failed send.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) proof: Proof,
    /// SES's code, or what happened in place of an answer. SES's message may name the recipient, so this does not contain it.
    pub(super) reason: String,
}

impl Failed {
    /// Returns what a failed send from this sender proves. `from` is the sender's address without a name.
    pub(super) fn of<R>(error: &SdkError<SendEmailError, R>, from: &str) -> Self {
        let failed = |proof, reason: &str| Failed {
            proof,
            reason: reason.to_owned(),
        };
        match error {
            SdkError::ServiceError(context) => {
                let answer = context.err();
                let code = answer.code().unwrap_or("");
                let proof = proof(code, answer.message().unwrap_or(""), from);
                failed(proof, if code.is_empty() { "SES failed" } else { code })
            }
            SdkError::ConstructionFailure(_) => {
                failed(Proof::Rate, "the request could not be built")
            }
            SdkError::DispatchFailure(lost) if connection::was_never_made(lost) => {
                failed(Proof::Rate, "no connection to SES")
            }
            SdkError::TimeoutError(_) => failed(Proof::Nothing, "SES did not answer in time"),
            _ => failed(Proof::Nothing, "the connection to SES failed"),
        }
    }

    /// Whether SES would refuse every other mail too.
    pub(super) fn concerns_all(&self) -> bool {
        matches!(self.proof, Proof::Account | Proof::Quota)
    }

    /// Whether a person has to act before SES takes the mail.
    pub(super) fn needs_a_person(&self) -> bool {
        self.concerns_all() || self.proof == Proof::Sandbox
    }

    /// Returns the failure of the mail. Those that wait for a circuit breaker wait for `rest`.
    pub(super) fn failure(self, rest: Duration) -> SendFailure {
        let after = match self.proof {
            Proof::Refused => return SendFailure::Refused(self.reason),
            Proof::Nothing => return SendFailure::Unknown(self.reason),
            Proof::Rate => AFTER_RATE,
            Proof::Quota => AFTER_QUOTA,
            Proof::Sandbox => AFTER_SANDBOX,
            Proof::Account => rest,
        };
        SendFailure::Later {
            reason: self.reason,
            after,
        }
    }
}

/// Returns what SES's code and message prove. Codes are those of [`SendEmail`] and of [every action], and two throttles that
/// the model does not have.
///
/// [`SendEmail`]: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
/// [every action]: https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
fn proof(code: &str, message: &str, from: &str) -> Proof {
    match code {
        "MessageRejected" => rejected(message, from),
        "BadRequestException" => Proof::Refused,
        // `NotFoundException` is the configuration set's.
        "MailFromDomainNotVerifiedException"
        | "NotFoundException"
        | "AccountSuspendedException"
        | "SendingPausedException"
        // Permissions and credentials are checked before anything is sent.
        | "AccessDeniedException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "InvalidSignatureException" => Proof::Account,
        "TooManyRequestsException" => Proof::Rate,
        // A throttle by rate or by day, which only the text tells apart.
        "ThrottlingException" | "Throttling" if !message.contains("Daily message quota") => {
            Proof::Rate
        }
        "ThrottlingException" | "Throttling" | "LimitExceededException" => Proof::Quota,
        _ => Proof::Nothing,
    }
}

/// "Email address is not verified. The following identities failed the check in region …: a@example.com, b@example.com" has
/// the same code as a mail with a virus. It names the sender, or in the sandbox also the recipient.
fn rejected(message: &str, from: &str) -> Proof {
    if !message.contains("not verified") {
        return Proof::Refused;
    }
    let names_sender = message.to_lowercase().contains(&from.to_lowercase());
    match names_sender || !message.contains('@') {
        true => Proof::Account,
        false => Proof::Sandbox,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "alerts@bank.example";
    const REGION: &str = "The following identities failed the check in region EU-WEST-1:";

    #[test]
    fn each_error_of_ses_proves_what_its_documentation_says() {
        let unverified = |who: &str| format!("Email address is not verified. {REGION} {who}");
        for (code, message, expected) in [
            (
                "MessageRejected",
                "Could not send the message: virus found",
                Proof::Refused,
            ),
            (
                "MessageRejected",
                &unverified("Bank <alerts@bank.example>"),
                Proof::Account,
            ),
            (
                "MessageRejected",
                &unverified("ana@example.com, ALERTS@bank.example"),
                Proof::Account,
            ),
            (
                "MessageRejected",
                "Email address is not verified.",
                Proof::Account,
            ),
            (
                "MessageRejected",
                &unverified("ana@example.com"),
                Proof::Sandbox,
            ),
            ("MailFromDomainNotVerifiedException", "", Proof::Account),
            (
                "NotFoundException",
                "Configuration set <x> does not exist.",
                Proof::Account,
            ),
            ("AccountSuspendedException", "", Proof::Account),
            ("SendingPausedException", "", Proof::Account),
            ("AccessDeniedException", "", Proof::Account),
            ("LimitExceededException", "", Proof::Quota),
            (
                "ThrottlingException",
                "Daily message quota exceeded.",
                Proof::Quota,
            ),
            ("Throttling", "Daily message quota exceeded.", Proof::Quota),
            (
                "ThrottlingException",
                "Maximum sending rate exceeded.",
                Proof::Rate,
            ),
            ("TooManyRequestsException", "", Proof::Rate),
            ("BadRequestException", "", Proof::Refused),
            ("InternalServiceError", "", Proof::Nothing),
            ("", "", Proof::Nothing),
        ] {
            assert_eq!(proof(code, message, FROM), expected, "{code}: {message}");
        }
    }

    fn failed(proof: Proof) -> Failed {
        Failed {
            proof,
            reason: "code".to_owned(),
        }
    }

    #[test]
    fn only_a_refusal_of_the_mail_itself_is_for_ever() {
        let rest = Duration::from_secs(300);
        for proof in [Proof::Rate, Proof::Quota, Proof::Account, Proof::Sandbox] {
            match failed(proof).failure(rest) {
                SendFailure::Later { after, .. } => assert!(after >= AFTER_RATE, "{proof:?}"),
                other => panic!("{proof:?}: {other:?}"),
            }
        }
        assert!(matches!(
            failed(Proof::Refused).failure(rest),
            SendFailure::Refused(_)
        ));
        assert!(matches!(
            failed(Proof::Nothing).failure(rest),
            SendFailure::Unknown(_)
        ));
    }

    #[test]
    fn a_recipient_in_the_sandbox_does_not_stop_the_mails_to_others() {
        assert!(!failed(Proof::Sandbox).concerns_all());
        assert!(failed(Proof::Sandbox).needs_a_person());
        assert!(failed(Proof::Account).concerns_all() && failed(Proof::Quota).concerns_all());
        assert!(!failed(Proof::Rate).needs_a_person());
    }
}
