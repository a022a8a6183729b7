//! The event store as a history that an export reads.

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, Version};
use export::walk::{History, Page, Standing};
use handlers::ports::{CommitPosition, EventStore, ReadModel};
use handlers::query::time_index::{PageLimit, Range, page_within};
use tokio::runtime::Handle;

use crate::Unread;

/// One page of the time index: a few megabytes at most. The rest is read with
/// the next page.
const PAGE: PageLimit = PageLimit {
    commits: 500,
    events: 1000,
};
/// Commits in one page of an account's history.
const COMMITS_PER_PAGE: usize = 100;
/// Accounts in one page of the read model.
const ACCOUNTS_PER_PAGE: usize = 1000;

/// The stored commits of a range of recorded times.
pub(crate) struct Stored<'a> {
    store: &'a dyn EventStore,
    read_model: &'a dyn ReadModel,
    handle: &'a Handle,
    range: Range,
    position: Option<CommitPosition>,
    accounts: Accounts,
}

/// The progress through the list of all accounts.
enum Accounts {
    After(Option<String>),
    Read,
}

impl<'a> Stored<'a> {
    /// Returns the commits recorded at `from` or later and before `to`, which
    /// must be past.
    pub(crate) fn new(
        store: &'a dyn EventStore,
        read_model: &'a dyn ReadModel,
        handle: &'a Handle,
        from: Option<DateTime<Utc>>,
        to: DateTime<Utc>,
    ) -> Self {
        Stored {
            store,
            read_model,
            handle,
            range: Range {
                from: from.unwrap_or(DateTime::UNIX_EPOCH),
                to,
            },
            position: None,
            accounts: Accounts::After(None),
        }
    }
}

impl History for Stored<'_> {
    type Error = Unread;

    fn page(&mut self) -> Result<Page, Unread> {
        let position = self.position.take();
        let read = page_within(self.store, self.range, position, false, PAGE);
        let page = self.handle.block_on(read).map_err(Unread)?;
        let complete_until = page.next.is_none().then_some(self.range.to);
        self.position = page.next;
        Ok(Page {
            commits: page.commits,
            complete_until,
        })
    }

    fn after(&mut self, account: &AccountId, version: Version) -> Result<Vec<Commit>, Unread> {
        let read = self.store.commits(account, version, COMMITS_PER_PAGE);
        let page = self.handle.block_on(read).map_err(Unread)?;
        Ok(page.commits)
    }

    fn standings(&mut self) -> Result<Option<Vec<Standing>>, Unread> {
        let Accounts::After(cursor) = &self.accounts else {
            return Ok(None);
        };
        let read = self.read_model.list(cursor.as_deref(), ACCOUNTS_PER_PAGE);
        let (rows, next) = self.handle.block_on(read).map_err(Unread)?;
        self.accounts = next.map_or(Accounts::Read, |next| Accounts::After(Some(next)));
        let standings = rows.into_iter().filter_map(|row| {
            let balance = row.balance?;
            Some(Standing {
                version: balance.version(),
                account_id: row.account_id,
                updated_at: balance.updated_at,
            })
        });
        Ok(Some(standings.collect()))
    }
}
