//! The mailer: takes, refuses, puts off, or leaves one in the dark; and tells
//! afterwards, as a mailbox on the same machine does, or cannot, as SES.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::NotificationId;
use handlers::ports::{Mail, Mailer, Outcome, SendFailure};

use super::faults::{Fault, Faults};

/// What the mailer answers to one send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Accept,
    Refuse,
    /// Not now, but after this time.
    Later(Duration),
    /// Taken, and the answer is lost.
    UnknownAccepted,
    /// Lost on the way, and so is the answer.
    UnknownLost,
}

#[derive(Debug, Default)]
struct State {
    accepted: Vec<Mail>,
    /// Answers to the next sends; then everything is accepted.
    script: VecDeque<Answer>,
    /// Attempts of which was said that they were never taken.
    closed: BTreeSet<(NotificationId, u32)>,
    tells_outcomes: bool,
}

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

    /// The mails that customers got, in order.
    pub fn accepted(&self) -> Vec<Mail> {
        self.lock().accepted.clone()
    }

    /// The next sends are answered like this, one after the other.
    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.lock().script.extend(answers);
    }

    /// No answer that was given in advance and not used comes any more.
    pub fn forget_answers(&self) {
        self.lock().script.clear();
    }

    /// The attempts of which was said that they were never taken.
    pub fn closed(&self) -> BTreeSet<(NotificationId, u32)> {
        self.lock().closed.clone()
    }

    /// Knows afterwards what it took, from now on.
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
            return Err(SendFailure::Refused("this attempt was given up".to_owned()));
        }
        match state.script.pop_front().unwrap_or(Answer::Accept) {
            Answer::Accept => {
                state.accepted.push(mail.clone());
                Ok(message_id(mail))
            }
            Answer::Refuse => Err(SendFailure::Refused("the address is not one".to_owned())),
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
