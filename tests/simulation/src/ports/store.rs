use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, EventId, IdempotencyKey, Tip, Version};
use handlers::ports::{
    Appended, CommitPage, CommitPosition, EventStore, IdempotencyRecord, ReversalMark,
};
use handlers::{Error, Result};

use super::{Port, Role};
use crate::faults::Hop;

#[async_trait]
impl EventStore for Port {
    async fn head(&self, account: &AccountId) -> Result<Option<Tip>> {
        let account = account.clone();
        self.call(Hop::StoreRead, move |core| {
            core.state.store.last(&account).map(|commit| commit.tip())
        })
        .await
    }

    async fn append(&self, commit: &Commit, marks: &[ReversalMark]) -> Result<Appended> {
        let (commit, marks) = (commit.clone(), marks.to_vec());
        self.call(Hop::StoreAppend, move |core| core.append(&commit, &marks))
            .await
    }

    async fn used_key(
        &self,
        account: &AccountId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>> {
        let (account, key) = (account.clone(), key.clone());
        self.call(Hop::StoreRead, move |core| {
            let now = core.now;
            core.state.store.used(&account, &key, now)
        })
        .await
    }

    async fn commit_holding(
        &self,
        account: &AccountId,
        version: Version,
    ) -> Result<Option<Commit>> {
        let account = account.clone();
        let holding = self
            .call(Hop::StoreRead, move |core| {
                let holding = core.state.store.holding(&account, version);
                holding.map(|commit| commit.as_ref().clone())
            })
            .await?;
        self.can_read(holding.as_slice())?;
        Ok(holding)
    }

    async fn reversed_by(&self, account: &AccountId, event: EventId) -> Result<Option<EventId>> {
        let account = account.clone();
        self.call(Hop::StoreRead, move |core| {
            core.state.store.reversed_by(&account, event)
        })
        .await
    }

    async fn commits(
        &self,
        account: &AccountId,
        after_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        let account = account.clone();
        let page = self
            .call(Hop::StoreRead, move |core| {
                // DynamoDB may end a page early, by its size.
                let limit = if core.rng.u32(..4) == 0 { 1 } else { limit };
                core.state.store.after(&account, after_version, limit)
            })
            .await?;
        self.can_read(&page.commits)?;
        Ok(page)
    }

    async fn commits_backwards(
        &self,
        account: &AccountId,
        before_version: Version,
        limit: usize,
    ) -> Result<CommitPage> {
        let account = account.clone();
        self.call(Hop::StoreRead, move |core| {
            core.state.store.before(&account, before_version, limit)
        })
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
        self.call(Hop::StoreRead, move |core| {
            core.state
                .store
                .recorded(slice, (from, to), newest_first, limit)
        })
        .await
    }

    async fn commits_at(&self, places: &[CommitPosition]) -> Result<Vec<Commit>> {
        let places = places.to_vec();
        self.call(Hop::StoreRead, move |core| {
            let at = |place: &CommitPosition| {
                let key = (place.account_id.clone(), place.first_version);
                let found = core.state.store.commits.get(&key);
                found.map(|commit| commit.as_ref().clone())
            };
            places.iter().filter_map(at).collect()
        })
        .await
    }

    async fn next_account(&self, after: Option<&AccountId>) -> Result<Option<AccountId>> {
        let after = after.cloned();
        self.call(Hop::StoreRead, move |core| {
            let mut accounts = core.state.store.commits.keys().map(|(account, _)| account);
            let next = accounts.find(|account| after.as_ref().is_none_or(|after| *account > after));
            next.cloned()
        })
        .await
    }

    async fn scan(&self, cursor: Option<&str>, limit: usize) -> Result<CommitPage> {
        let after = cursor.and_then(read_cursor);
        self.call(Hop::StoreRead, move |core| {
            let limit = if core.rng.u32(..4) == 0 { 1 } else { limit };
            core.state.store.scan(after.clone(), limit)
        })
        .await
    }
}

impl Port {
    /// One commit that cannot be read fails the page that it is on.
    fn can_read(&self, commits: &[Commit]) -> Result<()> {
        let core = self.sim.core();
        let unreadable = commits.iter().find(|commit| {
            let key = (commit.account_id.clone(), commit.first_version);
            self.role == Role::Project && core.state.unreadable.contains(&key)
        });
        match unreadable {
            None => Ok(()),
            Some(commit) => Err(Error::Permanent(
                format!(
                    "the commit at version {} cannot be read: unknown event type",
                    commit.first_version
                )
                .into(),
            )),
        }
    }
}

fn read_cursor(cursor: &str) -> Option<(AccountId, Version)> {
    let (account, version) = cursor.split_once('\n')?;
    Some((account.parse().ok()?, version.parse().ok()?))
}
