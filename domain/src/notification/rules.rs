//! The rules that decide which notifications an event gives.

use super::{Kind, SkipReason};
use crate::event::Event;
use crate::integration_event::{Fact, IntegrationEvent};
use crate::low_balance::Step;
use crate::preferences::{KindPreference, Preferences};
use crate::recipient::Recipient;

/// The outcome for one event, kind and recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The sort of the notification.
    pub kind: Kind,
    /// The one who gets it.
    pub recipient: Recipient,
    /// Why it is skipped; `None`: it must be sent.
    pub skip: Option<SkipReason>,
}

/// The kinds that an event can give, its main one first.
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

/// Decides on the notifications of an event for a customer with these
/// preferences: those of the customer's own address first, then those of each
/// further one.
///
/// A kind that is off by default and was not asked for is no decision and
/// leaves no trace; every other kind is one, skipped kinds with their reason.
#[must_use]
pub fn decide(event: &IntegrationEvent, preferences: &Preferences) -> Vec<Decision> {
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
            let skip = match preferences.is_on_for(kind, &recipient) {
                true => skip(event, kind, preferences),
                false => Some(SkipReason::PreferenceOff),
            };
            let recipient = recipient.clone();
            decisions.push(Decision {
                kind,
                recipient,
                skip,
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
            skip: Some(reason),
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
