//! Reading a history into an export: in recorded order, and each commit behind
//! the one it follows from.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, Head, Version};

use crate::error::ExportError;
use crate::exporter::{Exporter, Taken};

/// Of so many accounts it is asked first whether the history is the one that
/// the export has begun with. One alone would tell another ledger.
const HEADS_ASKED_FIRST: usize = 8;

/// Where commits come from.
pub trait History {
    /// Why they cannot be read.
    type Error: From<ExportError>;

    /// The next commits of all accounts in recorded order, from where the last
    /// page ended.
    fn page(&mut self) -> Result<Page, Self::Error>;

    /// The account's next commits that hold a version above this one, some of
    /// them at least where there are any.
    fn after(&mut self, account: &AccountId, version: Version) -> Result<Vec<Commit>, Self::Error>;

    /// Where the next accounts stand, from where the last ones ended; `None` at
    /// the end. It may lag behind the history.
    fn standings(&mut self) -> Result<Option<Vec<Standing>>, Self::Error>;
}

/// Where an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub account_id: AccountId,
    pub version: Version,
    /// When its last commit was recorded.
    pub updated_at: DateTime<Utc>,
}

/// Commits in recorded order.
#[derive(Debug, Clone)]
pub struct Page {
    pub commits: Vec<Commit>,
    /// On the last page: nothing recorded before this time is missing.
    pub complete_until: Option<DateTime<Utc>>,
}

/// Offers commits, page by page, to the last or until `go_on`, which is told
/// how many events of each page were new, says no; and at the end those that
/// came to the index late. Answers up to when the export is complete; `None`
/// where not even one page was offered.
///
/// # Errors
/// The history's; where it has a gap, or is not the one that the export was
/// begun with, or the export cannot be written.
pub fn offer_all<H: History>(
    exporter: &mut Exporter,
    history: &mut H,
    mut go_on: impl FnMut(u64) -> bool,
) -> Result<Option<DateTime<Utc>>, H::Error> {
    for (account, head) in exporter.some_heads(HEADS_ASKED_FIRST) {
        is_continued(history, &account, &head)?;
    }
    let mut reached = None;
    let mut new = 0;
    while go_on(new) {
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
            go_on(new);
            go_on(offer_late(exporter, history, until)?);
            return Ok(Some(until));
        }
    }
    Ok(reached)
}

/// Whether the history has the account as the export has it.
fn is_continued<H: History>(
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

/// Offers what was recorded before `until` and came to the index when the
/// readers had passed its time: by a writer whose clock was behind. An account
/// stands further than the export has it, and has moved for the last time before
/// `until`; where it has moved since, the next run comes upon the gap. Answers
/// with the number of new events.
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
                // It may only lag behind.
                is_continued(history, account, &head)?;
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
            is_continued(history, &account, &head)?;
        }
    }
    Ok(new)
}

/// Whether it was new.
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
    // The index had them not, or at a later place: the account's own history
    // has them for certain.
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

/// Finds the account's last commit that was recorded before the range; answers
/// with its version, or 0 where there is none.
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
