//! What a statement says: the balances that it begins and ends with, and what moved between them.

use domain::notification::Kind;
use domain::{AccountId, Commit, IntegrationEvent, Money};
use mail::{Direction, RenderedStatement, StatementEntry, StatementNotice};

use super::PAGE;
use crate::error::{Error, Result};
use crate::notify::{Notifier, render};
use crate::ports::{Notification, Person, Statement, Versions};

impl Notifier {
    pub(in crate::notify) async fn render_statement(
        &self,
        statement: &Statement,
        person: &Person,
        notification: &Notification,
        foot: render::MailFooter<'_>,
    ) -> Result<RenderedStatement> {
        let account = &notification.account_id;
        let versions = statement
            .versions
            .ok_or_else(|| Error::Permanent("a statement that was not drawn".into()))?;
        let commits = self.commits_within(account, versions).await?;
        let closing = match commits.last() {
            Some(last) => last.after.balance,
            // By another clock the month was over before the account was opened.
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

    async fn nothing_on(&self, account: &AccountId) -> Result<Money> {
        let head = self.store.head(account).await?;
        head.map(|last| Money::zero(last.account().currency()))
            .ok_or_else(|| Error::Permanent(format!("account {account} has no events").into()))
    }

    /// The commits of these versions, oldest first, after the one before them, where there is one.
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

fn balance(event: &IntegrationEvent) -> Result<Money> {
    event
        .data
        .money(&event.data.balance_after)
        .map_err(|error| Error::permanent("the balance of an event", error))
}

/// What moved money; `None` for what did not.
fn entry(event: &IntegrationEvent) -> Result<Option<StatementEntry>> {
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
