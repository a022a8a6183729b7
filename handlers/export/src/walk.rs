//! Reading a history into an export: in recorded order, and each commit behind
//! the one it follows from.

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, Version};

use crate::error::ExportError;
use crate::exporter::{Exporter, Taken};

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
}

/// Commits in recorded order.
#[derive(Debug, Clone)]
pub struct Page {
    pub commits: Vec<Commit>,
    /// On the last page: nothing recorded before this time is missing.
    pub complete_until: Option<DateTime<Utc>>,
}

/// Offers commits, page by page, to the last or until `go_on`, which is told
/// how many events of each page were new, says no. Answers up to when the export
/// is complete; `None` where not even one page was offered.
///
/// # Errors
/// The history's; where it has a gap, or the export cannot be written.
pub fn offer_all<H: History>(
    exporter: &mut Exporter,
    history: &mut H,
    mut go_on: impl FnMut(u64) -> bool,
) -> Result<Option<DateTime<Utc>>, H::Error> {
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
        if page.complete_until.is_some() {
            go_on(new);
            return Ok(page.complete_until);
        }
    }
    Ok(reached)
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
