//! `ledgerbell replay list`.

use clap::Args;
use clap::builder::PossibleValuesParser;
use handlers::replay::Progress;
use serde_json::Value;

use crate::client::Rows;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::Limit;
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

/// List all replays, newest requested first
#[derive(Debug, Clone, Args)]
pub(super) struct ListOptions {
    /// Only those in this state
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(Progress::ALL.map(Progress::as_str)))]
    state: Option<String>,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 7] = [
    ("REQUESTED", Align::Left, "requested_at"),
    ("KIND", Align::Left, "kind"),
    ("STATE", Align::Left, "state"),
    ("COMMITS", Align::Right, "commits"),
    ("EVENTS", Align::Right, "events"),
    ("REPLAY", Align::Left, "replay_id"),
    ("OUTCOME", Align::Left, "outcome"),
];

pub(super) fn run(options: &ListOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let state = options.state.clone().map(|state| ("state", state));
    let mut rows = (Rows::new(&client, "replays", "replays"))
        .query(state)
        .limit(options.limit.limit);
    let mut listing = Listing::new(options.connection.format(), &COLUMNS, cells);
    while let Some(page) = rows.page()? {
        if !listing.page(page) {
            return Ok(End::Done);
        }
    }
    listing.end("replays", "There are no such replays.", |_| {});
    Ok(End::Done)
}

fn cells(replay: &Value) -> Vec<String> {
    let progress = &replay["progress"];
    [
        cell(&replay["requested_at"]),
        cell(&replay["kind"]),
        cell(&replay["state"]),
        cell(&progress["commits"]),
        cell(&progress["events"]),
        cell(&replay["replay_id"]),
        outcome(replay),
    ]
    .into()
}

/// Returns the counts of the result that an operator looks for first, or the reason of a failure.
fn outcome(replay: &Value) -> String {
    if let Some(reason) = replay["reason"].as_str() {
        return output::one_line(reason);
    }
    let counted = [
        ("differing_count", "differing"),
        ("missing_count", "missing"),
        ("published", "published"),
        ("switched_back", "switched back"),
        ("moved_on_count", "moved on"),
    ];
    let counts: Vec<String> = (counted.iter())
        .filter_map(|(name, text)| Some(format!("{} {text}", replay["result"][name].as_u64()?)))
        .collect();
    if counts.is_empty() {
        return cell(&Value::Null);
    }
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_outcome_is_a_count_of_the_result_or_why_it_failed() {
        for (replay, shown) in [
            (json!({ "state": "running" }), "-"),
            (
                json!({ "result": { "equal": 3, "differing_count": 2, "missing_count": 0 } }),
                "2 differing, 0 missing",
            ),
            (json!({ "result": { "published": 57 } }), "57 published"),
            (
                json!({ "result": { "switched_back": 2, "moved_on_count": 1 } }),
                "2 switched back, 1 moved on",
            ),
            (json!({ "reason": "gone\nfor good" }), "gone for good"),
        ] {
            assert_eq!(outcome(&replay), shown, "{replay}");
        }
    }
}
