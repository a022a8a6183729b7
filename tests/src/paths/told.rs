//! From an append to its mail, on a server of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Effort, Found};
use crate::one_machine::{Folder, Server, ledgerbell_command};

const RATE: u32 = 100;
const SECONDS: u32 = 15;
/// The load is played so often, so that memory can be seen to grow or not.
const WINDOWS: usize = 8;
/// As `ledgerbell load steady` has them.
const ACCOUNTS: u32 = 20;
const P50_MS: u64 = 30;
const P99_MS: u64 = 150;

pub(super) fn measure(effort: Effort) -> Found {
    let seconds = if effort.quick { 3 } else { SECONDS };
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut memory = Vec::new();
    for window in 0..WINDOWS {
        load(&server, seconds, window);
        memory.push(server.peak_memory());
    }
    let accounts = (0..WINDOWS).flat_map(|window| (1..=ACCOUNTS).map(move |n| account(window, n)));
    let mut latencies: Vec<u64> = accounts
        .flat_map(|account| of_account(&server, &account))
        .collect();
    server.stop();
    latencies.sort_unstable();
    let least = RATE as usize * seconds as usize * WINDOWS;
    assert!(
        latencies.len() >= least,
        "{} of {least} were told",
        latencies.len()
    );
    let at = |share: usize| latencies[(latencies.len() * share / 1000).min(latencies.len() - 1)];
    let goal = |name: &str, wanted: u64, got: u64| {
        json!({
            "goal": format!("append to mail at {RATE} events a second on one machine, {name}"),
            "wanted": format!("<= {wanted} ms"),
            "measured": format!("{got} ms"),
            "ratio": got as f64 / wanted as f64,
            "met": got <= wanted,
            "why": if got <= wanted { "" } else { "an event with its mail takes some 10 ms of a core, half of it the local engine's; with other work beside it on two cores, mails wait behind one another" },
        })
    };
    let (first, last) = (memory[WINDOWS / 2 - 1], memory[WINDOWS - 1]);
    let growth = last as f64 / first as f64;
    let shown: Vec<String> = memory
        .iter()
        .map(|bytes| format!("{}", bytes / 1_000_000))
        .collect();
    Found {
        goals: vec![
            goal("p50", P50_MS, at(500)),
            goal("p99", P99_MS, at(990)),
            json!({
                "goal": "memory of `serve`: most after twice the load, over that after half of it",
                "wanted": "<= 1.1",
                "measured": format!("{growth:.2}"),
                "met": growth <= 1.1,
                "why": if growth <= 1.1 { "" } else { "what is in use is level (a sampled heap profile); what grows is what the C library's allocator keeps for each of its threads" },
            }),
        ],
        tables: vec![json!({
            "title": format!("Append to mail, {} mails at {RATE} a second", latencies.len()),
            "head": ["", "p50", "p90", "p99", "p99.9", "most"],
            "rows": [[
                "ms", at(500).to_string(), at(900).to_string(), at(990).to_string(), at(999).to_string(), at(1000).to_string()
            ]],
        })],
        notes: vec![format!(
            "Memory of `serve` (VmHWM) after each {} s of it: {} MB.",
            seconds,
            shown.join(", ")
        )],
        ..Found::default()
    }
}

fn load(server: &Server, seconds: u32, window: usize) {
    let output = ledgerbell_command()
        .args(["load", "steady", "--json"])
        .args([
            "--rate",
            &RATE.to_string(),
            "--seconds",
            &seconds.to_string(),
        ])
        // Accounts of its own: the load reads them at its end, and longer histories would take more memory each time.
        .args(["--prefix", &prefix(window)])
        .args(["--run", &prefix(window), "--endpoint", server.base()])
        .output()
        .expect("the program can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

fn prefix(window: usize) -> String {
    format!("window-{window}")
}

fn account(window: usize, number: u32) -> String {
    format!("/v1/accounts/{}-{number}", prefix(window))
}

/// Milliseconds from each event's recording to its mail.
fn of_account(server: &Server, account: &str) -> Vec<u64> {
    let api = server.api();
    let events = api.pages(&format!("{account}/events?limit=1000"), "events", "after");
    let recorded: BTreeMap<String, DateTime<Utc>> = events
        .iter()
        .map(|event| (text(&event["event_id"]), time(&event["recorded_at"])))
        .collect();
    let told = api.pages(
        &format!("{account}/notifications?limit=1000"),
        "notifications",
        "cursor",
    );
    let sent = told.iter().filter_map(|notification| {
        let steps = notification["history"].as_array()?;
        let sent = steps.iter().find(|step| step["state"] == "SENT")?;
        let recorded = recorded.get(&text(&notification["event_id"]))?;
        u64::try_from((time(&sent["at"]) - recorded).num_milliseconds()).ok()
    });
    sent.collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn time(value: &Value) -> DateTime<Utc> {
    text(value).parse().expect("a time")
}
