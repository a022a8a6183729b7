//! What can happen next.

use std::time::Duration;

use handlers::error::Error;

use crate::world::{Answer, Fault};

/// How long the mailer wants to be left alone; shorter than a wait.
const LATER: Answer = Answer::Later(Duration::from_secs(30));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A worker begins with this message of the inbox.
    Deliver(usize),
    /// The network has this message twice.
    Duplicate(usize),
    /// The network gives this message up: it is a dead letter.
    Lose(usize),
    /// An operator names all letters that there are.
    Redrive,
    /// Leases end, put-off mails are due, hidden letters are visible again.
    Wait,
    /// This one makes the call at which it stands.
    Go(usize, Turn),
    /// This one dies where it stands.
    Crash(usize),
}

/// How a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    Well,
    /// No effect, and an error.
    FailsBefore,
    /// The effect, and an error all the same.
    FailsAfter,
    Refused,
    PutOff,
    UnknownAccepted,
    UnknownLost,
}

impl Turn {
    /// The turns that a call of this name can take.
    pub(super) fn of(call: &str) -> &'static [Turn] {
        match call {
            "mailer.send" => &[
                Turn::Well,
                Turn::Refused,
                Turn::PutOff,
                Turn::UnknownAccepted,
                Turn::UnknownLost,
            ],
            // It answers, or its caller dies.
            "mailer.outcome" => &[Turn::Well],
            // A read that fails is one before which its caller dies: nothing
            // has happened, and the message comes again.
            "notifications.get" => &[Turn::Well],
            _ => &[Turn::Well, Turn::FailsBefore, Turn::FailsAfter],
        }
    }

    pub(super) fn fault(self) -> Option<Fault> {
        let error = || Error::Unknown("timed out".into());
        match self {
            Turn::FailsBefore => Some(Fault::FailBefore(error())),
            Turn::FailsAfter => Some(Fault::FailAfter(error())),
            _ => None,
        }
    }

    /// What the mailer answers, where it is asked.
    pub(super) fn answer(self) -> Option<Answer> {
        match self {
            Turn::Refused => Some(Answer::Refuse),
            Turn::PutOff => Some(LATER),
            Turn::UnknownAccepted => Some(Answer::UnknownAccepted),
            Turn::UnknownLost => Some(Answer::UnknownLost),
            Turn::Well | Turn::FailsBefore | Turn::FailsAfter => None,
        }
    }
}

impl Choice {
    /// Whether it uses nothing up that is bounded.
    pub(super) fn is_free(self) -> bool {
        matches!(self, Choice::Go(_, Turn::Well))
    }

    /// Whether something goes wrong by it.
    pub(super) fn is_fault(self) -> bool {
        match self {
            Choice::Duplicate(_) | Choice::Lose(_) | Choice::Crash(_) => true,
            Choice::Go(_, turn) => turn != Turn::Well,
            Choice::Deliver(_) | Choice::Redrive | Choice::Wait => false,
        }
    }
}
