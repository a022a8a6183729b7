//! Statements: mails about an account over a period, with all entries in a file.

mod csv;

use std::fmt;

use chrono::NaiveDate;
use domain::Occurred;
use icu_datetime::options::Length;
use minijinja::Value;

use crate::envelope::{check_amount, untrusted};
use crate::facts::{Facts, facts};
use crate::limits::{
    MAX_COUNTERPARTY_CHARS, MAX_REFERENCE_CHARS, MAX_STATEMENT_ENTRIES, MAX_STATEMENT_ENTRIES_SHOWN,
};
use crate::money::{format_count, format_magnitude, format_movement, plural};
use crate::render::{Mail, RenderError, Rendered, make};
use crate::templates::Words;
use crate::time::{day_of, format_day};
use crate::{Amount, Direction, Envelope, Kind, format_amount, mask};

/// The contents of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementNotice {
    /// The recipient and the footer.
    pub envelope: Envelope,
    /// The account. Only its last four characters are shown.
    pub account_id: String,
    /// The first day, in the customer's zone.
    pub from: NaiveDate,
    /// The last day, in the customer's zone.
    pub to: NaiveDate,
    /// The balance before the first entry.
    pub opening_balance: Amount,
    /// The balance after the last entry, which must be the opening balance plus all entries.
    pub closing_balance: Amount,
    /// The movements in their order. The mail shows the first [`MAX_STATEMENT_ENTRIES_SHOWN`], the attachment all.
    pub entries: Vec<StatementEntry>,
}

/// A movement in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEntry {
    /// The event's id, by which the bank finds it again.
    pub event_id: String,
    /// [`Kind::Deposit`], [`Kind::Withdrawal`] or [`Kind::Reversal`].
    pub kind: Kind,
    /// The amount. Its sign is ignored.
    pub amount: Amount,
    /// The direction.
    pub direction: Direction,
    /// The balance after it.
    pub balance_after: Amount,
    /// When it occurred, according to the bank.
    pub occurred: Occurred,
    /// The day from which the amount counts for interest, if the bank named one.
    pub value_date: Option<NaiveDate>,
    /// The payment's reference, as the bank received it.
    pub reference: Option<String>,
    /// The name of the other side.
    pub counterparty: Option<String>,
}

/// A statement, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedStatement {
    /// The mail. Its hash covers the attachment too.
    pub mail: Rendered,
    /// The file of all entries, or `None` if the customer wants no amounts in mails.
    pub attachment: Option<Attachment>,
}

/// A file attached to a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file name, of ASCII letters, digits, `-` and `.` only.
    pub name: String,
    /// The media type with its parameters (RFC 6838).
    pub content_type: &'static str,
    /// The content.
    pub bytes: Vec<u8>,
}

/// Omits the content, which has counterparties in it.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Renders a statement, and its file unless amounts are hidden.
///
/// # Errors
/// Any [`RenderError`]; permanent. [`RenderError::DoesNotAddUp`] if the balances and entries contradict each other.
pub fn render_statement(notice: &StatementNotice) -> Result<RenderedStatement, RenderError> {
    let (total_in, total_out) = totals(notice)?;
    let attachment = (!notice.envelope.hide_amounts)
        .then(|| csv::attachment(notice))
        .transpose()?;
    let attached: Vec<&[u8]> = attachment.iter().map(|file| &*file.bytes).collect();
    let mail = make(Mail {
        folder: Kind::Statement.as_str(),
        envelope: &notice.envelope,
        optional: Kind::Statement.can_be_switched_off(),
        facts: facts(notice, &total_in, &total_out, attachment.as_ref()),
        attached: &attached,
    })?;
    Ok(RenderedStatement { mail, attachment })
}

/// Returns the sums paid in and out, after checking that all figures add up.
fn totals(notice: &StatementNotice) -> Result<(Amount, Amount), RenderError> {
    let wrong = |field| RenderError::DoesNotAddUp { field };
    let count = notice.entries.len();
    if count > MAX_STATEMENT_ENTRIES {
        return Err(RenderError::TooMany {
            field: "entries",
            count,
            max: MAX_STATEMENT_ENTRIES,
        });
    }
    let opening = &notice.opening_balance;
    let alike =
        |amount: &Amount| (&amount.currency, amount.digits) == (&opening.currency, opening.digits);
    check_amount("opening_balance", opening)?;
    if !alike(&notice.closing_balance) {
        return Err(wrong("closing_balance"));
    }
    // In 128 bits, the sum of so few entries cannot overflow.
    let (mut paid_in, mut paid_out) = (0i128, 0i128);
    for entry in &notice.entries {
        let moved = i128::from(entry.amount.minor).abs();
        match entry.direction {
            Direction::In => paid_in += moved,
            Direction::Out => paid_out += moved,
        }
        let balance = i128::from(opening.minor) + paid_in - paid_out;
        let (amount, after) = (&entry.amount, &entry.balance_after);
        if !alike(amount) || !alike(after) || i128::from(after.minor) != balance {
            return Err(wrong("entries"));
        }
    }
    let closing = i128::from(opening.minor) + paid_in - paid_out;
    if i128::from(notice.closing_balance.minor) != closing {
        return Err(wrong("closing_balance"));
    }
    let total = |minor: i128| {
        Ok(Amount {
            minor: i64::try_from(minor).map_err(|_| wrong("entries"))?,
            ..opening.clone()
        })
    };
    Ok((total(paid_in)?, total(paid_out)?))
}

/// Returns the facts of [`crate::fact_names::STATEMENT`].
fn facts(
    notice: &StatementNotice,
    total_in: &Amount,
    total_out: &Amount,
    attachment: Option<&Attachment>,
) -> Facts {
    let Envelope {
        locale,
        time_zone,
        hide_amounts,
        ..
    } = notice.envelope;
    let visible = |text: String| (!hide_amounts).then_some(text);
    let count = notice.entries.len();
    let shown = if hide_amounts {
        0
    } else {
        count.min(MAX_STATEMENT_ENTRIES_SHOWN)
    };
    let words = Words::of(locale);
    let entries: Vec<Value> = notice.entries[..shown]
        .iter()
        .map(|entry| {
            minijinja::context! {
                kind => words.kind(entry.kind),
                day => format_day(day_of(entry.occurred, time_zone), locale, Length::Medium),
                amount => format_movement(&entry.amount, Some(entry.direction), locale),
                balance_after => format_amount(&entry.balance_after, locale),
                counterparty => untrusted(&entry.counterparty, MAX_COUNTERPARTY_CHARS),
                reference => untrusted(&entry.reference, MAX_REFERENCE_CHARS),
            }
        })
        .collect();
    let more = count - shown;
    facts! {
        account => mask(&notice.account_id),
        period_from => format_day(notice.from, locale, Length::Long),
        period_to => format_day(notice.to, locale, Length::Long),
        opening_balance => visible(format_amount(&notice.opening_balance, locale)),
        closing_balance => visible(format_amount(&notice.closing_balance, locale)),
        total_in => visible(format_magnitude(total_in, locale)),
        total_out => visible(format_magnitude(total_out, locale)),
        count => visible(format_count(count, locale)),
        entries => entries,
        more => (more > 0).then(|| format_count(more, locale)).and_then(visible),
        more_plural => plural(more, locale),
        file_name => attachment.map(|file| &*file.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact_names::{ENTRY, STATEMENT};
    use crate::render::names;
    use crate::{Locale, examples};

    #[test]
    fn a_statement_gives_the_facts_that_templates_are_checked_against() {
        let notice = examples::statement(Locale::En);
        let (total_in, total_out) = totals(&notice).unwrap();
        let facts = facts(&notice, &total_in, &total_out, None);
        assert_eq!(facts.names(), STATEMENT.iter().copied().collect());
        assert_eq!(
            names(&facts.first_of("entries")),
            ENTRY.iter().copied().collect()
        );
    }

    #[test]
    fn a_statement_that_does_not_add_up_is_refused() {
        let right = examples::statement(Locale::En);
        totals(&right).unwrap();
        let mut wrong = Vec::new();
        let mut change = |field: &str, change: &dyn Fn(&mut StatementNotice)| {
            let mut notice = right.clone();
            change(&mut notice);
            wrong.push((field.to_owned(), totals(&notice)));
        };
        change("entries", &|notice| notice.opening_balance.minor += 1);
        change("closing_balance", &|notice| {
            notice.closing_balance.minor -= 1
        });
        change("closing_balance", &|notice| {
            notice.closing_balance.currency = "USD".to_owned();
        });
        change("entries", &|notice| notice.entries[0].amount.minor += 1);
        change("entries", &|notice| notice.entries[1].amount.digits = 3);
        change("entries", &|notice| {
            notice.entries.remove(0);
        });
        change("entries", &|notice| {
            notice.entries[0].direction = Direction::In;
        });
        for (expected, result) in wrong {
            assert!(
                matches!(result, Err(RenderError::DoesNotAddUp { field }) if field == expected),
                "{expected}: {result:?}"
            );
        }
    }
}
