//! The commands of operators and analysts, most of which are clients of a running
//! ledgerbell.

mod accounts;
pub mod balance;
pub mod completions;
#[allow(
    clippy::float_arithmetic,
    reason = "list prices have eight decimals, and nobody is paid by this"
)]
pub mod cost;
pub mod dead_letters;
pub mod events;
pub mod export;
pub mod history;
pub mod import;
pub mod load;
pub mod man;
pub mod preview;
pub mod replay;
pub mod schedules;
pub mod verify;
pub mod what_if;
