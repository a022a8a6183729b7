//! Whether a notification is sent, waits or is skipped.
//!
//! An event is evaluated once, by the wishes of when it was recorded: that is
//! [`evaluate`](super::evaluate). Before each attempt the verdict is confirmed for
//! the customer of now: that is [`confirm`].

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Content, Subject, WaitReason};
use crate::preferences::Preferences;

/// What is to be done with a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its mail may be handed over now.
    Send,
    /// It is put off.
    Wait {
        /// When it is looked at again.
        until: DateTime<Utc>,
        /// Why it waits.
        reason: WaitReason,
    },
    /// It is never sent.
    Skip(SkipReason),
}

impl Verdict {
    /// Why it is never sent; `None` for what is sent or waits.
    #[must_use]
    pub const fn skip_reason(self) -> Option<SkipReason> {
        match self {
            Verdict::Skip(reason) => Some(reason),
            Verdict::Send | Verdict::Wait { .. } => None,
        }
    }
}

/// What a customer wishes, and the clock by which they mean it.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// Which mails go to which address, and when.
    pub preferences: &'a Preferences,
    /// The zone of quiet hours and digests.
    pub time_zone: Tz,
}

impl Wishes<'_> {
    /// Whether a mail about this is wanted where it would go. A digest is wanted
    /// while anything is left in it and the address is one of the customer's:
    /// each of its notifications has a verdict of its own.
    #[must_use]
    pub fn include(&self, subject: &Subject) -> bool {
        let recipient = &subject.recipient;
        match &subject.content {
            Content::Digest(digest) => {
                !digest.covers().is_empty() && self.preferences.has(recipient)
            }
            Content::Event | Content::Statement(_) => {
                self.preferences.is_on_for(subject.kind, recipient)
            }
        }
    }

    /// When the digest comes for which something recorded at `instant` waits;
    /// `None` where mails come at once.
    pub(super) fn digest_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let quiet = self.preferences.quiet_hours();
        let cadence = self.preferences.delivery();
        cadence.digest_after(instant, self.time_zone, quiet)
    }

    /// When the quiet hours end that are under way at `now`; `None` where none are.
    #[must_use]
    pub fn quiet_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let quiet = self.preferences.quiet_hours()?;
        quiet.end_if_quiet(now, self.time_zone)
    }
}

/// Confirms a verdict at the moment of an attempt, for the customer as they are
/// now: `None` after an erasure.
///
/// Only [`Verdict::Send`] is looked at again. The address is the one of now, so
/// whoever has switched a kind off since gets no mail; `is_suppressed` says
/// whether the provider has refused that address permanently, or its owner has
/// complained.
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
