//! The commands of operators and analysts: all but `preview`, `completions` and `man`
//! talk to a running ledgerbell.

mod accounts;
pub mod balance;
pub mod completions;
pub mod dead_letters;
pub mod history;
pub mod import;
pub mod load;
pub mod man;
pub mod preview;
pub mod replay;
pub mod schedules;
pub mod verify;
