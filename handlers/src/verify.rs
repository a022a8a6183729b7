//! Verifying: an account's history is walked from its first event, and the
//! read model is held against it.

use domain::{AccountId, Commit, Head, chain};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::query::Queries;

#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    pub account_id: AccountId,
    pub valid: bool,
    /// The last version that the chain reaches.
    pub version: u64,
    pub hash: Option<String>,
    pub checked_commits: u64,
    pub checked_events: u64,
    pub balance: Option<String>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    pub version: u64,
    pub detail: String,
}

/// Checks every commit of the account against the one before it: versions,
/// hashes, ids, and that the kept balance is the sum of the events.
pub async fn verify(queries: &Queries, account: &AccountId) -> Result<Verification> {
    let commits = queries.all_commits(account).await?;
    if commits.is_empty() {
        return Err(Error::NotFound(format!(
            "account {account} was never opened"
        )));
    }
    let mut verification = Verification {
        account_id: account.clone(),
        valid: true,
        version: 0,
        hash: None,
        checked_commits: 0,
        checked_events: 0,
        balance: None,
        problems: Vec::new(),
    };
    let head = walk(&commits, &mut verification);
    if let Some(head) = &head {
        verification.version = head.version();
        verification.hash = Some(head.hash.to_string());
        verification.balance = Some(head.account.balance.to_decimal());
    }
    let row = queries.read_model.load(account).await?;
    if let Some(balance) = row.and_then(|row| row.balance)
        && let Some(projected) = commits
            .iter()
            .find(|commit| commit.last_version() == balance.version())
        && projected.head() != balance.head
    {
        verification.problems.push(Problem {
            version: balance.version(),
            detail: "the read model differs from the history".to_owned(),
        });
    }
    verification.valid = verification.problems.is_empty();
    Ok(verification)
}

fn walk(commits: &[Commit], verification: &mut Verification) -> Option<Head> {
    let mut head = None;
    for commit in commits {
        match chain::follow(head.as_ref(), commit) {
            Ok(next) => head = Some(next),
            Err(error) => {
                verification.problems.push(Problem {
                    version: commit.first_version,
                    detail: error.to_string(),
                });
                // Behind a broken link nothing can be trusted.
                return head;
            }
        }
        verification.checked_commits += 1;
        verification.checked_events += commit.events.len() as u64;
    }
    head
}
