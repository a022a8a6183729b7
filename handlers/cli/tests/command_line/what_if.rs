//! What other preferences would have told, as a person sees it.

use crate::running::Server;
use serde_json::json;
use tempfile::TempDir;

const DAYS: [&str; 4] = [
    "--from",
    "2020-01-01T00:00:00Z",
    "--to",
    "2120-01-01T00:00:00Z",
];

fn with_account() -> Server {
    let server = Server::start();
    server.customer("ana", &json!({}));
    server.append(
        "ACC-1",
        "open",
        &json!([
            {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
             "data": {"customer_id": "ana", "currency": "EUR", "opening_balance": "1000.00"}},
            {"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
             "data": {"amount": "125.50", "currency": "EUR"}},
            {"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
             "data": {"amount": "5.00", "currency": "EUR"}},
            {"type": "MoneyWithdrawn", "occurred_at": "2026-01-03T00:00:00Z",
             "data": {"amount": "1500.00", "currency": "EUR"}},
        ]),
    );
    server
}

fn file(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("wishes.json");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_table_shows_each_kind_before_and_after_and_whom_it_concerns() {
    let server = with_account();
    let folder = TempDir::new().unwrap();
    let wishes = json!({
        "kinds": { "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } } },
        "delivery": "weekly",
    });
    let wishes = file(&folder, &wishes.to_string());
    let question = ["what-if", "--preferences", &wishes, "--account", "ACC-1"];
    let shown = server.run(&[&question[..], &DAYS].concat()).done();
    insta::assert_snapshot!(shown);
    let document = server
        .run(&[&question[..], &DAYS, &["--json"]].concat())
        .json();
    let answer = &document["answer"];
    assert_eq!(answer["mails"], json!({ "before": 4, "after": 1 }));
    assert_eq!(answer["differing_accounts"][0]["account_id"], "ACC-1");
    assert_eq!(document["question"]["preferences"]["delivery"], "weekly");
}

#[test]
fn a_single_member_is_asked_about_without_a_file_and_for_several_accounts() {
    let server = with_account();
    let opened = json!([
        {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
         "data": {"customer_id": "ana", "currency": "EUR"}},
        {"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
         "data": {"amount": "5.00", "currency": "EUR"}},
    ]);
    server.append("ACC-2", "open", &opened);
    let ask = |more: &[&str]| {
        let days = [
            "what-if",
            "--from",
            "2020-01-01",
            "--to",
            "2120-01-01",
            "--json",
        ];
        server.run(&[&days[..], more].concat()).json()
    };
    let off = ["--set", "kinds.deposit.enabled=false", "--account"];
    let one = ask(&[&off[..], &["ACC-2"]].concat());
    assert_eq!(one["answer"]["mails"], json!({ "before": 1, "after": 0 }));
    let both = ask(&[&off[..], &["ACC-2", "--account", "ACC-1"]].concat());
    assert_eq!(both["answer"]["mails"], json!({ "before": 5, "after": 2 }));
    assert_eq!(both["question"]["account_id"], json!(["ACC-2", "ACC-1"]));
    assert_eq!(
        both["question"]["change"],
        json!({ "kinds": { "deposit": { "enabled": false } } })
    );
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let server = with_account();
    let folder = TempDir::new().unwrap();
    let change = file(
        &folder,
        r#"{"kinds": {"large-amount": {"enabled": true, "min_amount": {"EUR": "100.00"}}}}"#,
    );
    let question = [
        "what-if",
        "--change",
        &change,
        "--account",
        "ACC-1",
        "--json",
    ];
    let document = server.run(&[&question[..], &DAYS].concat()).json();
    let answer = &document["answer"];
    assert_eq!(answer["differing"], 3, "{answer:#}");
    assert_eq!(answer["mails"], json!({ "before": 4, "after": 6 }));
}

#[test]
fn unreadable_preferences_are_refused() {
    let folder = TempDir::new().unwrap();
    let nothing = file(&folder, "{");
    let asked = crate::running::run(
        ["what-if", "--preferences", &nothing]
            .into_iter()
            .chain(DAYS),
    );
    assert_eq!(asked.code, Some(2));
    assert!(asked.complaint().contains("it is not JSON"), "{asked:?}");
    let server = Server::start();
    let gossip = file(&folder, r#"{"kinds": {"gossip": {}}}"#);
    let asked = server.run(&[&["what-if", "--preferences", &gossip], &DAYS[..]].concat());
    assert_eq!(asked.code, Some(1));
    assert!(
        asked.complaint().contains("/preferences/kinds/gossip"),
        "{asked:?}"
    );
}
