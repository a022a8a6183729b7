//! A function fails to its last retry, and an operator sends the event again.

use serde_json::{Value, json};
use tests::one_machine::{Append, Folder, Server, eventually, settled};

use crate::Timed;

const ACCOUNT: &str = "ACC-REDRIVEN";

fn set_time_zone(item: &mut Value, zone: &str) {
    item["person"]["M"]["time_zone"] = json!({ "S": zone });
}

#[test]
fn whoever_looks_at_the_dead_letters_sees_all_of_them_however_many_look() {
    const LETTERS: usize = 4;
    let _timed = Timed::test("dead letters looked at");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");
    folder
        .disk()
        .change_customer("ana", |item| set_time_zone(item, "Nowhere/Land"));
    for number in 0..LETTERS {
        let key = format!("key-{number}");
        api.append(&Append::deposit(ACCOUNT, &key, "10.00", "EUR", "salary"));
    }
    eventually("the events are dead letters", || {
        match api.dead_letters().len() {
            LETTERS => Ok(()),
            other => Err(other.to_string()),
        }
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let api = server.api();
            scope.spawn(move || {
                for _ in 0..25 {
                    let listing = api.get("/v1/dead-letters");
                    let seen = listing["dead_letters"].as_array().unwrap().len();
                    assert_eq!(seen, LETTERS, "{listing:#}");
                    assert_eq!(listing["waiting"], LETTERS);
                    assert_eq!(listing["complete"], true);
                    let dry_run = json!({ "max": 10, "dry_run": true });
                    let told = api.send("POST", "/v1/dead-letters/redrive", &dry_run);
                    assert_eq!(told.json["redriven"].as_array().unwrap().len(), LETTERS);
                }
            });
        }
    });
}

#[test]
fn an_event_whose_mail_failed_for_good_is_a_dead_letter_and_a_redrive_sends_it_once() {
    let _timed = Timed::test("redriven event");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");
    // No mail can be written for a time zone that there is not.
    folder
        .disk()
        .change_customer("ana", |item| set_time_zone(item, "Nowhere/Land"));
    api.append(&Append::deposit(ACCOUNT, "first", "10.00", "EUR", "salary"));

    let letter = eventually("the event is a dead letter", || {
        let letters = api.dead_letters();
        letters
            .first()
            .cloned()
            .ok_or_else(|| "no dead letter".to_owned())
    });
    assert_eq!(letter["kind"], "function", "{letter:#}");
    assert_eq!(letter["account_id"], ACCOUNT);
    assert_eq!(letter["attempts"], 3);
    let reason = letter["reason"].as_str().unwrap();
    assert!(reason.starts_with("Permanent: "), "{letter:#}");
    assert!(api.inbox().is_empty());

    folder
        .disk()
        .change_customer("ana", |item| set_time_zone(item, "Europe/Paris"));
    let redriven = api.send("POST", "/v1/dead-letters/redrive", &json!({ "max": 10 }));
    assert_eq!(
        redriven.json["redriven"][0]["outcome"], "redriven",
        "{}",
        redriven.text
    );
    let outcome = settled(&api, &folder.disk(), ACCOUNT, 2, 1);
    assert_eq!(outcome.mails.len(), 1);
    assert!(outcome.dead_letters.is_empty());
    let again = api.send("POST", "/v1/dead-letters/redrive", &json!({ "max": 10 }));
    assert_eq!(again.json["redriven"], json!([]), "{}", again.text);
}
