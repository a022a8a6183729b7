//! Bringing a statement into its account.
//!
//! Every request names the version that the account must have, and that is a
//! version at which it held the balance that the statement says. So nothing is
//! appended behind a balance that contradicts the statement. A request that
//! was recorded before is answered with what it gave then, whatever version it
//! names: that is how an import that is repeated, or was interrupted, finds
//! its way.

use std::collections::BTreeMap;

use domain::{AccountId, Money};
use statements::{Request, ReversalStep, Step, match_original};

use super::accounts::{self, Position, Sent};
use super::history::{History, Wanted};
use super::outcome::{Outcome, Stop};
use super::sources::Source;
use crate::client::Client;

/// How often a step is sent again because others wrote meanwhile.
const MAX_MOVES: u32 = 5;
/// No version of an account that exists: for asking whether a key is known.
const NO_VERSION: u64 = 0;

#[derive(Debug)]
pub struct Importer<'a> {
    client: &'a Client,
    /// Where each account stood after its last statement.
    positions: BTreeMap<AccountId, Position>,
}

/// A statement on its way.
struct Way<'a> {
    client: &'a Client,
    source: &'a Source,
    /// The version behind which the next request goes.
    version: u64,
    /// What the account must hold there, if the statement says.
    expected: Option<Money>,
    outcome: &'a mut Outcome,
}

impl<'a> Importer<'a> {
    pub fn new(client: &'a Client) -> Self {
        Importer {
            client,
            positions: BTreeMap::new(),
        }
    }

    pub fn bring(&mut self, source: &Source, outcome: &mut Outcome) -> Result<(), Stop> {
        let account = &source.plan.account_id;
        let remembered = self.positions.remove(account);
        let mut way = Way {
            client: self.client,
            source,
            version: NO_VERSION,
            expected: source.plan.expected_opening,
            outcome,
        };
        way.start(remembered)?;
        for step in &source.plan.steps {
            way.step(step)?;
        }
        let position = accounts::at(self.client, account, source.statement.currency, way.version)?;
        outcome.close(
            position.version,
            position.balance,
            source.plan.expected_closing,
        );
        self.positions.insert(account.clone(), position);
        Ok(())
    }
}

impl Way<'_> {
    /// Finds the version behind which the statement begins; opens the account.
    fn start(&mut self, remembered: Option<Position>) -> Result<(), Stop> {
        if let Some(position) = remembered
            && self.fits(position)
        {
            self.version = position.version;
            return Ok(());
        }
        let Some(head) = self.head()? else {
            return self.open();
        };
        if self.fits(head) {
            self.version = head.version;
            return Ok(());
        }
        if self.source.plan.steps.is_empty() {
            return self.place_of_nothing(head);
        }
        // Perhaps it was imported before: the first step's key will tell.
        self.version = NO_VERSION;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Stop> {
        match self.send(&self.source.plan.opening, NO_VERSION)? {
            Sent::Recorded(version) => {
                self.version = version;
                self.outcome.opened = true;
                Ok(())
            }
            Sent::Replayed(version) => {
                self.version = version;
                Ok(())
            }
            Sent::Moved | Sent::OtherBody => Err(Stop::Refused(
                "the account was opened by others at the same time; import it again".to_owned(),
            )),
        }
    }

    /// A statement without entries has no key of its own, unless it opened the
    /// account: it agrees when the account held its balance at some version.
    fn place_of_nothing(&mut self, head: Position) -> Result<(), Stop> {
        let Some(opening) = self.expected else {
            return Ok(());
        };
        let history = self.history()?;
        match history.version_with(opening) {
            Some(version) => {
                self.version = version;
                Ok(())
            }
            None => Err(self
                .outcome
                .opening_differs(head.version, head.balance, opening)),
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        let currency = self.source.statement.currency;
        let wanted = match step {
            Step::Append(request) => Wanted::of_events(&request.body.events, currency),
            Step::Reverse(reversal) => {
                Wanted::of_events(std::slice::from_ref(&reversal.otherwise), currency)
            }
        };
        for _ in 0..MAX_MOVES {
            let sent = match step {
                Step::Append(request) => self.send(request, self.version)?,
                Step::Reverse(reversal) => self.reverse(reversal)?,
            };
            match sent {
                Sent::Recorded(version) => {
                    self.version = version;
                    self.outcome.recorded += wanted.len();
                }
                Sent::Replayed(version) => {
                    self.version = version;
                    self.outcome.replayed += wanted.len();
                }
                Sent::OtherBody => self.recorded_otherwise(&wanted)?,
                Sent::Moved => {
                    self.catch_up()?;
                    continue;
                }
            }
            self.expected = self
                .expected
                .and_then(|expected| expected.checked_add(Wanted::sum(&wanted, currency)?));
            return Ok(());
        }
        Err(Stop::Refused(
            "others write to the account at the same time; import it again".to_owned(),
        ))
    }

    /// A reversal takes back the event that is meant, if there is no doubt
    /// which one; otherwise it is the opposite movement.
    fn reverse(&mut self, reversal: &ReversalStep) -> Result<Sent, Stop> {
        let history = self.history()?;
        let known = history.known();
        let original = match_original(&reversal.entry, &known);
        let mut sent = self.send(&reversal.request(original), self.version)?;
        let mut reversed = original.is_some();
        if sent == Sent::OtherBody {
            // Recorded before, when more or less was known of the account.
            let entry = &reversal.entry;
            let mut others: Vec<Option<String>> = history
                .taken_back(entry.direction, entry.amount)
                .into_iter()
                .map(Some)
                .collect();
            others.push(None);
            for other in others {
                sent = self.send(&reversal.request(other.as_deref()), self.version)?;
                if sent != Sent::OtherBody {
                    reversed = other.is_some();
                    break;
                }
            }
        }
        if reversed && matches!(sent, Sent::Recorded(_) | Sent::Replayed(_)) {
            self.outcome.reversals += 1;
        }
        Ok(sent)
    }

    /// The key is known with another body: the bank wrote other texts then.
    fn recorded_otherwise(&mut self, wanted: &[Wanted]) -> Result<(), Stop> {
        let Some(version) = self.history()?.find(wanted, self.version) else {
            return Err(Stop::Refused(
                "its entries were imported before with other contents, and are not found in the account".to_owned(),
            ));
        };
        self.version = version;
        self.outcome.replayed += wanted.len();
        let note = "was imported before with other texts, which stay as they are";
        if !self.outcome.notes.iter().any(|known| known.ends_with(note)) {
            let line = self.source.statement.line;
            self.outcome.notes.push(format!("line {line}: {note}"));
        }
        Ok(())
    }

    /// The account is at another version than thought. That is well if it
    /// holds there what the statement expects.
    fn catch_up(&mut self) -> Result<(), Stop> {
        let Some(head) = self.head()? else {
            return Err(Stop::Refused(
                "the account has gone while its statement was imported".to_owned(),
            ));
        };
        if self.fits(head) {
            self.version = head.version;
            return Ok(());
        }
        // It does not fit, so something is expected.
        let expected = self.expected.unwrap_or(head.balance);
        Err(self
            .outcome
            .opening_differs(head.version, head.balance, expected))
    }

    fn fits(&self, position: Position) -> bool {
        self.expected
            .is_none_or(|expected| expected == position.balance)
    }

    fn head(&self) -> Result<Option<Position>, Stop> {
        let currency = self.source.statement.currency;
        accounts::head(self.client, &self.source.plan.account_id, currency)
    }

    fn history(&self) -> Result<History, Stop> {
        let currency = self.source.statement.currency;
        History::load(self.client, &self.source.plan.account_id, currency)
    }

    fn send(&self, request: &Request, if_match: u64) -> Result<Sent, Stop> {
        accounts::send(self.client, &self.source.plan.account_id, request, if_match)
    }
}
