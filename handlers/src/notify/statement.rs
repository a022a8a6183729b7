//! Monthly statements: planned by the first event of a month, or by the
//! statement before it, and told on the first morning of the next one.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::delivery::StatementMonth;
use domain::notification::{self, EMAIL, Kind};
use domain::recipient::Recipient;
use domain::{AccountId, Commit, DomainEvent, Money, Status};
use mail::{Direction, RenderedStatement, StatementEntry, StatementNotice};

use super::judge::Judgement;
use super::{Notifier, render};
use crate::error::{Error, Result};
use crate::ports::{Content, Notification, Person, State, Statement};

/// Commits read at a time.
const PAGE: usize = 100;

impl Notifier {
    /// Plans the statement of the month that the event was recorded in, for
    /// whoever wanted one then.
    pub(super) async fn plan_statements(
        &self,
        event: &DomainEvent,
        judgement: &Judgement,
    ) -> Result<()> {
        let (Some(then), Some(_)) = (&judgement.then, &judgement.person) else {
            return Ok(());
        };
        let Some(month) = month_of(event.metadata.recorded_at, then) else {
            return Ok(());
        };
        for recipient in recipients(then) {
            self.plan_statement(event, recipient, month).await?;
        }
        Ok(())
    }

    /// After a statement, that of the next month: a month without events has
    /// one too.
    pub(super) async fn plan_next_statement(
        &self,
        event: &DomainEvent,
        told: &Notification,
        statement: Statement,
        person: Option<&Person>,
    ) -> Result<()> {
        let wanted =
            person.filter(|person| recipients(person).any(|wanting| wanting == told.recipient));
        let head = self.store.head(&told.account_id).await?;
        let open = head.is_some_and(|head| head.account.status != Status::Closed);
        // Two days into it, as the zone may have been changed: clocks are up to 26 hours apart.
        let within = statement.ends + TimeDelta::days(2);
        let month = wanted.and_then(|person| month_of(within, person));
        let Some(mut month) = month.filter(|_| open) else {
            return Ok(());
        };
        // No moment may be in two statements, or in none.
        month.begins = statement.ends;
        self.plan_statement(event, told.recipient.clone(), month)
            .await
    }

    async fn plan_statement(
        &self,
        event: &DomainEvent,
        recipient: Recipient,
        month: StatementMonth,
    ) -> Result<()> {
        let (account, customer) = (&event.metadata.account_id, &event.data.customer_id);
        let id = notification::statement_id(account, month.first, customer, &recipient, EMAIL);
        if self.notifications.get(id).await?.is_some() {
            return Ok(());
        }
        let planned = Notification::new(id, event, Kind::Statement, recipient);
        let reason = Some("end-of-month".to_owned());
        let mut waiting = planned.moved(State::Planned, self.clock.now(), reason);
        waiting.due_at = Some(month.told_at);
        waiting.content = Content::Statement(Statement {
            first_day: month.first,
            last_day: month.last,
            begins: month.begins,
            ends: month.ends,
        });
        // Whoever was quicker has planned the same.
        self.notifications.save(&waiting).await.map(drop)
    }

    pub(super) async fn render_statement(
        &self,
        statement: &Statement,
        person: &Person,
        notification: &Notification,
        foot: render::Foot<'_>,
    ) -> Result<RenderedStatement> {
        let account = &notification.account_id;
        let commits = self
            .commits_between(account, statement.begins, statement.ends)
            .await?;
        let missing = || Error::Permanent(format!("account {account} has no events"));
        let closing = commits.last().ok_or_else(missing)?.after.balance;
        let (mut opening, mut entries) = (None, Vec::new());
        for commit in &commits {
            if commit.recorded_at < statement.begins {
                opening = Some(commit.after.balance);
                continue;
            }
            let events = DomainEvent::of_commit(commit)
                .map_err(|error| Error::Permanent(format!("account {account}: {error}")))?;
            for event in &events {
                // An account that was opened in the month began with what it was opened with.
                opening = opening.or(Some(balance(event)?));
                entries.extend(entry(event)?);
            }
        }
        let notice = StatementNotice {
            envelope: render::envelope(person, notification, foot)?,
            account_id: account.to_string(),
            from: statement.first_day,
            to: statement.last_day,
            opening_balance: render::amount(opening.unwrap_or(closing)),
            closing_balance: render::amount(closing),
            entries,
        };
        mail::render_statement(&notice).map_err(render::failed)
    }

    /// The last commit that was recorded before `begins`, and those after it up
    /// to the last one before `ends`, oldest first. Where there is none before,
    /// all of them.
    ///
    /// They end at versions, not at times: writers' clocks differ a little, and
    /// no commit is to be in two months or in none.
    async fn commits_between(
        &self,
        account: &AccountId,
        begins: DateTime<Utc>,
        ends: DateTime<Utc>,
    ) -> Result<Vec<Commit>> {
        let mut before = i64::MAX.unsigned_abs();
        let mut found = Vec::new();
        loop {
            let page = self.store.commits_backwards(account, before, PAGE).await?;
            let Some(oldest) = page.commits.last() else {
                break;
            };
            before = oldest.first_version;
            for commit in page.commits {
                if found.is_empty() && commit.recorded_at >= ends {
                    continue;
                }
                let is_before = commit.recorded_at < begins;
                found.push(commit);
                if is_before {
                    found.reverse();
                    return Ok(found);
                }
            }
            if before <= 1 {
                break;
            }
        }
        found.reverse();
        Ok(found)
    }
}

/// Who gets statements.
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
    let zone: Tz = person.time_zone.parse().ok()?;
    StatementMonth::of(instant, zone, person.preferences.quiet_hours())
}

fn balance(event: &DomainEvent) -> Result<Money> {
    event
        .data
        .money(&event.data.balance_after)
        .map_err(|error| Error::Permanent(format!("the balance of an event: {error}")))
}

/// What moved money; `None` for what did not.
fn entry(event: &DomainEvent) -> Result<Option<StatementEntry>> {
    let (data, metadata) = (&event.data, &event.metadata);
    let kind = match event.event_type.as_str() {
        "MoneyDeposited" => Kind::Deposit,
        "MoneyWithdrawn" => Kind::Withdrawal,
        "TransactionReversed" => Kind::Reversal,
        _ => return Ok(None),
    };
    let Some(amount) = render::optional_amount(data, data.amount.as_deref())? else {
        return Ok(None);
    };
    Ok(Some(StatementEntry {
        event_id: metadata.event_id.to_string(),
        kind,
        amount,
        direction: match render::moved(event)? > 0 {
            true => Direction::In,
            false => Direction::Out,
        },
        balance_after: render::amount_of(data, &data.balance_after)?,
        occurred_at: metadata.occurred_at,
        value_date: data.value_date,
        reference: data.reference.clone(),
        counterparty: data.counterparty.clone(),
    }))
}
