//! The flags that mean the same in every command that has them. Commands flatten
//! these structs and declare none of the flags themselves.

mod codes;
mod format;
mod moment;
mod period;

use clap::Args;
use domain::AccountId;

pub(crate) use codes::codes;
pub(crate) use format::{Format, Output, without_csv};
pub(crate) use moment::{Moment, Zone};
pub(crate) use period::{Period, Range};

/// The number of rows to show.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Limit {
    /// Show at most this many; by default all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
}

/// The accounts that a command concerns; none means all.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Accounts {
    /// Only this account; may be repeated. By default all
    #[arg(long = "account", value_name = "ID")]
    pub accounts: Vec<AccountId>,
}

/// The version after which a history begins.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct AfterVersion {
    /// Start after this version of the account
    #[arg(long, value_name = "N", default_value_t = 0, alias = "after")]
    pub after_version: u64,
}

/// The flag of every command that changes something.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct DryRun {
    /// Only show what would be done; changes nothing
    #[arg(long)]
    pub dry_run: bool,
}
