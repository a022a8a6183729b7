//! Mailers that know less of a mail than they say, try once more, or talk.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::NotificationId;
use handlers::ports::{Mail, Mailer, Outcome, SendFailure};

use super::is;
use crate::ports::Port;

/// How often the SDK tries by itself, unless it is told not to.
const TRIES: u32 = 3;

#[derive(Debug)]
pub(super) struct FaultyMailer(pub(super) Arc<Port>);

#[async_trait]
impl Mailer for FaultyMailer {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        if is("address-in-the-log") {
            tracing::info!(to = mail.to.as_str(), "sending");
        }
        let mut answer = self.0.send(mail).await;
        if is("mailer-tried-again") {
            for _ in 1..TRIES {
                if matches!(answer, Err(SendFailure::Unknown(_))) {
                    answer = self.0.send(mail).await;
                }
            }
        }
        match answer {
            Err(SendFailure::Unknown(reason)) if is("claim-given-back-on-error") => {
                Err(SendFailure::Later {
                    reason,
                    after: Duration::ZERO,
                })
            }
            Err(SendFailure::Unknown(_)) if is("unknown-read-as-sent") => Ok("unknown".to_owned()),
            Err(SendFailure::Refused(reason)) if is("address-in-a-reason") => Err(
                SendFailure::Refused(format!("{reason}: {} is not verified", mail.to.as_str())),
            ),
            answer => answer,
        }
    }

    async fn outcome(&self, notification_id: NotificationId, attempt: u32) -> Outcome {
        match is("expired-send-repeated") {
            true => Outcome::NotAccepted,
            false => self.0.outcome(notification_id, attempt).await,
        }
    }
}
