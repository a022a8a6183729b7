//! `ledgerbell dead-letters`.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, Format, Limit};
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

/// Letters in one request at most (see the API).
const MAX_LETTERS: u64 = 100;

/// List permanent failures, and redrive them
#[derive(Debug, Clone, Args)]
pub(crate) struct DeadLettersOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// List what failed, why, and how often it was tried; changes nothing
    List(ListOptions),
    /// Redrive dead letters; idempotent
    Redrive(RedriveOptions),
}

#[derive(Debug, Clone, Args)]
#[command(mut_arg("limit", |limit| limit
    .help("Show at most this many, 100 at most")
    .value_parser(clap::value_parser!(u64).range(1..=MAX_LETTERS))))]
struct ListOptions {
    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["ids", "max"]))]
struct RedriveOptions {
    /// Only this one; may be repeated
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,

    /// At most this many, in any order
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_LETTERS))]
    max: Option<u64>,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

const NO_LETTERS: &str = "There are no dead letters.";
const LETTERS: [Column; 6] = [
    ("ID", Align::Left, "id"),
    ("KIND", Align::Left, "kind"),
    ("FAILED AT", Align::Left, "failed_at"),
    ("TRIED", Align::Right, "attempts"),
    ("WHAT", Align::Left, "what"),
    ("WHY", Align::Left, "reason"),
];
const REDRIVEN: [Column; 3] = [
    ("ID", Align::Left, "id"),
    ("OUTCOME", Align::Left, "outcome"),
    ("", Align::Left, "detail"),
];

pub(crate) fn run(options: &DeadLettersOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list(options),
        Command::Redrive(options) => redrive(options),
    }
}

fn list(options: &ListOptions) -> Result<End, Failure> {
    let limit = options.limit.limit.unwrap_or(MAX_LETTERS);
    let page = options
        .connection
        .client()?
        .get("dead-letters", &[("limit", &limit.to_string())])?;
    let letters = rows(&page["dead_letters"]);
    let shown = letters.len() as u64;
    let waiting = page["waiting"].as_u64().unwrap_or(shown);
    // The list may be incomplete, so an unseen letter may still exist.
    let end = End::done_if(shown >= waiting.min(limit));
    if options.connection.json() {
        output::json(&page);
        return Ok(end);
    }
    let mut listing = Listing::new(options.connection.format(), &LETTERS, |letter| {
        ["id", "kind", "at", "attempts", "what", "reason"]
            .map(|name| cell(&letter[name]))
            .into()
    });
    listing.page(letters);
    if waiting == 0 || options.connection.format() == Format::Csv {
        listing.end("dead_letters", NO_LETTERS, |_| {});
    }
    if waiting > shown {
        let why = match end {
            End::Done => "--limit shows more",
            End::Failed => "the others are being listed or redriven: try again in a moment",
        };
        output::complain(format!(
            "{waiting} dead letters are waiting, and {shown} of them are shown; {why}"
        ));
    }
    Ok(end)
}

fn redrive(options: &RedriveOptions) -> Result<End, Failure> {
    let mut body = json!({ "dry_run": options.dry_run.dry_run });
    match options.max {
        Some(max) => body["max"] = json!(max),
        None => body["ids"] = json!(options.ids),
    }
    let answer = options
        .connection
        .client()?
        .post("dead-letters/redrive", &body)?;
    let redriven = rows(&answer["redriven"]);
    let good = |letter: &Value| {
        matches!(
            letter["outcome"].as_str(),
            Some("redriven" | "would-redrive")
        )
    };
    let end = End::done_if(redriven.iter().all(good));
    if options.connection.json() {
        output::json(&answer);
        return Ok(end);
    }
    let mut listing = Listing::new(options.connection.format(), &REDRIVEN, |letter| {
        ["id", "outcome", "detail"]
            .map(|name| cell(&letter[name]))
            .into()
    });
    listing.page(redriven);
    listing.end("redriven", NO_LETTERS, |_| {});
    Ok(end)
}

fn rows(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}
