//! Monthly statements: planned by the first event of a month or by the previous statement, and sent on the first morning of the
//! next month.
//!
//! Months are local, and the customer's time zone may change. So a statement begins at the end of the previous one, and not with
//! its month.

mod coverage;
mod notice;

use chrono::{DateTime, NaiveDate, Utc};
use domain::cadence::StatementMonth;
use domain::notification::{self, Content, EMAIL, Kind, Notification, Statement, WaitReason};
use domain::recipient::Recipient;
use domain::{IntegrationEvent, NotificationId, Status};

use super::evaluator::Evaluation;
use super::{Notifier, draft_of};
use crate::error::Result;
use crate::ports::{Person, Saved, Versioned};

/// Commits read at a time.
const PAGE: usize = 100;

/// The statements of one account for one recipient.
#[derive(Clone, Copy)]
struct Series<'a> {
    event: &'a IntegrationEvent,
    recipient: &'a Recipient,
}

impl Series<'_> {
    /// The id of the statement of the month that begins on this day.
    fn id(&self, first_day: NaiveDate) -> NotificationId {
        let (account, customer) = (&self.event.metadata.account_id, &self.event.customer_id);
        notification::statement_id(account, first_day, customer, self.recipient, EMAIL)
    }
}

impl Notifier {
    /// Plans the statement that covers the event, for each recipient who wanted one when it was recorded.
    pub(super) async fn plan_statements(
        &self,
        event: &IntegrationEvent,
        evaluation: &Evaluation,
    ) -> Result<()> {
        let (Some(then), Some(_)) = (&evaluation.then, &evaluation.person) else {
            return Ok(());
        };
        let recorded_at = event.metadata.recorded_at;
        for recipient in recipients(then) {
            let series = Series {
                event,
                recipient: &recipient,
            };
            let mut month = month_of(recorded_at, then);
            while let Some(planned) = month {
                let statement = self.plan_statement(series, planned).await?;
                // In another time zone its month ended before the event, so the next one covers it.
                let is_over = statement.is_some_and(|statement| statement.ends <= recorded_at);
                month = match is_over {
                    true => month_after(planned.last, then),
                    false => None,
                };
            }
        }
        Ok(())
    }

    /// Plans the statement of the next month after a statement, because a month without events has one too. A closed account
    /// gets only those with events.
    pub(super) async fn plan_next_statement(
        &self,
        event: &IntegrationEvent,
        told: &Notification,
        statement: Statement,
        person: Option<&Person>,
    ) -> Result<()> {
        let wanted =
            person.filter(|person| recipients(person).any(|wanting| wanting == *told.recipient()));
        let head = self.store.head(told.account_id()).await?;
        let through = statement.versions.map(|versions| versions.through);
        let more = head.is_some_and(|head| {
            head.account().status != Status::Closed || Some(head.version()) > through
        });
        let month = wanted.and_then(|person| month_after(statement.last_day, person));
        let Some(month) = month.filter(|_| more) else {
            return Ok(());
        };
        let series = Series {
            event,
            recipient: told.recipient(),
        };
        self.plan_statement(series, month).await.map(drop)
    }

    /// Plans the statement of a month, unless there is one. Returns it.
    async fn plan_statement(
        &self,
        series: Series<'_>,
        mut month: StatementMonth,
    ) -> Result<Option<Statement>> {
        let id = series.id(month.first);
        if let Some(stored) = self.notifications.get(id).await? {
            return Ok(stored.value.content().statement());
        }
        self.join_neighbours(series, &mut month).await?;
        let statement = Statement {
            first_day: month.first,
            last_day: month.last,
            begins: month.begins,
            ends: month.ends,
            versions: None,
        };
        let content = Content::Statement(statement);
        let waiting = draft_of(id, series.event, Kind::Statement, series.recipient, content).waits(
            self.clock.now(),
            month.told_at,
            WaitReason::MonthEnd,
        );
        let saved = self.notifications.save(&Versioned::new(waiting)).await?;
        if saved == Saved::Written {
            return Ok(Some(statement));
        }
        // Another worker has planned it, perhaps in another time zone.
        let stored = self.notifications.get(id).await?;
        Ok(stored.and_then(|stored| stored.value.content().statement()))
    }
}

/// Returns the recipients of statements.
fn recipients(person: &Person) -> impl Iterator<Item = Recipient> {
    let preferences = &person.preferences;
    let further = preferences
        .addresses()
        .iter()
        .map(|address| Recipient::Address(address.hash()));
    std::iter::once(Recipient::Customer)
        .chain(further)
        .filter(|recipient| preferences.is_on_for(Kind::Statement, recipient))
}

fn month_of(instant: DateTime<Utc>, person: &Person) -> Option<StatementMonth> {
    StatementMonth::of(instant, person.time_zone, person.preferences.quiet_hours())
}

fn month_after(last_day: NaiveDate, person: &Person) -> Option<StatementMonth> {
    let quiet = person.preferences.quiet_hours();
    StatementMonth::beginning(last_day.succ_opt()?, person.time_zone, quiet)
}
