//! What arrives while the page is open.

use serde_json::json;
use tests::one_machine::{Append, settled};

use crate::given::{Given, yearly};

#[test]
fn a_deposit_arrives_without_reload_and_its_story_ends_with_the_mail() {
    let given = Given::new();
    let page = &given.page;
    given.api().open("ACC-1", "ana", "EUR");
    given.open("/accounts/ACC-1");
    page.wait_for("#history", "Account opened");
    let _ = page.evaluate("window.loaded = 'once'");

    given.deposit("ACC-1", "salary", "125.50", "November salary");
    page.wait_for("#history", "November salary +125.50 EUR 125.50 EUR");
    page.wait_for(".balance", "125.50 EUR");
    page.wait_for("#notifications", "Deposit 2");
    page.wait_for("#as-of-balance", "Version 2 of 2 125.50 EUR");

    page.click("#history .name");
    for step in [
        "Happened as the bank says",
        "Recorded as version 2",
        "Projected balance 0.00 EUR → 125.50 EUR",
        "Decided: Deposit being sent template deposit/en@",
        "Deposit sent",
        "Delivered",
    ] {
        page.wait_for(".timeline", step);
    }
    page.wait_for("#facts", "reference November salary");
    page.wait_for("#mail", "To ana@example.com");
    page.wait_for_frame("November salary");
    let frame = page.evaluate("document.querySelector('#mail iframe').getAttribute('sandbox')");
    assert_eq!(frame, json!(""));

    // The mailbox shows the same mail.
    page.click("#mail a");
    page.wait_for("#mail-subject", "€125.50 was paid into your account");
    page.wait_for_frame("November salary");
    page.go(&format!("{}/#/accounts/ACC-1", given.server.base()));
    page.wait_for("#history", "November salary");
    given.assert_clean();
}

#[test]
fn the_overview_shows_how_much_comes_in_and_how_late_the_mails_are() {
    let given = Given::new();
    let page = &given.page;
    given.open("/");
    page.wait_for("#welcome", "No account yet");
    given.api().open("ACC-1", "ana", "EUR");
    page.wait_for("#events", "Account opened ACC-1");
    let _ = page.evaluate("window.loaded = 'once'");
    given.deposit("ACC-1", "salary", "125.50", "salary");
    page.wait_for("#events", "salary +125.50 EUR");
    page.wait_for("#throughput", "2 in the last 24 hours");
    page.wait_for("#lag", "of 1 mail");
    page.wait_for("#verdict", "All is well.");
    assert_eq!(page.count("#lag .dot-mark"), 1);
    assert!(page.count("#throughput .bar-mark") > 0);
    assert_eq!(page.evaluate("window.loaded"), json!("once"));
    given.assert_clean();
}

#[test]
fn a_hostile_text_stays_text_wherever_it_is_shown() {
    const HOSTILE: &str =
        r#"<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"#;
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "hostile", "1.00", HOSTILE);
    let path = "/v1/accounts/ACC-1/schedules/hostile";
    assert_eq!(api.send("PUT", path, &yearly(HOSTILE)).status, 201);

    given.open("/accounts/ACC-1");
    page.wait_for("#history", HOSTILE);
    page.wait_for("#schedules", HOSTILE);
    given.open("/events");
    page.wait_for("#events", HOSTILE);
    given.open("/accounts/ACC-1/events/2");
    page.wait_for("#facts", HOSTILE);
    page.wait_for_frame("<script>window");
    given.open("/accounts/ACC-1/events/3");
    page.wait_for("#facts", "window.hacked=1");
    for view in [
        "/accounts/%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/customers/%3Cimg%3E",
        "/events?q=%3Cimg%20src=x%3E",
        "/%3Cimg%20src=x%3E",
    ] {
        given.open(view);
        page.wait(
            "the view",
            "document.querySelector('main').children.length > 0",
        );
    }
    assert_eq!(page.evaluate("typeof window.hacked"), json!("undefined"));
    assert_eq!(page.count("main img, main script"), 0);
    // Ids that cannot be are asked for, and refused; that is told, and nothing else is.
    let complaints = page.complaints();
    let refused = |told: &String| told.contains("status of 400") || told.contains("status of 404");
    let others: Vec<_> = complaints.iter().filter(|told| !refused(told)).collect();
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn the_page_may_run_no_script_and_no_style_but_its_own() {
    let given = Given::new();
    for path in ["/", "/inbox"] {
        let answer = given.api().try_get(path).unwrap();
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        for inline in ["<style", " style=", " onclick=", "javascript:"] {
            assert!(!answer.text.contains(inline), "{path} has {inline}");
        }
    }
    // A mail has its own styles, and may do nothing else wherever it is opened.
    let api = given.api();
    api.open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "1.00", "in");
    let outcome = settled(&api, &given.folder.disk(), "ACC-1", 2, 1);
    let mail = outcome.mails[0]["id"].as_str().unwrap();
    let message = api
        .try_get(&format!("/local/inbox/{mail}/message"))
        .unwrap();
    let policy = message.header("content-security-policy");
    assert!(
        policy
            .starts_with("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox "),
        "{policy}"
    );
    for power in ["scripts", "forms", "same-origin", "top-navigation"] {
        assert!(!policy.contains(power), "{policy}");
    }
    let beside = "<base target=\"_blank\">";
    assert_eq!(message.text.matches(beside).count(), 1);
    let message = message.text.replacen(beside, "", 1);
    assert_eq!(message, outcome.mails[0]["html"].as_str().unwrap());
    let missing = api.try_get("/local/inbox/999/message").unwrap();
    assert_eq!(missing.status, 404);
}

#[test]
fn a_story_has_every_decision_also_those_about_what_the_event_led_to() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    api.append(&Append {
        account: "ACC-1".to_owned(),
        key: "out".to_owned(),
        events: vec![json!({
            "type": "MoneyWithdrawn", "occurred_at": "2026-11-22T10:00:00Z",
            "data": { "amount": "12.00", "currency": "EUR" },
        })],
    });
    given.open("/accounts/ACC-1");
    page.wait_for("#notifications", "Overdrawn 2");
    page.wait_for("#notifications", "Withdrawal 2");
    page.click("#notifications .name");
    page.wait_for(".timeline", "Decided: Overdrawn");
    page.wait_for(".timeline", "Decided: Withdrawal");
    page.wait(
        "the mail of both",
        "document.querySelectorAll('#mail iframe').length === 1",
    );
    given.assert_clean();
}

#[test]
fn what_waits_for_a_digest_says_so_and_until_when() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    let daily = json!({
        "email": "dee@example.com", "name": "Dee Example", "locale": "en", "time_zone": "Europe/Paris",
        "preferences": { "delivery": "daily" },
    });
    assert_eq!(api.send("PUT", "/v1/customers/dee", &daily).status, 201);
    api.open("ACC-D", "dee", "EUR");
    given.deposit("ACC-D", "in", "1.00", "in");
    given.open("/accounts/ACC-D");
    page.wait_for("#notifications", "waiting digest: until the next digest");
    page.click("#notifications .name");
    page.wait_for(
        ".timeline",
        "Decided: Deposit waiting digest: until the next digest",
    );
    page.wait_for(".timeline", "Deposit is resumed");
    page.wait_for(
        "#mail",
        "Deposit: not sent yet, waits until the next digest",
    );
    given.assert_clean();
}
