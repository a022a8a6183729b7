//! The mailer, which accepts, refuses, delays, or leaves the outcome unknown. Like
//! the local mailbox it can report outcomes afterwards, or like SES it cannot.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::NotificationId;
use handlers::ports::{Mail, Mailer, Outcome, SendFailure};

use super::faults::{Fault, Faults};

/// The mailer's answer to a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The mail is accepted.
    Accept,
    /// The mail is refused permanently.
    Refuse,
    /// The mail is refused for now; a retry after this time may help.
    Later(Duration),
    /// The mail is accepted, but the answer is lost.
    UnknownAccepted,
    /// The mail is lost on the way, and with it the answer.
    UnknownLost,
}

#[derive(Debug, Default)]
struct State {
    accepted: Vec<Mail>,
    /// The answers to the next sends. Later ones are accepted.
    script: VecDeque<Answer>,
    /// The attempts reported as not accepted, which are refused from then on.
    closed: BTreeSet<(NotificationId, u32)>,
    tells_outcomes: bool,
}

/// A mailer in memory.
#[derive(Debug)]
pub struct MemoryMailer {
    faults: Arc<Faults>,
    state: Mutex<State>,
}

impl MemoryMailer {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryMailer {
            faults,
            state: Mutex::default(),
        }
    }

    /// Returns the accepted mails, in their order.
    pub fn accepted(&self) -> Vec<Mail> {
        self.lock().accepted.clone()
    }

    /// Sets the answers to the next sends.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.lock().script.extend(answers);
    }

    /// Cancels the answers that were not used yet.
    pub fn forget_answers(&self) {
        self.lock().script.clear();
    }

    /// Returns the attempts that were reported as not accepted.
    pub fn closed(&self) -> BTreeSet<(NotificationId, u32)> {
        self.lock().closed.clone()
    }

    /// Reports outcomes from now on, like the local mailbox.
    pub fn tell_outcomes(&self) {
        self.lock().tells_outcomes = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, mail: &Mail) -> Result<String, SendFailure> {
        let mut state = self.lock();
        let lost = |reason: &str| Err(SendFailure::Unknown(reason.to_owned()));
        if state.closed.contains(&(mail.notification_id, mail.attempt)) {
            return Err(SendFailure::Refused(
                "this attempt was refused before".to_owned(),
            ));
        }
        match state.script.pop_front().unwrap_or(Answer::Accept) {
            Answer::Accept => {
                state.accepted.push(mail.clone());
                Ok(message_id(mail))
            }
            Answer::Refuse => Err(SendFailure::Refused("the address is invalid".to_owned())),
            Answer::Later(after) => {
                let reason = "the sending rate is exceeded".to_owned();
                Err(SendFailure::Later { reason, after })
            }
            Answer::UnknownAccepted => {
                state.accepted.push(mail.clone());
                lost("the connection was lost after the request left")
            }
            Answer::UnknownLost => lost("the request timed out"),
        }
    }
}

fn message_id(mail: &Mail) -> String {
    format!("{}-{}", mail.notification_id, mail.attempt)
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        match self.faults.strike("mailer.send").await {
            None => self.take(mail),
            Some(Fault::FailBefore(error)) => Err(SendFailure::Unknown(error.to_string())),
            Some(Fault::FailAfter(error)) => self
                .take(mail)
                .and(Err(SendFailure::Unknown(error.to_string()))),
            Some(Fault::StopBefore) => {
                self.faults.stop().await;
                self.take(mail)
            }
            Some(Fault::StopAfter) => {
                let answer = self.take(mail);
                self.faults.stop().await;
                answer
            }
        }
    }

    async fn outcome(&self, notification_id: NotificationId, attempt: u32) -> Outcome {
        self.faults.strike("mailer.outcome").await;
        let mut state = self.lock();
        if !state.tells_outcomes {
            return Outcome::Unknowable;
        }
        let taken = state
            .accepted
            .iter()
            .find(|mail| mail.notification_id == notification_id && mail.attempt == attempt)
            .map(message_id);
        match taken {
            Some(id) => Outcome::Accepted(id),
            None => {
                state.closed.insert((notification_id, attempt));
                Outcome::NotAccepted
            }
        }
    }
}
