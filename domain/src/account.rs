//! The fold of an account's events.

use serde::{Deserialize, Serialize};

use crate::event::{Event, Opening};
use crate::money::MoneyError;
use crate::{Currency, CustomerId, Money, Version};

/// Whether an account takes movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The account takes movements.
    Open,
    /// The account is closed, and takes no movements.
    Closed,
}

impl Status {
    /// The stored name, which the API returns too.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Closed => "closed",
        }
    }
}

/// An account after some of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Account {
    /// The account's holder.
    pub customer_id: CustomerId,
    /// The balance; below zero if the account is overdrawn.
    pub balance: Money,
    /// The amount by which the balance may be below zero.
    pub overdraft_limit: Money,
    /// Whether it takes movements.
    pub status: Status,
    /// The version of the last event of the fold.
    pub version: Version,
}

/// An account as it is stored with a commit.
#[derive(Serialize, Deserialize)]
struct Written {
    customer_id: CustomerId,
    currency: Currency,
    balance: String,
    overdraft_limit: String,
    status: Status,
    version: Version,
}

impl From<Account> for Written {
    fn from(account: Account) -> Self {
        Written {
            currency: account.currency(),
            balance: account.balance.to_decimal(),
            overdraft_limit: account.overdraft_limit.to_decimal(),
            customer_id: account.customer_id,
            status: account.status,
            version: account.version,
        }
    }
}

impl TryFrom<Written> for Account {
    type Error = MoneyError;

    fn try_from(written: Written) -> Result<Self, MoneyError> {
        Ok(Account {
            balance: Money::parse_signed(&written.balance, written.currency)?,
            overdraft_limit: Money::parse_unsigned(&written.overdraft_limit, written.currency)?,
            customer_id: written.customer_id,
            status: written.status,
            version: written.version,
        })
    }
}

/// Events that do not follow from one another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// An event of this type comes before the opening.
    #[error("the first event is {0}, not AccountOpened")]
    NotOpened(&'static str),
    /// The account is opened a second time, at this version.
    #[error("the account is opened a second time at version {0}")]
    OpenedTwice(Version),
    /// The balance leaves the range of money at this version.
    #[error("the balance leaves the range of 64 bits, or changes its currency, at version {0}")]
    Balance(Version),
}

impl Account {
    /// The one currency of the account.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.balance.currency()
    }

    fn open(opening: &Opening) -> Self {
        Account {
            customer_id: opening.customer_id.clone(),
            balance: opening.opening_balance,
            overdraft_limit: opening.overdraft_limit,
            status: Status::Open,
            version: 1,
        }
    }

    /// Returns the account after one more event.
    ///
    /// # Errors
    /// The history is broken, so a retry does not help:
    /// - `NotOpened`, `OpenedTwice`: the event cannot occur at this place.
    /// - `Balance`: the balance would leave the range of money.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "an account has fewer than 2^64 events"
    )]
    pub fn apply(before: Option<Account>, event: &Event) -> Result<Account, FoldError> {
        match (before, event) {
            (None, Event::AccountOpened(opening)) => Ok(Account::open(opening)),
            (None, other) => Err(FoldError::NotOpened(other.type_name())),
            (Some(account), Event::AccountOpened(_)) => {
                Err(FoldError::OpenedTwice(account.version + 1))
            }
            (Some(mut account), event) => {
                account.version += 1;
                if let Some(delta) = event.delta() {
                    let balance = account.balance.checked_add(delta);
                    account.balance = balance.ok_or(FoldError::Balance(account.version))?;
                }
                if *event == Event::AccountClosed {
                    account.status = Status::Closed;
                }
                Ok(account)
            }
        }
    }
}
