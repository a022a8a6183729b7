//! What the history would have told under other preferences, beside what those
//! of its time told: nothing is written or sent, and each customer is judged
//! as on the day.

mod report;
mod then;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::notification::{self, Decision, Kind, Verdict};
use domain::preferences::{Change, Preferences};
use domain::recipient::Recipient;
use domain::{AccountId, Commit, CustomerId, FieldError, IntegrationEvent, Version};
use serde::{Deserialize, Serialize};

use super::evaluator::Evaluator;
use super::{draft, id_of};
use crate::error::{Error, Missing, Result};
use crate::ports::{Clock, CommitPosition, Person};
use crate::query::time_index::{self, Range};
pub use report::Report;
use then::{Known, Then};

/// How long one page may take: API Gateway gives up at 29 s, and one event
/// whose low balance needs a long past can follow when it is over.
const BUDGET: Duration = Duration::from_secs(10);
/// Commits that are read at once.
const COMMITS: usize = 100;

pub struct WhatIf {
    pub evaluator: Evaluator,
    pub clock: Arc<dyn Clock>,
    /// How far it stays behind now; see [`time_index::SAFETY_WINDOW`].
    pub safety_window: TimeDelta,
}

impl fmt::Debug for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatIf").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone)]
pub struct Question {
    /// By recorded time.
    pub range: Range,
    pub scope: Scope,
    pub wishes: Wishes,
}

/// Whose events are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    All,
    Account(AccountId),
    Customer(CustomerId),
}

/// What the customers are taken to have wished, at all times. Who was not
/// known then stays unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wishes {
    /// These and no others.
    Instead(Preferences),
    /// Their own of then, but for this.
    Changed(Change),
}

impl Wishes {
    fn in_place_of(&self, own: &Preferences) -> Preferences {
        match self {
            Wishes::Instead(preferences) => preferences.clone(),
            Wishes::Changed(change) => change.apply(own),
        }
    }
}

/// What became of each kind for each recipient.
type Verdicts = BTreeMap<(Kind, Recipient), Verdict>;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// In recorded order.
    After(CommitPosition),
    /// In the history of the one account that is looked at.
    AfterVersion(Version),
}

impl WhatIf {
    /// Looks at the commits after `position` until they had `limit` events, and
    /// at fewer when time runs out; at one commit at least. Answers with the
    /// position after which to go on.
    ///
    /// # Errors
    ///
    /// `NotFound` for an account that was never opened, `Invalid` for a
    /// position of another question; what the ports give.
    pub async fn page(
        &self,
        question: &Question,
        mut position: Option<Position>,
        limit: usize,
    ) -> Result<(Report, Option<Position>)> {
        let deadline = self.clock.now() + BUDGET;
        let mut range = question.range;
        // An account's own history is read consistently.
        if !matches!(question.scope, Scope::Account(_)) {
            range.to = range.to.min(self.clock.settled(self.safety_window));
        }
        let known = Arc::new(Known::default());
        let (mut report, mut read) = (Report::default(), 0);
        loop {
            let (commits, more) = self.commits(question, range, position.as_ref()).await?;
            let count = commits.len();
            for (index, commit) in commits.iter().enumerate() {
                position = Some(question.scope.position_after(commit));
                read += commit.events.len();
                if question.scope.includes(commit) && range.contains(commit.recorded_at) {
                    self.look_at(question, commit, &known, &mut report).await?;
                }
                let is_over = read >= limit || self.clock.now() >= deadline;
                if is_over && (more || index + 1 < count) {
                    return Ok((report, position));
                }
            }
            if !more {
                return Ok((report, None));
            }
        }
    }

    /// The next commits, and whether there are more behind them.
    async fn commits(
        &self,
        question: &Question,
        range: Range,
        position: Option<&Position>,
    ) -> Result<(Vec<Commit>, bool)> {
        let store = self.evaluator.store.as_ref();
        match (&question.scope, position) {
            (Scope::Account(account), None | Some(Position::AfterVersion(_))) => {
                let after = match position {
                    Some(Position::AfterVersion(version)) => *version,
                    _ => 0,
                };
                let page = store.commits(account, after, COMMITS).await?;
                if after == 0 && page.commits.is_empty() && page.next.is_none() {
                    return Err(Error::NotFound(Missing::Account(account.clone())));
                }
                Ok((page.commits, page.next.is_some()))
            }
            (Scope::All | Scope::Customer(_), None | Some(Position::After(_))) => {
                let after = match position {
                    Some(Position::After(place)) => Some(place.clone()),
                    _ => None,
                };
                let page = time_index::page(store, range, after, false, COMMITS).await?;
                Ok((page.commits, page.next.is_some()))
            }
            _ => Err(Error::invalid(FieldError::parameter(
                "cursor",
                "is one of another question",
            ))),
        }
    }

    async fn look_at(
        &self,
        question: &Question,
        commit: &Commit,
        known: &Arc<Known>,
        report: &mut Report,
    ) -> Result<()> {
        let events = IntegrationEvent::of_commit(commit)
            .map_err(|error| Error::permanent("a commit", error))?;
        for event in &events {
            let before = self.verdicts(event, None, known).await?;
            let after = self.verdicts(event, Some(&question.wishes), known).await?;
            report.add(event, &before, &after);
        }
        Ok(())
    }

    /// What becomes of an event by the wishes of then, or by others.
    async fn verdicts(
        &self,
        event: &IntegrationEvent,
        wishes: Option<&Wishes>,
        known: &Arc<Known>,
    ) -> Result<Verdicts> {
        let evaluator = Evaluator {
            store: self.evaluator.store.clone(),
            customers: Arc::new(Then {
                customers: self.evaluator.customers.clone(),
                known: known.clone(),
                day: event.metadata.recorded_at,
                wishes: wishes.cloned(),
            }),
        };
        let evaluation = evaluator.evaluate(event, &[]).await?;
        let wishes = evaluation.person.as_ref().map(Person::wishes);
        let verdicts = evaluation.decisions.into_iter().map(|decision| {
            let Decision {
                kind,
                recipient,
                verdict,
            } = decision;
            // As it would have been at the moment in which the event was recorded.
            // No list says which addresses were suppressed then.
            let draft = draft(id_of(event, kind, &recipient), event, kind, &recipient);
            let (subject, then) = (draft.subject(), event.metadata.recorded_at);
            let verdict = notification::confirm(subject, verdict, wishes, false, then);
            ((kind, recipient), verdict)
        });
        Ok(verdicts.collect())
    }
}

impl Scope {
    fn includes(&self, commit: &Commit) -> bool {
        match self {
            Scope::Customer(customer) => commit.after.customer_id == *customer,
            Scope::All | Scope::Account(_) => true,
        }
    }

    fn position_after(&self, commit: &Commit) -> Position {
        match self {
            Scope::Account(_) => Position::AfterVersion(commit.last_version()),
            Scope::All | Scope::Customer(_) => Position::After(CommitPosition::of(commit)),
        }
    }
}
