//! Paths that begin as a bank's own accounts and would end at another's.

use serde_json::json;
use tests::deployed::Stack;

const CRAFTED: [&str; 9] = [
    "/accounts/BANKC-1/../BANKD-1/events",
    "/accounts/BANKC-/../BANKD-1/events",
    "/accounts/BANKC-%2F..%2FBANKD-1/events",
    "/accounts/BANKC-1%2f%2e%2e%2fBANKD-1/events",
    "/accounts/BANKC-1/%2e%2e/BANKD-1/events",
    "/accounts/BANKC-1/events/../../BANKD-1/events",
    "/accounts/BANKC-1;/BANKD-1/events",
    "/accounts//BANKD-1/events",
    "/accounts/BANKD-1/events?x=/accounts/BANKC-1/events",
];

pub(super) fn paths(stack: &Stack) {
    let tag = ("ledgerbell-accounts", "BANKC-");
    let bank = stack.user_with_policy("bank-of-crafted-paths", "BankPolicyArn", Some(tag));
    let body = json!({ "events": [{
        "type": "AccountOpened",
        "occurred_at": "2026-11-22T10:00:00Z",
        "data": { "customer_id": "CUST-CRAFTED", "currency": "EUR" },
    }] });
    let open = |path: &str| {
        let key = [("idempotency-key", "open")];
        stack.api("POST", path, &key, Some(&body)).send(Some(&bank))
    };
    for path in CRAFTED {
        let answer = open(path);
        assert!(matches!(answer.status, 400..=404), "{path}: {answer:?}");
    }
    let own = open("/accounts/BANKC-1/events");
    assert_eq!(own.status, 201, "{own:?}");
    let others: Vec<_> = stack
        .scan("EventsTableName")
        .into_iter()
        .filter(|item| {
            let account = item["account_id"]["S"].as_str().unwrap();
            account.contains("BANKD") || account.starts_with("BANKC") && account != "BANKC-1"
        })
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
