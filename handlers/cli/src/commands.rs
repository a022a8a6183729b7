//! The commands of operators and analysts: all but `preview` talk to a running
//! ledgerbell.

mod accounts;
pub mod balance;
pub mod dead_letters;
pub mod history;
pub mod import;
pub mod load;
pub mod preview;
pub mod replay;
pub mod schedules;
pub mod verify;
pub mod what_if;
