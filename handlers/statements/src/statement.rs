//! A bank's statement of one account: what it opens with, what moved, what it
//! closes with.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{AccountId, Currency, Money};
use serde::{Serialize, Serializer};

use crate::{ReadError, Reason};

/// A booked balance of the account. Below zero is a debit balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Balance {
    #[serde(serialize_with = "money_as_text")]
    pub amount: Money,
    pub date: NaiveDate,
    /// The line of the file that says so.
    #[serde(skip)]
    pub line: usize,
}

/// What an entry does to the balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Credit,
    Debit,
}

impl Direction {
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
    /// What the entry itself does: a reversed credit (`RC`) is a debit.
    pub direction: Direction,
    /// The bank marks it as taking back an earlier entry.
    pub reversal: bool,
    /// Zero or more. Zero is in real files, and moves nothing.
    #[serde(serialize_with = "money_as_text")]
    pub amount: Money,
    pub value_date: Option<NaiveDate>,
    /// When the bank booked it. Banks mostly give the day alone, which is
    /// taken as its beginning in UTC.
    pub booked_at: DateTime<Utc>,
    /// The customer's reference, or the payment's end-to-end id.
    pub reference: Option<String>,
    /// The bank's own reference of the entry.
    pub bank_reference: Option<String>,
    /// What the payer wrote, on one line and in full.
    pub remittance: Option<String>,
    /// The name of the other side.
    pub counterparty: Option<String>,
    pub counterparty_account: Option<String>,
    /// The bank's code for this kind of entry: `NTRF` in MT940,
    /// `PMNT-RCDT-ESCT` in camt.
    pub code: Option<String>,
    /// Every reference by which bank and payers know the entry, in the order of
    /// the file. Empty in MT940, whose statements are known without.
    #[serde(skip)]
    pub references: Vec<String>,
}

impl Entry {
    /// By how much the entry moves the balance.
    pub fn delta(&self) -> Option<Money> {
        match self.direction {
            Direction::Credit => Some(self.amount),
            Direction::Debit => self.amount.checked_neg(),
        }
    }
}

/// A statement that has number, balances and amounts of another one of the same
/// import: with the same texts it is a copy and counts as that one, with others
/// it does not. What the balances say of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Nothing against it, or there is no such other one.
    No,
    /// The copy may have been booked as well, and nothing depends on it: the
    /// statements of its days end with the same balance with it and without.
    EndsAlike,
    /// The copy may have been booked as well, and the account would hold another
    /// balance then.
    EndsElsewhere,
    /// It has other texts and is in another file, so it is booked; but the
    /// statements of its days would end with the same balance without it.
    OtherTexts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The line of the file where it begins.
    pub line: usize,
    pub account_id: AccountId,
    /// The account as the bank writes it.
    pub account: String,
    pub currency: Currency,
    /// The statement's number and page (`:28C:`), or its id and sequence.
    pub number: Option<String>,
    /// All by which the bank tells this statement, or this page of one, from
    /// others: number and page of MT940; id, sequence numbers and page of camt.
    /// What names the message alone is among them only where there is nothing
    /// else, as the same statement comes in a new message with each download.
    #[serde(skip)]
    pub names: Vec<String>,
    /// How many statements before it are the same in all by which statements are
    /// known: in its file, and in other files of one import that say other
    /// things; see [`crate::Files`].
    #[serde(skip)]
    pub occurrence: usize,
    /// Whether it may as well be another than what it counts as.
    #[serde(skip)]
    pub again: Again,
    /// Notifications (camt.054) have no balances.
    pub opening: Option<Balance>,
    /// The file gives no opening balance, and it was computed backwards from
    /// the closing balance.
    pub opening_derived: bool,
    pub closing: Option<Balance>,
    pub entries: Vec<Entry>,
    /// What was in the statement and is not among its entries, and why.
    pub left_out: Vec<LeftOut>,
}

/// An entry that is not booked, and so is not in the balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub line: usize,
    pub reason: String,
}

impl Statement {
    /// What the entries add up to.
    pub fn sum(&self) -> Option<Money> {
        self.entries
            .iter()
            .try_fold(Money::zero(self.currency), |sum, entry| {
                sum.checked_add(entry.delta()?)
            })
    }

    /// The opening balance with all entries. `None` without an opening
    /// balance, or when the sum cannot be kept.
    pub fn computed_closing(&self) -> Option<Money> {
        self.opening?.amount.checked_add(self.sum()?)
    }

    /// # Errors
    /// [`Reason::Contradiction`] when opening and entries do not give the
    /// closing balance.
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

    /// How messages call it.
    pub fn name(&self) -> String {
        name(Some(&self.account), self.number.as_deref())
    }

    /// Statement number and page, for ordering: `998/1` is (998, 1).
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

pub(crate) fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}

fn money_as_text<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(money)
}
