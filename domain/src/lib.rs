//! What is true: money, accounts, events, their fold, the hash chain, and the
//! rules that decide which notifications an event deserves.
//!
//! Nothing here waits, reads, writes, asks for the time or for chance: all of
//! that comes in as values.

pub mod account;
pub mod cadence;
pub mod chain;
pub mod commit;
pub mod decision;
pub mod email;
pub mod event;
pub mod fields;
pub mod hash;
pub mod identifiers;
pub mod integration_event;
pub mod json;
pub mod low_balance;
pub mod money;
pub mod notification;
mod notification_kind;
pub mod preferences;
pub mod quiet_hours;
pub mod recipient;
pub mod record;
pub mod request_hash;
pub mod schedule;
pub mod schedule_event;
pub mod time;

pub use account::{Account, Status};
pub use commit::{Commit, Head, RecordedEvent, Tip};
pub use event::{Event, Movement, MovementKind};
pub use fields::{FieldError, Location};
pub use hash::Hash;
pub use identifiers::{
    AccountId, CorrelationId, CustomerId, EventId, IdempotencyKey, NotificationId, ScheduleId,
    Version,
};
pub use integration_event::IntegrationEvent;
pub use money::{Currency, Money};
pub use request_hash::RequestHash;
pub use schedule::Schedule;
pub use schedule_event::{Occurrence, OccurrenceSkipReason, OperationScheduled, OperationSkipped};
