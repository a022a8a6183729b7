//! The ports: traits through which the use cases store, publish, send, and read the time.
//!
//! `infra/aws` implements them on AWS and `infra/embedded` on one machine; `tests/world` has all of them in memory.
//!
//! # Errors
//!
//! The methods of every port fail alike, so each names only what differs:
//!
//! - [`Retryable`](crate::Error::Retryable): the call had no effect, as under throttling; call again.
//! - [`Unknown`](crate::Error::Unknown): no answer came, and the call may have had its effect. Repeat it if it is
//!   idempotent or conditional, or read first.
//! - [`Permanent`](crate::Error::Permanent): the store refused the call, or a stored value cannot be read; a retry does not
//!   help.
//! - [`Invalid`](crate::Error::Invalid): the cursor of a page is none that this port gave out; a retry does not help.
//!
//! # Pages
//!
//! Methods with a `cursor` return one page and the cursor of the next. A page may be shorter than its limit, and even empty;
//! only a missing cursor is the end. Cursors are opaque, and a caller may keep them.

mod account_index;
mod bus;
mod changes;
mod clock;
mod customer_index;
mod customers;
mod dead_letters;
mod event_store;
mod ids;
mod keys;
mod mailer;
mod monotone_clock;
mod notifications;
mod objects;
mod read_model;
mod replays;
mod schedules;
mod secret_versions;
mod suppressions;
mod versioned;

pub use crate::customers::Person;
pub use account_index::{AccountIndex, AccountLookup, ENDING_CHARS, ending_of};
pub use bus::{Bus, BusEntry};
pub use changes::{Changes, Mark};
pub use clock::{Clock, Stamp, SystemClock};
pub use customer_index::CustomerIndex;
pub use customers::{CLOCKS_DIFFER, CustomerRevision, Customers};
pub use dead_letters::{DeadLetterQueue, QueueView, QueuedLetter};
pub use event_store::{
    Appended, CommitPage, CommitPosition, EventStore, IdempotencyRecord, ReversalMark,
};
pub use ids::{Ids, RandomIds};
pub use keys::Keys;
pub use mailer::{
    ATTEMPT_TAG, Attachment, HeaderError, MAX_ATTACHMENT_BYTES, MAX_HEADERS, Mail, Mailer,
    NOTIFICATION_TAG, Outcome, Priority, SendFailure, sender,
};
pub use monotone_clock::MonotoneClock;
pub use notifications::{
    DECISION_SHARDS, Decided, DecidedPosition, Notifications, decision_shard, due_shard,
};
pub use objects::{Object, Objects};
pub use read_model::{Parked, ReadModel, ReadModelRow};
pub use replays::{ReplacedRow, ReplayJob, ReplayKey, Replays, ShadowRow};
pub use schedules::{DUE_SHARDS, Due, LastRun, ScheduleRow, Schedules};
pub use secret_versions::{CURRENT, PENDING, PREVIOUS, SecretSource, SecretText, SecretVersions};
pub use suppressions::{Suppression, SuppressionReason, Suppressions};
pub use versioned::{Saved, Versioned};
