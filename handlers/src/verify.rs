//! Verifying: an account's history is walked from its first event, and the
//! read model is held against it.

use domain::{AccountId, Commit, Head, Version, chain};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Missing, Result};
use crate::ports::ReadModelRow;
use crate::query::Queries;

/// How many commits are read at once.
const PAGE: usize = 200;

#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    pub account_id: AccountId,
    pub valid: bool,
    /// The last version that the chain reaches.
    pub version: Version,
    pub hash: Option<String>,
    pub checked_commits: u64,
    pub checked_events: u64,
    pub balance: Option<String>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    pub version: Version,
    pub detail: String,
}

/// How far a walk over all accounts is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// After this account of the store.
    History(AccountId),
    /// In the read model, whose accounts must have a history.
    ReadModel(Option<String>),
}

/// Up to `limit` accounts of all there are, and where to go on: first those of
/// the event store, projected or not, then those that only the read model knows.
pub async fn verify_all(
    queries: &Queries,
    place: Option<Place>,
    limit: usize,
) -> Result<(Vec<Verification>, Option<Place>)> {
    let mut verifications = Vec::new();
    let mut last = match place {
        Some(Place::ReadModel(cursor)) => return without_history(queries, cursor, limit).await,
        Some(Place::History(account)) => Some(account),
        None => None,
    };
    while verifications.len() < limit {
        let Some(account) = queries.store.next_account(last.as_ref()).await? else {
            return Ok((verifications, Some(Place::ReadModel(None))));
        };
        verifications.push(verify(queries, &account).await?);
        last = Some(account);
    }
    Ok((verifications, last.map(Place::History)))
}

/// The accounts of a page of the read model that have no history at all.
async fn without_history(
    queries: &Queries,
    cursor: Option<String>,
    limit: usize,
) -> Result<(Vec<Verification>, Option<Place>)> {
    let (rows, next) = queries.read_model.list(cursor.as_deref(), limit).await?;
    let mut verifications = Vec::new();
    for row in rows {
        if queries.store.head(&row.account_id).await?.is_none() {
            verifications.push(verify(queries, &row.account_id).await?);
        }
    }
    let next = next.map(|cursor| Place::ReadModel(Some(cursor)));
    Ok((verifications, next))
}

/// Checks every commit of the account against the one before it: versions,
/// hashes, ids, and that the kept balance is the sum of the events.
pub async fn verify(queries: &Queries, account: &AccountId) -> Result<Verification> {
    // Before the history, which goes on meanwhile: what was projected then must
    // be in it now.
    let row = queries.read_model.load(account).await?;
    let mut walk = Walk::of(account, row);
    walk.follow_all(queries).await?;
    if walk.found.checked_commits == 0 && walk.found.problems.is_empty() {
        return Err(Error::NotFound(Missing::Account(account.clone())));
    }
    Ok(walk.result())
}

struct Walk {
    found: Verification,
    head: Option<Head>,
    row: Option<ReadModelRow>,
}

impl Walk {
    fn of(account: &AccountId, row: Option<ReadModelRow>) -> Self {
        let found = Verification {
            account_id: account.clone(),
            valid: true,
            version: 0,
            hash: None,
            checked_commits: 0,
            checked_events: 0,
            balance: None,
            problems: Vec::new(),
        };
        Walk {
            found,
            head: None,
            row,
        }
    }

    fn version(&self) -> Version {
        self.head.as_ref().map_or(0, Head::version)
    }

    async fn follow_all(&mut self, queries: &Queries) -> Result<()> {
        let account = self.found.account_id.clone();
        loop {
            let page = match queries.store.commits(&account, self.version(), PAGE).await {
                Ok(page) => page,
                // A commit that cannot be read is what is looked for here.
                Err(error @ Error::Permanent(_)) => {
                    self.problem(self.version() + 1, error.to_string());
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            for commit in &page.commits {
                if let Err(error) = self.follow(commit) {
                    self.problem(commit.first_version, error.to_string());
                    // Behind a broken link nothing can be trusted.
                    return Ok(());
                }
            }
            if page.next.is_none() {
                break;
            }
        }
        let projected = self.row.as_ref().map_or(0, ReadModelRow::version);
        if projected > self.version() {
            let detail = format!(
                "the history ends at version {}, and the read model has version {projected}",
                self.version()
            );
            self.problem(self.version() + 1, detail);
        }
        Ok(())
    }

    fn follow(&mut self, commit: &Commit) -> Result<(), chain::ChainError> {
        let head = chain::follow(self.head.as_ref(), commit)?;
        self.found.checked_commits += 1;
        self.found.checked_events += commit.events.len() as u64;
        let row = self.row.as_ref().and_then(|row| row.balance.as_ref());
        if row.is_some_and(|row| row.version() == head.version() && row.head != head) {
            self.problem(
                head.version(),
                "the read model differs from the history".to_owned(),
            );
        }
        self.head = Some(head);
        Ok(())
    }

    fn problem(&mut self, version: Version, detail: String) {
        self.found.problems.push(Problem { version, detail });
    }

    fn result(self) -> Verification {
        let mut found = self.found;
        if let Some(head) = &self.head {
            found.version = head.version();
            found.hash = Some(head.hash.to_string());
            found.balance = Some(head.account.balance.to_decimal());
        }
        found.valid = found.problems.is_empty();
        found
    }
}
