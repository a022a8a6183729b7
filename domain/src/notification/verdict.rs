//! Why a notification is not sent.

use serde::{Deserialize, Serialize};

/// Why a notification was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Nobody to tell was known when the event was recorded.
    NoContact,
    /// The customer does not want to be told of its kind.
    PreferenceOff,
    /// The amount is below the customer's minimum.
    BelowMinimum,
    /// The balance did not fall below the mark, or had not recovered since it
    /// did the last time.
    NotCrossed,
    /// The account's balance was low once before on the same day.
    AlreadyToldToday,
    /// The address has bounced for good, or its owner has complained.
    Suppressed,
    /// The customer's data were erased.
    Erased,
    /// The event was published again by a replay.
    Replay,
    /// The event is history that was loaded, of which nobody is told.
    Imported,
}

impl SkipReason {
    /// All reasons.
    pub const ALL: [SkipReason; 9] = [
        SkipReason::NoContact,
        SkipReason::PreferenceOff,
        SkipReason::BelowMinimum,
        SkipReason::NotCrossed,
        SkipReason::AlreadyToldToday,
        SkipReason::Suppressed,
        SkipReason::Erased,
        SkipReason::Replay,
        SkipReason::Imported,
    ];

    /// The reason of this stored name.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SkipReason::NoContact => "no-contact",
            SkipReason::PreferenceOff => "preference-off",
            SkipReason::BelowMinimum => "below-minimum",
            SkipReason::NotCrossed => "not-crossed",
            SkipReason::AlreadyToldToday => "already-told-today",
            SkipReason::Suppressed => "suppressed",
            SkipReason::Erased => "erased",
            SkipReason::Replay => "replay",
            SkipReason::Imported => "imported",
        }
    }
}
