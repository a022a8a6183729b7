//! Personal data goes through the whole of one machine, and is nowhere but
//! with its person and in the mails.

use serde_json::{Value, json};
use tests::canary::Canary;
use tests::one_machine::{Api, Append, Folder, Server, eventually, ledgerbell_command, settled};

use crate::Timed;

/// All that our own parts have to say. What a library says at `trace` is whole requests, which nobody may switch on
/// where there are people in the data.
const FILTER: &str =
    "info,handlers=trace,embedded=trace,aws::keys=trace,aws::mailer=trace,ledgerbell=trace";
const ACCOUNT: &str = "ACC-CANARY";

fn append(api: &Api, account: &str, key: &str, event: Value) {
    api.append(&Append {
        account: account.to_owned(),
        key: key.to_owned(),
        events: vec![event],
    });
}

fn put(api: &Api, customer: &str, person: &Value) {
    let answer = api.send("PUT", &format!("/v1/customers/{customer}"), person);
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
}

/// Mails to both addresses, and one that bounces and suppresses its address.
fn tell(api: &Api, folder: &Folder) {
    put(api, "ana", &Canary::person("example.com", json!({})));
    api.open(ACCOUNT, "ana", "EUR");
    append(
        api,
        ACCOUNT,
        "first",
        Canary::movement("MoneyDeposited", "125.50"),
    );
    append(
        api,
        ACCOUNT,
        "second",
        Canary::movement("MoneyWithdrawn", "25.50"),
    );
    let _told = settled(api, &folder.disk(), ACCOUNT, 3, 3);
    let mut bouncing = Canary::person("example.com", json!({}));
    bouncing["email"] = json!("bounce+zqcanaryown@simulator.amazonses.com");
    put(api, "ben", &bouncing);
    api.open("ACC-BOUNCES", "ben", "EUR");
    append(
        api,
        "ACC-BOUNCES",
        "first",
        Canary::movement("MoneyDeposited", "1.00"),
    );
    eventually("the bounce", || {
        let suppressed = api.get("/v1/customers/ben/suppressions");
        match suppressed["suppressions"][0]["suppressed"] == true {
            true => Ok(()),
            false => Err(suppressed.to_string()),
        }
    });
}

/// A mail that fails permanently, and is redriven.
fn fail(api: &Api, folder: &Folder) -> Vec<Value> {
    let zone = |zone: &'static str| {
        folder.disk().change_customer("ana", move |item| {
            item["person"]["M"]["time_zone"] = json!({ "S": zone });
        });
    };
    zone("Nowhere/Land");
    append(
        api,
        ACCOUNT,
        "third",
        Canary::movement("MoneyDeposited", "3.00"),
    );
    let letters = eventually("a dead letter", || match api.dead_letters() {
        letters if letters.is_empty() => Err("none".to_owned()),
        letters => Ok(letters),
    });
    zone("Europe/Paris");
    let redriven = api.send("POST", "/v1/dead-letters/redrive", &json!({ "max": 10 }));
    assert_eq!(
        redriven.json["redriven"][0]["outcome"], "redriven",
        "{}",
        redriven.text
    );
    let _told = settled(api, &folder.disk(), ACCOUNT, 4, 5);
    letters
}

/// What is refused, and what only asks.
fn ask(api: &Api) {
    let mut wrong = Canary::person("example.com", json!({}));
    wrong["email"] = json!("zqcanaryown, zqcanaryfurther");
    assert_eq!(api.send("PUT", "/v1/customers/ana", &wrong).status, 400);
    api.try_get("/v1/unsubscribe?token=Zqcanaryname").unwrap();
    for (text, hits) in [("Zqcanaryname", 2), ("zqcanaryown%00", 0)] {
        let found = api.try_get(&format!("/v1/search?q={text}")).unwrap();
        assert_eq!(
            found.text.matches("\"customer\"").count(),
            hits,
            "{}",
            found.text
        );
    }
    let question = json!({ "from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z",
        "preferences": { "addresses": [{ "email": "zqcanaryfurther@example.com", "kinds": ["deposit"] }] } });
    assert_eq!(api.send("POST", "/v1/what-if", &question).status, 200);
    let events = json!({ "events": [Canary::movement("MoneyDeposited", "5.00")] });
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "dry"),
    ];
    let path = format!("/v1/accounts/{ACCOUNT}/events?dry_run=notifications");
    assert_eq!(
        api.try_send("POST", &path, &headers, &events.to_string())
            .unwrap()
            .status,
        200
    );
    for body in [
        json!({ "kind": "projections" }),
        json!({ "kind": "events", "from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "target": "warehouse" }),
    ] {
        let started = api.send("POST", "/v1/replays", &body);
        let path = format!(
            "/v1/replays/{}",
            started.json["replay_id"].as_str().unwrap()
        );
        eventually("the replay", || match api.get(&path) {
            replay if replay["state"] == "done" => Ok(()),
            replay => Err(replay.to_string()),
        });
    }
}

fn search_exports(canary: &mut Canary, api: &Api) {
    for format in ["ndjson", "csv", "parquet"] {
        let out = tempfile::tempdir().unwrap();
        let exported = ledgerbell_command()
            .args([
                "export",
                "--format",
                format,
                "--endpoint",
                api.endpoint(),
                "--out",
            ])
            .arg(out.path())
            .output()
            .unwrap();
        assert!(exported.status.success(), "{exported:?}");
        canary.search(
            "what a command says",
            &String::from_utf8_lossy(&exported.stderr),
        );
        let mut folders = vec![out.path().to_owned()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                canary.search_record(
                    &format!("the {format} export"),
                    &String::from_utf8_lossy(&bytes),
                );
                files += 1;
            }
        }
        assert!(files >= 3, "{files} files of {format}");
    }
}

#[test]
fn nothing_personal_is_in_a_log_an_event_a_dead_letter_or_an_export_and_who_is_erased_is_told_nothing()
 {
    let _timed = Timed::test("canary");
    let folder = Folder::new();
    let server = Server::start_logging(&folder, FILTER);
    let api = server.api();
    let mut canary = Canary::default();
    tell(&api, &folder);
    for letter in fail(&api, &folder) {
        canary.search_record("a dead letter", &letter.to_string());
    }
    ask(&api);
    search_exports(&mut canary, &api);

    // That it was there to be found.
    let inbox = api.inbox();
    let mails = json!(inbox).to_string();
    for word in [
        "Zqcanaryname",
        "zqcanaryown",
        "zqcanaryfurther",
        "Zqcanaryreference",
    ] {
        assert!(mails.contains(word), "{word} was never mailed");
    }
    let erased = api
        .try_send("DELETE", "/v1/customers/ana", &[], "")
        .unwrap();
    assert_eq!(erased.status, 204, "{}", erased.text);
    append(
        &api,
        ACCOUNT,
        "after",
        Canary::movement("MoneyDeposited", "7.00"),
    );
    let page = eventually("the decision", || {
        let page = api.get(&format!("/v1/accounts/{ACCOUNT}/notifications"));
        match page["notifications"][0]["reason"] == "erased" {
            true => Ok(page),
            false => Err(page.to_string()),
        }
    });
    canary.search_record("the notifications", &page.to_string());
    let verified = api.get(&format!("/v1/accounts/{ACCOUNT}/verification"));
    assert_eq!(verified["valid"], true, "{verified}");
    for path in [
        "/v1/events",
        "/v1/commits",
        "/v1/accounts",
        "/v1/dead-letters",
    ] {
        canary.search_record(path, &api.get(path).to_string());
    }

    let codes = inbox.into_iter().filter_map(|mail| {
        let text = mail["text"].as_str()?.to_owned();
        text.split("token=")
            .nth(1)
            .map(|rest| rest.split_whitespace().next().unwrap_or("").to_owned())
    });
    for token in codes {
        canary.plant("a link's token", &token);
    }
    server.stop();
    let log = folder.logged();
    for hop in [
        "appended",
        "projected",
        "published",
        "mail sent",
        "what became of a mail",
        "mail skipped",
        "redriven",
    ] {
        assert!(log.contains(hop), "the log has no {hop:?}");
    }
    for line in log.lines() {
        canary.search("a line of the log", line);
    }
    canary.assert_not_found();
}
