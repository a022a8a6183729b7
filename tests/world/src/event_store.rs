//! The event store, with the same conditions as the one on DynamoDB.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, EventId, IdempotencyKey, Tip, Version};
use handlers::error::Result;
use handlers::ports::{
    Appended, CommitPage, CommitPosition, EventStore, IdempotencyRecord, ReversalMark,
};

use super::faults::Faults;

#[derive(Debug, Default)]
struct State {
    commits: BTreeMap<(AccountId, Version), Commit>,
    keys: BTreeMap<(AccountId, IdempotencyKey), IdempotencyRecord>,
    marks: BTreeMap<(AccountId, EventId), EventId>,
    /// The commits in the order in which they were written, as in the stream.
    log: Vec<Commit>,
    /// Commits in a page at most, whatever the limit.
    page_cap: Option<usize>,
}

/// An event store in memory.
#[derive(Debug)]
pub struct MemoryEventStore {
    faults: Arc<Faults>,
    state: Mutex<State>,
}

impl MemoryEventStore {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryEventStore {
            faults,
            state: Mutex::default(),
        }
    }

    /// Returns all commits in the order in which they were written.
    pub fn log(&self) -> Vec<Commit> {
        self.lock().log.clone()
    }

    /// Returns an account's commits, oldest first.
    pub fn of(&self, account: &AccountId) -> Vec<Commit> {
        self.lock().of(account).cloned().collect()
    }

    /// Replaces a commit, which no use case does.
    pub fn tamper(&self, commit: Commit) {
        let key = (commit.account_id.clone(), commit.first_version);
        self.lock().commits.insert(key, commit);
    }

    /// Removes a commit, which no use case does.
    pub fn lose(&self, account: &AccountId, first_version: Version) {
        let key = (account.clone(), first_version);
        self.lock().commits.remove(&key);
    }

    /// Limits pages to this many commits from now on.
    pub fn cap_pages(&self, commits: usize) {
        self.lock().page_cap = Some(commits);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(&self, account: &AccountId) -> impl DoubleEndedIterator<Item = &Commit> {
        self.commits
            .range((account.clone(), 0)..=(account.clone(), Version::MAX))
            .map(|(_, commit)| commit)
    }

    fn append(&mut self, commit: &Commit, marks: &[ReversalMark]) -> Appended {
        let account = &commit.account_id;
        let place = (account.clone(), commit.first_version);
        let key = (account.clone(), commit.idempotency_key.clone());
        if let Some(used) = self.keys.get(&key) {
            return Appended::KeyUsed(used.clone());
        }
        if let Some(taken) = self.commits.get(&place) {
            return Appended::VersionConflict(Some(Box::new(taken.clone())));
        }
        let marked =
            |mark: &ReversalMark| self.marks.contains_key(&(account.clone(), mark.reversed));
        if marks.iter().any(marked) {
            return Appended::ReversedMeanwhile;
        }
        let used = IdempotencyRecord {
            request_hash: commit.request_hash,
            first_version: commit.first_version,
            hash: commit.hash,
            event_types: commit
                .events
                .iter()
                .map(|event| event.event_type.clone())
                .collect(),
        };
        self.keys.insert(key, used);
        self.commits.insert(place, commit.clone());
        for mark in marks {
            self.marks.insert((account.clone(), mark.reversed), mark.by);
        }
        self.log.push(commit.clone());
        Appended::Done
    }

    fn page<'a>(&self, mut commits: impl Iterator<Item = &'a Commit>, limit: usize) -> CommitPage {
        let limit = self.page_cap.map_or(limit, |cap| cap.min(limit));
        let page: Vec<Commit> = commits.by_ref().take(limit).cloned().collect();
        let more = commits.next().is_some();
        let next = page
            .last()
            .filter(|_| more)
            .map(|last| format!("{}\n{}", last.account_id, last.first_version));
        CommitPage {
            commits: page,
            next,
        }
    }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn head(&self, account: &AccountId) -> Result<Option<Tip>> {
        let read = || Ok(self.lock().of(account).next_back().map(Commit::tip));
        self.faults.call("store.head", read).await
    }

    async fn append(&self, commit: &Commit, marks: &[ReversalMark]) -> Result<Appended> {
        let write = || Ok(self.lock().append(commit, marks));
        self.faults.call("store.append", write).await
    }

    async fn used_key(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>> {
        let read = || {
            Ok(self
                .lock()
                .keys
                .get(&(account.clone(), key.clone()))
                .cloned())
        };
        self.faults.call("store.used_key", read).await
    }

    async fn commit_holding(
        &self,
        account: &AccountId,
        version: Version,
    ) -> Result<Option<Commit>> {
        let read = || {
            let state = self.lock();
            let holding = state
                .of(account)
                .find(|commit| (commit.first_version..=commit.last_version()).contains(&version));
            Ok(holding.cloned())
        };
        self.faults.call("store.commit_holding", read).await
    }

    async fn reversed_by(&self, account: &AccountId, event: EventId) -> Result<Option<EventId>> {
        let read = || Ok(self.lock().marks.get(&(account.clone(), event)).copied());
        self.faults.call("store.reversed_by", read).await
    }

    async fn commits(
        &self,
        account: &AccountId,
        after_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        let read = || {
            let state = self.lock();
            let after = state
                .of(account)
                .filter(|commit| commit.last_version() > after_version);
            Ok(state.page(after, limit))
        };
        self.faults.call("store.commits", read).await
    }

    async fn commits_backwards(
        &self,
        account: &AccountId,
        before_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        let read = || {
            let state = self.lock();
            let before = state
                .of(account)
                .rev()
                .filter(|commit| commit.first_version < before_version);
            Ok(state.page(before, limit))
        };
        self.faults.call("store.commits_backwards", read).await
    }

    async fn recorded(
        &self,
        slice: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<CommitPosition>> {
        let read = || {
            let state = self.lock();
            let mut places: Vec<CommitPosition> = state
                .commits
                .values()
                .filter(|commit| commit.account_id.slice() == slice)
                .map(CommitPosition::of)
                .filter(|place| (from..to).contains(&place.recorded_at))
                .collect();
            places.sort();
            if newest_first {
                places.reverse();
            }
            places.truncate(limit);
            Ok(places)
        };
        self.faults.call("store.recorded", read).await
    }

    async fn commits_at(&self, places: &[CommitPosition]) -> Result<Vec<Commit>> {
        let read = || {
            let state = self.lock();
            let at = |place: &CommitPosition| {
                state
                    .commits
                    .get(&(place.account_id.clone(), place.first_version))
                    .cloned()
            };
            Ok(places.iter().filter_map(at).collect())
        };
        self.faults.call("store.commits_at", read).await
    }

    async fn next_account(&self, after: Option<&AccountId>) -> Result<Option<AccountId>> {
        let read = || {
            let state = self.lock();
            let mut accounts = state.commits.keys().map(|(account, _)| account);
            let next = accounts.find(|account| after.is_none_or(|after| *account > after));
            Ok(next.cloned())
        };
        self.faults.call("store.next_account", read).await
    }

    async fn scan(&self, cursor: Option<&str>, limit: usize) -> Result<CommitPage> {
        let read = || {
            let after =
                cursor
                    .and_then(|cursor| cursor.split_once('\n'))
                    .and_then(|(account, version)| {
                        Some((
                            account.parse::<AccountId>().ok()?,
                            version.parse::<Version>().ok()?,
                        ))
                    });
            let state = self.lock();
            let rest = state
                .commits
                .iter()
                .filter(|(place, _)| after.as_ref().is_none_or(|after| *place > after));
            Ok(state.page(rest.map(|(_, commit)| commit), limit))
        };
        self.faults.call("store.scan", read).await
    }
}
