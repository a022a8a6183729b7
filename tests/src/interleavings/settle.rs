//! The end of all faults: deliveries are repeated and dead letters are redriven
//! by the dozen, as Lambda and operators do, until nothing moves any more.

use handlers::redrive::{MAX_LETTERS, Selection};

use super::promises::{self, End};
use super::stage::{A_WHILE, Stage};

/// A delivery fails at most while a lease lasts and a mail is put off; so few
/// rounds are enough, and more are a loop.
const MAX_ROUNDS: usize = 10;

pub(super) fn settle(mut stage: Stage) -> Result<End, String> {
    stage.faults_end();
    deliver_all(&mut stage)?;
    let end = promises::end(&stage)?;
    // The event once more, after the end, changes nothing. (An operator's wish
    // may: one that came before its notification was UNKNOWN was spent on that,
    // and its letter is there again; once more, it sends that letter's one mail.)
    let mails = stage.world.mailer.accepted().len();
    if !stage.deliver_freely(&stage.event) {
        return Err("a delivery after the end failed".to_owned());
    }
    if promises::end(&stage)? != end || stage.world.mailer.accepted().len() != mails {
        return Err(format!("a delivery after the end changed it: {end:?}"));
    }
    Ok(end)
}

fn deliver_all(stage: &mut Stage) -> Result<(), String> {
    let any = Selection {
        max: MAX_LETTERS,
        ..Selection::default()
    };
    for _ in 0..MAX_ROUNDS {
        stage.world.clock.advance(A_WHILE);
        stage.redrive_freely(&any);
        stage.collect();
        if stage.inbox.is_empty() {
            return Ok(());
        }
        let mut messages = std::mem::take(&mut stage.inbox);
        messages.retain(|message| !stage.deliver_freely(message));
        stage.inbox = messages;
    }
    Err("something is delivered for ever".to_owned())
}
