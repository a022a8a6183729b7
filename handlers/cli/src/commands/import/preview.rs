//! What an import would do, found out by reading alone.

use std::collections::BTreeMap;

use domain::{AccountId, Money};
use statements::Step;

use super::accounts::{self, Position};
use super::history::{History, Wanted};
use super::outcome::{Outcome, Stop};
use super::sources::Source;
use crate::client::Client;

#[derive(Debug)]
pub struct Preview<'a> {
    client: &'a Client,
    /// What each account would hold after the statements so far.
    balances: BTreeMap<AccountId, Money>,
}

/// Whether a statement can follow the statements before it.
fn follows(balance: Money, source: &Source) -> Result<(), Stop> {
    let currency = source.statement.currency;
    if balance.currency() != currency {
        return Err(Stop::Refused(format!(
            "the account would be in {}, but the statement is in {currency}; nothing of it would be imported",
            balance.currency()
        )));
    }
    Ok(())
}

impl<'a> Preview<'a> {
    pub fn new(client: &'a Client) -> Self {
        Preview {
            client,
            balances: BTreeMap::new(),
        }
    }

    /// `recorded` is what would be new, `replayed` what is there already.
    pub fn of(&mut self, source: &Source, outcome: &mut Outcome) -> Result<(), Stop> {
        let plan = &source.plan;
        let currency = source.statement.currency;
        let wanted = Wanted::of_plan(plan, currency);
        let head = accounts::head(self.client, &plan.account_id, currency)?;
        if let Some(head) = head
            && let Some(position) = self.before(source, &wanted, head)?
        {
            outcome.replayed = wanted.len();
            outcome.close(position.version, position.balance, plan.expected_closing);
            return Ok(());
        }
        let version = head.map_or(0, |head| head.version);
        let simulated = self.balances.get(&plan.account_id).copied();
        if let Some(balance) = simulated {
            follows(balance, source)?;
        }
        let standing = simulated.or(head.map(|head| head.balance));
        outcome.opened = standing.is_none();
        if let (Some(balance), Some(opening)) = (standing, plan.expected_opening)
            && balance != opening
        {
            return Err(outcome.opening_differs(version, balance, opening));
        }
        let before = standing
            .or(plan.expected_opening)
            .unwrap_or(Money::zero(currency));
        let sum = Wanted::sum(&wanted, currency).and_then(|sum| before.checked_add(sum));
        let after =
            sum.ok_or_else(|| Stop::Refused("the balance would be too large".to_owned()))?;
        outcome.recorded = wanted.len();
        outcome.reversals = plan
            .steps
            .iter()
            .filter(|step| matches!(step, Step::Reverse(_)))
            .count();
        // One more when the account is opened.
        let version = version + wanted.len() as u64 + u64::from(outcome.opened);
        outcome.close(version, after, plan.expected_closing);
        self.balances.insert(plan.account_id.clone(), after);
        Ok(())
    }

    /// Where the statement ended, if it was imported before.
    fn before(
        &self,
        source: &Source,
        wanted: &[Wanted],
        head: Position,
    ) -> Result<Option<Position>, Stop> {
        let plan = &source.plan;
        let history = History::load(self.client, &plan.account_id, source.statement.currency)?;
        let found = match plan.expected_opening {
            Some(opening) if wanted.is_empty() => history.version_with(opening),
            _ if wanted.is_empty() => Some(head.version),
            _ => history.find(wanted, 0),
        };
        let Some(version) = found else {
            return Ok(None);
        };
        let currency = source.statement.currency;
        let position = accounts::at(self.client, &plan.account_id, currency, version)?;
        // The same movements at another time are another statement's.
        let same = plan
            .expected_closing
            .is_none_or(|closing| closing == position.balance);
        Ok(same.then_some(position))
    }
}
