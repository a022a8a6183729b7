//! `ledgerbell find`.

use clap::Args;
use domain::words::{self, SEARCH_KEYS};
use serde_json::Value;
use ureq::http::StatusCode;

use crate::client::CallError;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::Format;
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

/// Find an account, a customer, an event or a mail
///
/// TEXT is an id however it is written, the last four characters of an account
/// (6828 or ••••6828), an address, the words of a name or their beginnings, or the
/// code of a mail. What was stored a moment ago may be missing.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct FindOptions {
    /// What to search for; several words are one text
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<String>,

    /// Show at most this many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100))]
    limit: u64,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 4] = [
    ("TYPE", Align::Left, "type"),
    ("ID", Align::Left, "id"),
    ("ABOUT", Align::Left, "label"),
    ("FOUND BY", Align::Left, "matched"),
];

pub(crate) fn run(options: &FindOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let (text, limit) = (options.text.join(" "), options.limit.to_string());
    let query = [("q", text.as_str()), ("limit", limit.as_str())];
    let found = match client.get("search", &query) {
        // An analyst may not read customers, and finds the rest.
        Err(error) if is_forbidden(&error) => client.get("search/ledger", &query)?,
        answer => answer?,
    };
    let format = options.connection.format();
    let mut listing = Listing::new(format, &COLUMNS, |hit| {
        COLUMNS.map(|(.., name)| cell(&hit[name])).into()
    })
    .worded(&[("matched", &SEARCH_KEYS)]);
    let hits = found["hits"].as_array().cloned().unwrap_or_default();
    if !listing.page(hits) {
        return Ok(End::Done);
    }
    let keys = found["looked_at"].as_array().into_iter().flatten();
    let keys = keys.filter_map(Value::as_str);
    let keys: Vec<&str> = keys.map(|key| words::of(&SEARCH_KEYS, key)).collect();
    let nothing = format!("Nothing has this as: {}.", keys.join(", "));
    listing.end("hits", &nothing, |document| {
        for member in ["looked_at", "more"] {
            document[member] = found[member].clone();
        }
    });
    if format == Format::Table && found["more"] == true {
        output::line("There are more: search for more of the text, or raise --limit.");
    }
    Ok(End::Done)
}

fn is_forbidden(error: &CallError) -> bool {
    error.status() == Some(StatusCode::FORBIDDEN)
}
