//! Each caller with each route of the API.
//!
//! The requests are signed and well addressed, and say nothing that the API could act on: what is let through is refused by
//! the function, or reads what is not there.

use serde_json::{Value, json};
use tests::access::{ROUTES, Role, Route};
use tests::deployed::{Answer, Caller, Stack};

use super::{SERVICE_ROLES, Seen, Tally};

/// The beginning of the accounts of the bank that asks.
const OWN: &str = "BANKA-";

struct Asking {
    name: String,
    /// `None`: without a signature.
    caller: Option<Caller>,
    role: Option<Role>,
    /// Whether a tag gives it the accounts that begin with [`OWN`].
    has_accounts: bool,
}

pub(super) fn matrix(stack: &Stack) {
    let mut tally = Tally::default();
    let callers = callers(stack);
    for asking in &callers {
        for route in &ROUTES {
            let accounts: &[(&str, bool)] = if route.is_of_an_account() {
                // The last begins as its own do, but for the end of the tag.
                &[("BANKA-1", true), ("BANKB-1", false), ("BANKA1", false)]
            } else {
                &[("", true)]
            };
            for &(account, is_own) in accounts {
                let may = match asking.role {
                    Some(role) => route.allows(role, is_own && asking.has_accounts),
                    None => route.roles.is_none(),
                };
                let answer = ask(stack, route, account, asking.caller.as_ref());
                let what = format!("{}: {} {} {account}", asking.name, route.method, route.path);
                tally.note(&what, may, seen(&answer), &answer);
            }
        }
    }
    tally.conclude("access to the API", callers.len());
}

fn callers(stack: &Stack) -> Vec<Asking> {
    let of_role = |name: &str, role: Role, accounts: Option<&str>| Asking {
        name: name.to_owned(),
        caller: Some(stack.user_with_policy(
            &format!("matrix-{}", name.replace(' ', "-")),
            role.output(),
            accounts.map(|accounts| ("ledgerbell-accounts", accounts)),
        )),
        role: Some(role),
        has_accounts: accounts == Some(OWN),
    };
    let other = |name: &str, caller: Option<Caller>| Asking {
        name: name.to_owned(),
        caller,
        role: None,
        has_accounts: false,
    };
    let mut all = vec![
        of_role("bank", Role::Bank, Some(OWN)),
        of_role("bank without the tag", Role::Bank, None),
        of_role("bank with an empty tag", Role::Bank, Some("")),
        of_role("analyst", Role::Analyst, None),
        of_role("operator", Role::Operator, None),
        other(
            "user without a policy",
            Some(stack.user_without_rights("matrix-nobody")),
        ),
        other("nobody", None),
    ];
    all.extend(SERVICE_ROLES.map(|role| other(role, Some(stack.role(role)))));
    all
}

fn ask(stack: &Stack, route: &Route, account: &str, caller: Option<&Caller>) -> Answer {
    let path = route
        .path
        .replace("{account_id}", account)
        .replace(['{', '}'], "");
    let (query, body): (&str, Option<Value>) = match (route.method, route.path) {
        ("GET", "/health" | "/openapi.json") | ("DELETE", _) => ("", None),
        // Not known, so refused before anything is read.
        ("GET", _) => ("?probe=1", None),
        ("POST", "/unsubscribe" | "/replays/{replay_id}/stop") => ("", None),
        _ => ("", Some(json!({ "probe": 1 }))),
    };
    let key = [("idempotency-key", "probe")];
    stack
        .api(route.method, &format!("{path}{query}"), &key, body.as_ref())
        .send(caller)
}

/// The function names each request that reaches it; API Gateway's own refusals have no such name.
fn seen(answer: &Answer) -> Seen {
    let reached = answer.header("x-correlation-id").is_some();
    let is_denial = ["not authorized", "Missing Authentication Token"]
        .iter()
        .any(|why| answer.body.contains(why));
    match (answer.status, reached) {
        (200..=499, true) => Seen::Passed,
        (403, false) if is_denial => Seen::Denied,
        _ => Seen::Neither,
    }
}
