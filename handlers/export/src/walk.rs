//! The transfer of a history into an export, in recorded order and with each
//! commit after its predecessor.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, Head, Version};

use crate::error::ExportError;
use crate::exporter::{Exporter, Taken};

/// Accounts that are compared first, to find out early whether the history is
/// the one of the export. A single one is enough to reveal another ledger.
const HEADS_ASKED_FIRST: usize = 8;

/// A source of commits.
pub trait History {
    /// The error of reading it.
    type Error: From<ExportError>;

    /// Reads the next page of the commits of all accounts, in recorded order.
    ///
    /// # Errors
    /// Those of the source.
    fn page(&mut self) -> Result<Page, Self::Error>;

    /// Reads the account's next commits above this version: at least one if
    /// there are any.
    ///
    /// # Errors
    /// Those of the source.
    fn after(&mut self, account: &AccountId, version: Version) -> Result<Vec<Commit>, Self::Error>;

    /// Reads the versions of the next accounts, or `None` at the end. They may
    /// lag behind the history.
    ///
    /// # Errors
    /// Those of the source.
    fn standings(&mut self) -> Result<Option<Vec<Standing>>, Self::Error>;
}

/// The current version of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account_id: AccountId,
    /// Its version.
    pub version: Version,
    /// The time at which its last commit was recorded.
    pub updated_at: DateTime<Utc>,
}

/// A page of commits in recorded order.
#[derive(Debug, Clone)]
pub struct Page {
    /// The commits.
    pub commits: Vec<Commit>,
    /// The recorded time up to which the history is complete, on the last page
    /// only.
    pub complete_until: Option<DateTime<Utc>>,
}

/// Offers all commits to an export, page by page, and finally those that
/// reached the time index late.
///
/// `proceed` receives the number of new events of each page and may stop the
/// transfer. Returns the recorded time up to which the export is complete, or
/// `None` if it was stopped before the first page.
///
/// # Errors
/// - Those of the history.
/// - `OtherLedger`: the history does not contain the exported commits.
/// - `Gap`: an account's history has a gap.
/// - Those of [`Exporter::take`].
pub fn offer_all<H: History>(
    exporter: &mut Exporter,
    history: &mut H,
    mut proceed: impl FnMut(u64) -> bool,
) -> Result<Option<DateTime<Utc>>, H::Error> {
    for (account, head) in exporter.some_heads(HEADS_ASKED_FIRST) {
        check_head(history, &account, &head)?;
    }
    let mut reached = None;
    let mut new = 0;
    while proceed(new) {
        let page = history.page()?;
        new = 0;
        for commit in &page.commits {
            if offer(exporter, history, commit)? {
                new += commit.events.len() as u64;
            }
        }
        if let Some(last) = page.commits.last() {
            exporter.reached(last.recorded_at)?;
            reached = Some(last.recorded_at);
        }
        if let Some(until) = page.complete_until {
            proceed(new);
            proceed(offer_late(exporter, history, until)?);
            return Ok(Some(until));
        }
    }
    Ok(reached)
}

/// Checks that the history contains the account's exported head.
fn check_head<H: History>(
    history: &mut H,
    account: &AccountId,
    head: &Head,
) -> Result<(), H::Error> {
    let page = history.after(account, head.version() - 1)?;
    let is_same =
        |commit: &Commit| commit.last_version() == head.version() && commit.hash == head.hash;
    if page.first().is_some_and(is_same) {
        return Ok(());
    }
    Err(ExportError::OtherLedger {
        account_id: account.clone(),
        version: head.version(),
    }
    .into())
}

/// Offers commits that were recorded before `until` but reached the index after
/// readers had passed their time, because the writer's clock was behind.
///
/// Such an account has a later version than the export, and its last commit is
/// before `until`. If it has a later commit, the next run finds the gap. Returns
/// the number of new events.
fn offer_late<H: History>(
    exporter: &mut Exporter,
    history: &mut H,
    until: DateTime<Utc>,
) -> Result<u64, H::Error> {
    let begins = exporter.start().begins;
    let is_within =
        |time: DateTime<Utc>| begins.is_none_or(|begins| time >= begins) && time < until;
    let mut new = 0;
    let mut unseen: BTreeSet<AccountId> = exporter.accounts().into_iter().collect();
    while let Some(standings) = history.standings()? {
        for standing in standings {
            let account = &standing.account_id;
            unseen.remove(account);
            let head = exporter.head(account).cloned();
            let exported = head.as_ref().map_or(0, Head::version);
            if let Some(head) = head.filter(|_| standing.version < exported) {
                // The standing may merely lag behind.
                check_head(history, account, &head)?;
            }
            if standing.version <= exported || !is_within(standing.updated_at) {
                continue;
            }
            let mut after = exported;
            loop {
                let commits = history.after(account, after)?;
                let Some(last) = commits.last().map(Commit::last_version) else {
                    break;
                };
                for commit in commits {
                    if is_within(commit.recorded_at) && offer(exporter, history, &commit)? {
                        new += commit.events.len() as u64;
                    }
                }
                after = last;
            }
        }
    }
    for account in unseen {
        if let Some(head) = exporter.head(&account).cloned() {
            check_head(history, &account, &head)?;
        }
    }
    Ok(new)
}

/// Offers a commit and, if necessary, the ones before it. Returns whether it was
/// new.
fn offer<H: History>(
    exporter: &mut Exporter,
    history: &mut H,
    commit: &Commit,
) -> Result<bool, H::Error> {
    let account = &commit.account_id;
    let mut after = match exporter.take(commit)? {
        Taken::Written => return Ok(true),
        Taken::Known => return Ok(false),
        Taken::Missing(after) => after,
        Taken::Unknown => begin(exporter, history, commit)?,
    };
    // The index lacks them or lists them later; the account's own history is
    // certain to have them.
    while after + 1 < commit.first_version {
        let missing = history.after(account, after)?;
        let Some(last) = missing.last().map(Commit::last_version) else {
            break;
        };
        for commit in missing {
            if commit.first_version > after {
                exporter.take(&commit)?;
            }
        }
        after = last;
    }
    match exporter.take(commit)? {
        Taken::Written => Ok(true),
        Taken::Known => Ok(false),
        Taken::Missing(_) | Taken::Unknown => Err(ExportError::Gap {
            account_id: account.clone(),
            version: commit.first_version,
        }
        .into()),
    }
}

/// Begins an account after its last commit before the range. Returns that
/// commit's version, or 0 if there is none.
fn begin<H: History>(
    exporter: &mut Exporter,
    history: &mut H,
    commit: &Commit,
) -> Result<Version, H::Error> {
    let account = &commit.account_id;
    let begins = exporter.start().begins;
    let mut first = commit.first_version;
    while first > 1 {
        let page = history.after(account, first - 2)?;
        let Some(before) = page.into_iter().next() else {
            break;
        };
        if begins.is_none_or(|begins| before.recorded_at < begins) {
            let version = before.last_version();
            exporter.begin_account(account.clone(), before.head());
            return Ok(version);
        }
        first = before.first_version;
    }
    Ok(0)
}
