//! The bugs that can be planted: the proof that the net catches fish.

use std::sync::Arc;

use handlers::Error;
use handlers::ports::{Bus, BusEntry, ReadModel, ReadModelRow};
use handlers::project::StreamRecord;
use projections::Balance;

use crate::ports::Port;

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
        "a batch that is given up is told to nobody",
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
        "an unknown outcome is told to nobody",
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
        &["no mail that was not asked for then"],
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
        "what comes late is added to a digest that is on its way",
        &["what a digest tells is pinned"],
    ),
    bug(
        "late-for-the-digest-dropped",
        "what came too late for its digest counts as told by it",
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
        "addresses that are bad for good are not suppressed",
        &["a bad address is suppressed"],
    ),
    bug(
        "feedback-not-monotone",
        "the last that is told of a mail counts",
        // Told twice, it changes what had come to its end.
        &[
            "what the provider told is never taken back",
            "a final state stays",
        ],
    ),
    bug(
        "history-unbounded",
        "each attempt adds its steps to a notification's history",
        &["a notification is small"],
    ),
    bug(
        "index-page-lost",
        "a page of the time index goes on behind what it has not read",
        &[
            "a replay publishes all it was asked for",
            "an export has every event that was recorded",
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

/// The bug `arrival-order`: whatever comes is applied as if it were next.
pub async fn project_in_order_of_arrival(
    port: &Arc<Port>,
    records: &[StreamRecord],
) -> Vec<String> {
    for record in records {
        if apply(port, record).await.is_err() {
            return vec![record.sequence_number.clone()];
        }
    }
    Vec::new()
}

async fn apply(port: &Arc<Port>, record: &StreamRecord) -> Result<(), Error> {
    let Ok(commit) = &record.commit else {
        return Ok(());
    };
    let row = port.load(&record.account_id).await?;
    if row
        .as_ref()
        .is_some_and(|row| row.version() >= commit.last_version())
    {
        return Ok(());
    }
    let revision = row.as_ref().map(|row| row.revision);
    let mut head = commit.head();
    if let Some(balance) = row.and_then(|row| row.balance) {
        let before = balance.head.account.balance;
        let moved = commit
            .events
            .iter()
            .filter_map(|event| event.decode().ok()?.delta())
            .fold(before, |sum, delta| sum.checked_add(delta).unwrap_or(sum));
        head.account.balance = moved;
    }
    let next = ReadModelRow {
        account_id: record.account_id.clone(),
        revision: revision.unwrap_or(0) + 1,
        balance: Some(Balance {
            account_id: record.account_id.clone(),
            head,
            updated_at: commit.recorded_at,
        }),
        parked: None,
    };
    port.save(&next, revision).await?;
    let events = domain::IntegrationEvent::of_commit(commit).unwrap_or_default();
    let entries = events
        .iter()
        .map(BusEntry::of)
        .collect::<Result<Vec<_>, _>>()?;
    port.publish(&entries).await.into_iter().collect()
}
