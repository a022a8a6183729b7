//! The rules: which notifications an event deserves.

use super::{Kind, SkipReason};
use crate::event::Event;
use crate::integration_event::{Fact, IntegrationEvent};
use crate::low_balance::Step;
use crate::preferences::{KindPreference, Preferences};
use crate::recipient::Recipient;

/// A notification that was considered, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub kind: Kind,
    pub recipient: Recipient,
    /// `None`: it is to be sent.
    pub skip: Option<SkipReason>,
}

/// The kinds an event can give, the one it is mainly about first.
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

/// What becomes of an event for a customer with these preferences: what the
/// customer's own address gets first, then each further one.
///
/// A kind that the customer must ask for and did not ask for is not a
/// decision and leaves no trace; every other one does, with its reason.
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
            // A movement that no schedule has made says nothing of one.
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

/// The same without preferences, for whom nothing can be sent to.
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

/// Why a kind that goes to somebody does not this time.
fn skip(event: &IntegrationEvent, kind: Kind, preferences: &Preferences) -> Option<SkipReason> {
    // A further address may be told of what the customer has said nothing about.
    let nothing = KindPreference::default();
    let preference = preferences.get(kind).unwrap_or(&nothing);
    let currency = event.balances.currency();
    if kind == Kind::LowBalance {
        // Whether it alerts depends on the account's past too: see `low_balance`.
        let crossed = match (preference.low_mark(currency), Step::of(event)) {
            (Some(mark), Some(step)) => mark.is_crossed_by(&step),
            _ => false,
        };
        return (!crossed).then_some(SkipReason::NotCrossed);
    }
    let minimum = preference.min_amount.get(&currency);
    let below = match (event.fact.amount(), minimum) {
        (Some(amount), Some(minimum)) => amount.minor() < minimum.minor(),
        // A large amount is one above the mark that the customer has set.
        (_, None) => kind == Kind::LargeAmount,
        (None, Some(_)) => false,
    };
    below.then_some(SkipReason::BelowMinimum)
}
