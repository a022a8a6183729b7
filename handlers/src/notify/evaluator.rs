//! What is to be told of an event, to whom, and when.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::notification::{self, Decision, Kind, SkipReason};
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

/// One kind for one recipient.
#[derive(Debug, Clone)]
pub(super) struct Evaluated {
    pub(super) kind: Kind,
    pub(super) recipient: Recipient,
    /// `None`: it is to be told.
    pub(super) skip: Option<SkipReason>,
    /// The digest that tells it; `None`: it is told by itself.
    pub(super) digest_at: Option<DateTime<Utc>>,
}

impl Evaluated {
    fn at_once(decision: Decision) -> Self {
        Evaluated {
            kind: decision.kind,
            recipient: decision.recipient,
            skip: decision.skip,
            digest_at: None,
        }
    }
}

#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) decisions: Vec<Evaluated>,
    /// Whom mails go to now; `None` where nobody can be told.
    pub(super) person: Option<Person>,
    /// The person of when the event was recorded, by whose wishes it is evaluated.
    pub(super) then: Option<Person>,
    /// Whether the customer's wishes have ever been changed.
    pub(super) has_changed: bool,
    /// Whether the customer was entered after the event, by the clock.
    pub(super) entered_later: bool,
}

impl Evaluation {
    /// The same event for nobody.
    pub(super) fn without_contact(&mut self, event: &IntegrationEvent) {
        let decisions = notification::skip_all(event, SkipReason::NoContact);
        self.decisions = decisions.into_iter().map(Evaluated::at_once).collect();
        (self.person, self.then) = (None, None);
    }

    /// Whether there is a decision about this kind for the customer's own address.
    pub(super) fn considers(&self, kind: Kind) -> bool {
        let mut own = self.decisions.iter().filter(|d| d.recipient.is_customer());
        own.any(|decision| decision.kind == kind)
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
        let (mut decisions, person) = decide(event, then.as_ref(), now);
        if !event.metadata.notify {
            // Whatever else would be a reason: nobody is to be told, ever.
            for decision in &mut decisions {
                decision.skip = Some(SkipReason::Imported);
            }
        } else if let Some(then) = &then {
            self.look_at_the_past(event, unwritten, &mut decisions, then)
                .await?;
        }
        let digest_at = then.as_ref().and_then(|then| {
            let wishes = &then.preferences;
            let recorded_at = event.metadata.recorded_at;
            wishes
                .delivery()
                .digest_after(recorded_at, then.time_zone, wishes.quiet_hours())
        });
        let evaluated = |decision: Decision| Evaluated {
            digest_at: digest_at.filter(|_| decision.kind.can_wait()),
            ..Evaluated::at_once(decision)
        };
        Ok(Evaluation {
            decisions: decisions.into_iter().map(evaluated).collect(),
            person,
            then,
            has_changed,
            entered_later,
        })
    }
}

fn decide(
    event: &IntegrationEvent,
    then: Option<&Person>,
    now: Option<Option<Person>>,
) -> (Vec<Decision>, Option<Person>) {
    let (then, now) = match (then, now) {
        (_, Some(None)) => return (notification::skip_all(event, SkipReason::Erased), None),
        (Some(then), Some(Some(now))) => (then, now),
        _ => return (notification::skip_all(event, SkipReason::NoContact), None),
    };
    let mut decisions = notification::decide(event, &then.preferences);
    for decision in &mut decisions {
        if decision.skip.is_none()
            && !now
                .preferences
                .is_on_for(decision.kind, &decision.recipient)
        {
            decision.skip = Some(SkipReason::PreferenceOff);
        }
    }
    (decisions, Some(now))
}
