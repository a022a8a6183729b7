//! The rules that decide on the notifications of an event.

use super::{EMAIL, Kind, SkipReason, Verdict, WaitReason, Wishes, digest_id};
use crate::event::Event;
use crate::integration_event::{Fact, IntegrationEvent};
use crate::low_balance::Step;
use crate::preferences::{KindPreference, Preferences};
use crate::recipient::Recipient;

/// The verdict for one event, kind and recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The kind.
    pub kind: Kind,
    /// The recipient.
    pub recipient: Recipient,
    /// The verdict.
    pub verdict: Verdict,
}

/// The current customer of an event.
#[derive(Debug, Clone, Copy)]
pub enum Contact<'a> {
    /// Never entered.
    Unknown,
    /// Erased.
    Erased,
    /// Entered, with these preferences.
    Known(Wishes<'a>),
}

/// The possible kinds of notifications about an event, its main one first.
#[must_use]
pub fn kinds(event: &IntegrationEvent) -> &'static [Kind] {
    match &event.fact {
        Fact::Overdrawn { .. } => &[Kind::Overdrawn],
        Fact::Reported(event) => match event {
            Event::MoneyDeposited(_) => &[Kind::Deposit, Kind::LargeAmount, Kind::ScheduleRun],
            Event::MoneyWithdrawn(_) => &[
                Kind::Withdrawal,
                Kind::LargeAmount,
                Kind::LowBalance,
                Kind::ScheduleRun,
            ],
            Event::TransactionReversed(_) => &[Kind::Reversal, Kind::LowBalance],
            Event::OperationSkipped(_) => &[Kind::ScheduleSkipped],
            Event::AccountClosed => &[Kind::Security],
            Event::AccountOpened(_)
            | Event::OperationScheduled(_)
            | Event::OperationCancelled(_) => &[],
        },
    }
}

/// Evaluates an event: the decisions for the customer's own address first, then
/// those for each further one.
///
/// `as_recorded` are the preferences in force when the event was recorded; `None` if the customer was not entered then. They
/// decide, also on waiting for a digest. A kind that was switched off since is skipped, and so are all if nothing can be sent
/// `today`.
///
/// A kind that is off by default and not switched on has no decision and leaves no trace. Every other kind has one, skipped
/// kinds with their reason. An alert of a low balance depends on the account's past too, on which
/// [`low_balance`](crate::low_balance) decides afterwards.
#[must_use]
pub fn evaluate(
    event: &IntegrationEvent,
    as_recorded: Option<Wishes<'_>>,
    today: Contact<'_>,
) -> Vec<Decision> {
    let mut decisions = match (as_recorded, today) {
        (_, Contact::Erased) => skip_all(event, SkipReason::Erased),
        (Some(as_recorded), Contact::Known(today)) => decide(event, as_recorded, today),
        (None, _) | (_, Contact::Unknown) => skip_all(event, SkipReason::NoContact),
    };
    if !event.metadata.notify {
        // This reason overrides all others: imported events are never notified.
        for decision in &mut decisions {
            decision.verdict = Verdict::Skip(SkipReason::Imported);
        }
    }
    decisions
}

fn decide(event: &IntegrationEvent, as_recorded: Wishes<'_>, today: Wishes<'_>) -> Vec<Decision> {
    let preferences = as_recorded.preferences;
    let digest_at = as_recorded.digest_after(event.metadata.recorded_at);
    let mut decisions = Vec::new();
    let further = preferences.addresses().iter().map(|address| {
        let recipient = Recipient::Address(address.hash());
        (recipient, Some(&address.kinds))
    });
    for (recipient, named) in std::iter::once((Recipient::Customer, None)).chain(further) {
        for &kind in kinds(event) {
            let considered = match named {
                None => kind.is_on_by_default() || preferences.get(kind).is_some(),
                Some(kinds) => kinds.contains(&kind),
            };
            let unscheduled = kind == Kind::ScheduleRun && event.fact.occurrence().is_none();
            if !considered || unscheduled {
                continue;
            }
            let is_on = |wishes: Wishes<'_>| wishes.preferences.is_on_for(kind, &recipient);
            let skip = match is_on(as_recorded) {
                true => skip(event, kind, preferences),
                false => Some(SkipReason::PreferenceOff),
            };
            let skip = skip.or_else(|| (!is_on(today)).then_some(SkipReason::PreferenceOff));
            let verdict = match (skip, digest_at) {
                (Some(reason), _) => Verdict::Skip(reason),
                (None, Some(until)) if kind.can_wait() => {
                    let digest = digest_id(&event.customer_id, &recipient, until, EMAIL);
                    let reason = WaitReason::Digest(digest);
                    Verdict::Wait { until, reason }
                }
                (None, _) => Verdict::Send,
            };
            let recipient = recipient.clone();
            decisions.push(Decision {
                kind,
                recipient,
                verdict,
            });
        }
    }
    decisions
}

/// Skips every kind that is on by default, for a customer to whom nothing can
/// be sent.
#[must_use]
pub fn skip_all(event: &IntegrationEvent, reason: SkipReason) -> Vec<Decision> {
    kinds(event)
        .iter()
        .filter(|kind| kind.is_on_by_default())
        .map(|&kind| Decision {
            kind,
            recipient: Recipient::Customer,
            verdict: Verdict::Skip(reason),
        })
        .collect()
}

/// Why a kind that is on is skipped for this event.
fn skip(event: &IntegrationEvent, kind: Kind, preferences: &Preferences) -> Option<SkipReason> {
    // A further address can have a kind that the preferences do not name.
    let nothing = KindPreference::default();
    let preference = preferences.get(kind).unwrap_or(&nothing);
    let currency = event.balances.currency();
    if kind == Kind::LowBalance {
        // The account's past has the last word: see `low_balance`.
        let crossed = match (preference.low_mark(currency), Step::of(event)) {
            (Some(mark), Some(step)) => mark.is_crossed_by(&step),
            _ => false,
        };
        return (!crossed).then_some(SkipReason::NotCrossed);
    }
    let minimum = preference.min_amount.get(&currency);
    let below = match (event.fact.amount(), minimum) {
        (Some(amount), Some(minimum)) => amount.minor() < minimum.minor(),
        // Without a minimum no amount counts as large.
        (_, None) => kind == Kind::LargeAmount,
        (None, Some(_)) => false,
    };
    below.then_some(SkipReason::BelowMinimum)
}
