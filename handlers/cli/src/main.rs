//! The binary `ledgerbell`: the pipeline on one machine, and the commands of
//! operators and analysts.

mod args;
mod client;
mod commands;
mod confirm;
mod connection;
mod console;
mod csv;
mod exit;
mod flags;
mod imports;
mod listing;
mod origin;
mod output;
mod pages;
mod plot;
mod serve;
mod signal;
mod stack;
mod suggestions;
mod table;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

fn main() -> ExitCode {
    let code = match Arguments::try_parse() {
        Ok(arguments) => run(arguments.command.unwrap_or_default()),
        Err(answer) => output::explain(&suggestions::plausible(answer)),
    };
    output::ended(code)
}

fn run(command: Command) -> ExitCode {
    match command {
        Command::Serve(options) => serve::run(&options),
        Command::Console(options) => console::run(&options),
        Command::Import(options) => exit::of(commands::import::run(&options)),
        Command::Accounts(options) => exit::of(commands::accounts::run(&options)),
        Command::Customers(options) => exit::of(commands::customers::run(&options)),
        Command::Notifications(options) => exit::of(commands::notifications::run(&options)),
        Command::Post(options) => exit::of(commands::post::run(&options)),
        Command::Find(options) => exit::of(commands::find::run(&options)),
        Command::Status(options) => exit::of(commands::status::run(&options)),
        Command::Balance(options) => exit::of(commands::balance::run(&options)),
        Command::History(options) => exit::of(commands::history::run(&options)),
        Command::Events(options) => exit::of(commands::events::run(&options)),
        Command::Export(options) => exit::of(commands::export::run(&options)),
        Command::Verify(options) => exit::of(commands::verify::run(&options)),
        Command::Replay(options) => exit::of(commands::replay::run(&options)),
        Command::WhatIf(options) => exit::of(commands::what_if::run(&options)),
        Command::DeadLetters(options) => exit::of(commands::dead_letters::run(&options)),
        Command::Schedules(options) => exit::of(commands::schedules::run(&options)),
        Command::Load(options) => exit::of(commands::load::run(&options)),
        Command::Preview(options) => exit::of(commands::preview::run(&options)),
        Command::Cost(options) => exit::of(commands::cost::run(&options)),
        Command::Completions(options) => exit::of(commands::completions::run(&options)),
        Command::Man(options) => exit::of(commands::man::run(&options)),
    }
}
