//! What is to be told of an event, to whom, and when.

use std::fmt;
use std::sync::Arc;

use domain::notification::{self, Contact, Decision, Kind, SkipReason, Verdict};
use domain::recipient::Recipient;
use domain::{Commit, IntegrationEvent};

use crate::error::Result;
use crate::ports::{Customers, EventStore, Person};

/// Judges events. It has no port by which anything could be sent or written.
#[derive(Clone)]
pub struct Evaluator {
    /// The past of an account, which some rules ask for.
    pub store: Arc<dyn EventStore>,
    pub customers: Arc<dyn Customers>,
}

impl fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator").finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) decisions: Vec<Decision>,
    /// Whom mails go to now; `None` where nobody can be told.
    pub(super) person: Option<Person>,
    /// The person of when the event was recorded, by whose wishes it is evaluated.
    pub(super) then: Option<Person>,
    /// Whether the customer's wishes have ever been changed.
    has_changed: bool,
    /// Whether the customer was entered after the event, by the clock.
    pub(super) entered_later: bool,
}

impl Evaluation {
    /// The same event for nobody.
    pub(super) fn without_contact(&mut self, event: &IntegrationEvent) {
        self.decisions = notification::skip_all(event, SkipReason::NoContact);
        (self.person, self.then) = (None, None);
    }

    /// The kinds about which there is no decision and that may have been begun all
    /// the same: the customer was erased since, or a change was under way when the
    /// event was evaluated first. Where nothing was begun, nothing is to be done.
    pub(super) fn withdrawn(&self, event: &IntegrationEvent) -> Vec<Decision> {
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
        let undecided = notification::kinds(event)
            .iter()
            .filter(|kind| !is_decided(**kind));
        undecided
            .map(|&kind| Decision {
                kind,
                recipient: Recipient::Customer,
                verdict: Verdict::Skip(reason),
            })
            .collect()
    }
}

impl Evaluator {
    /// Judges an event. `unwritten` are the commits that lead to it and are not
    /// in the store, newest first.
    ///
    /// What is told is judged by the preferences in force when the event was
    /// recorded, and so is whether it waits for a digest. The address is
    /// today's, because the one of then may be somebody else's by now; and who
    /// has switched a kind off since is not told either.
    ///
    /// Who seems to have been entered after the event, by clocks that differ,
    /// can be told, unless the event was judged before.
    pub(super) async fn evaluate(
        &self,
        event: &IntegrationEvent,
        unwritten: &[Commit],
    ) -> Result<Evaluation> {
        let customer = &event.customer_id;
        let then = self
            .customers
            .at(customer, event.metadata.recorded_at)
            .await?;
        let now = self.customers.latest(customer).await?;
        let entered_later =
            (then.as_ref()).is_some_and(|then| then.in_force_from > event.metadata.recorded_at);
        let has_changed = now.as_ref().is_some_and(|latest| latest.revision > 1);
        let now = now.map(|latest| latest.person.transpose()).transpose()?;
        // What cannot be read any more says nothing of the wishes of then: those of today stand in.
        let then = then.and_then(|revision| revision.person);
        let then = then.and_then(|then| then.ok().or_else(|| now.clone().flatten()));
        let today = match &now {
            None => Contact::Unknown,
            Some(None) => Contact::Erased,
            Some(Some(person)) => Contact::Known(person.wishes()),
        };
        let as_recorded = then.as_ref().map(Person::wishes);
        let mut decisions = notification::evaluate(event, as_recorded, today);
        if let Some(then) = &then {
            self.look_at_the_past(event, unwritten, &mut decisions, then)
                .await?;
        }
        Ok(Evaluation {
            decisions,
            // Who was not known then is told of nothing, so nothing is planned either.
            person: now.flatten().filter(|_| then.is_some()),
            then,
            has_changed,
            entered_later,
        })
    }
}
