//! The mailbox: light while nothing comes, and whole however many mails there are.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::one_machine::{Append, eventually};

use crate::given::Given;

/// More than two pages of the list.
const MAILS: usize = 225;
/// Deposits in one commit.
const TOGETHER: usize = 25;

fn with_mails(given: &Given, count: usize) {
    let api = given.api();
    api.open("ACC-1", "ana", "EUR");
    for commit in 0..count / TOGETHER {
        let deposit = |number: usize| {
            json!({
                "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z",
                "data": { "amount": format!("{}.00", commit * TOGETHER + number + 1), "currency": "EUR" },
            })
        };
        api.append(&Append {
            account: "ACC-1".to_owned(),
            key: format!("mails-{commit}"),
            events: (0..TOGETHER).map(deposit).collect(),
        });
    }
    let disk = given.folder.disk();
    eventually("the mails", || match disk.mails() {
        all if all == count => Ok(()),
        other => Err(other.to_string()),
    });
}

fn rows(count: usize) -> String {
    format!("document.querySelectorAll('#mail-rows > li').length === {count}")
}

#[test]
fn an_idle_mailbox_asks_once_a_second_at_most_and_for_next_to_nothing() {
    const WATCHED: Duration = Duration::from_secs(10);
    let given = Given::new();
    let page = &given.page;
    with_mails(&given, MAILS);
    page.go(&format!("{}/inbox", given.server.base()));
    page.wait_for("#mails", "was paid into your account");
    page.wait_for("#live", "Live");

    let (requests, bytes) = page.traffic();
    let started = Instant::now();
    std::thread::sleep(WATCHED);
    let (later_requests, later_bytes) = page.traffic();
    let seconds = started.elapsed().as_secs_f64();
    let (requests, bytes) = (later_requests - requests, later_bytes - bytes);
    println!("idle for {seconds:.1} s with {MAILS} mails: {requests} requests, {bytes} bytes");
    assert!(requests > 0, "it does not look");
    // A look that began before and ends within.
    assert!(
        requests as f64 <= seconds + 1.0,
        "{requests} requests in {seconds:.1} s"
    );
    assert!(
        bytes as f64 / seconds <= 2048.0,
        "{bytes} bytes in {seconds:.1} s"
    );

    // What is new arrives, and costs what it is.
    let (_, bytes) = page.traffic();
    given.deposit("ACC-1", "new", "4321.00", "new");
    page.wait_for(
        "#mail-rows > li:first-child",
        "€4,321.00 was paid into your account",
    );
    let (_, later_bytes) = page.traffic();
    assert!(
        later_bytes - bytes < 20_000,
        "{} bytes for a mail",
        later_bytes - bytes
    );
    given.assert_clean();
}

#[test]
fn every_mail_is_reached_from_the_list_and_by_its_address_however_old_it_is() {
    let given = Given::new();
    let page = &given.page;
    with_mails(&given, MAILS);
    let oldest = given.api().inbox().last().cloned().unwrap_or(Value::Null);
    let subject = oldest["subject"].as_str().unwrap();
    let (amount, _) = subject.split_once(' ').unwrap();

    // By its own id, as the console links to it, and by its notification's.
    for name in ["id", "notification_id"] {
        page.go("about:blank");
        let id = oldest[name].as_str().unwrap();
        page.go(&format!("{}/inbox#{id}", given.server.base()));
        page.wait_for("#mail-subject", subject);
        page.wait_for_frame(amount);
    }
    page.click("#tab-text");
    page.wait_for("#mail-text", amount);
    page.wait_for("#mails-count", &format!("of {MAILS}"));

    // Step by step; what arrives meanwhile is on top, and nothing is there twice.
    while page.count("#mails-older:not([hidden])") > 0 {
        let before = page.count("#mail-rows > li");
        page.click("#mails-older");
        page.wait(
            "older mails",
            &format!("document.querySelectorAll('#mail-rows > li').length > {before}"),
        );
    }
    page.wait("all mails", &rows(MAILS));
    given.deposit("ACC-1", "new", "4321.00", "new");
    page.wait("the new one too", &rows(MAILS + 1));
    page.wait_for("#mail-rows > li:first-child", "€4,321.00");
    page.click("#mail-rows > li:last-child a");
    page.wait(
        "its row to be marked",
        "document.querySelector('#mail-rows > li:last-child a').getAttribute('aria-current') === 'true'",
    );

    page.go(&format!("{}/inbox#987654", given.server.base()));
    page.wait_for("#mail-none", "This mail is not in the mailbox.");
}

#[test]
fn a_mailbox_that_does_not_answer_says_so_and_keeps_what_it_has() {
    let given = Given::new();
    let page = &given.page;
    page.before_load(crate::given::ANSWERS);
    page.before_load("window.failing = { '/local/mails': 503 }");
    page.go(&format!("{}/inbox#1", given.server.base()));
    // Neither the list nor the mail is known, and neither is said to be empty.
    page.wait_for("#mails", "Not known");
    page.wait_for("#mail", "Not known");
    assert!(!page.text("body").contains("No mail has been sent"));
    assert!(!page.text("body").contains("not in the mailbox"));

    let _ = page.evaluate("window.failing = {}");
    page.click("#mails .known button");
    page.wait_for("#mails", "No mail has been sent.");
    page.wait_for("#mail", "This mail is not in the mailbox.");
    given.api().open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "1.00", "in");
    page.wait("the mail", &rows(1));

    let _ = page.evaluate("window.failing = { '/local/mails': 'offline' }");
    page.wait_for("#mails .known", "As of");
    assert_eq!(page.count("#mail-rows > li"), 1);
    assert_eq!(page.count("#mails .known button"), 1);
    let _ = page.evaluate("window.failing = {}");
    page.click("#mails .known button");
    page.wait(
        "the note to go",
        "document.querySelector('#mails .known').hidden",
    );
}
