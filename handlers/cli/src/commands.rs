//! The commands of operators and analysts, most of which are clients of a running
//! ledgerbell.

pub(crate) mod accounts;
pub(crate) mod balance;
pub(crate) mod completions;
#[allow(
    clippy::float_arithmetic,
    reason = "list prices have eight decimals, and nobody is paid by this"
)]
pub(crate) mod cost;
pub(crate) mod customers;
pub(crate) mod dead_letters;
mod document;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod notifications;
pub(crate) mod post;
pub(crate) mod preview;
pub(crate) mod replay;
pub(crate) mod schedules;
pub(crate) mod status;
pub(crate) mod verify;
pub(crate) mod what_if;
