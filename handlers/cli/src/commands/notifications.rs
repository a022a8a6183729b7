//! `ledgerbell notifications`.

mod count;
mod list;
mod show;

use clap::{Args, Subcommand};

use crate::exit::{End, Failure};
use list::ListOptions;
use show::ShowOptions;

/// Show what customers were notified of, and why not of the rest
#[derive(Debug, Clone, Args)]
pub(crate) struct NotificationsOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    List(Box<ListOptions>),
    Show(ShowOptions),
}

pub(crate) fn run(options: &NotificationsOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list::run(options),
        Command::Show(options) => show::run(options),
    }
}
