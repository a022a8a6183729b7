//! The events table, its idempotency keys and its time index.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, EventId, IdempotencyKey, Version};
use handlers::ports::{Appended, CommitPage, CommitPosition, IdempotencyRecord, ReversalMark};

use crate::bugs;
use crate::kernel::{Core, MILLISECOND, MINUTE, Micros, SECOND};

/// How far the time index may lag behind its table.
const INDEX_LAG: Micros = SECOND;

#[derive(Debug, Default)]
pub struct Store {
    pub commits: BTreeMap<(AccountId, Version), Arc<Commit>>,
    keys: BTreeMap<(AccountId, IdempotencyKey), (IdempotencyRecord, Micros)>,
    marks: BTreeMap<(AccountId, EventId), EventId>,
    index: BTreeMap<(u8, CommitPosition), ()>,
}

impl Store {
    pub fn of(&self, account: &AccountId) -> impl DoubleEndedIterator<Item = &Arc<Commit>> {
        self.commits
            .range((account.clone(), 0)..=(account.clone(), Version::MAX))
            .map(|(_, commit)| commit)
    }

    pub fn last(&self, account: &AccountId) -> Option<&Arc<Commit>> {
        self.of(account).next_back()
    }

    /// The commit that holds this version, found by its key and not by reading all.
    pub fn holding(&self, account: &AccountId, version: Version) -> Option<&Arc<Commit>> {
        self.commits
            .range((account.clone(), 0)..=(account.clone(), version))
            .next_back()
            .map(|(_, commit)| commit)
            .filter(|commit| commit.last_version() >= version)
    }

    pub fn used(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
        now: Micros,
    ) -> Option<IdempotencyRecord> {
        let (used, at) = self.keys.get(&(account.clone(), key.clone()))?;
        if bugs::is("key-expires") && now > at + 10 * MINUTE {
            return None;
        }
        Some(used.clone())
    }

    pub fn reversed_by(&self, account: &AccountId, event: EventId) -> Option<EventId> {
        self.marks.get(&(account.clone(), event)).copied()
    }

    pub fn after(&self, account: &AccountId, after: Version, limit: usize) -> CommitPage {
        let first = self
            .holding(account, after + 1)
            .map_or(after + 1, |commit| commit.first_version);
        let found = self
            .commits
            .range((account.clone(), first)..=(account.clone(), Version::MAX))
            .map(|(_, commit)| commit);
        page(found, limit)
    }

    pub fn before(&self, account: &AccountId, before: Version, limit: usize) -> CommitPage {
        let found = self
            .commits
            .range((account.clone(), 0)..(account.clone(), before))
            .rev()
            .map(|(_, commit)| commit);
        page(found, limit)
    }

    pub fn scan(&self, after: Option<(AccountId, Version)>, limit: usize) -> CommitPage {
        let found = match after {
            None => self.commits.range(..),
            Some(after) => self
                .commits
                .range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded)),
        };
        page(found.map(|(_, commit)| commit), limit)
    }

    pub fn recorded(
        &self,
        slice: u8,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        newest_first: bool,
        limit: usize,
    ) -> Vec<CommitPosition> {
        let mut places: Vec<CommitPosition> = self
            .index
            .keys()
            .filter(|(of, place)| *of == slice && (from..to).contains(&place.recorded_at))
            .map(|(_, place)| place.clone())
            .collect();
        if newest_first {
            places.reverse();
        }
        // A microsecond is never cut in two.
        if let Some(last) = places.get(limit.saturating_sub(1)) {
            let last = last.recorded_at;
            let end = places[limit..]
                .iter()
                .take_while(|place| place.recorded_at == last)
                .count();
            places.truncate(limit + end);
        }
        places
    }

    fn put_key(&mut self, commit: &Commit, now: Micros) {
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
        let key = (commit.account_id.clone(), commit.idempotency_key.clone());
        self.keys.insert(key, (used, now));
    }
}

fn page<'a>(mut commits: impl Iterator<Item = &'a Arc<Commit>>, limit: usize) -> CommitPage {
    let page: Vec<Commit> = commits
        .by_ref()
        .take(limit)
        .map(|commit| commit.as_ref().clone())
        .collect();
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

impl Core {
    /// The transaction of an append.
    pub fn append(&mut self, commit: &Commit, marks: &[ReversalMark]) -> Appended {
        let account = &commit.account_id;
        let place = (account.clone(), commit.first_version);
        let now = self.now;
        if let Some(used) = self.state.store.used(account, &commit.idempotency_key, now) {
            return Appended::KeyUsed(used);
        }
        if let Some(taken) = self.state.store.commits.get(&place) {
            return Appended::VersionConflict(Some(Box::new(taken.as_ref().clone())));
        }
        let marked = |mark: &ReversalMark| {
            self.state
                .store
                .reversed_by(account, mark.reversed)
                .is_some()
        };
        if marks.iter().any(marked) {
            return Appended::ReversedMeanwhile;
        }
        if let Err((invariant, detail)) = self.state.book.write(commit, now) {
            self.violate(invariant, || detail);
        }
        let key = (account.clone(), commit.idempotency_key.clone());
        let first = self.state.book.keys.insert(key, commit.first_version);
        if let Some(first) = first {
            self.violate("one key, one commit", || {
                format!(
                    "{account}, key {}: version {first} and version {}",
                    commit.idempotency_key, commit.first_version
                )
            });
        }
        for mark in marks {
            self.state
                .store
                .marks
                .insert((account.clone(), mark.reversed), mark.by);
        }
        if bugs::is("key-outside-the-transaction") {
            // A second call, which may never be made.
            if !self.rng.bool() {
                self.state.store.put_key(commit, now);
            }
        } else {
            self.state.store.put_key(commit, now);
        }
        let stored = Arc::new(commit.clone());
        self.state.store.commits.insert(place, Arc::clone(&stored));
        let lag = self.rng.u64(MILLISECOND..INDEX_LAG);
        let indexed = (account.slice(), CommitPosition::of(commit));
        self.after(lag, move |core| {
            core.state.store.index.insert(indexed, ());
        });
        self.tell(|_| {
            format!(
                "{} has version {} to {}, recorded {}",
                stored.account_id,
                stored.first_version,
                stored.last_version(),
                stored.recorded_at
            )
        });
        self.write_to_stream(stored);
        Appended::Done
    }
}
