//! A clerk with a customer on the phone: who is it, what did they get, why not, and what has to be changed.

use serde_json::{Value, json};
use tests::one_machine::{Api, eventually, settled};

use crate::given::{ANSWERS, Given};

const IBAN: &str = "DE89370400440532013000";

/// Chloé with an account of an IBAN's form and a mail of 30.00 EUR, and others.
fn bank() -> (Given, Value) {
    let given = Given::new();
    let api = given.api();
    for (id, name, email) in [
        ("chloe", "Chloé Martin", "chloe@example.com"),
        ("marta", "Marta Marten", "marta@example.com"),
        (
            "script",
            "<script>window.hacked=1</script>",
            "s@example.com",
        ),
        ("hanako", "田中 花子", "hanako@example.com"),
    ] {
        put(&api, id, name, email);
    }
    api.open(IBAN, "chloe", "EUR");
    api.open("ACC-2", "marta", "EUR");
    given.deposit(IBAN, "in", "30.00", "salary");
    let outcome = settled(&api, &given.folder.disk(), IBAN, 2, 1);
    let notification = outcome.notifications[0].clone();
    eventually("the indexes", || {
        let found = api.get("/v1/search?q=marta")["hits"].clone();
        match found.as_array().is_some_and(|hits| !hits.is_empty()) {
            true => Ok(()),
            false => Err(found.to_string()),
        }
    });
    (given, notification)
}

fn put(api: &Api, id: &str, name: &str, email: &str) {
    let person = json!({ "email": email, "name": name, "locale": "en", "time_zone": "Europe/Paris", "preferences": {} });
    let answer = api.send("PUT", &format!("/v1/customers/{id}"), &person);
    assert_eq!(answer.status, 201, "{}", answer.text);
}

/// Writes a text into the search and presses Enter.
fn search(given: &Given, text: &str) {
    let page = &given.page;
    let _ = page.evaluate("document.activeElement.blur()");
    page.press("/");
    page.wait("the search", "document.activeElement.id === 'find'");
    page.write(text);
    page.press("Enter");
}

#[test]
fn whatever_a_caller_has_leads_to_the_account_the_person_or_the_mail() {
    let (given, notification) = bank();
    let page = &given.page;
    let id = notification["notification_id"].as_str().unwrap();
    let code = notification["mail_code"].as_str().unwrap();
    let account = format!("#/accounts/{IBAN}");
    let event = format!("{account}/events/2");
    let mail = format!("#/notifications/{id}");
    let event_id = notification["event_id"].as_str().unwrap();
    for (text, address) in [
        (IBAN, account.as_str()),
        ("DE89 3704 0044 0532 0130 00", &account),
        ("de89-3704-0044-0532-0130-00", &account),
        ("••••3000", &account),
        ("3000", &account),
        ("chloe", "#/customers/chloe"),
        ("CHLOE@example.com", "#/customers/chloe"),
        ("chloe martin", "#/customers/chloe"),
        ("Martin Chloé", "#/find?q=Martin+Chlo%C3%A9"),
        ("田中 花子", "#/customers/hanako"),
        ("<script>window.hacked=1</script>", "#/customers/script"),
        (event_id, &event),
        (id, &mail),
        (code, &mail),
        (&code.replace('-', " ").to_lowercase(), &mail),
    ] {
        given.open("/events");
        search(&given, text);
        page.wait(text, &format!("location.hash === {}", json!(address)));
    }
    // Back leads to where the search began, and not into the search.
    given.open("/events");
    search(&given, IBAN);
    page.wait_for("#account-title", "DE89 3704 0044 0532 0130 00");
    let _ = page.evaluate("history.back()");
    page.wait("the events again", "location.hash === '#/events'");

    // Several, and the beginning of a name: the clerk chooses.
    search(&given, "mart");
    page.wait_for("#found", "Chloé Martin Customer chloe name");
    page.wait_for("#found", "Marta Marten Customer marta name");
    let hits = given.api().get("/v1/search?q=mart")["hits"].clone();
    assert_eq!(
        page.count("#found tbody tr"),
        hits.as_array().unwrap().len() as u64
    );
    search(&given, "marta");
    page.wait("marta", "location.hash === '#/customers/marta'");
    assert_eq!(page.evaluate("typeof window.hacked"), json!("undefined"));
    given.assert_clean();
}

#[test]
fn a_code_shows_whether_the_mail_is_ours_whose_it_is_and_the_mail() {
    let (given, notification) = bank();
    let (page, api) = (&given.page, given.api());
    let code = notification["mail_code"].as_str().unwrap();
    given.open("/");
    search(&given, code);
    page.wait_for(
        "#notification",
        &format!("The mail with the code {code} is ours."),
    );
    let checked = api.get(&format!("/v1/mail-codes/{code}"));
    assert_eq!(checked["valid"], true, "{checked}");
    page.wait_for(
        "#notification",
        "Customer Chloé Martin Account DE89 3704 0044 0532 0130 00 Event version 2 State sent",
    );
    page.wait_for_frame("salary");
    page.click("#notification dd a");
    page.wait_for("#customer", "Chloé Martin");

    // One that nobody sent.
    let last = if code.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{last}", &code[..code.len() - 1]);
    search(&given, &wrong);
    page.wait_for("#found", "Nothing has this");
    page.wait_for("#found", "code of a mail");
}

#[test]
fn a_text_that_no_key_has_is_looked_for_in_correlation_ids_and_in_events() {
    let (given, _) = bank();
    let (page, api) = (&given.page, given.api());
    let events = json!({ "events": [{
        "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "amount": "7.77", "currency": "EUR", "reference": "needle" },
    }] });
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "payroll"),
        ("x-correlation-id", "payroll-7731"),
    ];
    let path = "/v1/accounts/ACC-2/events";
    let answer = api
        .try_send("POST", path, &headers, &events.to_string())
        .unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text);
    given.open("/");
    search(&given, "payroll-7731");
    page.wait("its event", "location.hash === '#/accounts/ACC-2/events/2'");
    search(&given, "needle");
    page.wait_for("#found", "Nothing has this");
    page.wait_for("#events", "needle +7.77 EUR");
    // What cannot be is refused by nobody: nothing is found.
    for text in ["%", "' OR 1=1", "\u{202e}", &"x".repeat(200)] {
        search(&given, text);
        let query = json!(text);
        page.wait(
            "the page of this text",
            &format!("new URLSearchParams(location.hash.split('?')[1]).get('q') === {query}.trim() && document.activeElement.id !== 'find'"),
        );
        page.wait_for("#found", "Nothing");
    }
    given.assert_clean();
}

#[test]
fn a_role_that_may_not_read_customers_is_told_that_they_were_not_searched() {
    let (given, _) = bank();
    let page = &given.page;
    page.before_load(ANSWERS);
    given.open("/");
    let _ = page.evaluate("window.failing = { '/v1/search?': 403 }");
    search(&given, "Chloé");
    page.wait_for(
        "#found",
        "Customers were not searched: your role may not read them.",
    );
    let _ = page.evaluate("window.failing = { '/v1/search': 500 }");
    search(&given, "Chloé Martin");
    page.wait_for("#found", "Not known: the test answers 500.");
    assert!(
        !page.text("#found").contains("Nothing has"),
        "nothing is not what is known"
    );
    let _ = page.evaluate("window.failing = {}");
    page.click("#found .known button");
    page.wait("the person", "location.hash === '#/customers/chloe'");
}

#[test]
fn a_person_is_one_page_with_accounts_balances_mails_and_preferences_as_the_api_has_them() {
    let (given, notification) = bank();
    let (page, api) = (&given.page, given.api());
    given.open("/customers");
    page.wait_for("#customers", "5 by name");
    let names = api.get("/v1/customers")["customers"].clone();
    let names: Vec<&str> = names
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let shown = page.evaluate(
        "[...document.querySelectorAll('#customers tbody th')].map((cell) => cell.innerText)",
    );
    assert_eq!(shown, json!(names));
    page.click("#customers tbody tr:nth-child(2) a");
    page.wait_for(
        "#customer",
        "Chloé Martin chloe@example.com · chloe · English · Europe/Paris",
    );
    page.wait_for("#accounts", "DE89 3704 0044 0532 0130 00 open");
    page.wait_for("#accounts", "30.00 EUR");
    page.wait_for("#mails", notification["mail_code"].as_str().unwrap());
    page.wait_for("#addresses", "chloe@example.com gets mail");
    given.assert_clean();
}

#[test]
fn a_kind_is_switched_off_after_it_was_shown_what_that_would_have_meant() {
    let (given, _) = bank();
    let (page, api) = (&given.page, given.api());
    // The index by time lags, so what-if leaves the last seconds out.
    let question = json!({ "from": "2026-11-01T00:00:00Z", "to": "2099-01-01T00:00:00Z", "customer_id": "chloe", "preferences": {} });
    eventually("what-if has the deposit", || {
        let answer = api.send("POST", "/v1/what-if", &question).json;
        match answer["kinds"]["deposit"]["before"]["told"] == 1 {
            true => Ok(()),
            false => Err(answer.to_string()),
        }
    });
    given.open("/customers/chloe");
    page.click("#preferences [name=deposit]");
    page.click("#preferences .action");
    page.wait_for("dialog", "Of the last 30 days: 1 → 0 notifications");
    page.wait_for("dialog", "Deposit: 1 → 0");
    page.click("#dialog-no");
    assert_eq!(api.get("/v1/customers/chloe")["preferences"], json!({}));
    page.click("#preferences .action");
    page.click("#dialog-yes");
    page.wait_for("#preferences .status", "Saved.");
    let stored = api.get("/v1/customers/chloe");
    assert_eq!(
        stored["preferences"],
        json!({ "kinds": { "deposit": { "enabled": false } } })
    );
    assert_eq!(stored["email"], "chloe@example.com");

    // Amounts, delivery and all at once; what is refused is said where it was entered.
    page.click("#preferences [name=large-amount]");
    page.click("#preferences [name='large-amount min_amount']");
    page.write("1000 EUR, 100000 JPY");
    page.click("#preferences .action");
    page.click("#dialog-yes");
    page.wait_for(
        "#preferences .status[data-state=failed]",
        "/preferences/kinds/large-amount/min_amount/EUR",
    );
    let _ =
        page.evaluate("document.querySelector(\"[name='large-amount min_amount']\").value = ''");
    page.click("#preferences [name='large-amount min_amount']");
    page.write("1000.00 EUR, 100000 JPY");
    // Somebody else saves meanwhile: neither is lost without a word.
    let body = json!({ "email": "new@example.com", "name": "Chloé Martin", "locale": "fr", "time_zone": "Europe/Paris", "preferences": {} });
    assert_eq!(api.send("PUT", "/v1/customers/chloe", &body).status, 200);
    page.click("#preferences .action");
    page.click("#dialog-yes");
    page.wait_for(
        "#preferences .status[data-state=failed]",
        "somebody else has changed this customer",
    );
    page.click("#preferences .buttons .plain");
    page.wait(
        "the new state",
        "document.querySelector('#preferences [name=deposit]').checked",
    );
    assert_eq!(api.get("/v1/customers/chloe")["email"], "new@example.com");
}

#[test]
fn a_person_is_erased_only_once_the_id_was_typed() {
    let (given, _) = bank();
    let (page, api) = (&given.page, given.api());
    given.open("/customers/chloe");
    page.wait_for("#addresses", "gets mail");
    page.click("#addresses .buttons .plain");
    page.wait_for("dialog", "Erase this customer?");
    assert_eq!(
        page.evaluate("document.querySelector('#dialog-yes').disabled"),
        json!(true)
    );
    page.click("#erase-typed");
    page.write("chloe");
    page.click("#dialog-yes");
    page.wait_for(
        "#customer",
        "There is no such customer, or the customer was erased.",
    );
    assert_eq!(api.try_get("/v1/customers/chloe").unwrap().status, 404);
    search(&given, "Chloé Martin");
    page.wait_for("#found", "Nothing has this");
}

#[test]
fn the_notifications_of_all_accounts_are_filtered_as_the_address_says() {
    let (given, _) = bank();
    let (page, api) = (&given.page, given.api());
    given.open("/customers/marta");
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let person =
        json!({ "email": "marta@example.com", "name": "Marta Marten", "preferences": off });
    assert_eq!(api.send("PUT", "/v1/customers/marta", &person).status, 200);
    given.deposit("ACC-2", "none", "5.00", "none");
    eventually("it is decided", || {
        let list = api.get("/v1/notifications?state=SKIPPED");
        match list["notifications"].as_array().map(Vec::len) {
            Some(1) => Ok(()),
            _ => Err(list.to_string()),
        }
    });
    given.open("/notifications");
    page.wait(
        "both",
        "document.querySelectorAll('#notifications tbody tr').length === 2",
    );
    given.open("/notifications?state=SKIPPED&reason=preference-off");
    page.wait_for("#notifications", "Deposit ACC-2");
    page.wait_for("#notifications", "not sent preference-off");
    assert_eq!(page.count("#notifications tbody tr"), 1);
    let _ = page.evaluate(
        "(() => { const state = document.querySelector('#filter-state'); state.value = 'UNKNOWN'; state.dispatchEvent(new Event('change')); })()",
    );
    page.wait_for("#notifications", "There is none.");
    let address = page.evaluate("location.hash");
    assert_eq!(
        address,
        json!("#/notifications?state=UNKNOWN&reason=preference-off")
    );
    given.assert_clean();
}
