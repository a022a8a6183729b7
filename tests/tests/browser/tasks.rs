//! What the people who use it come for, in how many actions: a click, or a text with Enter. What a page then says is compared
//! with the API.

use std::fmt::Write as _;

use chrono::Utc;
use serde_json::json;
use tests::one_machine::{Append, eventually, settled};

use crate::given::Given;

const IBAN: &str = "DE89370400440532013000";
const SHOWN_IBAN: &str = "DE89 3704 0044 0532 0130 00";

/// A task as it was done.
struct Done {
    person: &'static str,
    task: &'static str,
    took: u32,
    may: u32,
}

struct Tasks<'a> {
    given: &'a Given,
    done: Vec<Done>,
}

impl Tasks<'_> {
    /// Does a task from the overview, and counts.
    fn task(
        &mut self,
        person: &'static str,
        task: &'static str,
        may: u32,
        act: impl FnOnce(&Given),
    ) {
        self.given.open("/");
        self.on_this_page(person, task, may, act);
    }

    /// Does a task from the page that is open.
    fn on_this_page(
        &mut self,
        person: &'static str,
        task: &'static str,
        may: u32,
        act: impl FnOnce(&Given),
    ) {
        let before = self.given.page.actions();
        act(self.given);
        let took = self.given.page.actions() - before;
        self.done.push(Done {
            person,
            task,
            took,
            may,
        });
    }

    fn table(&self) -> String {
        let mut table = format!(
            "{:<9} {:<52} {:>4} {:>4}\n",
            "person", "task", "took", "may"
        );
        for Done {
            person,
            task,
            took,
            may,
        } in &self.done
        {
            let _ = writeln!(table, "{person:<9} {task:<52} {took:>4} {may:>4}");
        }
        table
    }
}

/// The day in the browser's zone, as a field for days has it.
fn today() -> String {
    let now = Utc::now().with_timezone(&chrono_tz::Europe::Paris);
    now.format("%Y-%m-%d").to_string()
}

/// Writes a text into the search and presses Enter.
fn search(given: &Given, text: &str) {
    let page = &given.page;
    page.press("/");
    page.wait("the search", "document.activeElement.id === 'find'");
    page.write(text);
    page.press("Enter");
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is a list")]
fn each_task_of_each_person_takes_no_more_actions_than_it_may() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    let disk = given.folder.disk();
    for (id, name, email) in [
        ("chloe", "Chloé Martin", "chloe@example.com"),
        ("bo", "Bo Example", "bounce@simulator.amazonses.com"),
    ] {
        let person = json!({ "email": email, "name": name, "locale": "en", "time_zone": "Europe/Paris", "preferences": {} });
        assert_eq!(
            api.send("PUT", &format!("/v1/customers/{id}"), &person)
                .status,
            201
        );
    }
    api.open(IBAN, "chloe", "EUR");
    api.open("ACC-BO", "bo", "EUR");
    given.deposit(IBAN, "in", "1234.00", "salary");
    given.deposit("ACC-BO", "in", "1.00", "in");
    let told = settled(&api, &disk, IBAN, 2, 2).notifications[0].clone();
    let code = told["mail_code"].as_str().unwrap().to_owned();
    let events = json!({ "events": [{
        "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z", "data": { "amount": "5.00", "currency": "EUR" },
    }] });
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "payroll"),
        ("x-correlation-id", "payroll-7731"),
    ];
    assert_eq!(
        api.try_send(
            "POST",
            "/v1/accounts/ACC-BO/events",
            &headers,
            &events.to_string()
        )
        .unwrap()
        .status,
        201
    );
    eventually("the address is blocked", || {
        let list = api.get("/v1/customers/bo/suppressions");
        match list["suppressions"][0]["suppressed"] == true {
            true => Ok(()),
            false => Err(list.to_string()),
        }
    });
    let mut tasks = Tasks {
        given: &given,
        done: Vec::new(),
    };

    for (task, text) in [
        ("find by name", "Chloé Martin"),
        ("find by e-mail", "chloe@example.com"),
    ] {
        tasks.task("clerk", task, 1, |given| {
            search(given, text);
            given.page.wait_for("#customer", "Chloé Martin");
        });
    }
    for (task, text) in [
        ("find by spaced IBAN", SHOWN_IBAN),
        ("find by ••••3000", "••••3000"),
    ] {
        tasks.task("clerk", task, 1, |given| {
            search(given, text);
            given.page.wait_for("#account-title", SHOWN_IBAN);
        });
    }
    tasks.task("clerk", "is this code yours?", 1, |given| {
        search(given, &code);
        given.page.wait_for(
            "#notification",
            &format!("The mail with the code {code} is ours."),
        );
    });
    assert_eq!(api.get(&format!("/v1/mail-codes/{code}"))["valid"], true);
    tasks.task("clerk", "read the mail she holds", 2, |given| {
        search(given, &code);
        given.page.wait_for_frame("salary");
    });
    given.open("/customers/chloe");
    tasks.on_this_page(
        "clerk",
        "the person's accounts, from the person's page",
        0,
        |given| {
            given.page.wait_for("#accounts", SHOWN_IBAN);
            given.page.wait_for("#accounts", "1 234.00 EUR");
        },
    );
    assert_eq!(
        api.get(&format!("/v1/accounts/{IBAN}"))["balance"],
        "1234.00"
    );
    tasks.task("clerk", "why told", 2, |given| {
        search(given, IBAN);
        given
            .page
            .wait_for("#history", "salary +1 234.00 EUR 1 234.00 EUR sent");
    });
    tasks.task("clerk", "mail to a mended address again", 3, |given| {
        search(given, "Bo Example");
        given.page.click("#addresses .buttons .action");
        given.page.click("#dialog-yes");
        given.page.wait_for("#addresses", "gets mail");
        given
            .page
            .wait_for("#addresses", "Mail is sent to these addresses again.");
    });
    assert_eq!(
        api.get("/v1/customers/bo/suppressions")["suppressions"][0]["suppressed"],
        false
    );
    given.open("/customers/chloe");
    tasks.on_this_page("clerk", "switch a kind off", 3, |given| {
        given.page.click("#preferences [name=deposit]");
        given.page.click("#preferences .action");
        given.page.click("#dialog-yes");
        given.page.wait_for("#preferences .status", "Saved.");
    });
    let stored = api.get("/v1/customers/chloe");
    assert_eq!(
        stored["preferences"],
        json!({ "kinds": { "deposit": { "enabled": false } } })
    );
    given.deposit(IBAN, "later", "2.00", "later");
    tasks.task("clerk", "why not told", 2, |given| {
        search(given, IBAN);
        given.page.wait_for(
            "#history",
            "later +2.00 EUR 1 236.00 EUR not sent preference-off",
        );
    });

    tasks.task("operator", "follow a correlation id", 1, |given| {
        search(given, "payroll-7731");
        given.page.wait_for("#story-title", "Deposit");
    });
    tasks.task("operator", "is all well?", 0, |given| {
        given.page.wait_for("#verdict", "All is well.");
        let status = given.api().get("/v1/status");
        for (name, count) in [
            ("Events recorded", &status["events"]["count"]),
            ("Notifications", &status["notifications"]["count"]),
            ("Failed", &status["dead_letters"]),
        ] {
            given.page.wait_for("#status", &format!("{name} {count}"));
        }
    });
    let rent = json!({ "type": "MoneyWithdrawn", "occurred_at": "2026-11-22T10:00:00Z", "data": { "amount": "1200.00", "currency": "EUR", "reference": "rent" } });
    api.append(&Append {
        account: IBAN.to_owned(),
        key: "rent".to_owned(),
        events: vec![rent],
    });
    // No mail can be written for a time zone that there is not.
    disk.change_customer("bo", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    for key in ["one", "two"] {
        given.deposit("ACC-BO", key, "10.00", "salary");
    }
    eventually("two have failed", || match api.dead_letters().len() {
        2 => Ok(()),
        other => Err(other.to_string()),
    });
    given.open("/dead-letters");
    tasks.on_this_page("operator", "from what failed to its event", 1, |given| {
        given.page.click("#dead tbody .name");
        given.page.wait_for("#story-title", "Deposit");
    });
    disk.change_customer("bo", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Europe/Paris" })
    });
    tasks.task("operator", "redrive one cause", 3, |given| {
        given.page.click("[data-entry=dead-letters]");
        given.page.click("#dead .group-title button");
        given
            .page
            .wait_for("dialog", "Deposit +10.00 EUR, Bo Example, ••••C-BO");
        given.page.click("#dialog-yes");
        given.page.wait_for("#dead", "Redriven: 2 letters");
        given
            .page
            .wait_for("#redriven", "Deposit +10.00 EUR, Bo Example, ••••C-BO");
    });
    page.wait_for("#dead", "There are no dead letters.");
    tasks.task("operator", "rebuild and compare", 2, |given| {
        given.page.click("[data-entry=replays]");
        given.page.click("#replay-start");
        given
            .page
            .wait_for("#replays", "2 equal, 0 differing, 0 missing");
    });
    tasks.task("analyst", "the accounts of a customer", 1, |given| {
        search(given, "chloe@example.com");
        given.page.wait_for("#accounts", SHOWN_IBAN);
    });

    tasks.task("analyst", "balance on a day", 2, |given| {
        search(given, IBAN);
        given.page.wait_for("#history", "later");
        given.page.choose("#as-of-day", &today());
        given
            .page
            .wait_for("#as-of-balance", ", at the end of that day 36.00 EUR");
    });
    let query = "type=MoneyWithdrawn&currency=EUR&min_amount=1000.00";
    let found = api.get(&format!("/v1/events?{query}"))["events"].clone();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let month = &today()[..7];
    tasks.task(
        "analyst",
        "EUR out of at least 1,000 in a month",
        2,
        |given| {
            search(given, &format!("out >=1000 EUR {month}"));
            given.page.wait_for("#events", "rent \u{2212}1 200.00 EUR");
            given.page.wait_for("#events .filter", "1");
            assert_eq!(given.page.count("#events tbody tr"), 1);
        },
    );
    tasks.task("analyst", "told, by state and reason", 0, |given| {
        given
            .page
            .wait_for("#status", "not sent 1 the customer does not want this kind");
    });

    println!("{}", tasks.table());
    let too_long: Vec<_> = tasks
        .done
        .iter()
        .filter(|done| done.took > done.may)
        .map(|done| done.task)
        .collect();
    assert_eq!(too_long, [""; 0], "{}", tasks.table());
    given.assert_clean();
}
