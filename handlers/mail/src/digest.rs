//! Digests: one mail about all notifications that waited for it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::Occurred;
use icu_datetime::options::Length;
use minijinja::Value;

use crate::envelope::{check_amount, untrusted};
use crate::fact_names::DIGEST_FOLDER;
use crate::facts::{Facts, facts};
use crate::limits::{MAX_COUNTERPARTY_CHARS, MAX_DIGEST_ITEMS_SHOWN, MAX_REFERENCE_CHARS};
use crate::money::{format_count, format_magnitude, format_movement, plural};
use crate::render::{Mail, RenderError, Rendered, make};
use crate::templates::Words;
use crate::time::{day_of, format_day, format_short_time, format_time_before_another};
use crate::{Amount, Direction, Envelope, Kind, format_amount, format_time, mask};

/// The contents of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestNotice {
    /// The recipient and the footer.
    pub envelope: Envelope,
    /// The beginning of the period.
    pub from: DateTime<Utc>,
    /// The end of the period.
    pub to: DateTime<Utc>,
    /// The items in their order, at least one. The first [`MAX_DIGEST_ITEMS_SHOWN`] are shown; all count in the totals.
    pub items: Vec<DigestItem>,
}

/// An event of a digest. An event with several notifications is one item with several kinds, so that its amount counts
/// once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestItem {
    /// The kinds of its notifications, the main one first. At least one.
    pub kinds: Vec<Kind>,
    /// The account. Only its last four characters are shown.
    pub account_id: String,
    /// The amount that moved, or was to move if `direction` is `None`. Its sign is ignored.
    pub amount: Option<Amount>,
    /// The direction of the movement. `None` if nothing moved; the amount is in no total then.
    pub direction: Option<Direction>,
    /// The other party of the payment, as the bank received it.
    pub counterparty: Option<String>,
    /// The payment's reference, as the bank received it.
    pub reference: Option<String>,
    /// The balance after the event.
    pub balance_after: Amount,
    /// When the event occurred, according to the bank.
    pub occurred: Occurred,
}

/// The movements of one account in one currency over the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestTotal {
    /// The account's full id.
    pub account_id: String,
    /// The sum paid in.
    pub paid_in: Amount,
    /// The sum paid out, as a positive amount.
    pub paid_out: Amount,
    /// The number of movements.
    pub count: usize,
}

/// Returns the sums of all items that moved money, by account and currency, in the order of their first items.
///
/// # Errors
/// - [`RenderError::DoesNotAddUp`]: a sum exceeds 64 bits; permanent.
pub fn digest_totals(items: &[DigestItem]) -> Result<Vec<DigestTotal>, RenderError> {
    let mut totals: Vec<DigestTotal> = Vec::new();
    for item in items {
        let (Some(amount), Some(direction)) = (&item.amount, item.direction) else {
            continue;
        };
        let known = totals.iter().position(|total| {
            total.account_id == item.account_id
                && total.paid_in.currency == amount.currency
                && total.paid_in.digits == amount.digits
        });
        let index = known.unwrap_or_else(|| {
            let nothing = Amount {
                minor: 0,
                ..amount.clone()
            };
            totals.push(DigestTotal {
                account_id: item.account_id.clone(),
                paid_in: nothing.clone(),
                paid_out: nothing,
                count: 0,
            });
            totals.len() - 1
        });
        let total = &mut totals[index];
        let sum = match direction {
            Direction::In => &mut total.paid_in,
            Direction::Out => &mut total.paid_out,
        };
        sum.minor = amount
            .minor
            .checked_abs()
            .and_then(|moved| sum.minor.checked_add(moved))
            .ok_or(RenderError::DoesNotAddUp { field: "items" })?;
        total.count += 1;
    }
    Ok(totals)
}

/// Renders a digest.
///
/// # Errors
/// Any [`RenderError`]; permanent.
pub fn render_digest(notice: &DigestNotice) -> Result<Rendered, RenderError> {
    check(notice)?;
    make(Mail {
        folder: DIGEST_FOLDER,
        envelope: &notice.envelope,
        // Only mails that can be switched off wait for a digest.
        optional: true,
        facts: facts(notice, &digest_totals(&notice.items)?),
        attached: &[],
    })
}

fn check(notice: &DigestNotice) -> Result<(), RenderError> {
    let missing = |field| {
        Err(RenderError::Missing {
            mail: DIGEST_FOLDER,
            field,
        })
    };
    if notice.items.is_empty() {
        return missing("items");
    }
    for item in &notice.items {
        if item.kinds.is_empty() {
            return missing("items.kinds");
        }
        check_amount("items.balance_after", &item.balance_after)?;
        if let Some(amount) = &item.amount {
            check_amount("items.amount", amount)?;
        }
    }
    Ok(())
}

/// Returns the facts of [`crate::fact_names::DIGEST`].
fn facts(notice: &DigestNotice, totals: &[DigestTotal]) -> Facts {
    let Envelope {
        locale,
        time_zone,
        hide_amounts,
        ..
    } = notice.envelope;
    let shown = &notice.items[..notice.items.len().min(MAX_DIGEST_ITEMS_SHOWN)];
    let more = notice.items.len() - shown.len();
    let words = Words::of(locale);
    let items: Vec<Value> = shown
        .iter()
        .map(|item| {
            let amount = item.amount.as_ref().filter(|_| !hide_amounts);
            let bank_text = |text: &Option<String>, longest| {
                untrusted(text, longest).filter(|_| !hide_amounts)
            };
            minijinja::context! {
                kinds => item.kinds.iter().map(|kind| words.kind(*kind)).collect::<Vec<_>>(),
                time => match item.occurred {
                    Occurred::At(time) => format_short_time(time, time_zone, locale),
                    Occurred::On(date) => format_day(date, locale, Length::Medium),
                },
                account => mask(&item.account_id),
                counterparty => bank_text(&item.counterparty, MAX_COUNTERPARTY_CHARS),
                reference => bank_text(&item.reference, MAX_REFERENCE_CHARS),
                amount => amount.map(|amount| format_movement(amount, item.direction, locale)),
                balance_after => (!hide_amounts).then(|| format_amount(&item.balance_after, locale)),
            }
        })
        .collect();
    let totals: Vec<Value> = totals
        .iter()
        .filter(|_| !hide_amounts)
        .map(|total| {
            minijinja::context! {
                account => mask(&total.account_id),
                paid_in => format_magnitude(&total.paid_in, locale),
                paid_out => format_magnitude(&total.paid_out, locale),
                count => format_count(total.count, locale),
            }
        })
        .collect();
    facts! {
        count => format_count(notice.items.len(), locale),
        plural => plural(notice.items.len(), locale),
        period_from => format_time_before_another(notice.from, time_zone, locale),
        period_to => format_time(notice.to, time_zone, locale),
        day => one_day(notice).map(|day| format_day(day, locale, Length::Long)),
        only_movements => notice.items.iter().all(|item| item.direction.is_some()),
        items => items,
        more => (more > 0).then(|| format_count(more, locale)),
        more_plural => plural(more, locale),
        totals => totals,
    }
}

/// The day on which all of it occurred, as dates of the bank and times in the recipient's zone say; `None` if it was more than one.
fn one_day(notice: &DigestNotice) -> Option<NaiveDate> {
    let day = |item: &DigestItem| day_of(item.occurred, notice.envelope.time_zone);
    let first = day(notice.items.first()?);
    let is_same = |item| day(item) == first;
    notice.items.iter().all(is_same).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact_names::{DIGEST, ITEM, TOTAL};
    use crate::render::names;
    use crate::{Locale, examples};

    #[test]
    fn a_digest_gives_the_facts_that_templates_are_checked_against() {
        let notice = examples::digest(Locale::En);
        let facts = facts(&notice, &digest_totals(&notice.items).unwrap());
        assert_eq!(facts.names(), DIGEST.iter().copied().collect());
        assert_eq!(
            names(&facts.first_of("items")),
            ITEM.iter().copied().collect()
        );
        assert_eq!(
            names(&facts.first_of("totals")),
            TOTAL.iter().copied().collect()
        );
    }

    #[test]
    fn a_sum_beyond_64_bits_is_refused() {
        let mut items = examples::digest(Locale::En).items;
        items.truncate(1);
        items[0].amount.as_mut().unwrap().minor = i64::MAX;
        assert_eq!(digest_totals(&items).unwrap()[0].paid_in.minor, i64::MAX);
        items.push(items[0].clone());
        assert!(matches!(
            digest_totals(&items),
            Err(RenderError::DoesNotAddUp { field: "items" })
        ));
        items[0].amount.as_mut().unwrap().minor = i64::MIN;
        assert!(digest_totals(&items[..1]).is_err());
    }
}
