//! The mark of changes: another one for each change, and the same while there is none.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use tests::one_machine::{Api, Append, Folder, Server, eventually};

/// The mark once nothing goes on any more: what follows from a change, as a mail from an event, changes it too.
fn at_rest(api: &Api) -> Value {
    let mut last = Value::Null;
    eventually("all to be still", || {
        let before = api.get("/v1/changes");
        sleep(Duration::from_secs(2));
        last = api.get("/v1/changes");
        match before == last {
            true => Ok(()),
            false => Err(last.to_string()),
        }
    });
    assert_eq!(last["complete"], true);
    last["mark"].clone()
}

#[test]
fn every_change_on_one_machine_has_another_mark_and_nothing_else_has() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open("ACC-1", "ana", "EUR");
    let mut known = at_rest(&api);
    // Reading is no change.
    for path in [
        "/v1/accounts",
        "/v1/events",
        "/v1/customers/ana",
        "/v1/status",
        "/v1/dead-letters",
    ] {
        let _ = api.get(path);
    }
    assert_eq!(at_rest(&api), known);
    let refused = api.send("POST", "/v1/replays", &json!({ "kind": "nonsense" }));
    assert_eq!(refused.status, 400);
    assert_eq!(at_rest(&api), known, "what is refused is no change");

    let schedule = json!({
        "operation": { "type": "MoneyDeposited", "data": { "amount": "1.00", "currency": "EUR" } },
        "when": { "at": "2060-01-01T00:00:00Z" }, "time_zone": "UTC",
    });
    let changes: [(&str, &dyn Fn()); 5] = [
        ("a customer", &|| api.put_customer("ben", "fr")),
        ("a schedule", &|| {
            let path = "/v1/accounts/ACC-1/schedules/later";
            let put = api.send("PUT", path, &schedule);
            assert_eq!(put.status, 201, "{}", put.text);
        }),
        ("an event and its mail", &|| {
            api.append(&Append::deposit("ACC-1", "in", "1.00", "EUR", "in"));
        }),
        ("a replay", &|| {
            let rebuild = json!({ "kind": "projections" });
            assert_eq!(api.send("POST", "/v1/replays", &rebuild).status, 202);
        }),
        ("an erasure", &|| {
            assert_eq!(
                api.send("DELETE", "/v1/customers/ben", &Value::Null).status,
                204
            );
        }),
    ];
    for (what, change) in changes {
        change();
        let now = at_rest(&api);
        assert_ne!(now, known, "{what}");
        known = now;
    }

    // A letter is in another file, and each of its tries changes no table.
    let disk = folder.disk();
    disk.change_customer("ana", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    api.append(&Append::deposit("ACC-1", "fails", "1.00", "EUR", "fails"));
    eventually("a dead letter", || match api.dead_letters().len() {
        1 => Ok(()),
        other => Err(other.to_string()),
    });
    let with_letter = at_rest(&api);
    assert!(
        with_letter.as_str().unwrap().ends_with(".1"),
        "{with_letter}"
    );
    assert!(known.as_str().unwrap().ends_with(".0"), "{known}");

    server.stop();
    let server = Server::start(&folder);
    assert_ne!(at_rest(&server.api()), known, "another run counts anew");
}
