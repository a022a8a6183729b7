//! A bank's statement of one account: opening balance, entries and closing
//! balance.

use chrono::NaiveDate;
use domain::{AccountId, Currency, Money, Occurred};
use serde::{Serialize, Serializer};

use crate::{ReadError, Reason};

/// A booked balance of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The amount; a debit balance is below zero.
    #[serde(serialize_with = "money_as_text")]
    pub amount: Money,
    /// The day, as the file states it.
    pub date: NaiveDate,
    /// The line of the file, counted from 1.
    #[serde(skip)]
    pub line: usize,
}

/// The effect of an entry on the balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The balance rises.
    Credit,
    /// The balance falls.
    Debit,
}

impl Direction {
    /// Returns the other direction.
    pub fn opposite(self) -> Self {
        match self {
            Direction::Credit => Direction::Debit,
            Direction::Debit => Direction::Credit,
        }
    }
}

/// A booked movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The line of the file where it begins.
    pub line: usize,
    /// The effect of the entry itself: a reversed credit (`RC`) is a debit.
    pub direction: Direction,
    /// Whether the bank marks it as the reversal of an earlier entry.
    pub reversal: bool,
    /// The amount, never below zero. Entries of zero occur in real files.
    #[serde(serialize_with = "money_as_text")]
    pub amount: Money,
    /// The day from which the amount counts for interest.
    pub value_date: Option<NaiveDate>,
    /// When the bank booked it. Most banks state only the date.
    #[serde(serialize_with = "occurred_as_text")]
    pub booked: Occurred,
    /// The customer's reference, or the payment's end-to-end id.
    pub reference: Option<String>,
    /// The bank's own reference of the entry.
    pub bank_reference: Option<String>,
    /// The payer's text, complete and on one line.
    pub remittance: Option<String>,
    /// The name of the other side.
    pub counterparty: Option<String>,
    /// The account number of the other side.
    pub counterparty_account: Option<String>,
    /// The bank's code for this kind of entry: `NTRF` in MT940,
    /// `PMNT-RCDT-ESCT` in camt.
    pub code: Option<String>,
    /// All references of the bank and the payers, in the order of the file.
    /// Empty in MT940, whose statements are identified by their balances.
    #[serde(skip)]
    pub references: Vec<String>,
}

impl Entry {
    /// Returns the signed change of the balance. `None` if it exceeds 64 bits.
    pub fn delta(&self) -> Option<Money> {
        match self.direction {
            Direction::Credit => Some(self.amount),
            Direction::Debit => self.amount.checked_neg(),
        }
    }
}

/// The doubt about a statement that agrees with another one of the same import
/// in number, balances and amounts.
///
/// If the texts agree too, it is a copy and counts as the other one; if not, it
/// is a statement of its own. The balances may contradict that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// No doubt: the balances agree, or there is no other such statement.
    None,
    /// The copy may have been booked as well, but that makes no difference:
    /// the statements of its days end with the same balance either way.
    SameBalance,
    /// The copy may have been booked as well, and then the account would have
    /// another balance.
    OtherBalance,
    /// It has other texts and comes from another file, so it counts as booked;
    /// but the statements of its days would end with the same balance without it.
    OtherTexts,
}

/// A bank's statement of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The line of the file where it begins.
    pub line: usize,
    /// The id made from the account number.
    pub account_id: AccountId,
    /// The account number as the bank writes it.
    pub account: String,
    /// The account's currency.
    pub currency: Currency,
    /// The statement's number and page (`:28C:`), or its id and sequence.
    pub number: Option<String>,
    /// The bank's names for this statement, or this page of one: number and
    /// page in MT940; id, sequence numbers and page in camt. Names of the
    /// message count only if there are no others, because every download
    /// delivers the same statement in a new message.
    #[serde(skip)]
    pub names: Vec<String>,
    /// The number of statements before it with the same identity: in its file,
    /// and in the import's other files if their texts differ; see
    /// [`crate::Files`].
    #[serde(skip)]
    pub occurrence: usize,
    /// The doubt whether it is a copy of another statement.
    #[serde(skip)]
    pub doubt: Doubt,
    /// The balance before the entries. Notifications (camt.054) have none.
    pub opening: Option<Balance>,
    /// Whether the opening balance is missing in the file and was computed
    /// backwards from the closing balance.
    pub opening_derived: bool,
    /// The balance after the entries. Notifications (camt.054) have none.
    pub closing: Option<Balance>,
    /// The booked entries, in the order of the file.
    pub entries: Vec<Entry>,
    /// The entries that are not booked.
    pub left_out: Vec<LeftOut>,
}

/// An entry that is not booked, and thus not part of the balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The entry and the reason.
    pub reason: String,
}

impl Statement {
    /// Returns the sum of the entries. `None` if it exceeds 64 bits.
    pub fn sum(&self) -> Option<Money> {
        self.entries
            .iter()
            .try_fold(Money::zero(self.currency), |sum, entry| {
                sum.checked_add(entry.delta()?)
            })
    }

    /// Returns the opening balance plus all entries. `None` without an opening
    /// balance, or if the sum exceeds 64 bits.
    pub fn computed_closing(&self) -> Option<Money> {
        self.opening?.amount.checked_add(self.sum()?)
    }

    /// Checks that the balances and the entries agree. A statement without
    /// balances passes.
    ///
    /// # Errors
    /// Both are permanent.
    /// - [`Reason::Contradiction`]: the opening balance and the entries do not
    ///   add up to the closing balance.
    /// - [`Reason::TooMuch`]: a sum exceeds 64 bits.
    pub fn check(&self) -> Result<(), ReadError> {
        let fail = |line, reason| {
            Err(ReadError {
                line,
                statement: Some(self.name()),
                reason,
            })
        };
        let Some(sum) = self.sum() else {
            return fail(self.line, Reason::TooMuch);
        };
        let (Some(opening), Some(closing)) = (self.opening, self.closing) else {
            return Ok(());
        };
        let computed = opening.amount.checked_add(sum);
        let difference =
            computed.and_then(|computed| closing.amount.checked_add(computed.checked_neg()?));
        let (Some(computed), Some(difference)) = (computed, difference) else {
            return fail(closing.line, Reason::TooMuch);
        };
        if difference.minor() == 0 {
            return Ok(());
        }
        let contradiction = Reason::Contradiction {
            opening: opening.amount,
            entries: self.entries.len(),
            sum,
            computed,
            closing: closing.amount,
            difference,
        };
        fail(closing.line, contradiction)
    }

    /// Returns the statement's name in messages.
    pub fn name(&self) -> String {
        name(Some(&self.account), self.number.as_deref())
    }

    /// Returns number and page for ordering: `998/1` is `[998, 1]`.
    pub(crate) fn sequence(&self) -> Vec<u64> {
        let number = self.number.as_deref().unwrap_or_default();
        number
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    }
}

pub(crate) fn name(account: Option<&str>, number: Option<&str>) -> String {
    match (account, number) {
        (Some(account), Some(number)) => format!("account {account}, statement {number}"),
        (Some(account), None) => format!("account {account}"),
        (None, Some(number)) => format!("statement {number}"),
        (None, None) => "a statement without account and number".to_owned(),
    }
}

fn occurred_as_text<S: Serializer>(occurred: &Occurred, serializer: S) -> Result<S::Ok, S::Error> {
    match occurred {
        Occurred::At(time) => time.serialize(serializer),
        Occurred::On(date) => date.serialize(serializer),
    }
}

fn money_as_text<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(money)
}
