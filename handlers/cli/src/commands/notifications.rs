//! `ledgerbell notifications`.

mod count;
mod list;

use clap::{Args, Subcommand};

use crate::exit::{End, Failure};
use list::ListOptions;

/// Show what customers were notified of, and why not of the rest
#[derive(Debug, Clone, Args)]
pub(crate) struct NotificationsOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    List(Box<ListOptions>),
}

pub(crate) fn run(options: &NotificationsOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list::run(options),
    }
}
