//! What could not be read is "not known": never zero, never an empty panel, and never "no mail was sent".

use serde_json::{Value, json};
use tests::one_machine::{Append, eventually};

use crate::given::{ANSWERS, Given};
use crate::screens::FAINT_TEXTS;

/// Each view, what is on it when all is read, and the panels that are read again and again.
const VIEWS: [(&str, &str, &[&str]); 8] = [
    (
        "/",
        "Deposit ACC-1",
        &["#status", "#throughput", "#lag", "#events"],
    ),
    ("/accounts", "ACC-1 ana", &["#accounts"]),
    (
        "/accounts/ACC-1",
        "Version 3 of 3",
        &["#history", "#notifications", "#schedules"],
    ),
    ("/accounts/ACC-1/events/2", "Deposit sent", &["#mail"]),
    ("/events", "Deposit ACC-1", &["#events"]),
    ("/dead-letters", "There are no dead letters", &["#dead"]),
    (
        "/customers/ana",
        "ana@example.com",
        &["#customer", "#preferences", "#addresses"],
    ),
    // One that has ended changes no more, and is not read again.
    ("/replays", "1 equal", &[]),
];

/// What a reader sees of the panels: each with whether it has a line about what is not known, and its words.
const PANELS: &str = r"[...document.querySelectorAll('main .panel')].filter((panel) => panel.checkVisibility()).map((panel) => ({
  id: panel.id || panel.getAttribute('aria-labelledby'), known: panel.dataset.known ?? null,
  retry: Boolean(panel.querySelector('.known button')?.checkVisibility()), words: panel.innerText.replace(/\s+/g, ' '),
  rows: panel.querySelectorAll('li').length,
  nothing: [...panel.querySelectorAll('.nothing')].filter((line) => line.checkVisibility()).map((line) => line.innerText) }))";

fn failing(given: &Given, how: &Value) {
    let rules = json!({ "/v1/": how, "/local/mails": how }).to_string();
    let _ = given.page.evaluate(&format!(
        "(() => {{ sessionStorage.failing = '{rules}'; window.failing = {rules}; }})()"
    ));
}

fn answering(given: &Given) {
    let _ = given
        .page
        .evaluate("(() => { sessionStorage.failing = '{}'; window.failing = {}; })()");
}

fn panels(given: &Given) -> Vec<Value> {
    given
        .page
        .evaluate(PANELS)
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn load(given: &Given, view: &str) {
    given.page.go("about:blank");
    given.page.go(&format!("{}/#{view}", given.server.base()));
}

fn every_view(how: &Value) {
    let given = Given::new();
    let page = &given.page;
    let api = given.api();
    api.open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "30.00", "in");
    given.deposit("ACC-1", "again", "12.00", "again");
    let rebuild = api.send("POST", "/v1/replays", &json!({ "kind": "projections" }));
    assert_eq!(rebuild.status, 202, "{}", rebuild.text);
    page.before_load(ANSWERS);
    page.before_load("window.failing = JSON.parse(sessionStorage.failing ?? '{}')");
    load(&given, "/replays");
    page.wait_for("#replays", "1 equal");

    for (view, text, read_again) in VIEWS {
        failing(&given, how);
        load(&given, view);
        page.wait_for("main", "Not known");
        // Every panel, and not only the first one that fails.
        page.wait(
            "every panel to say it",
            "[...document.querySelectorAll('main .panel')].every((panel) => !panel.checkVisibility() || panel.id === 'new-replay' || panel.dataset.known === 'unknown')",
        );
        for panel in panels(&given) {
            if panel["id"] == "new-replay" {
                continue;
            }
            assert!(
                panel["words"].as_str().unwrap().contains("Not known: "),
                "{view} {how}: {panel}"
            );
            assert_eq!(panel["retry"], true, "{view} {how}: {panel}");
            assert_eq!(panel["nothing"], json!([]), "{view} {how}: {panel}");
        }
        let said = page.text("main");
        for word in [
            "0 in",
            "No mail was",
            "No mail so far",
            "no mail was",
            "There is no such",
            "no notifications",
            "Nothing is scheduled",
            "EUR",
        ] {
            assert!(!said.contains(word), "{view} {how} says {word:?}: {said}");
        }

        answering(&given);
        page.click("main .known button");
        page.wait_for("main", text);
        page.wait(
            "all to be read",
            "![...document.querySelectorAll('main .known')].some((line) => line.checkVisibility())",
        );
        let before = panels(&given);

        failing(&given, how);
        for id in read_again {
            let part = json!(id);
            page.wait(
                "what was read to be old",
                &format!("document.querySelector({part}).closest('.panel').dataset.known === 'stale' || document.querySelector({part}).dataset.known === 'stale'"),
            );
        }
        for (old, new) in before.iter().zip(panels(&given)) {
            assert_eq!(old["rows"], new["rows"], "{view} {how}: {old} {new}");
            if new["known"] == "stale" {
                let words = new["words"].as_str().unwrap();
                assert!(
                    words.contains("As of ") && words.contains(" ago: "),
                    "{view} {how}: {new}"
                );
                assert_eq!(new["retry"], true, "{view} {how}: {new}");
            }
        }
        page.wait_for("main", text.trim_start_matches("There are no dead letters"));
        if view == "/accounts" {
            let grey = page.evaluate("getComputedStyle(document.querySelector('#accounts .money')).color === getComputedStyle(document.querySelector('#accounts time')).color");
            assert_eq!(grey, json!(true), "what is old is not grey");
            assert_eq!(
                page.evaluate(FAINT_TEXTS),
                json!([]),
                "what is old cannot be read"
            );
        }
    }
}

#[test]
fn every_panel_of_every_view_says_that_it_is_not_known_while_the_server_fails() {
    every_view(&json!(500));
}

#[test]
fn every_panel_of_every_view_says_that_it_is_not_known_while_the_server_refuses() {
    every_view(&json!(403));
}

#[test]
fn every_panel_of_every_view_says_that_it_is_not_known_without_a_network() {
    every_view(&json!("offline"));
}

#[test]
fn every_panel_of_every_view_says_that_it_is_not_known_while_no_answer_comes() {
    every_view(&json!("never"));
}

#[test]
fn one_panel_that_fails_takes_no_other_with_it() {
    let given = Given::new();
    let page = &given.page;
    given.api().open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "30.00", "in");
    page.before_load(ANSWERS);
    page.before_load(
        "window.failing = { '/v1/accounts/ACC-1/notifications': 500, '/v1/dead-letters': 403 }",
    );
    load(&given, "/accounts/ACC-1");
    page.wait_for("#notifications", "Not known: the test answers 500.");
    page.wait_for("#history", "Deposit 2");
    page.wait_for("#as-of-balance", "Version 2 of 2 30.00 EUR");
    page.wait_for("#schedules", "Nothing is scheduled.");
    page.wait_for("#dead-count", "?");
    // Without the right to list dead letters a story is still told.
    let _ = page.evaluate("window.failing = { '/v1/dead-letters': 403 }");
    page.go(&format!(
        "{}/#/accounts/ACC-1/events/2",
        given.server.base()
    ));
    page.wait_for(".timeline", "Deposit sent");
    page.wait_for(".timeline", "Failed (dead letters) not known");
    page.wait_for("#mail", "To ana@example.com");
}

#[test]
fn a_page_whose_server_is_not_there_yet_says_so_and_starts_by_itself() {
    let given = Given::new();
    let page = &given.page;
    page.before_load(ANSWERS);
    page.before_load("window.failing = { '/local/about': 503 }");
    page.go(&format!("{}/#/dead-letters", given.server.base()));
    page.wait_for("main", "Not known: the test answers 503. Trying again.");
    let _ = page.evaluate("window.failing = {}");
    page.wait_for("#dead", "There are no dead letters.");
    given.assert_clean();
}

/// The state of the only notification of version 2, and how often it was tried, as the API says.
fn state(given: &Given, account: &str) -> (String, u64) {
    let page = given
        .api()
        .get(&format!("/v1/accounts/{account}/notifications"));
    let found = page["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["event_version"] == 2);
    let found = found.cloned().unwrap_or_default();
    (
        found["state"].as_str().unwrap_or_default().to_owned(),
        found["attempts"].as_u64().unwrap_or_default(),
    )
}

#[test]
fn a_story_says_what_became_of_each_mail_and_never_that_none_was_sent() {
    let given = Given::new();
    let (page, api, disk) = (&given.page, given.api(), given.folder.disk());
    for account in ["ACC-1", "ACC-2", "ACC-3", "ACC-4"] {
        api.open(account, "ana", "EUR");
    }

    // The mailer is down: tried again and again.
    let down = |condition: &str| {
        let put = api.send("PUT", "/local/mailbox", &json!({ "condition": condition }));
        assert_eq!(put.status, 200, "{}", put.text);
    };
    down("down");
    given.deposit("ACC-1", "in", "1.00", "in");
    eventually("it waits for another try", || {
        match state(&given, "ACC-1") {
            (state, _) if state == "RETRY_AT" => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    given.open("/accounts/ACC-1/events/2");
    page.wait_for("#mail", "Deposit: not sent yet, failed after");
    page.wait_for("#mail", "the mailbox is down. It ");
    assert!(state(&given, "ACC-1").1 > 0);
    down("up");
    page.wait_for("#mail", "To ana@example.com");
    assert!(!page.text("#mail").contains("not sent yet"));

    // Until it is given up, which the page says as the API does.
    down("down");
    given.deposit("ACC-4", "in", "1.00", "in");
    eventually("it is given up", || match api.dead_letters().len() {
        1 => Ok(()),
        other => Err(other.to_string()),
    });
    down("up");
    given.open("/accounts/ACC-4/events/2");
    let (phase, tries) = state(&given, "ACC-4");
    assert_eq!(phase, "RETRY_AT");
    page.wait_for(
        "#mail",
        &format!("Deposit: not sent yet, failed after {tries} tries: the mailbox is down. It waits for a redrive: Failed"),
    );
    let redrive = json!({ "ids": [api.dead_letters()[0]["id"]] });
    let redriven = api.send("POST", "/v1/dead-letters/redrive", &redrive);
    assert_eq!(redriven.status, 200, "{}", redriven.text);
    page.wait_for("#mail", "To ana@example.com");

    // Not wished.
    let off = json!({
        "email": "ana@example.com", "name": "Ana Example", "locale": "en", "time_zone": "Europe/Paris",
        "preferences": { "kinds": { "deposit": { "enabled": false } } },
    });
    assert_eq!(api.send("PUT", "/v1/customers/ana", &off).status, 200);
    given.deposit("ACC-2", "in", "1.00", "in");
    given.open("/accounts/ACC-2/events/2");
    page.wait_for(
        "#mail",
        "Deposit: not sent: the customer does not want this kind.",
    );
    assert_eq!(state(&given, "ACC-2").0, "SKIPPED");

    // Failed before anything was decided: there is a dead letter, and no notification.
    disk.change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    given.deposit("ACC-3", "in", "1.00", "in");
    given.open("/accounts/ACC-3/events/2");
    page.wait_for("#mail", "Not sent yet: failed");
    let letter = &api.dead_letters()[0];
    page.wait_for(
        "#mail",
        letter["reason"]
            .as_str()
            .unwrap()
            .split('\n')
            .next()
            .unwrap(),
    );
    if let Some(attempts) = letter["attempts"].as_u64() {
        page.wait_for("#mail", &format!("after {attempts} tr"));
    }
    page.click("#mail a");
    page.wait_for("#dead", "NotifyFunction failed on MoneyDeposited ana ACC-3");
    given.assert_clean();

    // Outcomes that take a crash, by the API's answer.
    page.before_load(ANSWERS);
    for (answer, words) in [
        (
            json!({ "state": "UNKNOWN", "reason": "the worker ended", "attempts": 1 }),
            "Deposit: may have been sent: the worker ended.",
        ),
        (
            json!({ "state": "REJECTED", "reason": "the address is refused", "attempts": 1 }),
            "Deposit: refused: the address is refused.",
        ),
        (
            json!({ "state": "SENDING", "reason": null, "attempts": 1 }),
            "Deposit: being sent.",
        ),
        (
            json!({ "state": "SENT", "reason": null, "attempts": 1, "sent_at": "2026-11-22T10:00:00Z" }),
            "Deposit: sent, and not in the mailbox any more.",
        ),
    ] {
        let mut item = answer.clone();
        for (name, value) in [
            (
                "notification_id",
                json!("0197b1f4-0000-8000-8000-000000000001"),
            ),
            ("kind", json!("deposit")),
            ("event_version", json!(2)),
            ("history", json!([])),
        ] {
            item[name] = value;
        }
        let rules = json!({
            "/v1/accounts/ACC-3/notifications": { "notifications": [item], "next": null },
            "/v1/dead-letters": { "dead_letters": [], "waiting": 0, "complete": true },
        });
        page.go("about:blank");
        page.before_load(&format!("window.failing = {rules}"));
        page.go(&format!(
            "{}/#/accounts/ACC-3/events/2",
            given.server.base()
        ));
        page.wait_for("#mail", words);
    }
}

#[test]
fn a_story_has_the_dead_letter_of_its_event_also_for_what_followed_from_it() {
    let given = Given::new();
    let (page, api, disk) = (&given.page, given.api(), given.folder.disk());
    api.open("ACC-1", "ana", "EUR");
    disk.change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    let withdrawal = json!({
        "type": "MoneyWithdrawn", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": "12.00", "currency": "EUR" },
    });
    api.append(&Append {
        account: "ACC-1".to_owned(),
        key: "out".to_owned(),
        events: vec![withdrawal],
    });
    eventually("the one for both has failed", || {
        match api.dead_letters().len() {
            1 => Ok(()),
            other => Err(other.to_string()),
        }
    });
    given.open("/accounts/ACC-1/events/2");
    page.wait_for(".timeline", "NotifyFunction failed on MoneyWithdrawn");
    page.wait(
        "its line",
        "document.querySelectorAll('#mail .outcome-line').length === 1",
    );
    given.assert_clean();
}

#[test]
fn a_search_that_fails_says_so_and_goes_on_when_it_can() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    for commit in 0..6 {
        let deposit = |number: usize| {
            json!({
                "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
                "data": { "amount": "1.00", "currency": "EUR", "reference": format!("number {}", commit * 25 + number) },
            })
        };
        api.append(&Append {
            account: "ACC-1".to_owned(),
            key: format!("k-{commit}"),
            events: (0..25).map(deposit).collect(),
        });
    }
    page.before_load(ANSWERS);
    given.open("/events");
    page.wait_for("#events", "number 149");
    // Its first page is behind what has been read.
    let _ = page.evaluate("window.failing = { '/v1/events?order=desc&limit=1000': 503 }");
    page.click("#event-search");
    page.write("number 3");
    page.wait_for("#events .known", "the test answers 503");
    assert_eq!(page.count("#events .known button"), 1);
    let _ = page.evaluate("window.failing = {}");
    page.click("#events .known button");
    page.wait("the oldest of them", "[...document.querySelectorAll('#events tbody tr')].some((row) => /number 3\\s/.test(row.innerText))");
    given.assert_clean();
}
