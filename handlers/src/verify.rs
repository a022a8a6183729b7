//! Verifying: the hash chain of an account is followed from its first event, and compared with the read model.

use domain::{AccountId, Commit, Head, Version, chain};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Missing, Result};
use crate::ports::ReadModelRow;
use crate::query::Queries;

/// Commits that are read at a time.
const PAGE: usize = 200;

/// The verification of an account, as the API returns it.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// The account.
    pub account_id: AccountId,
    /// Whether there are no problems.
    pub valid: bool,
    /// The last version that the chain reaches.
    pub version: Version,
    /// The hash of the last valid commit, in hex digits; `None` if there is none.
    pub hash: Option<String>,
    /// The number of commits that were checked.
    pub checked_commits: u64,
    /// The number of events in these commits.
    pub checked_events: u64,
    /// The balance after the last valid commit, as a decimal number; `None` if there is none.
    pub balance: Option<String>,
    /// The problems. After a broken commit, the rest of the history is not checked.
    pub problems: Vec<Problem>,
}

/// A problem of an account's history or of its row in the read model.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The version at which it was found.
    pub version: Version,
    /// The problem, for a person.
    pub detail: String,
}

/// The progress of a verification of all accounts: a cursor.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// After this account of the event store.
    History(AccountId),
    /// At this cursor of the read model, whose accounts must have a history.
    ReadModel(Option<String>),
}

/// Verifies at most `limit` accounts, and returns the cursor of the next: first the accounts of the event store, projected or
/// not, then those that only the read model has.
///
/// # Errors
/// - `Retryable`, `Unknown`: a store did not answer; repeat the call.
/// - `Permanent`: a row of the read model cannot be read, or a store refused the request; a retry does not help.
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

/// Verifies the accounts of a page of the read model that have no history.
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

/// Verifies every commit of an account against the previous one: versions, hashes and ids, and that the stored balance is the
/// sum of the events. Broken and unreadable commits are problems of the result, not errors.
///
/// # Errors
/// - `NotFound`: the account has neither a history nor a row.
/// - `Retryable`, `Unknown`: a store did not answer; repeat the call.
/// - `Permanent`: the row cannot be read; a retry does not help.
pub async fn verify(queries: &Queries, account: &AccountId) -> Result<Verification> {
    // The row first, because the history continues during the walk: it must contain all events that were projected before.
    let row = queries.read_model.load(account).await?;
    let mut walk = Walk::of(account, row.map(|row| row.value));
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
                // An unreadable commit is a result of the verification.
                Err(error @ Error::Permanent(_)) => {
                    self.problem(self.version() + 1, error.to_string());
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            for commit in &page.commits {
                if let Err(error) = self.follow(commit) {
                    self.problem(commit.first_version, error.to_string());
                    // Nothing behind a broken link can be trusted.
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
