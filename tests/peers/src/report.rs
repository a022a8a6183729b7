//! What the bench's report takes: goals, tables, a chart.

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub struct Part {
    pub part: String,
    pub says: String,
    pub goals: Vec<Goal>,
    pub tables: Vec<Table>,
    pub charts: Vec<Chart>,
    pub notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Goal {
    pub goal: String,
    pub wanted: String,
    pub measured: String,
    pub ratio: f64,
    pub met: bool,
    pub why: String,
}

#[derive(Debug, Serialize)]
pub struct Table {
    pub title: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
pub struct Chart {
    pub name: String,
    pub title: String,
    pub x: String,
    pub y: String,
    pub log_x: bool,
    pub series: Vec<Series>,
}

#[derive(Debug, Serialize)]
pub struct Series {
    pub label: String,
    pub points: Vec<[f64; 2]>,
}

pub fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What each of them does not do, as its documentation and its source have it.
pub fn differences() -> Table {
    let rows: [[&str; 4]; 11] = [
        [
            "a retry is recognised (idempotency key)",
            "yes, for ever",
            "no",
            "no",
        ],
        [
            "several events in one commit",
            "up to 25, one item",
            "up to 25, an item each",
            "no: one event a call",
        ],
        [
            "the caller has to know the version",
            "no",
            "no: it is loaded before each commit",
            "yes",
        ],
        [
            "no gaps in an account",
            "the key's condition, checked again when read",
            "the key's condition",
            "the condition on the head, checked",
        ],
        [
            "hash chain",
            "yes, checked at every read of all",
            "no",
            "no",
        ],
        [
            "order over all accounts",
            "an index by time, in 16 shards",
            "no",
            "no",
        ],
        [
            "reads of all accounts",
            "scan, by time, list of accounts",
            "scan",
            "none: accounts must be known",
        ],
        [
            "snapshots",
            "none needed: each commit carries the resulting account",
            "every N events, or with each commit",
            "if the caller hands one over",
        ],
        [
            "contents of a snapshot",
            "the account",
            "with cqrs-es 0.5.0: the events of its commit twice",
            "the account",
        ],
        [
            "stream for projections",
            "of the events table",
            "none: projections run in the writer's process, after the commit",
            "of the head table",
        ],
        [
            "accounts of more than 1 MB of events",
            "read in pages",
            "read without pages: events above 1 MB are missing",
            "read in pages",
        ],
    ];
    Table {
        title: "Features of each".to_owned(),
        head: texts(&["", "ledgerbell", "dynamo-es", "event-store-adapter-rs"]),
        rows: rows.iter().map(|row| texts(row)).collect(),
    }
}
