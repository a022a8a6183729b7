//! A schedule fires, and what waited is told, through the deployed heartbeats.

use std::thread;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "a_one_time_schedule_fires_once_through_the_heartbeat_and_is_told_by_mail_and_balance",
        a_schedule_fires,
    ),
    (
        "a_mail_of_the_quiet_hours_is_told_by_the_heartbeat_when_they_are_over",
        quiet_hours_end,
    ),
    (
        "a_schedule_that_cannot_be_is_a_problem_that_names_the_field",
        a_bad_schedule_is_named,
    ),
];

/// The local scheduler looks every ten seconds for what its `rate(1 minute)`
/// is due for; two beats and a cold function, with room.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(180);

fn call(
    stack: &Stack,
    caller: &Caller,
    method: &'static str,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    stack.api(method, path, &[], body).send(Some(caller))
}

fn open(stack: &Stack, account: &str) -> Caller {
    open_with(stack, account, &json!({}))
}

fn open_with(stack: &Stack, account: &str, preferences: &Value) -> Caller {
    let caller = stack.user_of_the_api(&format!("bank-of-{account}"));
    let customer = json!({ "email": format!("{}@example.org", account.to_lowercase()),
        "name": "Ada Moreau", "locale": "en", "time_zone": "UTC", "preferences": preferences });
    let put = call(
        stack,
        &caller,
        "PUT",
        &format!("/customers/CUST-{account}"),
        Some(&customer),
    );
    assert!((200..300).contains(&put.status), "{put:?}");
    let events = json!({ "events": [{ "type": "AccountOpened", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "customer_id": format!("CUST-{account}"), "currency": "EUR", "opening_balance": "100.00" } }] });
    let opened = stack
        .api(
            "POST",
            &format!("/accounts/{account}/events"),
            &[("idempotency-key", "open")],
            Some(&events),
        )
        .send(Some(&caller));
    assert_eq!(opened.status, 201, "{opened:?}");
    caller
}

fn withdrawal(when: Value) -> Value {
    json!({ "operation": { "type": "MoneyWithdrawn",
            "data": { "amount": "30.00", "currency": "EUR", "reference": "Rent" } },
        "when": when, "time_zone": "Europe/Paris" })
}

fn a_schedule_fires(stack: &Stack) {
    let account = "ACC-SCHEDULE";
    let caller = open(stack, account);
    let path = format!("/accounts/{account}/schedules/rent");
    let at = (Utc::now() + TimeDelta::seconds(20)).format("%Y-%m-%dT%H:%M:%SZ");
    let body = withdrawal(json!({ "at": at.to_string() }));
    let made = call(stack, &caller, "PUT", &path, Some(&body));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("etag"), Some("\"2\""));

    let started = Instant::now();
    let last = loop {
        let shown = call(stack, &caller, "GET", &path, None);
        assert_eq!(shown.status, 200, "{shown:?}");
        let shown = shown.json();
        if !shown["last"].is_null() {
            break shown["last"].clone();
        }
        assert!(
            started.elapsed() < HEARTBEAT_LIMIT,
            "no heartbeat has run it: {shown}"
        );
        thread::sleep(Duration::from_secs(1));
    };
    assert_eq!(last["outcome"], "done", "{last}");
    assert_eq!(last["version"], 3, "{last}");

    stack.eventually("the balance", || {
        let answer = call(stack, &caller, "GET", &format!("/accounts/{account}"), None);
        match answer.json()["balance"] == "70.00" {
            true => Ok(()),
            false => Err(answer),
        }
    });
    let address = format!("{}@example.org", account.to_lowercase());
    let mails = stack.eventually("the mail", || {
        let mut mails = stack.mails();
        mails.retain(|mail| mail.to.contains(&address));
        if mails.is_empty() {
            Err(mails)
        } else {
            Ok(mails)
        }
    });
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].text.contains("Rent"), "{mails:?}");
    let history = call(
        stack,
        &caller,
        "GET",
        &format!("/accounts/{account}/events"),
        None,
    )
    .json();
    let events = history["events"].as_array().unwrap();
    assert_eq!(events.len(), 3, "{events:#?}");
    assert_eq!(events[2]["data"]["schedule_id"], "rent");
}

fn quiet_hours_end(stack: &Stack) {
    let account = "ACC-QUIET";
    // Whole minutes: between one and two of them are left.
    let minute = |minutes| {
        (Utc::now() + TimeDelta::minutes(minutes))
            .format("%H:%M")
            .to_string()
    };
    let quiet = json!({ "quiet_hours": { "from": minute(-60), "to": minute(2) } });
    let caller = open_with(stack, account, &quiet);
    let deposit = json!({ "events": [{ "type": "MoneyDeposited", "occurred_at": "2026-11-22T11:00:00Z",
        "data": { "amount": "125.50", "currency": "EUR" } }] });
    let path = format!("/accounts/{account}/events");
    let told = stack
        .api(
            "POST",
            &path,
            &[("idempotency-key", "quiet")],
            Some(&deposit),
        )
        .send(Some(&caller));
    assert_eq!(told.status, 201, "{told:?}");
    let path = format!("/accounts/{account}/notifications");
    let shown = || call(stack, &caller, "GET", &path, None).json()["notifications"][0].clone();
    let planned = stack.eventually("that it waits", || match shown() {
        found if found["state"] == "PLANNED" => Ok(found),
        found => Err(found),
    });
    assert_eq!(planned["reason"], "quiet-hours", "{planned}");
    let address = format!("{}@example.org", account.to_lowercase());
    let mails = || {
        let mut mails = stack.mails();
        mails.retain(|mail| mail.to.contains(&address));
        mails.len()
    };
    assert_eq!(mails(), 0);

    let started = Instant::now();
    while shown()["state"] != "SENT" {
        assert!(
            started.elapsed() < HEARTBEAT_LIMIT + Duration::from_secs(120),
            "no heartbeat has told it: {}",
            shown()
        );
        thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(mails(), 1);
}

fn a_bad_schedule_is_named(stack: &Stack) {
    let account = "ACC-NO-SCHEDULE";
    let caller = open(stack, account);
    let path = format!("/accounts/{account}/schedules/never");
    let body = withdrawal(json!({ "cron": "cron(0 0 30 2 ? *)" }));
    let refused = call(stack, &caller, "PUT", &path, Some(&body));
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/when/cron");
    assert_eq!(call(stack, &caller, "GET", &path, None).status, 404);
}
