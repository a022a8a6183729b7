//! From an append to its mail, on a server of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Effort, Found};
use crate::one_machine::{Folder, Server, ledgerbell_command};

const RATE: u32 = 100;
const SECONDS: u32 = 15;
/// The load is played so often, so that memory can be seen to grow or not, and so that what else the machine does for some
/// seconds does not decide.
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
    let windows: Vec<Latencies> = (0..WINDOWS)
        .map(|window| Latencies::of(&server, window))
        .collect();
    server.stop();
    let least = RATE as usize * seconds as usize;
    for told in &windows {
        assert!(
            told.0.len() >= least,
            "{} of {least} were told",
            told.0.len()
        );
    }
    let goal = |name: &str, share: usize, wanted: u64| {
        let mut of_windows: Vec<u64> = windows.iter().map(|told| told.at(share)).collect();
        of_windows.sort_unstable();
        let (quickest, got, slowest) = (
            of_windows[0],
            of_windows[WINDOWS / 2],
            of_windows[WINDOWS - 1],
        );
        json!({
            "goal": format!("append to mail at {RATE} events a second on one machine, {name}, median of {WINDOWS} windows"),
            "wanted": format!("<= {wanted} ms"),
            "measured": format!("{got} ms ({quickest} to {slowest})"),
            "ratio": got as f64 / wanted as f64,
            "met": got <= wanted,
            "why": if got <= wanted { "" } else { "an event with its mail takes some 10 ms of a core, half of it the local engine's; with other work beside it on two cores, mails wait behind one another" },
        })
    };
    let row = |name: String, told: &Latencies| {
        let shares = [500, 900, 990, 999, 1000].map(|share| told.at(share).to_string());
        [vec![name], shares.to_vec()].concat()
    };
    let all = Latencies::sorted(
        windows
            .iter()
            .flat_map(|told| told.0.iter().copied())
            .collect(),
    );
    let mut rows: Vec<Vec<String>> = windows
        .iter()
        .zip(1..)
        .map(|(told, number)| row(format!("window {number}"), told))
        .collect();
    rows.push(row("all".to_owned(), &all));
    let (first, last) = (memory[WINDOWS / 2 - 1], memory[WINDOWS - 1]);
    let growth = last as f64 / first as f64;
    let shown: Vec<String> = memory
        .iter()
        .map(|bytes| format!("{}", bytes / 1_000_000))
        .collect();
    Found {
        goals: vec![
            goal("p50", 500, P50_MS),
            goal("p99", 990, P99_MS),
            json!({
                "goal": "memory of `serve`: most after twice the load, over that after half of it",
                "wanted": "<= 1.1",
                "measured": format!("{growth:.2}"),
                "met": growth <= 1.1,
                "why": if growth <= 1.1 { "" } else { "what is in use is level (a sampled heap profile); what grows is what the C library's allocator keeps for each of its threads" },
            }),
        ],
        tables: vec![json!({
            "title": format!("Append to mail, {} mails at {RATE} a second, ms", all.0.len()),
            "head": ["", "p50", "p90", "p99", "p99.9", "most"],
            "rows": rows,
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

/// Milliseconds from each event's recording to its mail, the least first.
struct Latencies(Vec<u64>);

impl Latencies {
    fn of(server: &Server, window: usize) -> Self {
        let accounts = (1..=ACCOUNTS).map(|number| account(window, number));
        Self::sorted(
            accounts
                .flat_map(|account| of_account(server, &account))
                .collect(),
        )
    }

    fn sorted(mut milliseconds: Vec<u64>) -> Self {
        milliseconds.sort_unstable();
        Latencies(milliseconds)
    }

    /// That of so many of a thousand.
    fn at(&self, share: usize) -> u64 {
        self.0[(self.0.len() * share / 1000).min(self.0.len() - 1)]
    }
}

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
