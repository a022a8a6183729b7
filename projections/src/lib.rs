//! What is read: pure folds over the commits of an account.

pub mod as_of;
pub mod balance;
pub mod control_totals;

pub use as_of::{AsOf, Basis};
pub use balance::Balance;
pub use control_totals::ControlTotals;
