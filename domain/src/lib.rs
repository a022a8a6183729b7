//! The rules of Ledgerbell: money, accounts, events and their fold, the hash
//! chain, and the notifications that an event gives.
//!
//! Nothing here waits, reads, writes, or asks for the time or for chance: all of
//! that is passed in as values.
//!
//! # Append a commit and fold it
//!
//! ```
//! use domain::decision::{self, Context};
//! use domain::record::ProposedEvents;
//! use domain::{Account, chain};
//! use serde_json::json;
//!
//! // A request, read once: each fault would be named by its JSON pointer.
//! let proposed = ProposedEvents::read(json!({ "events": [
//!     { "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
//!       "data": { "customer_id": "ana", "currency": "EUR" } },
//!     { "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
//!       "data": { "amount": "125.50", "currency": "EUR" } },
//! ]})).unwrap();
//! let context = Context {
//!     account_id: "ACC-1".parse()?,
//!     recorded_at: "2026-11-22T10:00:01Z".parse()?,
//!     source: "example".to_owned(),
//!     correlation_id: "example-1".parse()?,
//!     idempotency_key: "example-1".parse()?,
//! };
//!
//! // The account has no commit yet, and nothing is reversed.
//! let commit = decision::decide(None, &proposed, &Default::default(), context).unwrap();
//!
//! // The commit carries the folded account, and proves that it follows from its events.
//! assert_eq!(chain::follow(None, &commit)?, commit.head());
//! let mut account = None;
//! for (_, event) in chain::decode(&commit)? {
//!     account = Some(Account::apply(account, &event)?);
//! }
//! assert_eq!(account.unwrap().balance.to_decimal(), "125.50");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Decide the notifications of an event
//!
//! ```
//! # use domain::decision::{self, Context};
//! # use domain::record::ProposedEvents;
//! use domain::IntegrationEvent;
//! use domain::notification::{self, Contact, Kind, SkipReason, Verdict, Wishes};
//! use domain::preferences::Preferences;
//! use serde_json::json;
//!
//! # let proposed = ProposedEvents::read(json!({ "events": [
//! #     { "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
//! #       "data": { "customer_id": "ana", "currency": "EUR" } },
//! #     { "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
//! #       "data": { "amount": "125.50", "currency": "EUR" } },
//! # ]})).unwrap();
//! # let context = Context {
//! #     account_id: "ACC-1".parse()?,
//! #     recorded_at: "2026-11-22T10:00:01Z".parse()?,
//! #     source: "example".to_owned(),
//! #     correlation_id: "example-1".parse()?,
//! #     idempotency_key: "example-1".parse()?,
//! # };
//! # let commit = decision::decide(None, &proposed, &Default::default(), context).unwrap();
//! // The events of the commit above as the bus carries them, with the balances around each.
//! let published = IntegrationEvent::of_commit(&commit)?;
//! let deposit = &published[1];
//! assert_eq!(deposit.type_name(), "MoneyDeposited");
//! assert_eq!(deposit.balances.before().to_decimal(), "0.00");
//!
//! // Without preferences a customer is notified of every deposit.
//! let defaults = Preferences::default();
//! let wishes = Wishes { preferences: &defaults, time_zone: chrono_tz::UTC };
//! let decisions = notification::evaluate(deposit, Some(wishes), Contact::Known(wishes));
//! assert_eq!((decisions[0].kind, decisions[0].verdict), (Kind::Deposit, Verdict::Send));
//!
//! // With a minimum amount above the deposit's it is skipped, for a reason that is kept.
//! let choosy = Preferences::read(
//!     json!({ "kinds": { "deposit": { "min_amount": { "EUR": "200.00" } } } }),
//!     "",
//! ).unwrap();
//! let wishes = Wishes { preferences: &choosy, ..wishes };
//! let decisions = notification::evaluate(deposit, Some(wishes), Contact::Known(wishes));
//! assert_eq!(decisions[0].verdict, Verdict::Skip(SkipReason::BelowMinimum));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(clippy::must_use_candidate)]
#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm
    )
)]

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
pub mod occurred;
pub mod preferences;
pub mod quiet_hours;
pub mod recipient;
pub mod record;
pub mod request_hash;
pub mod schedule;
pub mod schedule_event;
pub mod time;
pub mod words;

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
pub use occurred::Occurred;
pub use request_hash::RequestHash;
pub use schedule::Schedule;
pub use schedule_event::{Occurrence, OccurrenceSkipReason, OperationScheduled, OperationSkipped};
