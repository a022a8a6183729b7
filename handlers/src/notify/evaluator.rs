//! The evaluation of an event: which notifications, to whom, and when.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use domain::notification::{self, Contact, Decision, Kind, SkipReason, Verdict};
use domain::recipient::Recipient;
use domain::{Commit, IntegrationEvent};

use crate::error::Result;
use crate::ports::{Customers, EventStore, Person};

/// Evaluates events. It only reads: it sends and writes nothing.
#[derive(Clone)]
pub struct Evaluator {
    /// The event store, for the past of an account, on which some rules depend.
    pub store: Arc<dyn EventStore>,
    /// The customers, for preferences and addresses.
    pub customers: Arc<dyn Customers>,
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
pub(super) struct Evaluation {
    pub(super) decisions: Vec<Decision>,
    /// The current person, to whom mails are sent; `None` if there is none.
    pub(super) person: Option<Person>,
    /// The person when the event was recorded, whose preferences decide.
    pub(super) then: Option<Person>,
    /// Whether the customer's preferences were ever changed.
    has_changed: bool,
    /// Whether the customer was entered after the event, by the clock.
    pub(super) entered_later: bool,
}

impl Evaluation {
    /// Replaces the decisions by those for a customer who is not entered.
    pub(super) fn without_contact(&mut self, events: &[IntegrationEvent]) {
        self.decisions = without_contact(events).collect();
        (self.person, self.then) = (None, None);
    }

    /// The recipients of the decisions, each once, the customer's own address first.
    pub(super) fn recipients(&self) -> BTreeSet<&Recipient> {
        let decided = self.decisions.iter().map(|decision| &decision.recipient);
        decided.chain([&Recipient::Customer]).collect()
    }

    /// The decisions for one recipient.
    pub(super) fn decisions_for(&self, recipient: &Recipient) -> Vec<&Decision> {
        let decisions = self.decisions.iter();
        decisions
            .filter(|decision| decision.recipient == *recipient)
            .collect()
    }

    /// The kinds without a decision that may have been begun nevertheless: the customer was erased since, or a change was not
    /// visible when the event was first evaluated. If none was begun, there is nothing to do.
    pub(super) fn withdrawn(&self, events: &[IntegrationEvent]) -> Vec<Decision> {
        if !self.has_changed {
            return Vec::new();
        }
        let is_decided = |kind: Kind| {
            let mut own = self.decisions.iter().filter(|d| d.recipient.is_customer());
            own.any(|decision| decision.kind == kind)
        };
        let reason = match self.person {
            Some(_) => SkipReason::PreferenceOff,
            None => SkipReason::Erased,
        };
        let kinds = events.iter().flat_map(notification::kinds);
        let undecided = kinds.filter(|kind| !is_decided(**kind));
        undecided
            .map(|&kind| Decision {
                kind,
                recipient: Recipient::Customer,
                verdict: Verdict::Skip(reason),
            })
            .collect()
    }
}

/// The decisions on events whose customer is not entered.
pub(super) fn without_contact(events: &[IntegrationEvent]) -> impl Iterator<Item = Decision> {
    let events = events.iter();
    events.flat_map(|event| notification::skip_all(event, SkipReason::NoContact))
}

impl Evaluator {
    /// Evaluates an event and those that follow from it, `events` in this order. `unwritten` are the commits that lead to it and are not in the store, newest first.
    ///
    /// The preferences in force when the event was recorded decide on its mails, and whether they wait for a digest. The current
    /// address receives them, because the earlier one may belong to somebody else by now. A kind that was switched off since is
    /// skipped.
    ///
    /// A customer who seems to have been entered after the event, by clocks that differ, is notified, unless the event was
    /// evaluated before.
    pub(super) async fn evaluate(
        &self,
        events: &[IntegrationEvent],
        unwritten: &[Commit],
    ) -> Result<Evaluation> {
        let Some(first) = events.first() else {
            return Ok(Evaluation::default());
        };
        let (customer, recorded_at) = (&first.customer_id, first.metadata.recorded_at);
        let then = self.customers.at(customer, recorded_at).await?;
        let now = self.customers.latest(customer).await?;
        let entered_later = (then.as_ref()).is_some_and(|then| then.in_force_from > recorded_at);
        let has_changed = now.as_ref().is_some_and(|latest| latest.revision > 1);
        let now = now.map(|latest| latest.person.transpose()).transpose()?;
        // The current preferences replace earlier ones that cannot be read any more.
        let then = then.and_then(|revision| revision.person);
        let then = then.and_then(|then| then.ok().or_else(|| now.clone().flatten()));
        let today = match &now {
            None => Contact::Unknown,
            Some(None) => Contact::Erased,
            Some(Some(person)) => Contact::Known(person.wishes()),
        };
        let as_recorded = then.as_ref().map(Person::wishes);
        let mut decisions = Vec::new();
        for event in events {
            let mut decided = notification::evaluate(event, as_recorded, today);
            if let Some(then) = &then {
                self.look_at_the_past(event, unwritten, &mut decided, then)
                    .await?;
            }
            decisions.append(&mut decided);
        }
        Ok(Evaluation {
            decisions,
            // A customer who was not entered then gets no notifications, and no statement is planned.
            person: now.flatten().filter(|_| then.is_some()),
            then,
            has_changed,
            entered_later,
        })
    }
}
