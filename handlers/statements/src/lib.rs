//! Bank statements as banks really write them, read and turned into events to
//! append.
//!
//! Bytes become [`Statement`]s with [`read`]; a statement becomes the requests
//! to make of the HTTP API with [`plan`]. Nothing here opens a file or a
//! connection, or asks for the time.

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
pub use request::{Body, EventBody, EventContent, Movement, Request};
pub use reversal::{KnownEvent, ReversalStep, match_original};
pub use statement::{Again, Balance, Direction, Entry, Statement};
