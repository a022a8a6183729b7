//! The counted requests, and their cost according to the price list.

use std::{fs, process::Command};

use serde_json::Value;

use super::{
    part::{Goal, Part, Table},
    unreadable,
};
use crate::{
    command,
    error::{Result, at},
    workspace::{cargo, root},
};

/// Runs the test that compares the stored counts with new ones, and returns the stored ones.
pub(super) fn counts(_quick: bool) -> Result<Part> {
    let mut test = Command::new(cargo());
    test.current_dir(root())
        .args(["test", "--workspace", "--test", "counting"]);
    command::read(&mut test)?;
    let file = root().join("handlers/cli/data/counts.json");
    let kept = fs::read_to_string(&file).map_err(at(&file))?;
    Ok(of_counts(&serde_json::from_str(&kept).map_err(unreadable)?))
}

/// Computes the cost from the results of `counts`, without measuring anything.
pub(super) fn cost(_quick: bool) -> Result<Part> {
    let mut program = Command::new(cargo());
    program.current_dir(root()).args([
        "run",
        "--quiet",
        "--package",
        "ledgerbell",
        "--",
        "cost",
        "--json",
    ]);
    let document = serde_json::from_str(&command::read(&mut program)?).map_err(unreadable)?;
    Ok(of_cost(&document))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn at_most(goal: &str, measured: f64, wanted: f64, why: &str) -> Goal {
    let met = measured <= wanted;
    Goal {
        goal: goal.to_owned(),
        wanted: format!("<= {wanted}"),
        measured: measured.to_string(),
        ratio: Some(measured / wanted),
        met,
        why: if met { String::new() } else { why.to_owned() },
    }
}

fn of_counts(kept: &Value) -> Part {
    let one = &kept["commits"][0];
    let ten = &kept["commit_of_10_without_texts"];
    let hot = &kept["project_100_commits_of_one_account"];
    let grown = |of: &str| number(&kept["stream"][of][1]) / number(&kept["stream"][of][0]);
    let goals = vec![
        at_most(
            "write units of an append",
            number(&one["append_cold"]["table_write_units"]),
            4.0,
            "",
        ),
        at_most(
            "write units of an append in the time index",
            number(&one["append_cold"]["index_write_units"]),
            1.0,
            "",
        ),
        at_most(
            "round trips of an append, cold",
            number(&one["append_cold"]["requests"]),
            2.0,
            "",
        ),
        at_most(
            "round trips of an append, warm",
            number(&one["append_warm"]["requests"]),
            1.0,
            "",
        ),
        at_most(
            "write units an event at 10 a commit, without texts",
            number(&ten["table_write_units"]) / 10.0,
            0.5,
            "ten events are an item of 1.9 KB, which is 2 units, and 1 for the key, each twice in a transaction",
        ),
        at_most(
            "balance writes an event, 100 records of one account in a batch",
            number(&hot["table_write_units"]) / 100.0,
            0.05,
            "",
        ),
        at_most(
            "SQLite's steps of a write, the stream 50 times as long",
            grown("steps_of_a_write"),
            2.0,
            "",
        ),
        at_most(
            "SQLite's steps of a poll, the stream 50 times as long",
            grown("steps_of_a_look"),
            2.0,
            "",
        ),
    ];
    let row = |name: &str, of: &Value| -> Vec<String> {
        let cells = [
            "requests",
            "read_units",
            "table_write_units",
            "index_write_units",
        ];
        std::iter::once(name.to_owned())
            .chain(cells.iter().map(|cell| of[*cell].to_string()))
            .collect()
    };
    let mut rows = Vec::new();
    for commit in kept["commits"].as_array().into_iter().flatten() {
        let events = &commit["events"];
        rows.push(row(
            &format!("append of {events}, cold"),
            &commit["append_cold"],
        ));
        rows.push(row(
            &format!("append of {events}, warm"),
            &commit["append_warm"],
        ));
        rows.push(row(
            &format!("project a commit of {events}"),
            &commit["project"],
        ));
    }
    rows.push(row("project 100 commits of one account", hot));
    rows.push(row("notify, a mail", &kept["mail"]["notify"]));
    rows.push(row("notify, no mail", &kept["skipped"]["notify"]));
    rows.push(row("feedback, SES's two events", &kept["mail"]["feedback"]));
    Part {
        part: "counts".to_owned(),
        says: "The requests of the use cases to DynamoDB, counted with the real adapters on the embedded engine. The normal tests compare all of it, and catch regressions that are made on purpose."
            .to_owned(),
        goals,
        tables: vec![Table {
            title: "Requests and capacity units".to_owned(),
            head: ["", "requests", "read units", "write units", "of indexes"].map(str::to_owned).into(),
            rows,
        }],
        charts: Vec::new(),
        notes: vec!["Events with counterparty and reference, unless stated otherwise.".to_owned()],
        made_by: String::new(),
    }
}

fn of_cost(document: &Value) -> Part {
    let goal = &document["goal"];
    let computed = number(&goal["computed"]);
    let wanted = number(&goal["wanted"]);
    let columns = document["columns"].as_array().cloned().unwrap_or_default();
    let usd = |value: &Value| format!("{:.2}", number(value));
    let mut head = vec!["USD for a million events".to_owned()];
    head.extend(
        columns
            .iter()
            .map(|column| format!("{} a commit", column["events_per_commit"])),
    );
    let services = columns
        .first()
        .and_then(|column| column["million_events"].as_array());
    let mut rows: Vec<Vec<String>> = services
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, part)| {
            let name = part["part"].as_str().unwrap_or_default().to_owned();
            let cells = columns
                .iter()
                .map(|column| usd(&column["million_events"][index]["usd"]));
            std::iter::once(name).chain(cells).collect()
        })
        .collect();
    for (name, of) in [("without SES", "beside_ses"), ("all", "all")] {
        let cells = columns.iter().map(|column| usd(&column[of]));
        rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
    let cheaper = document["cheaper"].as_array().into_iter().flatten();
    let mut notes: Vec<String> = cheaper
        .map(|lever| {
            format!(
                "{} less: {}.",
                usd(&lever["usd"]),
                lever["what"].as_str().unwrap_or_default()
            )
        })
        .collect();
    let prices = &document["prices"];
    let looked_up = document["prices_looked_up"] == true;
    notes.push(format!(
        "List prices of {} as of {}{}; more in [cost](cost.md).",
        prices["region"].as_str().unwrap_or_default(),
        prices["as_of"].as_str().unwrap_or_default(),
        if looked_up {
            ""
        } else {
            ", from knowledge and not looked up"
        },
    ));
    let mut goal = at_most(
        "USD for a million events at 1 a commit with a mail each, without SES",
        computed,
        wanted,
        "DynamoDB's writes are the largest part, and more than half of them are the proof that a mail went out once",
    );
    goal.measured = format!("{computed:.2}");
    Part {
        part: "cost".to_owned(),
        says: "`ledgerbell cost`: computed from the counts, list prices and assumed durations. Nothing was measured on AWS.".to_owned(),
        goals: vec![goal],
        tables: vec![Table { title: "By part".to_owned(), head, rows }],
        charts: Vec::new(),
        notes,
        made_by: String::new(),
    }
}
