//! The log lines of each hop of an event, with its correlation id and the metrics. See `docs/adr/0024-a-line-a-hop-carries-its-metrics.md`.
//!
//! No line contains a name or an address: each function takes only ids and numbers, so that a use case cannot log one.

mod metrics;

use chrono::{DateTime, Utc};
use domain::notification::{Notification, Phase, ProviderEvent};
use domain::{AccountId, Commit, IntegrationEvent, Occurrence, Version};

use crate::append::Append;
use crate::error::Error;
use crate::ports::{BusEntry, Due};
pub use metrics::{METRICS, Metric, NAMESPACE, STACK, Unit};

/// The target of these lines, by which a log writer recognises them.
pub const TARGET: &str = "ledgerbell::telemetry";

pub(crate) fn appended(commit: &Commit) {
    tracing::info!(
        target: TARGET,
        correlation_id = commit.correlation_id.as_str(),
        account_id = %commit.account_id,
        first_version = commit.first_version,
        Appended = commit.events.len() as u64,
        "appended"
    );
}

/// Another writer was first; the append is tried again.
pub(crate) fn overtaken(request: &Append) {
    tracing::info!(
        target: TARGET,
        correlation_id = request.correlation_id.as_str(),
        account_id = %request.account_id,
        AppendConflicts = 1_u64,
        "another writer was quicker"
    );
}

/// The account's row advanced from version `before` to the end of these events. Those of one commit are one line.
pub(crate) fn projected(account: &AccountId, before: Version, events: &[IntegrationEvent]) {
    let applied = events.iter().filter(|event| {
        // A derived event shares the version of its movement, and belongs to no commit.
        event.metadata.version > before && event.fact.reported().is_some()
    });
    let mut commits: Vec<(&str, Version, u64)> = Vec::new();
    for event in applied {
        let id = event.metadata.correlation_id.as_str();
        match commits.last_mut() {
            Some((last, _, count)) if *last == id => *count += 1,
            _ => commits.push((id, event.metadata.version, 1)),
        }
    }
    for (correlation_id, first_version, count) in commits {
        tracing::info!(
            target: TARGET,
            correlation_id,
            account_id = %account,
            first_version,
            Projected = count,
            "projected"
        );
    }
}

/// Commits without a record were read from the store.
pub(crate) fn gaps_healed(account: &AccountId, gaps: u64) {
    tracing::info!(target: TARGET, account_id = %account, GapsHealed = gaps, "a gap was closed from the store");
}

pub(crate) fn published(entry: &BusEntry) {
    let metadata = &entry.detail["metadata"];
    tracing::info!(
        target: TARGET,
        correlation_id = metadata["correlation_id"].as_str(),
        event_id = metadata["event_id"].as_str(),
        event_type = entry.event_type,
        Published = 1_u64,
        "published"
    );
}

/// A replay published events: one line for all, because there may be millions.
pub(crate) fn replayed(replay_id: &str, events: u64) {
    tracing::info!(target: TARGET, correlation_id = replay_id, Replayed = events, "published again");
}

/// The mailer accepted a mail.
pub(crate) fn sent(notification: &Notification, event: &IntegrationEvent, now: DateTime<Utc>) {
    let lag = (now - event.metadata.recorded_at).num_milliseconds().max(0);
    tracing::info!(
        target: TARGET,
        correlation_id = notification.correlation_id(),
        event_id = %notification.source().event_id,
        notification_id = %notification.id(),
        kind = notification.kind().as_str(),
        MailsSent = 1_u64,
        EndToEndLag = at_once(notification).then_some(lag),
        "mail sent"
    );
}

/// A notification's other states, after they were stored.
pub(crate) fn moved(notification: &Notification) {
    // One callsite for each state, because each has its own metric.
    macro_rules! tell {
        ($level:ident, $metric:ident, $what:literal, $reason:ident) => {
            tracing::$level!(
                target: TARGET,
                correlation_id = notification.correlation_id(),
                event_id = %notification.source().event_id,
                notification_id = %notification.id(),
                kind = notification.kind().as_str(),
                $reason = notification.reason(),
                $metric = 1_u64,
                $what
            )
        };
    }
    match notification.phase() {
        Phase::Skipped => tell!(info, MailsSkipped, "mail skipped", reason),
        Phase::Rejected => tell!(warn, MailsRejected, "mail refused", why),
        Phase::Unknown => tell!(
            warn,
            MailsUnknown,
            "nobody knows whether a mail was sent",
            why
        ),
        Phase::RetryAt => tell!(info, MailsPutOff, "mail put off by the mailer", why),
        Phase::Planned | Phase::Claimed | Phase::Sending | Phase::Sent => {}
    }
}

/// Whether the notification never waited deliberately, so that its lag is the pipeline's.
fn at_once(notification: &Notification) -> bool {
    notification.content().is_event() && !notification.facts().waited
}

/// A report of the provider was recorded.
pub(crate) fn told(before: Phase, after: &Notification, event: &ProviderEvent) {
    let settled = u64::from(before == Phase::Unknown && after.phase() != Phase::Unknown);
    tracing::info!(
        target: TARGET,
        correlation_id = after.correlation_id(),
        notification_id = %after.id(),
        told = event.kind.as_str(),
        MailEvents = 1_u64,
        UnknownSettled = settled,
        "what became of a mail"
    );
}

/// The letter about a parked account is in the queue.
pub(crate) fn account_parked(account: &AccountId, why: &str) {
    tracing::error!(
        target: TARGET, account_id = %account, why, letter = "account", DeadLetters = 1_u64, "account parked"
    );
}

pub(crate) fn commit_untold(account: &AccountId, first_version: Version, why: &str) {
    tracing::error!(
        target: TARGET, account_id = %account, first_version, why, letter = "commit", DeadLetters = 1_u64,
        "a commit's events not told"
    );
}

pub(crate) fn outcome_unknown(notification: &Notification) {
    tracing::error!(
        target: TARGET,
        correlation_id = notification.correlation_id(),
        notification_id = %notification.id(),
        letter = "notification",
        DeadLetters = 1_u64,
        "a mail of unknown outcome waits for an operator"
    );
}

pub(crate) fn redriven(letter: &str, correlation_id: Option<&str>, outcome: &str) {
    tracing::info!(target: TARGET, correlation_id, letter_id = letter, outcome, Redriven = 1_u64, "redriven");
}

/// Logs that a heartbeat has come. `due` is what it runs: `schedule` or `notification`.
pub fn heartbeat(due: &str) {
    tracing::info!(target: TARGET, due, Heartbeats = 1_u64, "heartbeat");
}

/// A due notification failed. Logged in the notification's span.
pub(crate) fn notification_failed_when_due(error: &Error) {
    tracing::warn!(
        target: TARGET,
        class = error.class(), %error,
        DueFailed = 1_u64, due = "notification",
        "a notification that is due has failed"
    );
}

/// Logs that the export is complete: it has all commits that were recorded before `until`, and this run wrote `events` events.
pub fn export_complete(until: DateTime<Utc>, events: u64) {
    tracing::info!(
        target: TARGET,
        %until, events,
        ExportsComplete = 1_u64,
        "the export is complete"
    );
}

/// A due schedule failed. Its correlation id is the occurrence's.
pub(crate) fn schedule_failed_when_due(due: &Due, error: &Error) {
    let occurrence = Occurrence {
        schedule_id: due.schedule_id.clone(),
        at: due.next_at,
    };
    tracing::error!(
        target: TARGET,
        correlation_id = %occurrence.correlation_id(),
        account_id = %due.account_id, schedule_id = %due.schedule_id, class = error.class(), %error,
        DueFailed = 1_u64, due = "schedule",
        "a schedule that is due has failed"
    );
}

/// A schedule could not be parked. It is still due, and the next heartbeat tries it again.
pub(crate) fn schedule_not_parked(due: &Due, error: &Error) {
    tracing::error!(
        target: TARGET,
        account_id = %due.account_id, schedule_id = %due.schedule_id, class = error.class(), %error,
        "a schedule that can never be worked off could not be parked"
    );
}

/// Logs that the mailer accepts no mail of the account, or none to a recipient of its sandbox, until a person acts. `code`
/// is the provider's code.
pub fn mail_paused(code: &str) {
    tracing::error!(target: TARGET, code, MailPaused = 1_u64, "SES takes no mail of this account, or in the sandbox none to this recipient");
}
