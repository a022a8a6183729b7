//! Whether a notification is sent, waits or is skipped.
//!
//! [`evaluate`](super::evaluate) decides by the preferences in force when the event was recorded. Before each attempt,
//! [`confirm`] confirms the verdict by the current ones.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Content, Subject, WaitReason};
use crate::preferences::Preferences;

/// The verdict on a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its mail may be sent now.
    Send,
    /// It waits.
    Wait {
        /// The time at which it is resumed, in UTC.
        until: DateTime<Utc>,
        /// The reason of the wait.
        reason: WaitReason,
    },
    /// It is never sent.
    Skip(SkipReason),
}

impl Verdict {
    /// The reason why it is never sent; `None` if it is sent or waits.
    #[must_use]
    pub const fn skip_reason(self) -> Option<SkipReason> {
        match self {
            Verdict::Skip(reason) => Some(reason),
            Verdict::Send | Verdict::Wait { .. } => None,
        }
    }
}

/// A customer's preferences and their time zone.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// The kinds, addresses and times of the customer's notifications.
    pub preferences: &'a Preferences,
    /// The time zone of quiet hours and digests.
    pub time_zone: Tz,
}

impl Wishes<'_> {
    /// Whether the customer wants this notification at its address. A digest is wanted while it has any notifications and the
    /// address is one of the customer's, because each of its notifications has a verdict of its own.
    #[must_use]
    pub fn include(&self, subject: &Subject) -> bool {
        let recipient = &subject.recipient;
        match &subject.content {
            Content::Digest(_) => !subject.content.is_empty() && self.preferences.has(recipient),
            Content::Event | Content::Statement(_) => {
                self.preferences.is_on_for(subject.kind, recipient)
            }
        }
    }

    /// The digest, in UTC, for an event that was recorded at `instant`; `None` if mails are sent immediately.
    pub(super) fn digest_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let quiet = self.preferences.quiet_hours();
        let cadence = self.preferences.delivery();
        cadence.digest_after(instant, self.time_zone, quiet)
    }

    /// The end of the quiet hours, in UTC, if `now` is within them.
    #[must_use]
    pub fn quiet_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let quiet = self.preferences.quiet_hours()?;
        quiet.end_if_quiet(now, self.time_zone)
    }
}

/// Confirms a verdict at the time of an attempt, for the current customer; `None` after an erasure.
///
/// Only [`Verdict::Send`] can change. The current address receives the mail, and a kind that was switched off since is skipped.
/// `is_suppressed` says whether this address bounced permanently, or its owner complained.
#[must_use]
pub fn confirm(
    subject: &Subject,
    decided: Verdict,
    customer: Option<Wishes<'_>>,
    is_suppressed: bool,
    now: DateTime<Utc>,
) -> Verdict {
    if decided != Verdict::Send {
        return decided;
    }
    let Some(wishes) = customer else {
        return Verdict::Skip(SkipReason::Erased);
    };
    if !wishes.include(subject) {
        return Verdict::Skip(SkipReason::PreferenceOff);
    }
    if is_suppressed {
        return Verdict::Skip(SkipReason::Suppressed);
    }
    let quiet = wishes.quiet_until(now).filter(|_| subject.kind.can_wait());
    match quiet {
        Some(until) => Verdict::Wait {
            until,
            reason: WaitReason::QuietHours,
        },
        None => Verdict::Send,
    }
}

/// Why a notification is not sent: the reasons that this version decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// The customer was not entered when the event was recorded.
    NoContact,
    /// The customer does not want this kind.
    PreferenceOff,
    /// The amount is below the customer's minimum.
    BelowMinimum,
    /// The balance did not fall below the threshold, or had not recovered since the last fall.
    NotCrossed,
    /// An earlier event of the same day was notified already.
    AlreadyToldToday,
    /// The address bounced permanently, or its owner complained.
    Suppressed,
    /// The customer's data were erased.
    Erased,
    /// The event was published again by a replay.
    Replay,
    /// The event is imported history, which is not notified.
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

    /// Returns the reason with this stored name.
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

/// Why a notification was skipped, as it is stored.
///
/// ```
/// use domain::notification::{RecordedSkip, SkipReason};
///
/// assert_eq!(RecordedSkip::read("erased"), RecordedSkip::Known(SkipReason::Erased));
/// assert_eq!(RecordedSkip::read("moved-to-post").as_str(), "moved-to-post");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedSkip {
    /// For a reason that this version knows.
    Known(SkipReason),
    /// For one that only a later version knows, in its word, which is shown and
    /// saved again unchanged: what was skipped stays so under every version.
    Unknown(String),
}

impl RecordedSkip {
    /// The reason of this stored name, whichever version stored it.
    #[must_use]
    pub fn read(name: &str) -> Self {
        SkipReason::read(name).map_or_else(|| Self::Unknown(name.to_owned()), Self::Known)
    }

    /// The stored name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            RecordedSkip::Known(reason) => reason.as_str(),
            RecordedSkip::Unknown(name) => name,
        }
    }
}

impl From<SkipReason> for RecordedSkip {
    fn from(reason: SkipReason) -> Self {
        RecordedSkip::Known(reason)
    }
}
