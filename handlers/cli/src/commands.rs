//! The commands of operators and analysts, most of which are clients of a running
//! ledgerbell.

mod accounts;
pub(crate) mod balance;
pub(crate) mod completions;
#[allow(
    clippy::float_arithmetic,
    reason = "list prices have eight decimals, and nobody is paid by this"
)]
pub(crate) mod cost;
pub(crate) mod dead_letters;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod preview;
pub(crate) mod replay;
pub(crate) mod schedules;
pub(crate) mod verify;
pub(crate) mod what_if;
