//! `ledgerbell dead-letters`.

use clap::{ArgGroup, Args, Subcommand};
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;
use crate::table::{Align, Table};

/// Letters in one request at most (see the API).
const MAX_LETTERS: i64 = 100;

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
struct ListOptions {
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = MAX_LETTERS, value_parser = clap::value_parser!(i64).range(1..=MAX_LETTERS))]
    limit: i64,

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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=MAX_LETTERS))]
    max: Option<i64>,

    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

const LETTERS: [(&str, Align); 6] = [
    ("ID", Align::Left),
    ("KIND", Align::Left),
    ("FAILED AT", Align::Left),
    ("TRIED", Align::Right),
    ("WHAT", Align::Left),
    ("WHY", Align::Left),
];
const REDRIVEN: [(&str, Align); 3] = [
    ("ID", Align::Left),
    ("OUTCOME", Align::Left),
    ("", Align::Left),
];

pub(crate) fn run(options: &DeadLettersOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list(options),
        Command::Redrive(options) => redrive(options),
    }
}

fn list(options: &ListOptions) -> Result<End, Failure> {
    let limit = options.limit.to_string();
    let page = options
        .connection
        .client()?
        .get("dead-letters", &[("limit", &limit)])?;
    let letters = page["dead_letters"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let waiting = page["waiting"].as_u64().unwrap_or(letters.len() as u64);
    // The list may be incomplete, so an unseen letter may still exist.
    let asked_for = waiting.min(options.limit.unsigned_abs());
    let end = End::done_if(letters.len() as u64 >= asked_for);
    if options.connection.json {
        output::json(&page);
        return Ok(end);
    }
    if waiting == 0 {
        output::line("There are no dead letters.");
        return Ok(end);
    }
    if !letters.is_empty() {
        let names = ["id", "kind", "at", "attempts", "what", "reason"];
        print(&LETTERS, &names, letters);
    }
    if waiting > letters.len() as u64 {
        let why = match end {
            End::Done => "--limit shows more",
            _ => "the others are being listed or redriven: try again in a moment",
        };
        output::complain(format!(
            "{waiting} dead letters are waiting, and {} of them are shown; {why}",
            letters.len()
        ));
    }
    Ok(end)
}

fn redrive(options: &RedriveOptions) -> Result<End, Failure> {
    let mut body = json!({ "dry_run": options.dry_run });
    match options.max {
        Some(max) => body["max"] = json!(max),
        None => body["ids"] = json!(options.ids),
    }
    let answer = options
        .connection
        .client()?
        .post("dead-letters/redrive", &body)?;
    let redriven = answer["redriven"].as_array().map_or(&[][..], Vec::as_slice);
    let good = |letter: &Value| {
        matches!(
            letter["outcome"].as_str(),
            Some("redriven" | "would-redrive")
        )
    };
    let end = End::done_if(redriven.iter().all(good));
    if options.connection.json {
        output::json(&answer);
        return Ok(end);
    }
    if redriven.is_empty() {
        output::line("There are no dead letters.");
        return Ok(end);
    }
    print(&REDRIVEN, &["id", "outcome", "detail"], redriven);
    Ok(end)
}

fn print<const N: usize>(columns: &[(&'static str, Align); N], names: &[&str; N], rows: &[Value]) {
    let mut table = Table::new(columns);
    for row in rows {
        table.row(names.iter().map(|name| match &row[*name] {
            Value::String(text) => text.clone(),
            Value::Null => "-".to_owned(),
            other => other.to_string(),
        }));
    }
    table.print();
}
