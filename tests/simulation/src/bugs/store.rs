//! A store that answers an append wrongly, remembers a head for too long, or
//! loses a page of its index.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, EventId, IdempotencyKey, Tip, Version};
use handlers::ports::{
    Appended, CommitPage, CommitPosition, EventStore, IdempotencyRecord, ReversalMark,
};
use handlers::{Error, Result};

use super::is;
use crate::kernel::lock;
use crate::ports::Port;

#[derive(Debug)]
pub(super) struct FaultyStore {
    pub(super) port: Arc<Port>,
    /// What was read of each account's head first, or written since.
    heads: Mutex<BTreeMap<AccountId, Option<Tip>>>,
}

impl FaultyStore {
    pub(super) fn on(port: Arc<Port>) -> Self {
        FaultyStore {
            port,
            heads: Mutex::default(),
        }
    }
}

#[async_trait]
impl EventStore for FaultyStore {
    async fn head(&self, account: &AccountId) -> Result<Option<Tip>> {
        if !is("head-never-forgotten") {
            return self.port.head(account).await;
        }
        let known = lock(&self.heads).get(account).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let head = self.port.head(account).await?;
        lock(&self.heads).insert(account.clone(), head.clone());
        Ok(head)
    }

    async fn append(&self, commit: &Commit, marks: &[ReversalMark]) -> Result<Appended> {
        match self.port.append(commit, marks).await {
            Err(Error::Retryable(_)) if is("throttle-read-as-conflict") => {
                Ok(Appended::VersionConflict(None))
            }
            Err(Error::Unknown(_)) if is("late-write-acknowledged") => Ok(Appended::Done),
            Ok(Appended::Done) if is("head-never-forgotten") => {
                let mut heads = lock(&self.heads);
                heads.insert(commit.account_id.clone(), Some(commit.tip()));
                Ok(Appended::Done)
            }
            Ok(Appended::VersionConflict(_)) if is("head-never-forgotten") => {
                Ok(Appended::VersionConflict(None))
            }
            Ok(Appended::KeyUsed(used)) if is("key-taken-with-any-body") => {
                Ok(Appended::KeyUsed(IdempotencyRecord {
                    request_hash: commit.request_hash,
                    ..used
                }))
            }
            appended => appended,
        }
    }

    async fn used_key(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>> {
        self.port.used_key(account, key).await
    }

    async fn commit_holding(
        &self,
        account: &AccountId,
        version: Version,
    ) -> Result<Option<Commit>> {
        self.port.commit_holding(account, version).await
    }

    async fn reversed_by(&self, account: &AccountId, event: EventId) -> Result<Option<EventId>> {
        self.port.reversed_by(account, event).await
    }

    async fn commits(
        &self,
        account: &AccountId,
        after_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        self.port.commits(account, after_version, limit).await
    }

    async fn commits_backwards(
        &self,
        account: &AccountId,
        before_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        self.port
            .commits_backwards(account, before_version, limit)
            .await
    }

    async fn recorded(
        &self,
        slice: u8,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        newest_first: bool,
        limit: usize,
    ) -> Result<Vec<CommitPosition>> {
        let mut places = self
            .port
            .recorded(slice, from, to, newest_first, limit)
            .await?;
        if is("index-page-lost") {
            // A page that ends before its limit is taken for the last.
            places.truncate(limit.saturating_sub(1));
        }
        Ok(places)
    }

    async fn commits_at(&self, places: &[CommitPosition]) -> Result<Vec<Commit>> {
        self.port.commits_at(places).await
    }

    async fn next_account(&self, after: Option<&AccountId>) -> Result<Option<AccountId>> {
        self.port.next_account(after).await
    }

    async fn scan(&self, cursor: Option<&str>, limit: usize) -> Result<CommitPage> {
        self.port.scan(cursor, limit).await
    }
}
