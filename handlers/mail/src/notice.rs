//! Mails about one event.

use chrono::{DateTime, NaiveDate, Utc};
use domain::notification::Kind;
use domain::{Occurred, OccurrenceSkipReason};
use icu_datetime::options::Length;
use minijinja::Value;

use crate::envelope::{check_amount, untrusted};
use crate::facts::{Facts, facts};
use crate::limits::{MAX_COUNTERPARTY_CHARS, MAX_REFERENCE_CHARS, MAX_SCHEDULE_ID_CHARS};
use crate::money::{format_magnitude, format_movement};
use crate::render::{Mail, RenderError, Rendered, make};
use crate::time::{day_of, format_day, local_day};
use crate::{Amount, Direction, Envelope, format_amount, format_date, format_time, mask};

/// The contents of a mail about one event. Strings may contain anything: they are sanitised before they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The kind, except [`Kind::Statement`], which [`crate::render_statement`] renders. It gives the subject.
    pub kind: Kind,
    /// The other kinds that apply to the event, each a sentence.
    pub also: Vec<Also>,
    /// The recipient and the footer.
    pub envelope: Envelope,
    /// The account. Only its last four characters are shown.
    pub account_id: String,
    /// The amount that moved, or for [`Kind::ScheduleSkipped`] was to move. Its sign is ignored: sentences express
    /// the direction, and the table has the sign of `direction`.
    pub amount: Option<Amount>,
    /// The direction of the movement. `None` if nothing moved.
    pub direction: Option<Direction>,
    /// The balance after the event.
    pub balance_after: Amount,
    /// For [`Kind::Overdrawn`]: the overdraft limit, 0 if none was agreed.
    pub overdraft_limit: Option<Amount>,
    /// For [`Kind::LargeAmount`] and [`Kind::LowBalance`]: the customer's threshold.
    pub threshold: Option<Amount>,
    /// The payment's reference, as the bank received it.
    pub reference: Option<String>,
    /// The name of the other side.
    pub counterparty: Option<String>,
    /// For [`Kind::Reversal`]: the movement that was undone, if it is known.
    pub reversed: Option<Reversed>,
    /// For the kinds of a schedule: its occurrence.
    pub scheduled: Option<Scheduled>,
    /// When the event occurred, according to the bank.
    pub occurred: Occurred,
    /// The time at which the event was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The day from which the amount counts for interest, if the bank named one.
    pub value_date: Option<NaiveDate>,
}

/// A further kind that a mail covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The kind.
    pub kind: Kind,
    /// For [`Kind::LargeAmount`] and [`Kind::LowBalance`]: the customer's threshold.
    pub threshold: Option<Amount>,
}

/// The movement that a reversal undid. It went in the opposite direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    /// The name of the other side.
    pub counterparty: Option<String>,
    /// When it occurred, according to the bank.
    pub occurred: Occurred,
}

/// An occurrence of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The id of the schedule, which the customer or the bank chose.
    pub schedule_id: String,
    /// The planned time.
    pub occurrence: DateTime<Utc>,
    /// For [`Kind::ScheduleSkipped`]: the reason.
    pub skipped: Option<OccurrenceSkipReason>,
}

/// Renders a mail about one event.
///
/// # Errors
/// Any [`RenderError`]; permanent.
pub fn render(notice: &Notice) -> Result<Rendered, RenderError> {
    check(notice)?;
    make(Mail {
        folder: notice.kind.as_str(),
        envelope: &notice.envelope,
        optional: notice.kind.can_be_switched_off(),
        facts: facts(notice),
        attached: &[],
    })
}

/// Refuses a notice whose mail would be wrong.
fn check(notice: &Notice) -> Result<(), RenderError> {
    let kind = notice.kind;
    let missing = |field| {
        Err(RenderError::Missing {
            mail: kind.as_str(),
            field,
        })
    };
    let (amount, schedule, reason) = match kind {
        Kind::Deposit | Kind::Withdrawal | Kind::LargeAmount => (true, false, false),
        Kind::ScheduleRun => (true, true, false),
        Kind::ScheduleSkipped => (true, true, true),
        Kind::Reversal | Kind::Overdrawn | Kind::LowBalance | Kind::Security => {
            (false, false, false)
        }
        Kind::Statement => return Err(RenderError::NotANotice { kind }),
    };
    if amount && notice.amount.is_none() {
        return missing("amount");
    }
    if moves(kind) && notice.direction.is_none() {
        return missing("direction");
    }
    match &notice.scheduled {
        None if schedule => return missing("scheduled"),
        Some(scheduled) if reason && scheduled.skipped.is_none() => {
            return missing("scheduled.skipped");
        }
        _ => {}
    }
    for one in &notice.also {
        if let Some(threshold) = &one.threshold {
            check_amount("also.threshold", threshold)?;
        }
    }
    for (field, amount) in [
        ("amount", notice.amount.as_ref()),
        ("balance_after", Some(&notice.balance_after)),
        ("overdraft_limit", notice.overdraft_limit.as_ref()),
        ("threshold", notice.threshold.as_ref()),
    ] {
        if let Some(amount) = amount {
            check_amount(field, amount)?;
        }
    }
    Ok(())
}

/// Whether the mail is about money that moved, so that it must say in which direction.
const fn moves(kind: Kind) -> bool {
    match kind {
        Kind::Deposit
        | Kind::Withdrawal
        | Kind::Reversal
        | Kind::LargeAmount
        | Kind::ScheduleRun => true,
        Kind::Overdrawn
        | Kind::LowBalance
        | Kind::ScheduleSkipped
        | Kind::Statement
        | Kind::Security => false,
    }
}

/// Returns the facts of [`crate::fact_names::NOTICE`]: strings that are ready to be shown, or none. Templates see nothing
/// else of the notice.
fn facts(notice: &Notice) -> Facts {
    let Envelope {
        locale,
        time_zone,
        hide_amounts,
        ..
    } = notice.envelope;
    let visible = |amount: &Option<Amount>| amount.clone().filter(|_| !hide_amounts);
    let magnitude =
        |amount: &Option<Amount>| visible(amount).map(|amount| format_magnitude(&amount, locale));
    let signed = |amount: &Amount| (!hide_amounts).then(|| format_amount(amount, locale));
    let words =
        |raw: &Option<String>, max_chars| untrusted(raw, max_chars).filter(|_| !hide_amounts);
    let scheduled = notice.scheduled.as_ref();
    let reversed = notice.reversed.as_ref();
    // "Overdraft limit: €0.00" would speak of an agreement that there is not.
    let agreed = notice
        .overdraft_limit
        .as_ref()
        .filter(|limit| limit.minor != 0);
    // The subject of a scheduled payment says already which way the money went.
    let is_said = |kind: Kind| {
        notice.kind == Kind::ScheduleRun && matches!(kind, Kind::Deposit | Kind::Withdrawal)
    };
    let also: Vec<Value> = notice
        .also
        .iter()
        .filter(|one| !is_said(one.kind))
        .map(|one| {
            minijinja::context! {
                kind => one.kind.as_str(),
                threshold => one.threshold.as_ref().and_then(signed),
            }
        })
        .collect();
    let occurred_at = match notice.occurred {
        Occurred::At(time) => Some(format_time(time, time_zone, locale)),
        Occurred::On(_) => None,
    };
    let recorded_at = format_time(notice.recorded_at, time_zone, locale);
    // The same minute twice would only raise the question of what the difference is, and so would a date and a time of its day.
    let is_said_before = match notice.occurred {
        Occurred::At(_) => occurred_at.as_ref() == Some(&recorded_at),
        Occurred::On(date) => date == local_day(notice.recorded_at, time_zone),
    };
    facts! {
        account => mask(&notice.account_id),
        amount => magnitude(&notice.amount),
        movement => visible(&notice.amount)
            .map(|amount| format_movement(&amount, notice.direction, locale)),
        direction => notice.direction.map(Direction::as_str),
        balance_after => signed(&notice.balance_after),
        overdraft_limit => magnitude(&agreed.cloned()),
        overdraft_agreed => agreed.is_some(),
        threshold => notice.threshold.as_ref().and_then(signed),
        also => also,
        reference => words(&notice.reference, MAX_REFERENCE_CHARS),
        counterparty => words(&notice.counterparty, MAX_COUNTERPARTY_CHARS),
        reversed_party => reversed
            .and_then(|reversed| words(&reversed.counterparty, MAX_COUNTERPARTY_CHARS)),
        reversed_day => reversed.map(|reversed| {
            format_day(day_of(reversed.occurred, time_zone), locale, Length::Long)
        }),
        schedule_id => words(
            &scheduled.map(|scheduled| scheduled.schedule_id.clone()),
            MAX_SCHEDULE_ID_CHARS,
        ),
        planned_for => scheduled.map(|scheduled| format_time(scheduled.occurrence, time_zone, locale)),
        skipped => scheduled.and_then(|scheduled| scheduled.skipped).map(OccurrenceSkipReason::as_str),
        occurred_at => occurred_at,
        occurred_on => notice.occurred.on().map(|date| format_date(date, locale)),
        recorded_at => Some(recorded_at).filter(|_| !is_said_before),
        value_date => notice.value_date.map(|day| format_date(day, locale)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact_names::{ENVELOPE, NOTICE};
    use crate::{Locale, examples};

    #[test]
    fn a_notice_gives_the_facts_that_templates_are_checked_against() {
        let notice = examples::notice(Kind::ScheduleSkipped, Locale::En);
        assert_eq!(facts(&notice).names(), NOTICE.iter().copied().collect());
        assert_eq!(
            notice.envelope.facts(true).names(),
            ENVELOPE.iter().copied().collect()
        );
    }
}
