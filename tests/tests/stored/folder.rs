//! A data folder that `ledgerbell serve` of an earlier version has left behind
//! when it was killed, and this version on a copy of it.
//!
//! Its people have every wish that there is. Their accounts have commits of
//! every type; one is closed, one is of nobody. Mails were delivered, delayed,
//! bounced and complained of; one was being sent when the program was killed, one
//! was put off by the mailbox, of one nobody knows. Others wait: for the end of
//! quiet hours, a digest, the end of the month. Schedules wait, are over, were
//! skipped and cancelled. One customer was erased. A replay is done, and a dead
//! letter waits for an operator.
//!
//! `folder.json` says what is there on the day on which all that waits is due.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tests::world::TestClock;

use crate::file::{Golden, path};
use crate::machine::{Machine, Running};

const PATIENCE: Duration = Duration::from_secs(60);

fn machine() -> Machine {
    let files = ["FORMAT", "keys.json", "dynamodb.sqlite", "local.sqlite"];
    let files = files.map(|name| {
        let stored = path("folder").join(name);
        let content = match std::fs::read(&stored) {
            Ok(content) => content,
            Err(_) => {
                let packed = std::fs::read(stored.with_extension("sqlite.gz")).unwrap();
                let mut content = Vec::new();
                GzDecoder::new(packed.as_slice())
                    .read_to_end(&mut content)
                    .unwrap();
                content
            }
        };
        (name, content)
    });
    Machine::of(&files)
}

async fn accounts(running: &Running) -> Vec<Value> {
    let mut accounts = running.get("/v1/accounts?limit=100").await["accounts"].take();
    let accounts = accounts.as_array_mut().unwrap();
    accounts.sort_by_key(|account| account["account_id"].to_string());
    std::mem::take(accounts)
}

/// What became of each notification, by account.
async fn notifications(running: &Running) -> BTreeMap<String, Vec<Value>> {
    let mut all = BTreeMap::new();
    for account in accounts(running).await {
        let id = account["account_id"].as_str().unwrap().to_owned();
        let path = format!("/v1/accounts/{id}/notifications?limit=100");
        let of_account = running.get(&path).await;
        let shown = of_account["notifications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|shown| {
                json!({
                    "notification_id": shown["notification_id"],
                    "kind": shown["kind"],
                    "recipient": shown["recipient"],
                    "event_version": shown["event_version"],
                    "state": shown["state"],
                    // Of what was sent it may say that its provider was quicker to tell.
                "reason": Some(&shown["reason"]).filter(|_| shown["state"] != "SENT"),
                    "due_at": shown["due_at"],
                    "digest_id": shown["digest_id"],
                    "delivery": shown["delivery"],
                })
            });
        all.insert(id, shown.collect());
    }
    all
}

/// One account goes on here, by a schedule: what its last commit has of the time
/// at which it runs is left out.
fn without_times(account: &mut Value) {
    if account["account_id"] == "ACC-BEN" {
        for member in ["hash", "updated_at"] {
            account.as_object_mut().unwrap().remove(member);
        }
    }
}

/// To whom each mail went, and which notification it was of: in this order.
async fn mails(running: &Running) -> Vec<Value> {
    let inbox = running.inbox().await;
    let mails = inbox
        .iter()
        .map(|mail| json!([mail["to"], mail["notification_id"]]));
    let mut mails: Vec<Value> = mails.collect();
    mails.sort_by_key(Value::to_string);
    mails
}

/// Waits until nothing is due any more and all that the provider tells is told.
async fn settled(running: &Running, clock: &TestClock) -> BTreeMap<String, Vec<Value>> {
    let started = Instant::now();
    let (mut before, mut same) = (BTreeMap::new(), 0);
    loop {
        clock.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = notifications(running).await;
        same = if now == before { same + 1 } else { 0 };
        if same == 20 {
            return now;
        }
        before = now;
        assert!(
            started.elapsed() < PATIENCE,
            "it does not settle: {before:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_an_earlier_version_left_is_taken_up_and_what_waits_in_it_is_sent_once() {
    let machine = machine();
    let mut golden = Golden::read(path("folder.json"));
    let clock = Arc::new(TestClock::default());
    clock.set("2026-12-02T12:00:00Z".parse().unwrap());
    let running = machine.start(clock.clone()).await;
    let settled_now = settled(&running, &clock).await;
    golden.check("notifications", Some(json!(settled_now)));
    let mails_now = mails(&running).await;
    let mut once = mails_now.clone();
    once.dedup();
    assert_eq!(once, mails_now, "a mail came twice");
    golden.check("mails", Some(json!(mails_now)));

    let mut accounts_now = accounts(&running).await;
    accounts_now.iter_mut().for_each(without_times);
    golden.check("accounts", Some(json!(accounts_now)));
    let verifications = running.get("/v1/verifications?limit=100").await;
    let mut verified = verifications["verifications"].as_array().unwrap().clone();
    verified.sort_by_key(|verified| verified["account_id"].to_string());
    verified.iter_mut().for_each(without_times);
    golden.check("verifications", Some(json!(verified)));
    let schedules = running.get("/v1/accounts/ACC-BEN/schedules").await;
    golden.check("schedules", Some(schedules));
    // It was requested before there was a list.
    golden.check("replays", Some(running.get("/v1/replays").await));
    let letters = running.get("/v1/dead-letters").await;
    let letter = &letters["dead_letters"][0];
    let members = ["id", "kind", "event_id", "account_id", "at", "attempts"];
    let shown = members.map(|member| letter[member].clone());
    golden.check(
        "dead_letters",
        Some(json!({ "waiting": letters["waiting"], "first": shown })),
    );
    for (member, customer) in [("ana", "ana"), ("dora", "dora"), ("ivy", "ivy")] {
        let person = running.get(&format!("/v1/customers/{customer}")).await;
        golden.check(member, Some(person));
    }

    // The same request again, by its key of then.
    let deposit = json!({ "events": [{ "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z", "data": {
        "amount": "1250.00", "currency": "EUR", "channel": "sepa", "counterparty": "Example Works Ltd",
        "reference": "Salary – Novembre", "value_date": "2026-11-22",
    } }] });
    let again = running
        .post("/v1/accounts/ACC-ANA/events", "key-2", &deposit)
        .await;
    golden.check("again", Some(again));

    // A link and a code of mails of then.
    let inbox = running.inbox().await;
    let mail = inbox
        .iter()
        .rev()
        .find(|mail| mail["to"] == "delay+hal@simulator.amazonses.com");
    let link = mail.unwrap()["headers"]["List-Unsubscribe"]
        .as_str()
        .unwrap();
    let (_, path) = link.trim_end_matches('>').split_once("/v1").unwrap();
    assert_eq!(running.one_click(&format!("/v1{path}")).await, 200);
    golden.check(
        "hal_after_a_click",
        Some(running.get("/v1/customers/hal").await),
    );
    golden.check(
        "mail_code",
        Some(running.get("/v1/mail-codes/5AF5-X25G-X400").await),
    );

    // The operator decides that the unknown one is to be sent.
    let redrive = json!({ "ids": [letter["id"]] });
    let redriven = running
        .post("/v1/dead-letters/redrive", "redrive", &redrive)
        .await;
    assert_eq!(redriven["redriven"][0]["outcome"], "redriven", "{redriven}");
    let after = settled(&running, &clock).await;
    golden.check("after_the_redrive", Some(json!(after["ACC-UMA"])));
    assert_eq!(mails(&running).await.len(), mails_now.len() + 1);
    running.stop().await;

    // And nothing is left to be done at the next start.
    let running = machine.start(clock.clone()).await;
    let _ = settled(&running, &clock).await;
    assert_eq!(mails(&running).await.len(), mails_now.len() + 1);
    running.stop().await;
}
