use domain::email::EmailAddress;
use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::CustomerId;
use domain::preferences::Preferences;
use domain::recipient::Recipient;

use crate::error::Result;

/// The people behind the accounts. Every change is a new revision, so that an
/// event is judged by what was in force when it was recorded.
#[async_trait]
pub trait Customers: Send + Sync {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>>;

    /// The revision in force at that time; or the first one, where it may have
    /// been, see [`CustomerRevision::may_have_been_first`].
    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>>;

    /// Adds a revision; `false` when another took its number.
    async fn add(&self, revision: &CustomerRevision) -> Result<bool>;

    /// Takes the person out of all revisions up to this one.
    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRevision {
    pub customer_id: CustomerId,
    /// Starts at 1 and has no gaps.
    pub revision: u64,
    pub in_force_from: DateTime<Utc>,
    /// `None`: erased.
    pub person: Option<Person>,
}

/// How far the clocks of two processes in the cloud are taken to be apart, at
/// most. Those of one machine's process are one clock.
pub const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

impl CustomerRevision {
    /// Whether the customer may have been entered before what was recorded at
    /// `time`, though the clocks, which may differ by so much, say later.
    pub fn may_have_been_first(&self, time: DateTime<Utc>, clocks_differ: TimeDelta) -> bool {
        self.revision == 1 && self.in_force_from - time <= clocks_differ
    }
}

/// Who gets the mails, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    pub email: EmailAddress,
    pub name: String,
    /// `en` or `fr`.
    pub locale: String,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    pub preferences: Preferences,
}

impl Person {
    /// Where mails to this recipient go; `None` for an address that is not
    /// theirs any more.
    pub fn address(&self, recipient: &Recipient) -> Option<&EmailAddress> {
        match recipient {
            Recipient::Customer => Some(&self.email),
            Recipient::Address(hash) => {
                self.preferences.address(hash).map(|address| &address.email)
            }
        }
    }

    /// When the quiet hours end that are now, if they are.
    pub fn quiet_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let zone: Tz = self.time_zone.parse().ok()?;
        self.preferences.quiet_hours()?.end_if_quiet(now, zone)
    }
}

/// Tells nothing of the person, whatever is logged.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("locale", &self.locale)
            .field("time_zone", &self.time_zone)
            .finish_non_exhaustive()
    }
}
