//! The content of a statement: the balances at its beginning and end, and the movements between them.

use domain::notification::{Kind, Pending, Statement, Versions};
use domain::{AccountId, Commit, Event, IntegrationEvent, Money};
use mail::{Direction, RenderedStatement, StatementEntry, StatementNotice};

use super::PAGE;
use crate::error::{Error, Result};
use crate::notify::{Notifier, render};
use crate::ports::Person;

impl Notifier {
    pub(in crate::notify) async fn render_statement(
        &self,
        statement: &Statement,
        person: &Person,
        notification: &Pending,
        foot: render::MailFooter<'_>,
    ) -> Result<RenderedStatement> {
        let account = &notification.subject().source.account_id;
        let versions = statement
            .versions
            .ok_or_else(|| Error::Permanent("a statement that was not drawn".into()))?;
        let commits = self.commits_within(account, versions).await?;
        let closing = match commits.last() {
            Some(last) => last.after.balance,
            // In another time zone the month ended before the account was opened.
            None => self.nothing_on(account).await?,
        };
        let (mut opening, mut entries) = (None, Vec::new());
        for commit in &commits {
            if commit.last_version() <= versions.after {
                opening = Some(commit.after.balance);
                continue;
            }
            let events = IntegrationEvent::of_commit(commit)
                .map_err(|error| Error::permanent(format!("account {account}"), error))?;
            for event in &events {
                // An account that was opened in the month begins with its opening balance.
                opening = opening.or(Some(event.balances.after()));
                entries.extend(entry(event));
            }
        }
        let notice = StatementNotice {
            envelope: render::envelope(person, notification, foot),
            account_id: account.to_string(),
            from: statement.first_day,
            to: statement.last_day,
            opening_balance: render::amount(opening.unwrap_or(closing)),
            closing_balance: render::amount(closing),
            entries,
        };
        mail::render_statement(&notice).map_err(render::failed)
    }

    async fn nothing_on(&self, account: &AccountId) -> Result<Money> {
        let head = self.store.head(account).await?;
        head.map(|last| Money::zero(last.account().currency()))
            .ok_or_else(|| Error::Permanent(format!("account {account} has no events").into()))
    }

    /// Reads the commits of these versions, oldest first, after the previous commit if there is one.
    async fn commits_within(&self, account: &AccountId, versions: Versions) -> Result<Vec<Commit>> {
        let mut before = versions.through.saturating_add(1);
        let mut found = Vec::new();
        while before > 1 {
            let page = self.store.commits_backwards(account, before, PAGE).await?;
            let Some(oldest) = page.commits.last() else {
                break;
            };
            before = oldest.first_version;
            for commit in page.commits {
                let is_before = commit.last_version() <= versions.after;
                found.push(commit);
                if is_before {
                    before = 1;
                    break;
                }
            }
        }
        found.reverse();
        Ok(found)
    }
}

/// Returns the entry of a movement; `None` for other events.
fn entry(event: &IntegrationEvent) -> Option<StatementEntry> {
    let (kind, amount) = match event.fact.reported()? {
        Event::MoneyDeposited(movement) => (Kind::Deposit, movement.amount),
        Event::MoneyWithdrawn(movement) => (Kind::Withdrawal, movement.amount),
        Event::TransactionReversed(reversal) => (Kind::Reversal, reversal.amount),
        Event::AccountOpened(_)
        | Event::AccountClosed
        | Event::OperationScheduled(_)
        | Event::OperationCancelled(_)
        | Event::OperationSkipped(_) => return None,
    };
    let movement = event.fact.movement();
    Some(StatementEntry {
        event_id: event.metadata.event_id.to_string(),
        kind,
        amount: render::amount(amount),
        direction: match event.balances.change() > 0 {
            true => Direction::In,
            false => Direction::Out,
        },
        balance_after: render::amount(event.balances.after()),
        occurred: event.metadata.occurred,
        value_date: movement.and_then(|movement| movement.value_date),
        reference: movement.and_then(|movement| movement.reference.clone()),
        counterparty: movement.and_then(|movement| movement.counterparty.clone()),
    })
}
