//! Looking for something: an account, an event, a balance of the past.

use serde_json::json;
use tests::one_machine::Append;

use crate::given::Given;

#[test]
fn an_event_is_found_by_its_words_its_id_and_its_type_also_behind_the_first_page() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    let needle = given.deposit("ACC-1", "needle", "7.77", "the needle");
    for number in 0..120 {
        given.deposit("ACC-1", &format!("hay-{number}"), "1.00", "hay");
    }
    given.open("/events");
    page.wait_for("#events", "hay");
    assert!(
        !page.text("#events").contains("needle"),
        "it is on the first page"
    );

    // No key is that; so on among the events.
    page.click("#find");
    page.write("needle");
    page.press("Enter");
    page.wait_for("#found", "Nothing has this account id,");
    page.wait_for("#events", "the needle +7.77 EUR");
    assert_eq!(page.count("#events tbody tr"), 1);
    // The address can be passed on.
    let address = page.evaluate("location.hash");
    assert_eq!(address, json!("#/find?q=needle"));

    page.click("#find");
    page.write(needle["events"][0]["event_id"].as_str().unwrap());
    page.press("Enter");
    // The only hit opens at once.
    page.wait_for("#facts", "reference the needle");

    given.open("/events?type=AccountOpened");
    page.wait_for("#events", "Account opened ACC-1");
    assert_eq!(page.count("#events tbody tr"), 1);
    given.assert_clean();
}

#[test]
fn accounts_are_listed_in_pages_and_searched_by_customer() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    for number in 0..120 {
        let customer = if number == 77 { "the-one" } else { "others" };
        api.open(&format!("ACC-{number:03}"), customer, "EUR");
    }
    given.open("/accounts");
    page.wait(
        "a page of accounts",
        "document.querySelectorAll('#accounts tbody tr').length === 100",
    );
    page.click("#accounts .more");
    page.wait(
        "all accounts",
        "document.querySelectorAll('#accounts tbody tr').length === 120",
    );
    page.click("#account-search");
    page.write("the-ONE");
    page.wait(
        "the one",
        "document.querySelectorAll('#accounts tbody tr').length === 1",
    );
    page.wait_for("#accounts", "ACC-077 the-one");
    page.click("#accounts .name");
    page.wait_for("#account-title", "ACC-077");
    given.assert_clean();
}

#[test]
fn the_slider_shows_the_balance_of_every_version_as_the_api_tells_it() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    let paid_in = given.deposit("ACC-1", "in", "1234567.89", "in");
    api.append(&Append {
        account: "ACC-1".to_owned(),
        key: "several".to_owned(),
        events: vec![
            movement(
                "MoneyWithdrawn",
                json!({ "amount": "0.01", "currency": "EUR" }),
            ),
            movement(
                "MoneyWithdrawn",
                json!({ "amount": "2000000.00", "currency": "EUR" }),
            ),
            movement(
                "TransactionReversed",
                json!({ "reverses": paid_in["events"][0]["event_id"], "reason": "mistake" }),
            ),
        ],
    });
    given.deposit(
        "ACC-1",
        "again",
        "90071992547409.93",
        "beyond what floating point holds",
    );

    given.open("/accounts/ACC-1");
    page.wait_for("#as-of-balance", "Version 6 of 6");
    // The chart adds up by itself, from the last one backwards.
    page.wait("the chart", "document.querySelector('.chart')");
    let chart = page.evaluate("document.querySelector('.chart').getAttribute('aria-label')");
    assert_eq!(
        chart,
        json!(
            "Balance over 6 events, from 0.00 to 90\u{202f}071\u{202f}990\u{202f}547\u{202f}409.92 EUR"
        )
    );

    page.tab_to("#as-of");
    page.press("Home");
    for version in 1..=6 {
        page.wait(
            "the version",
            &format!("document.querySelector('#as-of-balance').dataset.version === '{version}'"),
        );
        let account = api.get(&format!("/v1/accounts/ACC-1?as_of_version={version}"));
        let shown = page
            .text("#as-of-balance .money")
            .replace(' ', "")
            .replace('\u{2212}', "-");
        assert_eq!(
            json!(shown),
            json!(format!("{}EUR", account["balance"].as_str().unwrap()))
        );
        page.press("ArrowRight");
    }

    // It follows the newest again, as it did before it was moved.
    given.deposit("ACC-1", "later", "1.00", "later");
    page.wait_for("#as-of-balance", "Version 7 of 7");
    page.press("Home");
    page.wait_for("#as-of-balance", "Version 1 of 7");
    given.deposit("ACC-1", "still-later", "1.00", "later");
    page.wait_for(".facts", "version 8");
    assert!(
        page.text("#as-of-balance").starts_with("Version 1 of"),
        "it was moved away under the hand"
    );
    page.click("#as-of-now");
    page.wait_for("#as-of-balance", "Version 8 of 8");
    given.assert_clean();
}

fn movement(event_type: &str, data: serde_json::Value) -> serde_json::Value {
    json!({ "type": event_type, "occurred_at": "2026-11-22T10:00:00Z", "data": data })
}

#[test]
fn a_search_whose_every_word_is_one_fills_the_fields_and_what_banks_write_stays_text() {
    let given = Given::new();
    let page = &given.page;
    given.api().open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "full", "18.40", "Paid in full");
    given.deposit("ACC-1", "village", "1840.00", "SOS village");
    for (search, shown, fields) in [
        (
            "Paid in full",
            "Paid in full",
            json!({ "event-search": "Paid in full", "event-type": "" }),
        ),
        (
            "SOS village",
            "SOS village",
            json!({ "event-search": "SOS village", "filter-currency": "" }),
        ),
        (
            ">=18.4 <=18.4 EUR",
            "Paid in full",
            json!({ "event-search": "", "filter-min_amount": "18.4", "filter-currency": "EUR" }),
        ),
        (
            "in >=1,840 EUR",
            "SOS village",
            json!({ "filter-min_amount": "1840", "event-type": "MoneyDeposited" }),
        ),
        (
            ">=18,40 EUR",
            "None of the 3 events matches.",
            json!({ "event-search": ">=18,40 EUR", "filter-min_amount": "" }),
        ),
        (
            "2026-99",
            "None of the 3 events matches.",
            json!({ "event-search": "2026-99", "filter-from": "" }),
        ),
        (
            ">=18",
            "An amount needs its currency.",
            json!({ "filter-min_amount": "18" }),
        ),
    ] {
        given.page.go("about:blank");
        let query = search.replace('>', "%3E").replace(' ', "%20");
        given.open(&format!("/events?q={query}"));
        page.wait_for("#events", shown);
        for (id, value) in fields.as_object().unwrap() {
            let is = page.evaluate(&format!("document.getElementById('{id}').value"));
            assert_eq!(&is, value, "{search}: {id}");
        }
    }
    given.assert_clean();
}

#[test]
fn each_figure_of_the_overview_leads_to_what_it_counts() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    let quiet = json!({
        "email": "ana@example.com", "name": "Ana Example", "locale": "en", "time_zone": "Europe/Paris",
        "preferences": { "delivery": "daily", "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } } } },
    });
    assert_eq!(api.send("PUT", "/v1/customers/ana", &quiet).status, 200);
    api.open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "small", "1.00", "small");
    for key in ["one", "two"] {
        given.deposit("ACC-1", key, "100.00", key);
    }
    let counted = json!([
        { "state": "PLANNED", "reason": "digest", "count": 2 },
        { "state": "SKIPPED", "reason": "below-minimum", "count": 1 },
    ]);
    tests::one_machine::eventually("all is decided", || {
        let found = api.get("/v1/status")["notifications"]["by_state"].clone();
        match found == counted {
            true => Ok(()),
            false => Err(found.to_string()),
        }
    });
    for (name, rows) in [("waiting", 2), ("not sent", 1)] {
        given.open("/");
        page.wait_for("#status", name);
        page.click(&format!(
            "#status [href*='{}']",
            if rows == 2 { "PLANNED" } else { "SKIPPED" }
        ));
        page.wait(
            "those alone",
            &format!("document.querySelectorAll('#notifications tbody tr').length === {rows}"),
        );
    }
    given.assert_clean();
}

#[test]
fn the_balance_at_the_end_of_a_day_has_what_was_recorded_by_then_in_the_readers_zone() {
    let given = Given::new();
    let page = &given.page;
    given.api().open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "30.00", "of 22 November");
    // The browser is in Paris.
    let now = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Paris);
    let day = |days: i64| {
        (now + chrono::TimeDelta::days(days))
            .format("%Y-%m-%d")
            .to_string()
    };
    given.open("/accounts/ACC-1");
    page.wait_for("#as-of-balance", "Version 2 of 2");
    page.choose("#as-of-day", &day(0));
    page.wait_for(
        "#as-of-balance",
        "Version 2 of 2, at the end of that day 30.00 EUR",
    );
    page.choose("#as-of-day", &day(-1));
    page.wait_for("#as-of-balance", "Nothing of it had been recorded by then.");
    let asked = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => new URL(name).searchParams.get('as_of')).filter(Boolean).at(-1)",
    );
    let end = chrono::DateTime::parse_from_rfc3339(asked.as_str().unwrap()).unwrap();
    let end = end.with_timezone(&chrono_tz::Europe::Paris);
    assert_eq!(
        end.format("%Y-%m-%dT%H:%M:%S%.9f").to_string(),
        format!("{}T23:59:59.999999999", day(-1))
    );
    page.click("#as-of-now");
    page.wait_for("#as-of-balance", "Version 2 of 2 30.00 EUR");
}
