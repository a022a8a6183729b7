//! Questions to the read model and to the history.

mod event_filter;
pub mod notifications;
pub mod time_index;

pub use event_filter::EventFilter;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::account::{FoldError, Status};
use domain::chain::ChainError;
use domain::{AccountId, Commit, FieldError, Version};
use projections::as_of::{AsOf, Basis, Fold, Standing};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Missing, Result};
use crate::ports::{Clock, CommitPosition, EventStore, ReadModel, ReadModelRow};
use time_index::PageLimit;

/// Most rows in one answer.
pub const MAX_PAGE: usize = 1000;
pub const DEFAULT_PAGE: usize = 100;
/// How many commits are read at once while folding.
const FOLD_PAGE: usize = 200;
/// How often a list is read that came out empty while its account has events.
const MAX_READS: u32 = 3;

pub struct Queries {
    pub store: Arc<dyn EventStore>,
    pub read_model: Arc<dyn ReadModel>,
    pub clock: Arc<dyn Clock>,
    /// How far readers of the time index stay behind now; see [`time_index::SAFETY_WINDOW`].
    pub safety_window: chrono::TimeDelta,
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queries").finish_non_exhaustive()
    }
}

/// An account, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountView {
    pub account_id: AccountId,
    pub customer_id: String,
    pub currency: String,
    pub balance: String,
    pub version: Version,
    pub status: Status,
    pub updated_at: String,
}

/// An event in its place, as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventView {
    pub account_id: AccountId,
    pub event_id: String,
    pub version: Version,
    #[serde(rename = "type")]
    pub event_type: String,
    pub occurred_at: String,
    pub recorded_at: String,
    pub data: Value,
    pub hash: String,
}

impl AccountView {
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

/// The events of a commit, in order.
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
            occurred_at: domain::time::format_time(event.occurred_at),
            recorded_at: domain::time::format_recorded_at(commit.recorded_at),
            data: event.data.clone(),
            hash: commit.hash.to_string(),
        })
}

/// What had happened by a time is a part of what is recorded, and may add up to
/// more than any balance that ever was.
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

/// The page, and where to go on, of a list that has one more than it.
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
    /// The account as the projection has it. An account that was opened a
    /// moment ago and is not projected yet is taken from its history.
    pub async fn account(&self, account: &AccountId) -> Result<AccountView> {
        let row = self.read_model.load(account).await?;
        if let Some(view) = row.as_ref().and_then(AccountView::of_row) {
            return Ok(view);
        }
        self.account_as_of(account, AsOf::Version(Version::MAX))
            .await
    }

    /// The account at a version or time, from its events: a page of them at a
    /// time, however many there are.
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

    pub async fn accounts(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountView>, Option<String>)> {
        let (rows, next) = self.read_model.list(cursor, limit).await?;
        Ok((rows.iter().filter_map(AccountView::of_row).collect(), next))
    }

    /// Up to `limit` events after `after`, and the version after which to go on.
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

    /// Up to `limit` events below `before`, newest first.
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

    /// One more than asked for, where there is more.
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

    /// The same downwards.
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

    /// Whole commits after this version, of up to `limit` events or a few more,
    /// and the version after which to go on.
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

    /// Whether a list that came out empty is the answer: there is none where
    /// the account never was, and another one where it was opened, or moved,
    /// after it was read. `is_shown` says so for its last version.
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

    /// Commits of all accounts in recorded order. Oldest first, they end at the
    /// safety window, so that who reads on misses none. Newest first is a look
    /// at what there is, and starts with it.
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

    /// Before this time nothing is recorded any more.
    pub fn settled_until(&self) -> DateTime<Utc> {
        self.clock.settled(self.safety_window)
    }
}
