//! The versions that a statement covers: those after its predecessor's.
//!
//! Each movement is in exactly one statement, in all time zones of the customer and all orders of events and heartbeats. The
//! versions of a statement are pinned once, when it is resumed: it begins after the last version of its predecessor, whose
//! versions are pinned first.

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
    /// Adjusts a month to the statements of the previous and next months, if there are any, because they may have been planned
    /// in another time zone.
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

    /// Returns the statement with its versions, which its next write pins.
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
            // The next one may have its versions already, if it was planned before this one.
            let through = match next {
                Some(next) => next.after,
                None => self.last_before(account, statement.ends).await?,
            };
            let through = through.max(after);
            let versions = Versions { after, through };
            Ok(stored.map(|stored| stored.with_versions(statement.begins, versions)))
        })
    }

    /// Returns the last version of the previous statement. The versions of a waiting one are pinned for it; one of an older
    /// version of the program has none.
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

    /// Reads the last version that was recorded before an instant; 0 if there is none.
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
