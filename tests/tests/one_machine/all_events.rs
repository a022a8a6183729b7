//! All accounts in recorded order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tests::one_machine::{Api, Append, Folder, PATIENCE, Server, opening};

use crate::Timed;

const ACCOUNTS: usize = 20;
/// Requests of each writer, by turns of one event and of five.
const REQUESTS: usize = 10;
const EVENTS: usize = ACCOUNTS * (1 + REQUESTS * 3);
/// Not a divisor of anything: pages end inside of commits.
const LIMIT: usize = 7;

#[test]
fn pages_of_all_events_hold_each_event_once_in_recorded_order_while_writers_go_on() {
    let _timed = Timed::test("all events");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    static WRITTEN: AtomicBool = AtomicBool::new(false);

    let reader = {
        let api = api.clone();
        thread::spawn(move || follow(&api, &WRITTEN))
    };
    let writers: Vec<_> = (0..ACCOUNTS)
        .map(|number| {
            let api = api.clone();
            thread::spawn(move || write(&api, number))
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    WRITTEN.store(true, Ordering::Relaxed);
    let followed = reader.join().unwrap();

    let ascending = api.pages(&format!("/v1/events?limit={LIMIT}"), "events", "cursor");
    let mut descending = api.pages(
        &format!("/v1/events?limit={LIMIT}&order=desc"),
        "events",
        "cursor",
    );
    descending.reverse();
    assert_eq!(ascending.len(), EVENTS);
    assert!(ascending.is_sorted_by_key(|event| event["recorded_at"].as_str()));
    each_account_has_its_versions_in_order(&ascending);
    assert_eq!(places(&ascending), places(&descending));
    assert_eq!(
        places(&followed),
        places(&ascending),
        "who reads along reads something else"
    );
}

/// The opening, then deposits: one in one request, five in the next.
fn write(api: &Api, number: usize) {
    let account = format!("ACC-{number:02}");
    api.append(&Append {
        account: account.clone(),
        key: "open".to_owned(),
        events: vec![opening("ana", "EUR")],
    });
    for request in 0..REQUESTS {
        let mut append = Append::deposit(
            &account,
            &format!("request-{request}"),
            "1.00",
            "EUR",
            "all events",
        );
        if request % 2 == 1 {
            append.events = vec![append.events[0].clone(); 5];
        }
        api.append(&append);
    }
}

/// Reads along until everything is written, and then to the end: at the end
/// of what there is, the last page is asked for again, as nothing may ever
/// appear before what was read.
fn follow(api: &Api, written: &AtomicBool) -> Vec<Value> {
    let started = std::time::Instant::now();
    let mut followed: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    // How many of this page were read before.
    let mut read = 0;
    loop {
        assert!(
            started.elapsed() < PATIENCE,
            "{} events read of {EVENTS}",
            followed.len()
        );
        let last_look = written.load(Ordering::Relaxed);
        let mut page = api.get(&format!("/v1/events?limit={LIMIT}{cursor}"));
        let Value::Array(events) = page["events"].take() else {
            panic!("no events: {page}")
        };
        let again = &followed[followed.len() - read..];
        assert_eq!(
            places(again),
            places(&events[..read]),
            "something appeared before what was read"
        );
        followed.extend_from_slice(&events[read..]);
        match page["next"].as_str() {
            Some(next) => {
                cursor = format!("&cursor={next}");
                read = 0;
            }
            None => {
                read = events.len();
                if last_look && followed.len() >= EVENTS {
                    return followed;
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn each_account_has_its_versions_in_order(events: &[Value]) {
    for number in 0..ACCOUNTS {
        let account = format!("ACC-{number:02}");
        let versions: Vec<u64> = events
            .iter()
            .filter(|event| event["account_id"] == account)
            .map(|event| event["version"].as_u64().unwrap())
            .collect();
        assert_eq!(
            versions,
            (1..=(EVENTS / ACCOUNTS) as u64).collect::<Vec<_>>(),
            "{account}"
        );
    }
}

fn places(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .map(|event| {
            format!(
                "{} {} {}",
                event["recorded_at"], event["account_id"], event["version"]
            )
        })
        .collect()
}
