//! What an operator does: dead letters, replays, schedules, customers.

use serde_json::json;
use tests::one_machine::{Folder, Server, eventually, settled};

use crate::given::{ANSWERS, Given, LOOK};

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
    page.wait_for("#dead", "NotifyFunction failed on MoneyDeposited ana ACC-1");
    page.wait_for("#dead-count", "1");

    page.click("#dead tbody .plain");
    page.wait_for("#dead .status", "Dry run: nothing was changed: 1 letter");
    assert!(page.text("#dead .results").starts_with("would-redrive"));
    assert_eq!(api.dead_letters().len(), 1);

    // The story of the event shows it too.
    given.open("/accounts/ACC-1/events/2");
    page.wait_for(".timeline", "Failed (dead letter)");
    page.wait_for(".timeline", "time_zone must be a name");

    disk.change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Europe/Paris" })
    });
    given.open("/dead-letters");
    page.click("#dead tbody .plain:last-child");
    page.wait_for("dialog", "Redrive this letter?");
    page.click("#dialog-no");
    page.wait("the dialog to close", "!document.querySelector('dialog')");
    assert_eq!(api.dead_letters().len(), 1);

    page.click("#dead tbody .plain:last-child");
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

/// A page of this counts the looks at which it says that nothing has failed, in `window.saidNothing`.
const WATCH: &str = r"(() => { window.saidNothing = 0; const look = () => {
        if (/There are no dead letters|No dead letter is visible/.test(document.body?.innerText ?? '')) window.saidNothing += 1;
        if (document.querySelector('#dead-count')?.innerText === '') window.saidNothing += 1;
        requestAnimationFrame(look); }; look(); })()";

#[test]
fn every_tab_shows_every_dead_letter_while_others_look_too() {
    const TABS: [&str; 4] = ["first", "second", "third", "fourth"];
    let given = Given::new();
    with_dead_letters(&given, 3);
    let base = given.server.base();
    let pages = TABS.map(|tab| {
        let url = format!("{base}/?{tab}#/dead-letters");
        given.page.open_window(&url);
        given.chromium.page_at(&format!("?{tab}"))
    });
    let all = "document.querySelectorAll('#dead tbody tr').length === 3";
    for page in &pages {
        page.wait("all letters", all);
        let _ = page.evaluate(WATCH);
    }
    // They look once a second, and another one all the time.
    for _ in 0..200 {
        assert_eq!(given.api().dead_letters().len(), 3);
    }
    for page in &pages {
        page.wait_for("#dead-count", "3");
        page.wait("all letters", all);
        assert_eq!(page.evaluate("window.saidNothing"), json!(0));
    }
}

#[test]
fn a_list_of_dead_letters_that_is_slow_refused_or_broken_never_says_none() {
    let given = Given::new();
    let page = &given.page;
    with_dead_letters(&given, 3);
    page.before_load(ANSWERS);
    page.before_load("window.failing = JSON.parse(sessionStorage.failing ?? '{}')");
    page.before_load(WATCH);
    page.go(&format!("{}/#/dead-letters", given.server.base()));
    page.wait(
        "all letters",
        "document.querySelectorAll('#dead tbody tr').length === 3",
    );
    let three = "document.querySelectorAll('#dead tbody tr').length === 3";
    let rule = |how: &serde_json::Value, then: &str| {
        let rules = json!({ "/v1/dead-letters": how }).to_string();
        let _ = page.evaluate(&format!(
            "(() => {{ sessionStorage.failing = '{rules}'; window.failing = {rules}; {then} }})()"
        ));
    };
    let failing = |how: &serde_json::Value| rule(how, LOOK);
    for how in [json!(500), json!(403), json!("offline"), json!("never")] {
        // While it is open: the letters stay, with their age.
        failing(&how);
        page.wait_for("#dead .known", "As of");
        page.wait("the letters to stay", three);
        // From the beginning: not known.
        page.go("about:blank");
        page.go(&format!("{}/#/dead-letters", given.server.base()));
        page.wait_for("#dead .known", "Not known");
        page.wait_for("#dead-count", "?");
        assert_eq!(page.evaluate("window.saidNothing"), json!(0), "{how}");
        rule(
            &json!({ "dead_letters": [], "waiting": 3, "complete": false }),
            "",
        );
        page.click("#dead .known button");
        page.wait_for(
            "#dead",
            "Not known: 3 letters are waiting, and 0 are visible now.",
        );
        let _ = page.evaluate(&format!("window.failing = {{}}; {LOOK}"));
        page.wait("all letters again", three);
        // Others hold them: those that were seen are shown, as seen before.
        failing(&json!({ "dead_letters": [], "waiting": 3, "complete": false }));
        page.wait(
            "seen before",
            "document.querySelectorAll('#dead [data-before]').length === 3",
        );
        page.wait_for("#dead", "not visible now");
        let _ = page.evaluate(&format!("window.failing = {{}}; {LOOK}"));
        page.wait(
            "seen now",
            "document.querySelectorAll('#dead tbody tr:not([data-before])').length === 3",
        );
        assert_eq!(page.evaluate("window.saidNothing"), json!(0), "{how}");
    }
    // SQS's count is up to a minute old: a stack's letter that was just seen is not taken for gone, and none is not said.
    let _ = page.evaluate("sessionStorage.failing = JSON.stringify({ '/local/about': { mailbox: false, endpoint: 'https://stack.example', poll_ms: 1000 } })");
    page.go("about:blank");
    page.go(&format!("{}/#/dead-letters", given.server.base()));
    page.wait("all letters", three);
    failing(&json!({ "dead_letters": [], "waiting": 0, "complete": true }));
    page.wait(
        "seen before",
        "document.querySelectorAll('#dead [data-before]').length === 3",
    );
    let _ = page.evaluate("sessionStorage.failing = JSON.stringify({ '/local/about': { mailbox: false, endpoint: 'https://stack.example', poll_ms: 1000 },
        '/v1/dead-letters': { dead_letters: [], waiting: 0, complete: true } })");
    page.go("about:blank");
    page.go(&format!("{}/#/dead-letters", given.server.base()));
    page.wait_for(
        "#dead",
        "No dead letter is visible, and none was counted. The count is up to a minute old.",
    );
}

#[test]
fn an_empty_list_of_dead_letters_that_cannot_be_read_again_says_what_was_known() {
    let given = Given::new();
    let page = &given.page;
    page.before_load(ANSWERS);
    given.open("/dead-letters");
    page.wait_for("#dead", "There are no dead letters.");
    let _ = page.evaluate(&format!(
        "window.failing = {{ '/v1/dead-letters': 503 }}; {LOOK}"
    ));
    page.wait_for("#dead", "As of");
    page.wait_for("#dead", "None was waiting then.");
    assert!(!page.text("#dead").contains("There are no dead letters"));
    page.wait_for("#dead-count", "?");
    let _ = page.evaluate("window.failing = {}");
    page.click("#dead .known button");
    page.wait_for("#dead", "There are no dead letters.");
    page.wait(
        "no count",
        "document.querySelector('#dead-count').innerText === ''",
    );
    given.assert_clean();
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
    page.wait_for("#replays", "No replay was started yet.");
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
    ] {
        page.click(&format!("#schedules [name={name}]"));
        page.write(text);
    }
    let _ = page.evaluate(
        "(() => { const often = document.querySelector('#schedules [name=often]'); often.value = 'monthly'; often.dispatchEvent(new Event('change')); })()",
    );
    page.click("#schedules .action");
    page.wait_for(
        "#schedules",
        "rent Withdrawal · At 09:00, on day 1, Europe/Paris time · Flat 3",
    );
    page.click("#schedules .schedule summary");
    assert_eq!(page.count("#schedules .run"), 4);
    page.wait_for("#schedules", "850.00 EUR");
    page.wait_for("#history", "Schedule created");
    let schedules = api.get("/v1/accounts/ACC-1/schedules")["schedules"].clone();
    assert_eq!(
        schedules[0]["operation"]["data"]["amount"], "850.00",
        "{schedules:#}"
    );
    assert_eq!(schedules[0]["when"]["cron"], "cron(0 9 1 * ? *)");
    assert_eq!(schedules[0]["next_runs"].as_array().unwrap().len(), 5);

    page.click("#schedules .schedule .plain");
    page.wait_for("dialog", "rent will not run any more");
    page.click("#dialog-yes");
    page.wait_for("#schedules", "Nothing is scheduled.");
    assert_eq!(
        api.get("/v1/accounts/ACC-1/schedules")["schedules"],
        json!([])
    );
    given.assert_clean();

    for (name, text) in [("id", "bad"), ("amount", "1.234")] {
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
    page.wait_for(
        "#customer",
        "Bo Example bounce@simulator.amazonses.com · bo · English · Europe/Paris",
    );
    page.wait(
        "the switch",
        "document.querySelector('#preferences [name=deposit]').checked && !document.querySelector('#preferences [name=withdrawal]').checked",
    );
    page.wait_for("#addresses", "gets no mail");
    page.click("#addresses .buttons .action");
    page.click("#dialog-yes");
    page.wait_for("#addresses", "gets mail");
    page.wait(
        "nothing suppressed",
        "!document.querySelector('#addresses').innerText.includes('gets no mail')",
    );
    let list = api.get("/v1/customers/bo/suppressions");
    assert_eq!(list["suppressions"][0]["suppressed"], false);
    given.assert_clean();
}
