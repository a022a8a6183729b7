//! Which versions a statement tells: what its predecessor did not.
//!
//! Each movement is in exactly one statement, whatever zones the customer has
//! lived in, and in whatever order events and heartbeats come. A statement is
//! drawn once, when it is taken up: it begins after the version at which its
//! predecessor ends, which is drawn first.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use domain::cadence::StatementMonth;
use domain::notification::{Notification, Statement, Versions};
use domain::{AccountId, IntegrationEvent, Version};
use futures::future::BoxFuture;

use super::{PAGE, Series};
use crate::error::{Error, Result};
use crate::notify::Notifier;
use crate::ports::Versioned;

impl Notifier {
    /// Where the months before and after it have their statements already, it
    /// begins and ends where they do not: they may have been planned by another
    /// clock.
    pub(super) async fn join_neighbours(
        &self,
        series: Series<'_>,
        month: &mut StatementMonth,
    ) -> Result<()> {
        if let Some((_, before)) = self.neighbour(series, month_before(month.first)).await? {
            month.begins = before.ends;
        }
        if let Some((_, after)) = self.neighbour(series, month.last.succ_opt()).await? {
            month.ends = after.begins;
        }
        Ok(())
    }

    /// The statement with the versions that it tells. Its next write keeps them.
    pub(in crate::notify) fn drawn<'a>(
        &'a self,
        event: &'a IntegrationEvent,
        stored: Versioned<Notification>,
    ) -> BoxFuture<'a, Result<Versioned<Notification>>> {
        Box::pin(async move {
            let Some(mut statement) = stored.value.content().statement() else {
                return Ok(stored);
            };
            if statement.versions.is_some() {
                return Ok(stored);
            }
            let series = Series {
                event,
                recipient: stored.value.recipient(),
            };
            let account = stored.value.account_id();
            let before = self
                .neighbour(series, month_before(statement.first_day))
                .await?;
            let after = match before {
                Some((before, content)) => {
                    statement.begins = content.ends;
                    self.end_of(event, before, content).await?
                }
                None => self.last_before(account, statement.begins).await?,
            };
            let next = self
                .neighbour(series, statement.last_day.succ_opt())
                .await?
                .and_then(|(_, next)| next.versions);
            // The next one is drawn already where this one was planned after it.
            let through = match next {
                Some(next) => next.after,
                None => self.last_before(account, statement.ends).await?,
            };
            let through = through.max(after);
            let versions = Versions { after, through };
            Ok(stored.map(|stored| stored.with_versions(statement.begins, versions)))
        })
    }

    /// The version at which the statement before this one ends. One that waits
    /// is drawn for that; one that an older version has told was not.
    async fn end_of(
        &self,
        event: &IntegrationEvent,
        before: Versioned<Notification>,
        content: Statement,
    ) -> Result<Version> {
        if let Some(versions) = content.versions {
            return Ok(versions.through);
        }
        if before.value.due_at().is_none() {
            let account = before.value.account_id();
            return self.last_before(account, content.ends).await;
        }
        let drawn = self.save(self.drawn(event, before).await?).await?;
        let statement = drawn.value.content().statement();
        let versions = statement.and_then(|one| one.versions);
        versions
            .map(|versions| versions.through)
            .ok_or_else(|| Error::Permanent("a statement that was not drawn".into()))
    }

    async fn neighbour(
        &self,
        series: Series<'_>,
        first_day: Option<NaiveDate>,
    ) -> Result<Option<(Versioned<Notification>, Statement)>> {
        let Some(first_day) = first_day else {
            return Ok(None);
        };
        let stored = self.notifications.get(series.id(first_day)).await?;
        Ok(stored.and_then(|stored| {
            let content = stored.value.content().statement()?;
            Some((stored, content))
        }))
    }

    /// The last version that was recorded before a moment; 0 for none.
    async fn last_before(&self, account: &AccountId, moment: DateTime<Utc>) -> Result<Version> {
        let mut before = i64::MAX.unsigned_abs();
        loop {
            let page = self.store.commits_backwards(account, before, PAGE).await?;
            let mut commits = page.commits.iter();
            if let Some(found) = commits.find(|commit| commit.recorded_at < moment) {
                return Ok(found.last_version());
            }
            match page.commits.last() {
                Some(oldest) if oldest.first_version > 1 => before = oldest.first_version,
                _ => return Ok(0),
            }
        }
    }
}

fn month_before(first_day: NaiveDate) -> Option<NaiveDate> {
    first_day.checked_sub_months(Months::new(1))?.with_day(1)
}
