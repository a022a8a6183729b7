//! The arguments of the command line.

use clap::{Parser, Subcommand};

use crate::commands::accounts::AccountsOptions;
use crate::commands::balance::BalanceOptions;
use crate::commands::completions::CompletionsOptions;
use crate::commands::cost::CostOptions;
use crate::commands::customers::CustomersOptions;
use crate::commands::dead_letters::DeadLettersOptions;
use crate::commands::events::EventsOptions;
use crate::commands::export::ExportOptions;
use crate::commands::find::FindOptions;
use crate::commands::history::HistoryOptions;
use crate::commands::import::ImportOptions;
use crate::commands::load::LoadOptions;
use crate::commands::man::ManOptions;
use crate::commands::notifications::NotificationsOptions;
use crate::commands::post::PostOptions;
use crate::commands::preview::PreviewOptions;
use crate::commands::replay::ReplayOptions;
use crate::commands::schedules::SchedulesOptions;
use crate::commands::status::StatusOptions;
use crate::commands::verify::VerifyOptions;
use crate::commands::what_if::WhatIfOptions;
use crate::console::ConsoleOptions;
use crate::serve::ServeOptions;

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong use.";

/// Records account events, and notifies customers once.
///
/// Without a command it is `serve`: the whole pipeline on this machine.
#[derive(Debug, Parser)]
#[command(name = "ledgerbell", version, about, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole pipeline on this machine, on one folder
    Serve(ServeOptions),
    Console(ConsoleOptions),
    Status(StatusOptions),
    Import(ImportOptions),
    Post(Box<PostOptions>),
    Find(FindOptions),
    Accounts(AccountsOptions),
    Balance(BalanceOptions),
    History(HistoryOptions),
    Events(EventsOptions),
    Customers(CustomersOptions),
    Notifications(NotificationsOptions),
    Export(ExportOptions),
    Verify(VerifyOptions),
    Replay(ReplayOptions),
    WhatIf(Box<WhatIfOptions>),
    DeadLetters(DeadLettersOptions),
    Schedules(Box<SchedulesOptions>),
    Load(LoadOptions),
    Preview(PreviewOptions),
    Cost(CostOptions),
    Completions(CompletionsOptions),
    Man(ManOptions),
}

impl Default for Command {
    fn default() -> Self {
        Command::Serve(ServeOptions::default())
    }
}
