//! What holds in every state, and what a settled one looks like.

use domain::notification::Phase;
use std::fmt;

use super::stage::Stage;

/// How a notification ended, as far as anybody can tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    pub state: &'static str,
    /// Mails that the customer got by the system's own doing.
    pub by_itself: usize,
    /// Mails that the customer got because an operator named a letter.
    pub by_operator: usize,
    /// Letters that wait for an operator.
    pub letters: usize,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let End {
            state,
            by_itself,
            by_operator,
            letters,
        } = self;
        write!(
            f,
            "{state}, mails: {by_itself} by itself, {by_operator} by an operator; {letters} letters wait"
        )
    }
}

/// The mails, cut where an operator had a letter sent: the first part is what
/// the system sent by itself, each other one what a letter has led to.
fn mails(stage: &Stage) -> Vec<usize> {
    let accepted = stage.world.mailer.accepted();
    let part_of = |attempt: u32| stage.named.range(..u64::from(attempt)).count();
    let mut parts = vec![0; stage.named.len() + 1];
    for mail in accepted {
        parts[part_of(mail.attempt)] += 1;
    }
    parts
}

/// The promises that hold at every moment, wherever each worker is.
pub(super) fn check(stage: &Stage) -> Result<(), String> {
    let mails = mails(stage);
    if mails[0] > 1 {
        return Err(format!("{} mails were sent without an operator", mails[0]));
    }
    if let Some(more) = mails[1..].iter().find(|count| **count > 1) {
        return Err(format!("{more} mails were sent for one letter"));
    }
    for stored in stage.world.notifications.all() {
        let taken = stage.world.mailer.accepted().into_iter().any(|mail| {
            let id = format!("{}-{}", mail.notification_id, mail.attempt);
            stored.message_id() == Some(id.as_str())
        });
        if stored.phase() == Phase::Sent && !taken {
            return Err(format!("it is SENT, and no mailer took it: {stored:?}"));
        }
    }
    Ok(())
}

/// What must be so once everything was delivered: nothing waits for ever, and
/// what nobody knows has a letter.
pub(super) fn end(stage: &Stage) -> Result<End, String> {
    check(stage)?;
    let all = stage.world.notifications.all();
    let [stored] = &all[..] else {
        return Err(format!("{} notifications for one event", all.len()));
    };
    let letters = stage.world.dead_letters.bodies();
    let names_it = |attempts: u32| {
        letters.iter().any(|letter| {
            letter["notification_id"] == stored.id().to_string() && letter["attempts"] == attempts
        })
    };
    match stored.phase() {
        Phase::Unknown if !names_it(stored.attempts()) => {
            return Err(format!("it is UNKNOWN, and no letter says so: {stored:?}"));
        }
        Phase::Planned | Phase::Claimed | Phase::Sending | Phase::RetryAt => {
            return Err(format!("it is stuck: {stored:?}"));
        }
        Phase::Sent | Phase::Rejected | Phase::Unknown | Phase::Skipped => {}
    }
    let mails = mails(stage);
    Ok(End {
        state: stored.phase().as_str(),
        by_itself: mails[0],
        by_operator: mails[1..].iter().sum(),
        letters: letters.len(),
    })
}
