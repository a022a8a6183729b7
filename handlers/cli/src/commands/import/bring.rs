//! Bringing a statement into its account, or finding out what that would do.
//!
//! First the account is read: what it has recorded under the statement's keys
//! is there, and must be what the statement says. Then the rest is sent, each
//! request for a version of the account at which it holds the balance that the
//! statement says. So nothing is appended behind a balance that contradicts the
//! statement, and nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, Money};
use statements::{Doubt, Request, Step, match_original};

use super::accounts::{self, Sent};
use super::found::{Claims, Found};
use super::mails::Mails;
use super::notify::Notify;
use super::outcome::{Outcome, Stop};
use super::recorded::{Recorded, moved};
use super::sources::Source;
use crate::client::Client;

/// Retries of a statement after concurrent writes to its account. Then it fails.
const MAX_MOVES: u32 = 5;

#[derive(Debug)]
pub(super) struct Importer<'a> {
    client: &'a Client,
    notify: Notify,
    /// The mails of a dry run. If present, nothing is sent that changes anything.
    mails: Option<Mails>,
    accounts: BTreeMap<AccountId, Recorded>,
    claims: Claims,
}

/// A statement in progress.
struct Way<'a> {
    client: &'a Client,
    notify: Notify,
    mails: Option<&'a mut Mails>,
    claims: &'a mut Claims,
    source: &'a Source,
    recorded: Recorded,
    /// The keys that this import has recorded.
    own: BTreeSet<String>,
    outcome: &'a mut Outcome,
}

impl<'a> Importer<'a> {
    pub(super) fn new(client: &'a Client, notify: Notify, dry_run: bool) -> Self {
        Importer {
            client,
            notify,
            mails: dry_run.then(Mails::default),
            accounts: BTreeMap::new(),
            claims: Claims::default(),
        }
    }

    /// Returns the mails of a dry run.
    pub(super) fn mails(&self) -> Option<&Mails> {
        self.mails.as_ref()
    }

    pub(super) fn bring(&mut self, source: &Source, outcome: &mut Outcome) -> Result<(), Stop> {
        let account = &source.plan.account_id;
        let recorded = match self.accounts.remove(account) {
            Some(recorded) => recorded,
            None => Recorded::load(self.client, account)?,
        };
        let mut way = Way {
            client: self.client,
            notify: self.notify,
            mails: self.mails.as_mut(),
            claims: &mut self.claims,
            source,
            recorded,
            own: BTreeSet::new(),
            outcome,
        };
        let done = way.go();
        let recorded = way.recorded;
        self.accounts.insert(account.clone(), recorded);
        done
    }
}

impl Way<'_> {
    fn go(&mut self) -> Result<(), Stop> {
        for _ in 0..MAX_MOVES {
            if self.goes_through()? {
                return Ok(());
            }
            self.recorded
                .refresh(self.client, &self.source.plan.account_id)?;
        }
        Err(Stop::Refused(
            "others write to the account at the same time; import it again".to_owned(),
        ))
    }

    /// Returns `false` if the account has moved in the meantime and must be read again.
    fn goes_through(&mut self) -> Result<bool, Stop> {
        if !self.recorded.is_open() {
            let opening = self.source.plan.opening.clone();
            if !self.send(opening, self.notify != Notify::Never)? {
                return Ok(false);
            }
            self.outcome.opened = true;
        }
        let balance = self.balance()?;
        let mut found = Found::of(self.source, &self.recorded, self.claims)?;
        if found.other_texts {
            self.note_other_texts();
        }
        self.outcome.start_counting();
        let plan = &self.source.plan;
        let mut expected = plan.expected_opening;
        let mut steps = std::mem::take(&mut found.steps).into_iter().peekable();
        let is_replay = steps.peek().is_none();
        let mut last = None;
        for (index, entry) in plan.entries.iter().enumerate() {
            if let Some(step) = steps.next_if(|step| step.entries().start == index) {
                let balance = self.balance()?;
                if let Some(expected) = expected.filter(|expected| *expected != balance) {
                    return Err(self.opening_differs(balance, expected));
                }
                if !self.record(&step)? {
                    return Ok(false);
                }
                let key = step.idempotency_key();
                found.note(index, key, self.recorded.under(key).unwrap_or_default());
            }
            if let Some((version, key)) = found.place(index) {
                let reverses = self.recorded.reverses(version);
                self.outcome.count(self.own.contains(key), reverses);
                last = last.max(Some(version));
            }
            expected = expected.and_then(|sum| moved(sum, entry.direction, entry.amount));
        }
        let again = self.source.statement.doubt;
        let missing = is_replay && found.other_texts && self.would_follow();
        let version = match last {
            Some(_) if missing || again == Doubt::OtherBalance => self.recorded.version(),
            Some(version) => version,
            None => self.place_of_nothing(balance)?,
        };
        let balance = self.recorded.balance_at(version).unwrap_or(balance);
        self.outcome.close(version, balance, plan.expected_closing);
        if !plan.entries.is_empty() {
            self.note_doubts(missing);
        }
        Ok(true)
    }

    /// Whether the statement begins at the account's newest balance and ends at another,
    /// and no other statement of the import continues from there. Its keys may belong to
    /// another statement then.
    fn would_follow(&self) -> bool {
        let plan = &self.source.plan;
        let head = self.recorded.balance();
        head == plan.expected_opening && head != plan.expected_closing && !self.source.followed
    }

    /// Returns the version of a statement without entries, and thus without keys: one
    /// at which the account had its balance.
    fn place_of_nothing(&mut self, balance: Money) -> Result<u64, Stop> {
        let head = self.recorded.version();
        match self.source.plan.expected_opening {
            Some(opening) if opening != balance => self
                .recorded
                .version_with(opening)
                .ok_or_else(|| self.opening_differs(balance, opening)),
            _ => Ok(head),
        }
    }

    /// Returns the account's newest balance, which must be in the statement's currency.
    fn balance(&self) -> Result<Money, Stop> {
        let currency = self.source.statement.currency;
        let balance = self.recorded.balance().unwrap_or(Money::zero(currency));
        if balance.currency() == currency {
            return Ok(balance);
        }
        let is = match self.recorded.is_thought() {
            true => "would be",
            false => "is",
        };
        Err(Stop::Refused(format!(
            "the account {is} in {}, but the statement is in {currency}; nothing of it is imported",
            balance.currency()
        )))
    }

    /// Returns `false` if the step was not recorded because the account has moved.
    fn record(&mut self, step: &Step) -> Result<bool, Stop> {
        let request = match step {
            Step::Append(request) => request.clone(),
            // It reverses the original event if there is no doubt about it; otherwise
            // it is the opposite movement.
            Step::Reverse(reversal) => {
                let known = self.recorded.known();
                reversal.request(match_original(&reversal.entry, &known))
            }
        };
        let notifies = self.notify.includes(&self.source.plan, step);
        if let Some(mails) = self.mails.as_deref_mut().filter(|_| notifies) {
            mails.add(self.client, self.source, &self.recorded, step)?;
        }
        self.send(request, notifies)
    }

    fn send(&mut self, mut request: Request, notifies: bool) -> Result<bool, Stop> {
        request.body.notify = notifies;
        let currency = self.source.statement.currency;
        let account = &self.source.plan.account_id;
        let added = match self.mails {
            Some(_) => self.recorded.pretend(&request, currency),
            None => {
                let version = self.recorded.version();
                match accounts::send(self.client, account, &request, version)? {
                    Sent::Overtaken => return Ok(false),
                    Sent::Recorded(ids) => self.recorded.add(&request, ids, currency),
                }
            }
        };
        added.ok_or_else(|| Stop::Refused("the balance would be too large".to_owned()))?;
        self.own.insert(request.idempotency_key);
        Ok(true)
    }

    fn opening_differs(&mut self, balance: Money, expected: Money) -> Stop {
        let version = match self.recorded.is_thought() {
            true => 0,
            false => self.recorded.version(),
        };
        self.outcome.opening_differs(version, balance, expected)
    }

    /// Notes the doubt about a possible copy.
    fn note_doubts(&mut self, missing: bool) {
        match self.source.statement.doubt {
            Doubt::None if missing => self.note(
                "counts as the one that was imported before, though it would follow from what the account holds; \
                 if the bank booked both, import them in one file",
            ),
            Doubt::SameBalance | Doubt::OtherBalance => self.note(
                "is a copy of another statement and counts as that one; if the bank booked both, import them in \
                 one file",
            ),
            Doubt::OtherTexts => self.note(
                "has the number, balances and amounts of another statement, but other texts, and counts as one of \
                 its own; the bank may have booked one alone",
            ),
            Doubt::None => {}
        }
    }

    fn note_other_texts(&mut self) {
        self.note("was imported before with other texts, which stay as they are");
    }

    /// Adds a note to the statement, once.
    fn note(&mut self, note: &str) {
        if !self.outcome.notes.iter().any(|known| known.ends_with(note)) {
            let line = self.source.statement.line;
            self.outcome.notes.push(format!("line {line}: {note}"));
        }
    }
}
