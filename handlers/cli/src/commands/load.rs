//! `ledgerbell load`: many concurrent writers.

mod chart;
mod mails;
mod open_loop;
mod report;
mod scenario;
mod scenario_report;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use chrono::Utc;
use clap::Args;
use serde_json::json;

use crate::client::{Append, Client};
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, without_csv};
use crate::output;
use crate::stack::is_local;

use report::Report;
use scenario::Scenario;
use writer::Writer;

/// Writers, each with a thread and a connection. More would measure the machine.
const MAX_WRITERS: i64 = 512;
const MAX_ACCOUNTS: i64 = 10_000;
/// Deposits of one writer at most.
const MAX_EVENTS: i64 = 1_000_000;

/// Post deposits from many writers at once, until all are acknowledged
///
/// Writer number w posts to account number w modulo --accounts. Every deposit
/// has a key of its own and is repeated under it until it is acknowledged, even
/// while the server is down. Missing customers and accounts are created. With
/// the same --run the same keys are used again, and nothing is recorded a
/// second time.
///
/// With a SCENARIO it does not wait for one answer before the next request:
/// requests leave at planned times, as many customers would send them, and
/// latencies count from then, so that a stall shows in full.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(crate) struct LoadOptions {
    /// Run this scenario instead, by the clock
    #[arg(value_enum, conflicts_with_all = ["accounts", "writers", "events", "duplicates"])]
    scenario: Option<Scenario>,

    /// Requests a second of a scenario
    #[arg(long, value_name = "N", default_value_t = 20, requires = "scenario", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,

    /// Length of a scenario
    #[arg(long, value_name = "N", default_value_t = 60, requires = "scenario", value_parser = clap::value_parser!(u32).range(3..=3_600))]
    seconds: u32,

    /// Folder for a scenario's report in Markdown, with its charts
    #[arg(long, value_name = "DIR", requires = "scenario")]
    report: Option<PathBuf>,

    /// Accounts to post to, named PREFIX-1, PREFIX-2 ...
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=MAX_ACCOUNTS))]
    accounts: i64,

    /// Writers at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=MAX_WRITERS))]
    writers: i64,

    /// Deposits of each writer
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=MAX_EVENTS))]
    events: i64,

    /// Send every request twice under its key, from two threads at once
    #[arg(long)]
    duplicates: bool,

    /// Prefix of the accounts' names
    #[arg(long, value_name = "PREFIX", default_value = "load", value_parser = name)]
    prefix: String,

    /// Name of this load, from which its keys are derived; by default a new one
    #[arg(long, value_name = "NAME", value_parser = name)]
    run: Option<String>,

    /// How long a request is repeated before the load gives up
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    retry_for: u64,

    /// Post to an endpoint that is not on this machine
    #[arg(long)]
    allow_remote: bool,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

/// Time between two looks at the writers, short compared with any load.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Longest prefix, in characters, which leaves space for the numbers in an id.
fn name(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.is_empty() || text.len() > 40 || !text.chars().all(plain) || text.starts_with('-') {
        return Err("must be 1 to 40 of A-Z a-z 0-9 -, the first a letter or digit");
    }
    Ok(text.to_owned())
}

impl LoadOptions {
    /// Returns the given name, or a unique one.
    fn run_name(&self) -> String {
        self.run.clone().unwrap_or_else(|| {
            let now = Utc::now().timestamp_micros();
            format!("{now}-{}", std::process::id())
        })
    }
}

pub(crate) fn run(options: &LoadOptions) -> Result<End, Failure> {
    if !options.allow_remote && !is_local(&options.connection.endpoint) {
        return Err(Failure::WrongUse(format!(
            "{} is not on this machine; give --allow-remote if you mean it",
            options.connection.endpoint
        )));
    }
    if let Some(scenario) = options.scenario {
        return scenario::run(scenario, options);
    }
    let deposits = options.writers * options.events;
    if options.dry_run.dry_run {
        dry_run(options, deposits);
        return Ok(End::Done);
    }
    let run = options.run_name();
    let client = options.connection.client()?;
    for account in 1..=options.accounts.min(options.writers) {
        open(&client, &format!("{}-{account}", options.prefix), &run)?;
    }
    let client = client.patient(Duration::from_secs(options.retry_for));
    let sending = if options.duplicates { 2 } else { 1 };
    let bar = output::bar(Some((deposits * sending) as u64), "requests");
    bar.set_message("posting");
    let stop = AtomicBool::new(false);
    let started = Instant::now();
    let mut report = Report::new(&run, deposits as u64);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.writers)
            .flat_map(|number| (0..sending).map(move |_| number))
            .map(|number| {
                let writer = Writer {
                    client: &client,
                    account: format!("{}-{}", options.prefix, number % options.accounts + 1),
                    key: format!("load-{run}-{}", number + 1),
                    events: options.events,
                    bar: &bar,
                    stop: &stop,
                };
                scope.spawn(move || writer.run())
            })
            .collect();
        let mut heartbeat = output::Heartbeat::new();
        while threads.iter().any(|thread| !thread.is_finished()) {
            std::thread::sleep(LOOK_EVERY);
            heartbeat.beat(&bar);
        }
        for thread in threads {
            match thread.join() {
                Ok(tally) => report.add(tally),
                Err(_) => report.failed("a writer has panicked"),
            }
        }
    });
    bar.finish_and_clear();
    report.took(started.elapsed());
    if options.connection.json() {
        output::json(&report);
    } else {
        report.print();
    }
    match report.problem() {
        Some(problem) => Err(Failure::Failed(problem.to_owned())),
        None => Ok(End::Done),
    }
}

fn dry_run(options: &LoadOptions, deposits: i64) {
    if options.connection.json() {
        output::json(&json!({
            "dry_run": true,
            "accounts": options.accounts.min(options.writers),
            "writers": options.writers,
            "deposits": deposits,
            "duplicates": options.duplicates,
        }));
        return;
    }
    let twice = if options.duplicates {
        ", each sent twice"
    } else {
        ""
    };
    output::line(format!(
        "{} writers would post {deposits} deposits{twice} to {} accounts, which are opened where they are missing. \
         Nothing was sent: this was a dry run.",
        options.writers,
        options.accounts.min(options.writers)
    ));
}

/// Creates a customer with an address, and the account.
fn open(client: &Client, account: &str, run: &str) -> Result<(), Failure> {
    if client.find(&format!("customers/{account}"), &[])?.is_none() {
        let customer = json!({ "email": format!("{account}@customers.example"), "name": account, "locale": "en" });
        client.put(&format!("customers/{account}"), &customer)?;
    }
    if client.find(&format!("accounts/{account}"), &[])?.is_some() {
        return Ok(());
    }
    client.append(&Append {
        account_id: account,
        idempotency_key: &format!("load-{run}-open"),
        if_match: None,
        body: &json!({ "events": [{
            "type": "AccountOpened",
            "occurred_at": writer::OCCURRED_AT,
            "data": { "customer_id": account, "currency": writer::CURRENCY },
        }] }),
    })?;
    Ok(())
}
