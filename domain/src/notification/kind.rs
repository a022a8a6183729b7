//! The kinds of notifications, each with its policy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The kind of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Money was paid into the account.
    Deposit,
    /// Money was paid out of the account.
    Withdrawal,
    /// An earlier movement was reversed.
    Reversal,
    /// The balance fell below the overdraft limit (below zero if there is none).
    Overdrawn,
    /// A movement was at least as large as the customer's threshold.
    LargeAmount,
    /// The balance fell below the customer's threshold.
    LowBalance,
    /// An operation of a schedule was done.
    ScheduleRun,
    /// An operation of a schedule was due and was not done.
    ScheduleSkipped,
    /// The statement of a month.
    Statement,
    /// An event that the customer must know to act against a fraud, such as the closing of the account. It cannot be switched
    /// off, and it never waits.
    Security,
}

/// An amount by currency in a customer's preference for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AmountField {
    /// The smallest amount that is notified.
    MinAmount,
    /// The balance below which the account is low.
    Threshold,
    /// The distance above the threshold to which the balance must rise before another alert.
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

    /// The name in preferences and in the API. Stored.
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

    /// Whether the kind is on by default.
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

    /// The amounts by which a customer can narrow it. A preference has a field for each of these, and any other is refused.
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

    /// Whether it may wait for the end of quiet hours, or for a digest. A warning of fraud is useless in the morning.
    #[must_use]
    pub fn can_wait(self) -> bool {
        self != Kind::Security
    }

    /// The place among the kinds that one mail covers: the lowest gives the subject, the others a sentence.
    #[must_use]
    pub const fn precedence(self) -> u8 {
        match self {
            Kind::Security => 0,
            Kind::ScheduleSkipped => 1,
            Kind::Overdrawn => 2,
            Kind::Reversal => 3,
            Kind::ScheduleRun => 4,
            Kind::Withdrawal | Kind::Deposit => 5,
            Kind::LargeAmount => 6,
            Kind::LowBalance => 7,
            Kind::Statement => 8,
        }
    }

    /// Whether the heartbeat sends it once more if the outcome of its first mail is unknown: twice is better than never.
    #[must_use]
    pub fn is_repeated_when_unknown(self) -> bool {
        self == Kind::Security
    }

    /// Whether a customer can switch it off.
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
