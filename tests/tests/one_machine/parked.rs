//! One account's history is damaged on the disk.

use serde_json::{Value, json};
use tests::one_machine::{Append, Folder, Server, eventually, settled};

use crate::Timed;

const DAMAGED: &str = "ACC-DAMAGED";
const SOUND: &str = "ACC-SOUND";

#[test]
fn an_account_with_a_damaged_event_waits_for_an_operator_and_the_others_go_on() {
    let _timed = Timed::test("parked account");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    for account in [DAMAGED, SOUND] {
        api.open(account, "ana", "EUR");
        api.append(&Append::deposit(account, "first", "10.00", "EUR", "before"));
    }
    let _ = settled(&api, &folder.disk(), DAMAGED, 2, 2);
    server.stop();

    // What is 33.33 will be 33.34 on the disk.
    folder
        .disk()
        .damage_what_is_written(DAMAGED, "\"33.33\"", "\"33.34\"");
    let server = Server::start(&folder);
    let api = server.api();
    api.append(&Append::deposit(
        DAMAGED,
        "second",
        "33.33",
        "EUR",
        "the damaged one",
    ));
    api.append(&Append::deposit(
        DAMAGED,
        "third",
        "5.00",
        "EUR",
        "behind it",
    ));
    api.append(&Append::deposit(
        SOUND,
        "second",
        "1.00",
        "EUR",
        "beside it",
    ));

    let letter = eventually("the account is parked", || {
        let letters = api.dead_letters();
        letters
            .first()
            .cloned()
            .ok_or_else(|| "no dead letter".to_owned())
    });
    assert_eq!(letter["kind"], "account", "{letter:#}");
    assert_eq!(letter["account_id"], DAMAGED);
    assert!(
        letter["reason"].as_str().unwrap().contains("version 3"),
        "{letter:#}"
    );
    let sound = settled(&api, &folder.disk(), SOUND, 3, 3);
    assert_eq!(sound.account["balance"], "11.00");
    assert_eq!(sound.verification["valid"], true);
    let verification = api.get(&format!("/v1/accounts/{DAMAGED}/verification"));
    assert_eq!(verification["valid"], false, "{verification:#}");
    assert_eq!(verification["problems"][0]["version"], 3);
    let account = api.get(&format!("/v1/accounts/{DAMAGED}"));
    assert_eq!(
        (&account["version"], &account["balance"]),
        (&json!(2), &json!("10.00"))
    );

    // Redriving what is still damaged changes nothing.
    let by_id = json!({ "ids": [letter["id"]] });
    let dry = api.send(
        "POST",
        "/v1/dead-letters/redrive",
        &json!({ "ids": [letter["id"]], "dry_run": true }),
    );
    assert_eq!(
        dry.json["redriven"][0]["outcome"], "would-redrive",
        "{}",
        dry.text
    );
    let in_vain = api.send("POST", "/v1/dead-letters/redrive", &by_id);
    let outcome = in_vain.json["redriven"][0]["outcome"].as_str().unwrap();
    assert!(outcome.starts_with("failed: "), "{}", in_vain.text);
    assert_eq!(api.dead_letters().len(), 1);

    server.stop();
    folder.disk().repair(DAMAGED, "\"33.33\"", "\"33.34\"");
    let server = Server::start(&folder);
    let api = server.api();
    let redriven = api.send("POST", "/v1/dead-letters/redrive", &by_id);
    assert_eq!(
        redriven.json["redriven"][0]["outcome"], "redriven",
        "{}",
        redriven.text
    );
    let again = api.send("POST", "/v1/dead-letters/redrive", &by_id);
    assert_eq!(
        again.json["redriven"][0]["outcome"], "not-found",
        "{}",
        again.text
    );

    api.append(&Append::deposit(
        DAMAGED, "fourth", "0.67", "EUR", "after it",
    ));
    let outcome = settled(&api, &folder.disk(), DAMAGED, 5, 6);
    assert_eq!(outcome.account["balance"], "49.00");
    assert_eq!(
        outcome.verification["valid"], true,
        "{}",
        outcome.verification
    );
    assert!(
        outcome.dead_letters.is_empty(),
        "{:#?}",
        outcome.dead_letters
    );
    assert_eq!(outcome.mails.len(), 6);
    for reference in ["the damaged one", "behind it", "beside it", "after it"] {
        let of_it = |mail: &&Value| {
            mail["text"]
                .as_str()
                .unwrap()
                .contains(&format!("Reference: {reference}\n"))
        };
        assert_eq!(
            outcome.mails.iter().filter(of_it).count(),
            1,
            "mails of {reference:?}"
        );
    }
    assert!(
        outcome
            .notifications
            .iter()
            .all(|notification| notification["state"] == "SENT")
    );
}
