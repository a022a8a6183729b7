//! The commands of operators and analysts: each talks to a running ledgerbell.

mod accounts;
pub mod balance;
pub mod dead_letters;
pub mod history;
pub mod import;
pub mod load;
pub mod replay;
pub mod schedules;
pub mod verify;
