//! The read side: pure folds over the commits of an account.
//!
//! ```
//! use domain::decision::{Context, decide};
//! use domain::record::ProposedEvents;
//! use projections::{AsOf, Balance, ControlTotals, as_of};
//! use serde_json::json;
//!
//! # fn commit(head: Option<domain::Head>, recorded_at: &str, event: serde_json::Value) -> domain::Commit {
//! #     let proposed = ProposedEvents::read(json!({ "events": [event] })).unwrap();
//! #     let context = Context {
//! #         account_id: "ACC-1".parse().unwrap(),
//! #         recorded_at: recorded_at.parse().unwrap(),
//! #         source: "example".to_owned(),
//! #         correlation_id: "example".parse().unwrap(),
//! #         idempotency_key: "example".parse().unwrap(),
//! #     };
//! #     decide(head.as_ref(), &proposed, &Default::default(), context).unwrap()
//! # }
//! let opening = json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T09:00:00Z",
//!     "data": { "customer_id": "ana", "currency": "EUR" } });
//! let deposit = json!({ "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
//!     "data": { "amount": "125.50", "currency": "EUR" } });
//! let opened = commit(None, "2026-11-22T09:00:01Z", opening);
//! let deposited = commit(Some(opened.head()), "2026-11-22T10:00:01Z", deposit);
//!
//! // The balance that the read model stores follows commit by commit.
//! let before = Balance::after(None, &opened)?;
//! let balance = Balance::after(Some(&before), &deposited)?;
//! assert_eq!(balance.version(), 2);
//! assert_eq!(balance.head.account.balance.to_decimal(), "125.50");
//!
//! // The account as of an earlier version.
//! let standing = as_of::fold([opened, deposited], AsOf::Version(1))?.unwrap();
//! assert_eq!(standing.account.balance.to_decimal(), "0.00");
//!
//! // The sums by which a rebuild is compared with the live balances.
//! let mut totals = ControlTotals::default();
//! totals.add(balance.head.account.balance);
//! let rows: Vec<_> = totals.rows().collect();
//! assert_eq!(rows, [("EUR".parse()?, 1, "125.50".to_owned())]);
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

pub mod as_of;
pub mod balance;
pub mod control_totals;

pub use as_of::{AsOf, Basis};
pub use balance::Balance;
pub use control_totals::ControlTotals;
