//! The kinds of notifications that there are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Money was paid into the account.
    Deposit,
    /// Money was paid out of the account.
    Withdrawal,
    /// A movement that was told earlier was undone.
    Reversal,
    /// The balance fell below the overdraft limit (below zero where there is none).
    Overdrawn,
    /// One movement was at least as large as the customer's mark.
    LargeAmount,
    /// The balance fell below the customer's threshold.
    LowBalance,
    /// An operation of a schedule was done.
    ScheduleRun,
    /// An operation of a schedule was due and was not done.
    ScheduleSkipped,
    /// What happened in the account over a period.
    Statement,
    /// Something that a customer must know to act against a fraud, such as the
    /// closing of the account. Nobody can switch it off, and it never waits.
    Security,
}

/// Amounts by currency in what a customer wishes of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AmountField {
    /// The smallest amount that is told.
    MinAmount,
    /// The balance below which the account is low.
    Threshold,
    /// How far above the threshold the balance has to rise before it can be
    /// told as low again.
    Margin,
}

impl AmountField {
    /// Every field.
    pub const ALL: [AmountField; 3] = [
        AmountField::MinAmount,
        AmountField::Threshold,
        AmountField::Margin,
    ];

    /// Its name in the JSON of the preferences.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AmountField::MinAmount => "min_amount",
            AmountField::Threshold => "threshold",
            AmountField::Margin => "margin",
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 10] = [
        Kind::Deposit,
        Kind::Withdrawal,
        Kind::Reversal,
        Kind::Overdrawn,
        Kind::LargeAmount,
        Kind::LowBalance,
        Kind::ScheduleRun,
        Kind::ScheduleSkipped,
        Kind::Statement,
        Kind::Security,
    ];

    /// The name by which preferences and the API have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Deposit => "deposit",
            Kind::Withdrawal => "withdrawal",
            Kind::Reversal => "reversal",
            Kind::Overdrawn => "overdrawn",
            Kind::LargeAmount => "large-amount",
            Kind::LowBalance => "low-balance",
            Kind::ScheduleRun => "schedule-run",
            Kind::ScheduleSkipped => "schedule-skipped",
            Kind::Statement => "statement",
            Kind::Security => "security",
        }
    }

    /// What a customer is told who never said anything.
    #[must_use]
    pub fn is_on_by_default(self) -> bool {
        matches!(
            self,
            Kind::Deposit
                | Kind::Withdrawal
                | Kind::Reversal
                | Kind::Overdrawn
                | Kind::ScheduleSkipped
                | Kind::Security
        )
    }

    /// The amounts by which a customer can narrow it. A preference has a field
    /// for each of these, and for no other: what is not followed is refused.
    #[must_use]
    pub const fn amounts(self) -> &'static [AmountField] {
        match self {
            Kind::Deposit | Kind::Withdrawal | Kind::Reversal | Kind::LargeAmount => {
                &[AmountField::MinAmount]
            }
            Kind::LowBalance => &[AmountField::Threshold, AmountField::Margin],
            Kind::Overdrawn
            | Kind::ScheduleRun
            | Kind::ScheduleSkipped
            | Kind::Statement
            | Kind::Security => &[],
        }
    }

    /// Whether it may wait for the end of quiet hours, or for a digest. What one
    /// must know to act against a fraud is no use in the morning.
    #[must_use]
    pub fn can_wait(self) -> bool {
        self != Kind::Security
    }

    /// Whether it is sent once more by itself when the outcome of its first mail is
    /// unknown: it rather comes twice than never.
    #[must_use]
    pub fn is_repeated_when_unknown(self) -> bool {
        self == Kind::Security
    }

    /// Whether a customer may wish not to be told of it.
    #[must_use]
    pub fn can_be_switched_off(self) -> bool {
        !matches!(self, Kind::Security)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a kind of notification"))
    }
}
