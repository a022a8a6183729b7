//! Queries of the read model and the history.

pub mod changes;
pub mod decided;
mod event_filter;
pub mod notifications;
pub mod status;
pub mod time_index;

pub use event_filter::EventFilter;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::account::{FoldError, Status};
use domain::chain::ChainError;
use domain::{AccountId, Commit, FieldError, Version};
use projections::as_of::{AsOf, Basis, Fold, Standing};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Missing, Result};
use crate::ports::{Clock, CommitPosition, EventStore, ReadModel, ReadModelRow};
use time_index::PageLimit;

/// The largest page, in rows. The API refuses a higher `limit` with 400.
pub const MAX_PAGE: usize = 1000;
/// The page of a request without `limit`, in rows.
pub const DEFAULT_PAGE: usize = 100;
/// Commits that are read at a time for a fold.
const FOLD_PAGE: usize = 200;
/// Reads of a list that is empty although its account has events. After the last, the query fails as `Retryable`.
const MAX_READS: u32 = 3;

/// The queries of balances and history.
pub struct Queries {
    /// The event store.
    pub store: Arc<dyn EventStore>,
    /// The read model of balances.
    pub read_model: Arc<dyn ReadModel>,
    /// The clock, behind which readers of the time index stay.
    pub clock: Arc<dyn Clock>,
    /// How far readers of the time index stay behind now; see [`time_index::SAFETY_WINDOW`].
    pub safety_window: chrono::TimeDelta,
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queries").finish_non_exhaustive()
    }
}

/// An account, as the API returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountView {
    /// The account.
    pub account_id: AccountId,
    /// The account's holder.
    pub customer_id: String,
    /// The currency, by its ISO 4217 code.
    pub currency: String,
    /// The balance as a decimal number with the currency's digits, like `125.50`.
    pub balance: String,
    /// The version of the last event.
    pub version: Version,
    /// Whether the account is open or closed.
    pub status: Status,
    /// The time at which the last event was recorded, in RFC 3339.
    pub updated_at: String,
}

/// An event with its position in the history, as the API returns it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventView {
    /// The account.
    pub account_id: AccountId,
    /// The event's id, derived from account and version.
    pub event_id: String,
    /// The account's version after the event.
    pub version: Version,
    /// The event's type, like `MoneyDeposited`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The time at which it happened, according to the bank, in RFC 3339. That of a date is its 00:00:00Z.
    pub occurred_at: String,
    /// The date on which it happened, if the bank gave no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_on: Option<NaiveDate>,
    /// The time at which it was recorded, in RFC 3339.
    pub recorded_at: String,
    /// The data, as stored.
    pub data: Value,
    /// The hash of the event's commit, in hex digits.
    pub hash: String,
}

impl AccountView {
    /// Returns the view of a row; `None` if no event was projected yet.
    pub fn of_row(row: &ReadModelRow) -> Option<Self> {
        let balance = row.balance.as_ref()?;
        let standing = Standing {
            account: balance.head.account.clone(),
            updated_at: balance.updated_at,
        };
        Some(AccountView::of_standing(&row.account_id, &standing))
    }

    fn of_standing(account_id: &AccountId, standing: &Standing) -> Self {
        AccountView {
            account_id: account_id.clone(),
            customer_id: standing.account.customer_id.to_string(),
            currency: standing.account.currency().to_string(),
            balance: standing.account.balance.to_decimal(),
            version: standing.account.version,
            status: standing.account.status,
            updated_at: domain::time::format_recorded_at(standing.updated_at),
        }
    }
}

/// Returns the views of a commit's events, in order.
pub fn views(commit: &Commit) -> impl DoubleEndedIterator<Item = EventView> + '_ {
    commit
        .events
        .iter()
        .enumerate()
        .map(|(index, event)| EventView {
            account_id: commit.account_id.clone(),
            event_id: event.event_id.to_string(),
            version: commit.first_version + index as Version,
            event_type: event.event_type.clone(),
            occurred_at: domain::time::format_time(event.occurred.at()),
            occurred_on: event.occurred.on(),
            recorded_at: domain::time::format_recorded_at(commit.recorded_at),
            data: event.data.clone(),
            hash: commit.hash.to_string(),
        })
}

/// Returns the error of a fold that failed. The events that occurred by a time are only a part of the recorded ones, and their
/// sum may exceed every balance that ever existed: then the time is invalid.
fn cannot_fold(error: ChainError, as_of: AsOf) -> Error {
    match (as_of, &error) {
        (AsOf::Time(_, Basis::Occurred), ChainError::Fold(FoldError::Balance(_))) => {
            let detail =
                "is a time at which what had happened adds up to more than a balance can be";
            Error::invalid(FieldError::parameter("as_of", detail))
        }
        _ => Error::Permanent(error.to_string().into()),
    }
}

/// Returns the page of a list that may have one event more, and the version after which the next page begins.
fn cut(mut events: Vec<EventView>, limit: usize) -> (Vec<EventView>, Option<Version>) {
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|event| event.version);
    (events, next)
}

fn appearing(account: &AccountId) -> Error {
    Error::Retryable(format!("account {account} has events that could not be read yet").into())
}

impl Queries {
    /// Reads an account from the read model. An account that was opened a moment ago and is not projected yet is folded from
    /// its events.
    ///
    /// # Errors
    /// - `NotFound`: the account was never opened.
    /// - `Retryable`, `Unknown`: a store did not answer; read again.
    /// - `Permanent`: stored data cannot be read; a retry does not help.
    pub async fn account(&self, account: &AccountId) -> Result<AccountView> {
        let row = self.read_model.load(account).await?;
        if let Some(view) = row.and_then(|row| AccountView::of_row(&row.value)) {
            return Ok(view);
        }
        self.account_as_of(account, AsOf::Version(Version::MAX))
            .await
    }

    /// Folds an account as of a version or a time from its events, page by page.
    ///
    /// # Errors
    /// - `NotFound`: the account was not open then.
    /// - `Invalid`: the sum of the events that had occurred by this time exceeds every possible balance.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: the history is broken or cannot be read; a retry does not help.
    pub async fn account_as_of(&self, account: &AccountId, as_of: AsOf) -> Result<AccountView> {
        let mut fold = Fold::new(as_of);
        while !fold.is_complete() {
            let page = self.store.commits(account, fold.seen(), FOLD_PAGE).await?;
            for commit in &page.commits {
                fold.take(commit)
                    .map_err(|error| cannot_fold(error, as_of))?;
            }
            if page.next.is_none() {
                break;
            }
        }
        match fold.standing() {
            Some(standing) => Ok(AccountView::of_standing(account, &standing)),
            None => Err(Error::NotFound(Missing::AccountThen(account.clone()))),
        }
    }

    /// Reads a page of all accounts from the read model, in no particular order, and the cursor of the next.
    ///
    /// # Errors
    /// - `Invalid`: the cursor is none that was given out here.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: a row cannot be read; a retry does not help.
    pub async fn accounts(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountView>, Option<String>)> {
        let (rows, next) = self.read_model.list(cursor, limit).await?;
        Ok((rows.iter().filter_map(AccountView::of_row).collect(), next))
    }

    /// Reads at most `limit` events with a version above `after`, and the version after which the next page begins.
    ///
    /// # Errors
    /// - `NotFound`: the account was never opened.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: the history cannot be read; a retry does not help.
    pub async fn history(
        &self,
        account: &AccountId,
        after: Version,
        limit: usize,
    ) -> Result<(Vec<EventView>, Option<Version>)> {
        for _ in 0..MAX_READS {
            let events = self.events_after(account, after, limit).await?;
            if !events.is_empty() || self.has_none(account, |version| version > after).await? {
                return Ok(cut(events, limit));
            }
        }
        Err(appearing(account))
    }

    /// Reads at most `limit` events with a version below `before`, newest first, and the version below which the next page
    /// begins.
    ///
    /// # Errors
    /// Those of [`Queries::history`].
    pub async fn history_backwards(
        &self,
        account: &AccountId,
        before: Version,
        limit: usize,
    ) -> Result<(Vec<EventView>, Option<Version>)> {
        for _ in 0..MAX_READS {
            let events = self.events_before(account, before, limit).await?;
            if !events.is_empty() || self.has_none(account, |_| before > 1).await? {
                return Ok(cut(events, limit));
            }
        }
        Err(appearing(account))
    }

    /// Reads one event more than `limit` if there are more.
    async fn events_after(
        &self,
        account: &AccountId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<EventView>> {
        let mut events: Vec<EventView> = Vec::new();
        let mut position = after;
        loop {
            let page = self
                .store
                .commits(account, position, limit + 1 - events.len())
                .await?;
            events.extend(
                page.commits
                    .iter()
                    .flat_map(views)
                    .filter(|event| event.version > after),
            );
            position = page.commits.last().map_or(position, Commit::last_version);
            if events.len() > limit || page.next.is_none() {
                return Ok(events);
            }
        }
    }

    /// Like [`Queries::events_after`], backwards.
    async fn events_before(
        &self,
        account: &AccountId,
        before: Version,
        limit: usize,
    ) -> Result<Vec<EventView>> {
        let mut events: Vec<EventView> = Vec::new();
        let mut position = before;
        loop {
            let page = self
                .store
                .commits_backwards(account, position, limit + 1 - events.len())
                .await?;
            events.extend(
                page.commits
                    .iter()
                    .flat_map(|commit| views(commit).rev())
                    .filter(|event| event.version < before),
            );
            position = page
                .commits
                .last()
                .map_or(position, |commit| commit.first_version);
            if events.len() > limit || page.next.is_none() {
                return Ok(events);
            }
        }
    }

    /// Reads whole commits after this version, until they have `limit` events or a few more, and the version after which the
    /// next page begins.
    ///
    /// # Errors
    /// Those of [`Queries::history`].
    pub async fn commits(
        &self,
        account: &AccountId,
        after: Version,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<Version>)> {
        for _ in 0..MAX_READS {
            let found = self.commits_after(account, after, limit).await?;
            if !found.0.is_empty() || self.has_none(account, |version| version > after).await? {
                return Ok(found);
            }
        }
        Err(appearing(account))
    }

    async fn commits_after(
        &self,
        account: &AccountId,
        after: Version,
        limit: usize,
    ) -> Result<(Vec<Commit>, Option<Version>)> {
        let mut commits: Vec<Commit> = Vec::new();
        let mut events = 0;
        let mut position = after;
        loop {
            let page = self.store.commits(account, position, FOLD_PAGE).await?;
            for commit in page.commits {
                if events >= limit {
                    return Ok((commits, Some(position)));
                }
                position = commit.last_version();
                events += commit.events.len();
                commits.push(commit);
            }
            if page.next.is_none() {
                return Ok((commits, None));
            }
        }
    }

    /// Whether an empty list is the right answer: not if the account was never opened, and not if it got events after the
    /// read. `is_shown` says whether the list should contain the account's last version.
    async fn has_none(
        &self,
        account: &AccountId,
        is_shown: impl FnOnce(Version) -> bool,
    ) -> Result<bool> {
        match self.store.head(account).await? {
            Some(last) => Ok(!is_shown(last.version())),
            None => Err(Error::NotFound(Missing::Account(account.clone()))),
        }
    }

    /// Reads a page of the commits of all accounts in recorded order.
    ///
    /// Oldest first, the list ends before the safety window, so that a reader who continues later misses none. Newest first,
    /// it begins with the newest.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: a commit cannot be read, or the index contains one that the store lacks; a retry does not help.
    pub async fn recorded(
        &self,
        range: time_index::Range,
        after: Option<CommitPosition>,
        newest_first: bool,
        limit: PageLimit,
    ) -> Result<time_index::Page> {
        let mut range = range;
        if !newest_first {
            range.to = range.to.min(self.settled_until());
        }
        time_index::page_within(self.store.as_ref(), range, after, newest_first, limit).await
    }

    /// The time before which no further commit will be recorded.
    pub fn settled_until(&self) -> DateTime<Utc> {
        self.clock.settled(self.safety_window)
    }
}
