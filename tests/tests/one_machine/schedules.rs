//! A schedule fires on one machine, by its own heartbeat.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tests::one_machine::{Append, Folder, Server, eventually};

use crate::Timed;

const ACCOUNT: &str = "ACC-SCHEDULED";

/// A withdrawal some seconds from now: enough for a busy machine to take the
/// order before it is due.
fn soon(amount: &str, seconds: i64) -> Value {
    let at = Utc::now() + TimeDelta::seconds(seconds);
    json!({
        "operation": { "type": "MoneyWithdrawn",
            "data": { "amount": amount, "currency": "EUR", "reference": "Rent" } },
        "when": { "at": at.format("%Y-%m-%dT%H:%M:%SZ").to_string() },
        "time_zone": "Europe/Paris",
    })
}

fn of_schedules(events: &Value) -> Vec<(String, Value)> {
    let events = events["events"].as_array().unwrap();
    events
        .iter()
        .filter(|event| !event["data"]["occurrence"].is_null())
        .map(|event| {
            let data = &event["data"];
            (event["type"].as_str().unwrap().to_owned(), data.clone())
        })
        .collect()
}

#[test]
fn schedules_fire_once_with_funds_checked_even_when_the_process_was_dead_when_they_were_due() {
    let _timed = Timed::test("schedules");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");
    api.append(&Append::deposit(ACCOUNT, "pay", "100.00", "EUR", "salary"));
    let path = |name: &str| format!("/v1/accounts/{ACCOUNT}/schedules/{name}");
    let put = |name: &str, body: &Value| {
        let answer = api.send("PUT", &path(name), body);
        assert_eq!(answer.status, 201, "{}", answer.text);
    };
    put("first", &soon("60.00", 5));
    let last_of = |name: &str| {
        let schedule = api.get(&path(name));
        match &schedule["last"] {
            Value::Null => Err(schedule.to_string()),
            last => Ok(last.clone()),
        }
    };
    let last = eventually("the first has fired", || last_of("first"));
    assert_eq!(last["outcome"], "done", "{last}");

    // 40.00 is left: the second has too little, the third enough.
    put("second", &soon("60.00", 5));
    put("third", &soon("40.00", 6));
    server.kill();
    std::thread::sleep(std::time::Duration::from_secs(7));
    let server = Server::start(&folder);
    let api = server.api();
    for (name, outcome, reason) in [
        ("second", "skipped", json!("insufficient-funds")),
        ("third", "done", Value::Null),
    ] {
        let last = eventually("what was missed has run", || {
            let schedule = api.get(&path(name));
            match &schedule["last"] {
                Value::Null => Err(schedule.to_string()),
                last => Ok(last.clone()),
            }
        });
        assert_eq!(
            (&last["outcome"], &last["reason"]),
            (&json!(outcome), &reason),
            "{name}"
        );
    }
    // Some more heartbeats change nothing.
    std::thread::sleep(std::time::Duration::from_secs(7));
    let events = api.get(&format!("/v1/accounts/{ACCOUNT}/events"));
    let ran: Vec<(String, String)> = of_schedules(&events)
        .into_iter()
        .map(|(event_type, data)| (event_type, data["schedule_id"].as_str().unwrap().to_owned()))
        .collect();
    let ran: Vec<(&str, &str)> = ran.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        ran,
        [
            ("MoneyWithdrawn", "first"),
            ("OperationSkipped", "second"),
            ("MoneyWithdrawn", "third")
        ]
    );
    assert!(api.dead_letters().is_empty());
    let verified = api.get(&format!("/v1/accounts/{ACCOUNT}/verification"));
    assert_eq!(verified["valid"], true, "{verified}");
    server.stop();
}
