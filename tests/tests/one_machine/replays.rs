//! Read models built anew, and events told again.

use serde_json::{Value, json};
use tests::one_machine::{Api, Append, Folder, Server, eventually, settled};

use crate::Timed;

/// Asks for a replay and waits for its end.
#[track_caller]
fn replay(api: &Api, request: &Value) -> Value {
    let answer = api.send("POST", "/v1/replays", request);
    assert_eq!(answer.status, 202, "{}", answer.text);
    let path = format!("/v1/replays/{}", answer.json["replay_id"].as_str().unwrap());
    eventually("the replay ends", || {
        let replay = api.get(&path);
        match replay["state"].as_str() {
            Some("done") => Ok(replay),
            Some("failed") => panic!("{replay:#}"),
            _ => Err(replay.to_string()),
        }
    })
}

/// Accounts ACC-0, ACC-1 ... each with three deposits of 10.00, all told.
fn with_accounts(folder: &Folder, api: &Api, count: usize) {
    api.put_customer("ana", "en");
    for number in 0..count {
        let account = format!("ACC-{number}");
        api.open(&account, "ana", "EUR");
        for deposit in 0..3 {
            api.append(&Append::deposit(
                &account,
                &format!("deposit-{deposit}"),
                "10.00",
                "EUR",
                "replays",
            ));
        }
    }
    for number in 0..count {
        let _ = settled(api, &folder.disk(), &format!("ACC-{number}"), 4, 3 * count);
    }
}

#[test]
fn a_replay_of_projections_finds_and_repairs_a_damaged_balance_and_sends_no_mail() {
    let _timed = Timed::test("replay of projections");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    with_accounts(&folder, &api, 5);

    let unharmed = replay(&api, &json!({ "kind": "projections" }));
    let result = &unharmed["result"];
    assert_eq!(
        (
            &result["equal"],
            &result["differing_count"],
            &result["missing_count"]
        ),
        (&json!(5), &json!(0), &json!(0))
    );
    assert_eq!(
        result["control_totals"],
        json!({ "EUR": { "accounts": 5, "balance": "150.00" } })
    );
    assert_eq!(result["switched"], false);

    server.stop();
    folder.disk().change_balance("ACC-2", |item| {
        item["account"]["M"]["balance"]["S"] = json!("99999.99")
    });
    let server = Server::start(&folder);
    let api = server.api();
    assert_eq!(api.get("/v1/accounts/ACC-2")["balance"], "99999.99");
    assert_eq!(api.get("/v1/accounts/ACC-2/verification")["valid"], false);

    for account in [json!(null), json!(["ACC-1", "ACC-2"])] {
        let mut request = json!({ "kind": "projections" });
        if !account.is_null() {
            request["accounts"] = account;
        }
        let found = replay(&api, &request)["result"].clone();
        assert_eq!(found["differing_count"], 1, "{found:#}");
        assert_eq!(found["differing"][0]["account_id"], "ACC-2");
        assert_eq!(found["differing"][0]["live"]["balance"], "99999.99");
        assert_eq!(found["differing"][0]["replayed"]["balance"], "30.00");
    }
    // Looking is not touching.
    assert_eq!(api.get("/v1/accounts/ACC-2")["balance"], "99999.99");

    let switched = replay(&api, &json!({ "kind": "projections", "switch": true }));
    assert_eq!(switched["result"]["switched"], true);
    assert_eq!(switched["result"]["differing_count"], 1);
    assert_eq!(api.get("/v1/accounts/ACC-2")["balance"], "30.00");
    assert_eq!(api.get("/v1/accounts/ACC-2/verification")["valid"], true);
    assert_eq!(
        replay(&api, &json!({ "kind": "projections" }))["result"]["equal"],
        5
    );
    eventually("the replays' own events are done with", || {
        match folder.disk().deliveries() {
            0 => Ok(()),
            waiting => Err(format!("{waiting} deliveries wait")),
        }
    });
    assert_eq!(api.inbox().len(), 15, "a replay has sent mail");

    // And it goes on from there.
    api.append(&Append::deposit(
        "ACC-2",
        "after",
        "0.50",
        "EUR",
        "after the replay",
    ));
    let outcome = settled(&api, &folder.disk(), "ACC-2", 5, 16);
    assert_eq!(outcome.account["balance"], "30.50");
    assert_eq!(outcome.mails.len(), 16);
    assert!(
        outcome.mails[0]["text"]
            .as_str()
            .unwrap()
            .contains("Balance after: €30.50")
    );
}

#[test]
fn events_told_again_to_one_consumer_send_no_mail() {
    let _timed = Timed::test("replay of events");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    with_accounts(&folder, &api, 3);

    // Readers of the time index stay two seconds behind.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let request = json!({
        "kind": "events", "from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "target": "warehouse",
    });
    let all = replay(&api, &request);
    assert_eq!(all["result"]["published"], 12, "{all:#}");
    let mut one = request.clone();
    one["accounts"] = json!(["ACC-1"]);
    // To the very function that sends mails: marked events are not for it.
    one["target"] = json!("notify");
    let one = replay(&api, &one);
    assert_eq!(one["result"]["published"], 4, "{one:#}");

    std::thread::sleep(std::time::Duration::from_secs(2));
    for number in 0..3 {
        let outcome = settled(&api, &folder.disk(), &format!("ACC-{number}"), 4, 9);
        assert_eq!(outcome.mails.len(), 9, "a replay has sent mail");
        assert_eq!(outcome.notifications.len(), 3);
        assert!(outcome.dead_letters.is_empty());
    }
}
