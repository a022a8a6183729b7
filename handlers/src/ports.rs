//! What the use cases need from the world. `infra/aws` and `infra/embedded`
//! provide it.

mod bus;
mod clock;
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
pub use bus::{Bus, BusEntry};
pub use clock::{Clock, Stamp, SystemClock};
pub use customers::{CLOCKS_DIFFER, CustomerRevision, Customers};
pub use dead_letters::{DeadLetterQueue, QueueView, QueuedLetter};
pub use event_store::{
    Appended, CommitPage, CommitPosition, EventStore, IdempotencyRecord, ReversalMark,
};
pub use ids::{Ids, RandomIds};
pub use keys::Keys;
pub use mailer::{
    ATTEMPT_TAG, Attachment, HeaderError, MAX_ATTACHMENT_BYTES, MAX_HEADERS, Mail, Mailer,
    NOTIFICATION_TAG, Outcome, Priority, SendFailure,
};
pub use monotone_clock::MonotoneClock;
pub use notifications::{Notifications, due_shard};
pub use objects::{Object, Objects};
pub use read_model::{Parked, ReadModel, ReadModelRow};
pub use replays::{ReplacedRow, ReplayJob, Replays, ShadowRow};
pub use schedules::{DUE_SHARDS, Due, LastRun, ScheduleRow, Schedules};
pub use secret_versions::{CURRENT, PENDING, PREVIOUS, SecretSource, SecretText, SecretVersions};
pub use suppressions::{Suppression, SuppressionReason, Suppressions};
pub use versioned::{Saved, Versioned};
