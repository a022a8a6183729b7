//! The bugs that can be planted: the proof that the net catches fish.

mod bus;
mod customers;
mod letters;
mod mailer;
mod notifications;
pub mod projection;
mod store;
mod suppressions;

use std::cell::Cell;
use std::sync::Arc;

use handlers::ports::{
    Bus, Customers, DeadLetterQueue, EventStore, Mailer, Notifications, Suppressions,
};

use crate::ports::{Port, Role};
pub use notifications::overwrites;

thread_local! {
    static PLANTED: Cell<&'static str> = const { Cell::new("") };
}

/// Plants this bug on this thread, or, for "", none.
pub fn plant(name: &'static str) {
    PLANTED.set(name);
}

/// Whether this bug is planted.
pub fn is(name: &str) -> bool {
    PLANTED.get() == name
}

fn is_any() -> bool {
    !is("")
}

/// The port itself, or, where a bug is planted, an adapter on it that may have it.
pub fn store(port: &Arc<Port>) -> Arc<dyn EventStore> {
    match is_any() {
        true => Arc::new(store::FaultyStore::on(port.clone())),
        false => port.clone(),
    }
}

/// See [`store()`]. Who writes customers reads them as they are.
pub fn customers(port: &Arc<Port>) -> Arc<dyn Customers> {
    match is_any() && port.role() == Role::Notify {
        true => Arc::new(customers::FaultyCustomers(port.clone())),
        false => port.clone(),
    }
}

/// See [`store()`]. Feedback and the API find what is stored.
pub fn notifications(port: &Arc<Port>) -> Arc<dyn Notifications> {
    match is_any() && port.role() == Role::Notify {
        true => Arc::new(notifications::FaultyNotifications::on(port.clone())),
        false => port.clone(),
    }
}

/// See [`store()`].
pub fn suppressions(port: &Arc<Port>) -> Arc<dyn Suppressions> {
    match is_any() {
        true => Arc::new(suppressions::FaultySuppressions(port.clone())),
        false => port.clone(),
    }
}

/// See [`store()`].
pub fn bus(port: &Arc<Port>) -> Arc<dyn Bus> {
    match is_any() {
        true => Arc::new(bus::FaultyBus(port.clone())),
        false => port.clone(),
    }
}

/// See [`store()`].
pub fn letters(port: &Arc<Port>) -> Arc<dyn DeadLetterQueue> {
    match is_any() {
        true => Arc::new(letters::FaultyLetters(port.clone())),
        false => port.clone(),
    }
}

/// See [`store()`].
pub fn mailer(port: &Arc<Port>) -> Arc<dyn Mailer> {
    match is_any() {
        true => Arc::new(mailer::FaultyMailer(port.clone())),
        false => port.clone(),
    }
}

/// A bug, what it would do, and the invariants that may catch it.
#[derive(Debug, Clone, Copy)]
pub struct PlantedBug {
    pub name: &'static str,
    pub what: &'static str,
    pub caught_by: &'static [&'static str],
}

const TOLD: &str = "every event is told or skipped with a reason";
const PROJECTED: &str = "every event is projected";
const ONE_MAIL: &str = "one mail a notification";
const DUE: &str = "what is due comes to its end";

pub const BUGS: [PlantedBug; 46] = [
    bug(
        "published-only-when-applied",
        "project publishes only when the balance moved",
        &[TOLD],
    ),
    bug(
        "gap-skipped",
        "project skips a record that comes too early",
        &[PROJECTED, TOLD],
    ),
    bug(
        "arrival-order",
        "project applies records in order of arrival, ten at a time",
        &[
            "balance is the sum of the events",
            "a balance never goes back",
            PROJECTED,
            TOLD,
        ],
    ),
    bug(
        "unreadable-record-skipped",
        "project skips what it cannot read",
        &[PROJECTED, TOLD],
    ),
    bug(
        "resume-tells-nobody",
        "redriving a parked account publishes nothing",
        &[TOLD],
    ),
    bug(
        "failures-not-reported",
        "project answers an empty list of failures always",
        &[PROJECTED, TOLD],
    ),
    bug(
        "last-failure-reported",
        "project names the last failure, not the first",
        &[PROJECTED, TOLD],
    ),
    bug(
        "mapping-starts-at-latest",
        "the mapping misses what was written while it was made",
        &[PROJECTED, TOLD],
    ),
    bug(
        "no-destination-for-the-stream",
        "a batch that is given up is lost silently",
        &[PROJECTED, TOLD],
    ),
    bug(
        "balance-write-unconditional",
        "balances are written without a condition",
        &[
            "a balance never goes back",
            "balance is the sum of the events",
        ],
    ),
    bug(
        "partial-failure-ignored",
        "FailedEntryCount is not read",
        &[TOLD, "a replay publishes all it was asked for"],
    ),
    bug(
        "no-dead-letters-for-the-rule",
        "the rule has no dead-letter queue",
        &[TOLD, "every replay ends"],
    ),
    bug(
        "no-destination-for-the-function",
        "the function has no on-failure destination",
        &[TOLD, "every replay ends"],
    ),
    bug(
        "expired-send-repeated",
        "a SENDING whose lease expired is sent again",
        &[ONE_MAIL, "what was sent is not told as unsent"],
    ),
    bug(
        "mailer-tried-again",
        "the SDK's retries are left on for SES",
        &[ONE_MAIL],
    ),
    bug(
        "claim-given-back-on-error",
        "the claim is given back on an error of the mailer",
        &[ONE_MAIL, "what was sent is not told as unsent", TOLD],
    ),
    bug(
        "claim-unconditional",
        "claims are written without a condition",
        &[ONE_MAIL, "a final state stays"],
    ),
    bug(
        "lease-shorter-than-the-call",
        "the lease is shorter than the mailer's timeout",
        &["nobody gives up a mail in a worker's hands"],
    ),
    bug(
        "unknown-read-as-sent",
        "a timeout of the mailer counts as sent",
        &["sent is what the mailer took"],
    ),
    bug(
        "unknown-without-a-letter",
        "an unknown outcome is not reported",
        &["an unknown mail has its dead letter"],
    ),
    bug(
        "opt-out-not-read-again",
        "an opt-out after the event is not seen",
        &["no mail after an opt-out"],
    ),
    bug(
        "address-of-then",
        "the mail goes to the address at the time of the event",
        &["no mail to an address that was replaced"],
    ),
    bug(
        "preferences-of-now",
        "an event is judged by the preferences of now",
        &["no mail that was not asked for then", TOLD],
    ),
    bug(
        "address-in-a-reason",
        "what SES says of a recipient is kept as a reason",
        &[
            "no personal data in what is shown of a notification",
            "no personal data in dead letters",
        ],
    ),
    bug(
        "address-in-the-log",
        "the recipient is logged",
        &["no personal data in logs"],
    ),
    bug(
        "head-never-forgotten",
        "the head cache is never invalidated",
        &[
            "every request is answered",
            "a conflict is with another writer",
        ],
    ),
    bug(
        "key-outside-the-transaction",
        "the idempotency key is written by a second call",
        &["one key, one commit"],
    ),
    bug(
        "key-expires",
        "idempotency keys live for ten minutes",
        &["one key, one commit"],
    ),
    bug(
        "key-taken-with-any-body",
        "the body of a used key is not compared",
        &["one key, one body"],
    ),
    bug(
        "throttle-read-as-conflict",
        "a cancelled transaction is always read as a conflict",
        &["a conflict is with another writer"],
    ),
    bug(
        "unknown-redriven-unnamed",
        "a redrive of all sends what may have been sent",
        &[ONE_MAIL],
    ),
    bug(
        "letter-removed-first",
        "a letter is removed before it is acted on",
        &[
            TOLD,
            PROJECTED,
            "an unknown mail has its dead letter",
            "every replay ends",
        ],
    ),
    bug(
        "replay-unmarked",
        "a replay publishes events like new ones",
        &["a replay tells nobody"],
    ),
    bug(
        "late-write-acknowledged",
        "an append without an answer is told as recorded",
        &["acknowledged is stored"],
    ),
    bug(
        "quiet-hours-not-kept",
        "mails are sent in quiet hours",
        &["no mail in quiet hours"],
    ),
    bug(
        "digest-not-pinned",
        "a digest that is on its way is made anew, of what waits now",
        &["what a digest tells is pinned"],
    ),
    bug(
        "late-for-the-digest-dropped",
        "what came too late for its digest is never due again",
        &[TOLD],
    ),
    bug(
        "due-not-carried-over",
        "what was due is not due again when its worker died",
        &[TOLD],
    ),
    bug(
        "next-statement-planned-last",
        "the next statement is planned once this one is told",
        &["a month has its statement"],
    ),
    bug(
        "suppression-not-read",
        "suppressed addresses are not looked up",
        &["no mail to a suppressed address"],
    ),
    bug(
        "suppression-not-written",
        "permanently bad addresses are not suppressed",
        &["a bad address is suppressed"],
    ),
    bug(
        "feedback-unconditional",
        "what the provider tells is written without a condition",
        &[
            "what the provider told is never taken back",
            "a final state stays",
        ],
    ),
    bug(
        "due-shard-not-read",
        "the heartbeat does not read one of the shards of what is due",
        &[DUE],
    ),
    bug(
        "index-page-lost",
        "a page of the time index that is not the last is taken for it",
        &[
            "a replay publishes all it was asked for",
            "an export has every event that was recorded",
            TOLD,
        ],
    ),
    bug(
        "statement-begins-by-the-calendar",
        "a statement begins with its month, wherever the one before it ended",
        &["each movement is in exactly one statement"],
    ),
    bug(
        "key-of-a-schedule-taken",
        "callers may use the keys under which schedules act",
        &[
            "each occurrence of a schedule runs",
            "dead letters can be redriven to the end",
        ],
    ),
];

const fn bug(
    name: &'static str,
    what: &'static str,
    caught_by: &'static [&'static str],
) -> PlantedBug {
    PlantedBug {
        name,
        what,
        caught_by,
    }
}
