//! The list of accounts, and whether all is well.

use serde_json::json;

use crate::running::Server;

fn bank() -> Server {
    let server = Server::start();
    for (account, customer) in [("ACC-1", "ana"), ("ACC-2", "ben"), ("ACC-3", "ana")] {
        let opened = json!([
            {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
             "data": {"customer_id": customer, "currency": "EUR", "opening_balance": "5.00"}},
        ]);
        server.append(account, "open", &opened);
        server.projected(account, 1);
    }
    server
}

#[test]
fn the_accounts_of_a_customer_are_listed_with_their_balances() {
    let server = bank();
    let shown = server
        .run(&["accounts", "list", "--customer", "ana"])
        .done();
    let columns: Vec<Vec<&str>> = shown
        .lines()
        .map(|line| line.split_whitespace().take(6).collect())
        .collect();
    assert_eq!(
        columns,
        [
            vec![
                "ACCOUNT", "CUSTOMER", "BALANCE", "VERSION", "STATUS", "UPDATED"
            ],
            vec!["ACC-1", "ana", "5.00", "EUR", "1", "open"],
            vec!["ACC-3", "ana", "5.00", "EUR", "1", "open"],
        ]
    );
    let ids = |arguments: &[&str]| -> Vec<String> {
        let list = [&["accounts", "list", "--json"], arguments].concat();
        let accounts = server.run(&list).json()["accounts"]
            .as_array()
            .unwrap()
            .clone();
        (accounts.iter())
            .map(|account| account["account_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&[]), ["ACC-1", "ACC-2", "ACC-3"]);
    assert_eq!(ids(&["--limit", "2"]), ["ACC-1", "ACC-2"]);
    assert_eq!(ids(&["--customer", "ana", "--limit", "1"]), ["ACC-1"]);
    assert_eq!(
        ids(&["--customer", "ana", "--customer", "ben"]),
        ["ACC-1", "ACC-2", "ACC-3"]
    );
    let csv = server.run(&["accounts", "list", "--customer", "ben", "--output", "csv"]);
    let csv = csv.done();
    assert!(
        csv.starts_with(
            "account_id,customer_id,balance,currency,version,status,updated_at\r\nACC-2,ben,5.00,EUR,1,open,"
        ),
        "{csv}"
    );
    assert_eq!(
        server
            .run(&["accounts", "list", "--customer", "carl"])
            .done(),
        "There are no such accounts.\n"
    );
}

#[test]
fn status_says_that_all_is_well() {
    let server = bank();
    let ran = server.run(&["status"]);
    let lines: Vec<&str> = ran.out.lines().take(4).collect();
    assert_eq!(
        lines,
        [
            "ok      parts          all answer",
            "ok      dead letters   none",
            "ok      not projected  -",
            "        events         3 in the last 24 hours",
        ],
        "{ran:?}"
    );
    assert!(ran.out.contains("\n        notifications  "), "{ran:?}");
    assert!(ran.out.ends_with("\n        next schedule  -\n"), "{ran:?}");
    assert_eq!(ran.code, Some(0));
    let document = server.run(&["status", "--json"]).json();
    assert_eq!(document["well"], true);
    assert_eq!(document["health"], "ok");
    assert_eq!(document["dead_letters"], 0);
    assert_eq!(document["events"]["count"], 3);
    let refused = server.run(&["status", "--hours", "169"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}
