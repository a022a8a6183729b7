//! Bank statements as banks really write them, turned into events to append.
//!
//! [`read`] turns bytes into [`Statement`]s, and [`plan()`] turns a statement
//! into requests to the HTTP API. Nothing here opens a file or a connection, or
//! reads the clock.
//!
//! ```
//! use statements::{Step, plan, read};
//!
//! let file = b"\
//! :20:1
//! :25:NL71RABO0123456789
//! :28C:7/1
//! :60F:C260101EUR100,00
//! :61:260102D12,50NTRFNONREF//B4711
//! :86:Coffee beans
//! :62F:C260102EUR87,50
//! ";
//! // The outer error concerns the whole file, an inner one a single statement.
//! for statement in read(file, None)? {
//!     let plan = plan(&statement?, None);
//!     assert_eq!(plan.account_id.as_str(), "NL71RABO0123456789");
//!     let [Step::Append(request)] = plan.steps.as_slice() else {
//!         panic!("one request for the movements of one day");
//!     };
//!     // The same statement in another file has the same key, so it counts once.
//!     assert!(request.idempotency_key.starts_with("import-2-"));
//!     assert_eq!(request.body.events.len(), 1);
//! }
//! # Ok::<(), statements::ReadError>(())
//! ```

pub mod account;
pub mod amount;
mod camt;
pub mod encoding;
pub mod error;
mod files;
pub mod format;
mod former;
pub mod identity;
mod mt940;
mod order;
pub mod plan;
pub mod request;
pub mod reversal;
pub mod statement;
pub mod text;

pub use error::{ReadError, Reason};
pub use files::Files;
pub use format::{Format, detect, read};
pub use former::FormerRequest;
pub use order::in_order;
pub use plan::{Note, Plan, Step, plan};
pub use request::{Body, EventBody, EventContent, Movement, OccurredBody, Request};
pub use reversal::{KnownEvent, ReversalStep, match_original};
pub use statement::{Balance, Direction, Doubt, Entry, Statement};
