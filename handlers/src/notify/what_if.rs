//! The what-if: the notifications of the history under other preferences, compared with those in force at the time. Nothing is
//! written or sent, and each event is evaluated as on its day.

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

/// The time for one page. API Gateway gives up after 29 s, and one event with a low balance and a long past may follow. The rest
/// is on the next page.
const BUDGET: Duration = Duration::from_secs(10);
/// Commits that are read at a time.
const COMMITS: usize = 100;

/// The what-if over the history.
pub struct WhatIf {
    /// Evaluates the events.
    pub evaluator: Evaluator,
    /// The clock for budgets.
    pub clock: Arc<dyn Clock>,
    /// How far it stays behind now; see [`time_index::SAFETY_WINDOW`].
    pub safety_window: TimeDelta,
}

impl fmt::Debug for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatIf").finish_non_exhaustive()
    }
}

/// A what-if question.
#[derive(Debug, Clone)]
pub struct Question {
    /// The recorded times of the events.
    pub range: Range,
    /// The accounts of the events.
    pub scope: Scope,
    /// The other preferences.
    pub wishes: OtherPreferences,
}

/// The accounts of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All accounts.
    All,
    /// One account.
    Account(AccountId),
    /// All accounts of one customer.
    Customer(CustomerId),
}

/// The assumed preferences of the customers, at all times. A customer who was not entered then stays unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherPreferences {
    /// These preferences.
    Instead(Preferences),
    /// The customer's own at the time, with this change.
    Changed(Change),
}

impl OtherPreferences {
    fn in_place_of(&self, own: &Preferences) -> Preferences {
        match self {
            OtherPreferences::Instead(preferences) => preferences.clone(),
            OtherPreferences::Changed(change) => change.apply(own),
        }
    }
}

/// The verdict on each kind for each recipient.
type Verdicts = BTreeMap<(Kind, Recipient), Verdict>;

/// The end of a page, after which the next begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// After this commit in recorded order.
    After(CommitPosition),
    /// After this version of the question's only account.
    AfterVersion(Version),
}

impl WhatIf {
    /// Evaluates the commits after `position` until they have `limit` events or ten seconds have passed, and at least one
    /// commit. Returns the report of this page and the position of the next, or `None` at the end.
    ///
    /// # Errors
    /// - `NotFound`: the account was never opened.
    /// - `Invalid`: the position belongs to another question.
    /// - `Retryable`, `Unknown`: a store did not answer; repeat the call.
    /// - `Permanent`: stored data cannot be read; a retry does not help.
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

    /// Reads the next commits, and whether there are more.
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

    /// Returns the verdicts on an event by the preferences in force at the time, or by `wishes`.
    async fn verdicts(
        &self,
        event: &IntegrationEvent,
        wishes: Option<&OtherPreferences>,
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
        let evaluation = evaluator.evaluate(std::slice::from_ref(event), &[]).await?;
        let wishes = evaluation.person.as_ref().map(Person::wishes);
        let verdicts = evaluation.decisions.into_iter().map(|decision| {
            let Decision {
                kind,
                recipient,
                verdict,
            } = decision;
            // As of the time at which the event was recorded. The suppressions of that time are unknown.
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
