//! What people read for the codes of the API: one table for the console, the command line, the OpenAPI document and the
//! reference.

use crate::notification::{Kind, Phase, ProviderEventKind, SkipReason, WaitReason};
use crate::schedule_event::OccurrenceSkipReason;

/// A code of the API, and the words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The code, as it is stored and answered.
    pub code: &'static str,
    /// What a person reads in its place, in English: it continues a sentence.
    pub words: &'static str,
    /// What it means, for the reference.
    pub meaning: &'static str,
}

const fn word(code: &'static str, words: &'static str, meaning: &'static str) -> Word {
    Word {
        code,
        words,
        meaning,
    }
}

/// The states of a notification, in the order of its life.
pub const STATES: [Word; 8] = [
    word(
        Phase::Planned.as_str(),
        "waiting",
        "until a time, for the reason that stands beside it",
    ),
    word(
        Phase::Claimed.as_str(),
        "being prepared",
        "a worker has it; only older histories contain this state",
    ),
    word(
        Phase::Sending.as_str(),
        "being sent",
        "handed to the mail service, and the answer is not recorded yet",
    ),
    word(
        Phase::RetryAt.as_str(),
        "will be retried",
        "after a transient failure",
    ),
    word(
        Phase::Sent.as_str(),
        "sent",
        "accepted by the mail service; `delivery` says how far it got",
    ),
    word(Phase::Rejected.as_str(), "refused", "refused permanently"),
    word(
        Phase::Unknown.as_str(),
        "may have been sent",
        "the answer of the mail service was lost: an operator decides; a security mail is sent once more, and then says that it may be a repeat",
    ),
    word(
        Phase::Skipped.as_str(),
        "not sent",
        "for the reason that stands beside it",
    ),
];

/// The reasons for which a notification is not sent.
pub const SKIP_REASONS: [Word; 9] = [
    word(
        SkipReason::NoContact.as_str(),
        "the customer has no address",
        "none was known when the event happened, or none is known now",
    ),
    word(
        SkipReason::PreferenceOff.as_str(),
        "the customer does not want this kind",
        "it was switched off at the time, or has been since",
    ),
    word(
        SkipReason::BelowMinimum.as_str(),
        "below the customer's minimum",
        "for a large amount also: no amount is set",
    ),
    word(
        SkipReason::NotCrossed.as_str(),
        "the threshold was not crossed",
        "the balance was low before, or no threshold is set",
    ),
    word(
        SkipReason::AlreadyToldToday.as_str(),
        "already notified today",
        "a low balance is reported once a day, whatever threshold is in force",
    ),
    word(
        SkipReason::Suppressed.as_str(),
        "the address bounced or complained",
        "permanently, until the address is allowed again",
    ),
    word(
        SkipReason::Erased.as_str(),
        "the customer was erased",
        "the customer's data were deleted",
    ),
    word(
        SkipReason::Replay.as_str(),
        "published again by a replay",
        "customers are not notified of past events",
    ),
    word(
        SkipReason::Imported.as_str(),
        "imported history, of which nobody is notified",
        "loaded by `ledgerbell import` or by the bank's systems",
    ),
];

/// The reasons for which a notification waits.
pub const WAIT_REASONS: [Word; 3] = [
    word(
        WaitReason::QUIET_HOURS,
        "until the quiet hours are over",
        "the customer's quiet hours",
    ),
    word(
        WaitReason::DIGEST,
        "until the next digest",
        "it waits for the daily or weekly mail",
    ),
    word(
        WaitReason::MONTH_END,
        "until the month is over",
        "a statement that waits for the first morning of the next month",
    ),
];

/// The reasons for which a scheduled operation is skipped.
pub const OPERATION_REASONS: [Word; 2] = [
    word(
        OccurrenceSkipReason::InsufficientFunds.as_str(),
        "not enough money",
        "the balance and the overdraft limit did not cover it",
    ),
    word(
        OccurrenceSkipReason::AccountClosed.as_str(),
        "the account was closed",
        "before the operation was due",
    ),
];

/// The kinds of notifications.
pub const KINDS: [Word; 10] = [
    word(Kind::Deposit.as_str(), "Deposit", "money in"),
    word(Kind::Withdrawal.as_str(), "Withdrawal", "money out"),
    word(
        Kind::Reversal.as_str(),
        "Reversal",
        "an earlier movement was undone",
    ),
    word(
        Kind::Overdrawn.as_str(),
        "Overdrawn",
        "the balance fell below the overdraft limit",
    ),
    word(
        Kind::LargeAmount.as_str(),
        "Large amount",
        "a movement of the customer's alert level or more",
    ),
    word(
        Kind::LowBalance.as_str(),
        "Low balance",
        "the balance fell below the customer's threshold",
    ),
    word(
        Kind::ScheduleRun.as_str(),
        "Scheduled operation carried out",
        "a scheduled operation moved money",
    ),
    word(
        Kind::ScheduleSkipped.as_str(),
        "Scheduled operation skipped",
        "a scheduled operation was due, and was not carried out",
    ),
    word(Kind::Statement.as_str(), "Statement", "of a month"),
    word(
        Kind::Security.as_str(),
        "Security",
        "what a customer must know to act against a fraud; it cannot be switched off",
    ),
];

/// What the mail service reported of a mail.
pub const REPORTS: [Word; 7] = [
    word(
        ProviderEventKind::Sent.as_str(),
        "Accepted by the provider",
        "it will try to deliver it",
    ),
    word(
        ProviderEventKind::Delayed.as_str(),
        "Delivery delayed",
        "the provider continues to try",
    ),
    word(
        ProviderEventKind::Delivered.as_str(),
        "Delivered",
        "the receiving server has it",
    ),
    word(
        ProviderEventKind::Bounced.as_str(),
        "Bounced",
        "the receiving server refused it, immediately or later",
    ),
    word(
        ProviderEventKind::Complained.as_str(),
        "Marked as spam",
        "by its recipient",
    ),
    word(
        ProviderEventKind::Rejected.as_str(),
        "Refused by the provider",
        "because of its content",
    ),
    word(
        ProviderEventKind::RenderingFailed.as_str(),
        "Not rendered by the provider",
        "a template of the provider could not be rendered",
    ),
];

/// The types of events.
pub const EVENTS: [Word; 9] = [
    word(
        "AccountOpened",
        "Account opened",
        "the first event of an account",
    ),
    word("MoneyDeposited", "Deposit", "money in"),
    word("MoneyWithdrawn", "Withdrawal", "money out"),
    word(
        "TransactionReversed",
        "Reversal",
        "an earlier movement was undone",
    ),
    word("AccountClosed", "Account closed", "no event can follow"),
    word(
        "OperationScheduled",
        "Schedule created",
        "a movement was scheduled, once or again and again",
    ),
    word(
        "OperationCancelled",
        "Schedule cancelled",
        "a schedule ended early",
    ),
    word(
        "OperationSkipped",
        "Scheduled operation skipped",
        "a scheduled movement was due, and was not carried out",
    ),
    word(
        "AccountOverdrawn",
        "Account overdrawn",
        "derived from a movement and published, not stored",
    ),
];

/// The kinds of keys by which a search finds.
pub const SEARCH_KEYS: [Word; 8] = [
    word("account_id", "account id", "however it is written"),
    word(
        "last_four",
        "last four characters of an account",
        "`6828` or `••••6828`",
    ),
    word("customer_id", "customer id", "however it is written"),
    word("email", "e-mail address", "the whole address"),
    word("name", "name", "the words of a name or their beginnings"),
    word("event_id", "event id", "as the API answers it"),
    word(
        "notification_id",
        "notification id",
        "as the API answers it",
    ),
    word("mail_code", "code of a mail", "the last line of a mail"),
];

/// Returns the words for a code, or the code where the table does not have it: a later version may have stored it.
///
/// ```
/// use domain::words::{STATES, of};
///
/// assert_eq!(of(&STATES, "SKIPPED"), "not sent");
/// assert_eq!(of(&STATES, "POSTED"), "POSTED");
/// ```
#[must_use]
pub fn of<'a>(table: &[Word], code: &'a str) -> &'a str
where
    'static: 'a,
{
    let found = table.iter().find(|word| word.code == code);
    found.map_or(code, |word| word.words)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::event::Event;
    use crate::integration_event::ACCOUNT_OVERDRAWN;

    #[track_caller]
    fn has_each_once(table: &[Word], codes: impl IntoIterator<Item = &'static str>) {
        let known: BTreeSet<_> = table.iter().map(|word| word.code).collect();
        assert_eq!(known.len(), table.len());
        assert_eq!(known, codes.into_iter().collect());
    }

    #[test]
    fn every_code_has_words_and_no_other() {
        has_each_once(&STATES, Phase::ALL.map(Phase::as_str));
        has_each_once(&SKIP_REASONS, SkipReason::ALL.map(SkipReason::as_str));
        has_each_once(&WAIT_REASONS, WaitReason::NAMES);
        has_each_once(&KINDS, Kind::ALL.map(Kind::as_str));
        has_each_once(
            &OPERATION_REASONS,
            OccurrenceSkipReason::ALL.map(OccurrenceSkipReason::as_str),
        );
        has_each_once(&EVENTS, Event::TYPES.into_iter().chain([ACCOUNT_OVERDRAWN]));
    }

    #[test]
    fn no_two_codes_of_a_table_have_the_same_words() {
        let reasons: Vec<Word> = [&SKIP_REASONS[..], &WAIT_REASONS, &OPERATION_REASONS].concat();
        for table in [
            &STATES[..],
            &KINDS,
            &REPORTS,
            &EVENTS,
            &SEARCH_KEYS,
            &reasons,
        ] {
            let words: BTreeSet<_> = table.iter().map(|word| word.words).collect();
            assert_eq!(words.len(), table.len(), "{table:?}");
        }
    }
}
