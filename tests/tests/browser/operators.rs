//! What an operator does: dead letters, replays, schedules, customers.

use serde_json::json;
use tests::one_machine::{Folder, Server, eventually, settled};

use crate::given::Given;

#[test]
fn a_dead_letter_appears_is_tried_in_a_dry_run_and_is_redriven_once() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    let disk = given.folder.disk();
    api.open("ACC-1", "ana", "EUR");
    given.open("/dead-letters");
    page.wait_for("#dead", "There are no dead letters.");
    // No mail can be written for a time zone that there is not.
    disk.change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    given.deposit("ACC-1", "first", "10.00", "salary");
    page.wait_for("#dead", "NotifyFunction failed on MoneyDeposited ACC-1");
    page.wait_for("#dead-count", "1");

    page.click("#dead .dead .plain");
    page.wait_for("#dead .status", "Dry run: nothing was changed: 1 letter");
    assert!(page.text("#dead .results").starts_with("would-redrive"));
    assert_eq!(api.dead_letters().len(), 1);

    // The story of the event shows it too.
    given.open("/accounts/ACC-1/events/2");
    page.wait_for(".timeline", "Dead letter");
    page.wait_for(".timeline", "time_zone must be a name");

    disk.change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Europe/Paris" })
    });
    given.open("/dead-letters");
    page.click("#dead .dead .plain:last-child");
    page.wait_for("dialog", "Redrive this letter?");
    page.click("#dialog-no");
    page.wait("the dialog to close", "!document.querySelector('dialog')");
    assert_eq!(api.dead_letters().len(), 1);

    page.click("#dead .dead .plain:last-child");
    page.click("#dialog-yes");
    page.wait_for("#dead .status", "Redriven: 1 letter");
    page.wait_for("#dead", "There are no dead letters.");
    let outcome = settled(&api, &disk, "ACC-1", 2, 1);
    assert_eq!(outcome.mails.len(), 1);
    assert!(outcome.dead_letters.is_empty());
    given.assert_clean();
}

/// With as many deposits as dead letters.
fn with_dead_letters(given: &Given, count: usize) {
    let api = given.api();
    api.open("ACC-1", "ana", "EUR");
    given.folder.disk().change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    for number in 0..count {
        given.deposit("ACC-1", &format!("key-{number}"), "10.00", "salary");
    }
    eventually("they are dead letters", || match api.dead_letters().len() {
        all if all == count => Ok(()),
        other => Err(other.to_string()),
    });
}

#[test]
fn every_tab_shows_every_dead_letter_while_others_look_too() {
    /// A page of this notes whenever it says that nothing has failed.
    const WATCH: &str = "(() => { window.saidNothing = 0; const line = document.querySelector('#dead .nothing');
        new MutationObserver(() => { if (!line.hidden) window.saidNothing += 1; }).observe(line, { attributes: true });
        if (!line.hidden) window.saidNothing += 1; })()";
    let given = Given::new();
    with_dead_letters(&given, 3);
    let base = given.server.base();
    let url = |tab: &str| format!("{base}/?{tab}#/dead-letters");
    given.page.go(&url("first"));
    given.page.open_window(&url("second"));
    let second = given.chromium.page_at("?second");
    let all = "document.querySelectorAll('#dead .dead').length === 3";
    let pages = [&given.page, &second];
    for page in pages {
        page.wait("all letters", all);
        let _ = page.evaluate(WATCH);
    }
    // Both look once a second, and another one all the time.
    for _ in 0..200 {
        assert_eq!(given.api().dead_letters().len(), 3);
    }
    for page in pages {
        page.wait_for("#dead-count", "3");
        page.wait("all letters", all);
        assert_eq!(page.evaluate("window.saidNothing"), json!(0));
    }
    given.assert_clean();
}

#[test]
fn what_is_not_known_of_the_dead_letters_is_said_and_not_taken_for_none() {
    let given = Given::new();
    let page = &given.page;
    given.open("/dead-letters");
    page.wait_for("#dead", "There are no dead letters.");
    let answers = |answer: &str| {
        let _ = page.evaluate(&format!(
            "(() => {{ window.asked ??= window.fetch; window.fetch = (path, options) => String(path).startsWith('/v1/dead-letters?')
                ? Promise.resolve({answer}) : window.asked.call(window, path, options); }})()"
        ));
    };
    let hidden = "document.querySelector('#dead .nothing').hidden";
    answers("new Response('{}', { status: 503 })");
    page.wait_for("#dead", "Not known: the dead letters cannot be listed");
    assert_eq!(
        page.evaluate(hidden),
        json!(true),
        "it says that nothing has failed"
    );
    page.wait_for("#dead-count", "?");
    answers("Response.json({ dead_letters: [], waiting: 2, complete: false })");
    page.wait_for(
        "#dead",
        "Not known: 2 letters are waiting, and 0 are visible now.",
    );
    assert_eq!(
        page.evaluate(hidden),
        json!(true),
        "it says that nothing has failed"
    );
    page.wait_for("#dead-count", "2");
    answers("Response.json({ dead_letters: [], waiting: 0, complete: true })");
    page.wait_for("#dead", "There are no dead letters.");
    page.wait(
        "no count",
        "document.querySelector('#dead-count').innerText === ''",
    );
}

#[test]
fn a_replay_is_followed_shows_what_differs_and_is_switched_to_on_request() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    for account in ["ACC-1", "ACC-2"] {
        api.open(account, "ana", "EUR");
        api.append(&tests::one_machine::Append::deposit(
            account, "in", "30.00", "EUR", "in",
        ));
    }
    let _ = settled(&api, &folder.disk(), "ACC-1", 2, 2);
    let _ = settled(&api, &folder.disk(), "ACC-2", 2, 2);
    server.stop();
    folder.disk().change_balance("ACC-2", |item| {
        item["account"]["M"]["balance"]["S"] = json!("99999.99")
    });

    let given = Given::on(folder);
    let page = &given.page;
    given.open("/replays");
    page.wait_for("#replays", "No replay was started from this browser.");
    page.click("#replay-start");
    page.wait_for("#replays", "1 equal, 1 differing, 0 missing");
    page.wait_for("#replays", "EUR 2 60.00");
    page.wait_for("#replays", "ACC-2 99 999.99 (version 2) 30.00 (version 2)");
    let live = || given.api().get("/v1/accounts/ACC-2")["balance"].clone();
    assert_eq!(live(), json!("99999.99"), "looking is not touching");

    page.click("#replays .outcome .plain");
    page.wait_for("dialog", "Switch to the rebuilt balances?");
    page.click("#dialog-yes");
    page.wait_for(
        "#replays",
        "1 equal, 1 differing, 0 missing; the rebuilt ones are live now",
    );
    assert_eq!(live(), json!("30.00"));

    // One account alone; and all are there after the page was loaded anew.
    page.click("#replay-accounts");
    page.write("ACC-2");
    page.click("#replay-start");
    page.wait_for(
        "#replays .replay",
        "ACC-2 · 1 accounts, 2 commits, 2 events",
    );
    page.wait_for("#replays .replay", "1 equal, 0 differing, 0 missing");
    page.go(&format!("{}/inbox", given.server.base()));
    given.open("/replays");
    page.wait(
        "all replays",
        "document.querySelectorAll('#replays [data-replay=done]').length === 3",
    );
    assert_eq!(given.api().inbox().len(), 2, "a replay has sent mail");
    given.assert_clean();
}

#[test]
fn a_schedule_is_made_and_cancelled_and_its_faults_are_told() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    given.open("/accounts/ACC-1");
    page.wait_for("#schedules", "Nothing is scheduled.");
    page.click("#schedules summary");
    for (name, text) in [
        ("id", "rent"),
        ("amount", "850.00"),
        ("reference", "Flat 3"),
        ("expression", "2050-12-24T18:00"),
    ] {
        page.click(&format!("#schedules [name={name}]"));
        page.write(text);
    }
    page.click("#schedules .action");
    page.wait_for(
        "#schedules",
        "rent Withdrawal 2050-12-24T18:00 Europe/Paris · Flat 3",
    );
    page.wait_for("#schedules", "850.00 EUR");
    page.wait_for("#history", "Schedule created");
    let schedules = api.get("/v1/accounts/ACC-1/schedules")["schedules"].clone();
    assert_eq!(
        schedules[0]["operation"]["data"]["amount"], "850.00",
        "{schedules:#}"
    );

    page.click("#schedules .schedule .plain");
    page.wait_for("dialog", "rent will not run any more");
    page.click("#dialog-yes");
    page.wait_for("#schedules", "Nothing is scheduled.");
    assert_eq!(
        api.get("/v1/accounts/ACC-1/schedules")["schedules"],
        json!([])
    );
    given.assert_clean();

    for (name, text) in [
        ("id", "bad"),
        ("amount", "1.234"),
        ("expression", "2050-12-24T18:00"),
    ] {
        page.click(&format!("#schedules [name={name}]"));
        page.write(text);
    }
    page.click("#schedules .action");
    page.wait_for(
        "#schedules .new .status[data-state=failed]",
        "/operation/data/amount",
    );
}

#[test]
fn a_customers_wishes_are_shown_and_a_suppressed_address_gets_mail_again_on_request() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    let bounces = json!({
        "email": "bounce@simulator.amazonses.com", "name": "Bo Example", "locale": "en", "time_zone": "Europe/Paris",
        "preferences": { "kinds": { "withdrawal": { "enabled": false } } },
    });
    assert_eq!(api.send("PUT", "/v1/customers/bo", &bounces).status, 201);
    api.open("ACC-BO", "bo", "EUR");
    given.deposit("ACC-BO", "in", "1.00", "in");
    eventually("the address is suppressed", || {
        let list = api.get("/v1/customers/bo/suppressions");
        match list["suppressions"][0]["suppressed"] == true {
            true => Ok(()),
            false => Err(list.to_string()),
        }
    });
    given.open("/accounts/ACC-BO/events/2");
    page.wait_for(".timeline", "Bounced");
    given.open("/accounts/ACC-BO");
    page.wait_for(".facts", "Customer bo");
    page.click(".facts a");
    page.wait_for("#customer", "name Bo Example");
    page.wait_for("#preferences", "\"withdrawal\": { \"enabled\": false }");
    page.wait_for("#suppressions", "gets no mail");
    page.click("#suppressions .plain");
    page.click("#dialog-yes");
    page.wait_for("#suppressions", "gets mail");
    page.wait(
        "nothing suppressed",
        "!document.querySelector('#suppressions').innerText.includes('gets no mail')",
    );
    let list = api.get("/v1/customers/bo/suppressions");
    assert_eq!(list["suppressions"][0]["suppressed"], false);
    given.assert_clean();
}
