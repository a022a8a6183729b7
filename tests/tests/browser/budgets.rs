//! What a page may ask and move: counted, never timed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::one_machine::{Append, eventually};

use crate::given::Given;

/// More than one page of every list.
const ACCOUNTS: usize = 130;
const COMMITS: usize = 12;
const TOGETHER: usize = 25;
const ACCOUNT: &str = "ACC-000";
/// The views, and what is there once they are whole.
const VIEWS: [(&str, &str); 9] = [
    ("", "All is well"),
    ("accounts", "ACC-099"),
    ("accounts/ACC-000", "sent"),
    ("accounts/ACC-000/events/300", "Delivered"),
    ("events", "number"),
    ("notifications", "Deposit"),
    ("customers", "ana@example.com"),
    ("customers/ana", "gets mail"),
    ("dead-letters", "no dead letters"),
];
const MOST_REQUESTS: usize = 35;
const MOST_JSON: u64 = 60_000;
const MOST_SCRIPT: u64 = 180_000;
const MOST_SHIFT: f64 = 0.05;
/// Watched while nothing happens.
const IDLE: Duration = Duration::from_secs(6);
const AFTER_THE_FIRST_VIEW: Duration = Duration::from_secs(1);
const MOST_IDLE_BYTES: f64 = 2048.0;
/// How late each answer comes where the shift of the layout is added up.
const LATE_MS: u32 = 2000;

fn bank() -> Given {
    let given = Given::new();
    let api = given.api();
    for number in 0..ACCOUNTS {
        api.open(&format!("ACC-{number:03}"), "ana", "EUR");
    }
    for commit in 0..COMMITS {
        let deposit = |number: usize| {
            json!({
                "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
                "data": { "amount": "12.50", "currency": "EUR", "counterparty": "Acme Ltd", "reference": format!("number {commit} {number}") },
            })
        };
        api.append(&Append {
            account: ACCOUNT.to_owned(),
            key: format!("many-{commit}"),
            events: (0..TOGETHER).map(deposit).collect(),
        });
    }
    let disk = given.folder.disk();
    eventually("the mails", || match disk.mails() {
        all if all == COMMITS * TOGETHER => Ok(()),
        other => Err(other.to_string()),
    });
    // The last of them is told to be delivered after it was sent.
    eventually("all is still", || {
        let before = api.get("/v1/changes");
        std::thread::sleep(Duration::from_secs(2));
        match before == api.get("/v1/changes") {
            true => Ok(()),
            false => Err(before.to_string()),
        }
    });
    given
}

/// The requests that the page has made since it was loaded, as path and bytes of the answer's body.
fn answers(given: &Given) -> Vec<(String, u64)> {
    let entries = given.page.evaluate(
        "performance.getEntriesByType('resource').filter((entry) => entry.startTime < performance.getEntriesByName('whole')[0].startTime)
            .map((entry) => [new URL(entry.name).pathname, entry.decodedBodySize])",
    );
    let entry = |entry: &Value| {
        (
            entry[0].as_str().unwrap().to_owned(),
            entry[1].as_u64().unwrap(),
        )
    };
    entries.as_array().unwrap().iter().map(entry).collect()
}

fn load(given: &Given, view: &str, text: &str) {
    given.page.go("about:blank");
    given.page.go(&format!("{}/#/{view}", given.server.base()));
    given.page.wait_for("main", text);
    given.page.wait_for("#live", "Live");
}

#[test]
fn the_first_view_of_each_page_asks_little_and_an_idle_page_next_to_nothing() {
    let given = bank();
    for (view, text) in VIEWS {
        load(&given, view, text);
        let first = answers(&given);
        let json: u64 = (first.iter())
            .filter(|(path, _)| path.starts_with("/v1/") || path.starts_with("/local/"))
            .map(|(_, bytes)| bytes)
            .sum();
        let script: u64 = (first.iter())
            .filter(|(path, _)| path.ends_with(".js"))
            .map(|(_, bytes)| bytes)
            .sum();
        let asked = (first.iter())
            .filter(|(path, _)| !path.starts_with("/assets/"))
            .count();

        // What is read after the first view, such as the rest of a chart.
        std::thread::sleep(AFTER_THE_FIRST_VIEW);
        let (requests, bytes) = given.page.traffic();
        let started = Instant::now();
        std::thread::sleep(IDLE);
        let (later_requests, later_bytes) = given.page.traffic();
        let seconds = started.elapsed().as_secs_f64();
        let (idle, idle_bytes) = (
            later_requests - requests,
            (later_bytes - bytes) as f64 / seconds,
        );
        println!(
            "/{view}: {asked} requests, {json} bytes of JSON, {script} bytes of script; idle {idle} requests in {seconds:.1} s, {idle_bytes:.0} bytes a second"
        );
        assert!(asked <= MOST_REQUESTS, "/{view}: {first:#?}");
        assert!(json <= MOST_JSON, "/{view}: {first:#?}");
        assert!(script <= MOST_SCRIPT, "/{view}: {first:#?}");
        assert!(idle > 0, "/{view} does not look");
        // A look that began before and ends within.
        assert!(
            idle as f64 <= seconds + 1.0,
            "/{view}: {idle} requests in {seconds:.1} s"
        );
        assert!(
            idle_bytes <= MOST_IDLE_BYTES,
            "/{view}: {idle_bytes} bytes a second"
        );
    }
    given.assert_clean();
}

#[test]
fn nothing_jumps_when_answers_come_late() {
    let given = bank();
    given.page.before_load(&format!(
        "(() => {{
          const asked = window.fetch;
          window.fetch = (...request) => new Promise((resolve) => setTimeout(resolve, {LATE_MS})).then(() => asked.apply(window, request));
          window.shift = 0;
          window.shifted = [];
          new PerformanceObserver((list) => {{ for (const entry of list.getEntries()) {{
            window.shift += entry.value;
            for (const {{ node, previousRect: from, currentRect: to }} of entry.sources) window.shifted.push(`${{entry.value.toFixed(3)}} ${{node?.outerHTML?.slice(0, 80) ?? node?.textContent}} ${{from.x}},${{from.y}},${{from.width}},${{from.height}} to ${{to.x}},${{to.y}},${{to.width}},${{to.height}}`);
          }} }})
            .observe({{ type: 'layout-shift', buffered: true }});
        }})()"
    ));
    let mut shifts = Vec::new();
    for (view, text) in VIEWS {
        load(&given, view, text);
        // The browser tells of a frame's shifts after it.
        let _ = given.page.evaluate(
            "new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))",
        );
        let shift = given.page.evaluate("window.shift").as_f64().unwrap();
        let sources = given.page.evaluate("window.shifted.join('\\n')");
        println!(
            "/{view}: {shift:.3}\n{}",
            sources.as_str().unwrap_or_default()
        );
        shifts.push((view, shift));
    }
    let too_much: Vec<_> = shifts
        .iter()
        .filter(|(_, shift)| *shift > MOST_SHIFT)
        .collect();
    assert!(too_much.is_empty(), "{too_much:?}");
}
