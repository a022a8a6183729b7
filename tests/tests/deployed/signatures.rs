//! Nobody gets in without a signature of somebody who may.

use serde_json::json;
use tests::deployed::{Caller, Request, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "an_unsigned_request_gets_403_whatever_its_method_and_path",
        unsigned,
    ),
    (
        "a_request_signed_with_a_wrong_secret_gets_403",
        wrong_secret,
    ),
    ("a_request_of_an_unknown_key_gets_403", unknown_key),
    (
        "a_request_changed_after_it_was_signed_gets_403",
        changed_after_signing,
    ),
    (
        "a_signed_request_of_a_user_without_the_right_gets_403",
        no_right,
    ),
    (
        "a_method_that_the_contract_does_not_have_gets_403",
        unknown_method,
    ),
];

fn list_accounts(stack: &Stack) -> Request {
    stack.api("GET", "/accounts", &[], None)
}

/// The same request that a test sees refused is answered when all is right: else a refusal would prove nothing.
fn refused_but_not_for(stack: &Stack, user: &Caller, request: &Request, refused: &Caller) {
    let answer = request.send(Some(refused));
    assert_eq!(answer.status, 403, "{answer:?}");
    let right = list_accounts(stack).send(Some(user));
    assert_eq!(right.status, 200, "{right:?}");
}

fn unsigned(stack: &Stack) {
    let body = json!({ "events": [] });
    for (method, path, body) in [
        ("GET", "/accounts", None),
        ("GET", "/accounts/ACC-1", None),
        ("GET", "/openapi.json", None),
        ("GET", "/health", None),
        ("POST", "/accounts/ACC-1/events", Some(&body)),
        ("PUT", "/customers/CUST-1", Some(&body)),
        ("DELETE", "/customers/CUST-1", None),
        ("POST", "/replays", Some(&body)),
    ] {
        let answer = stack.api(method, path, &[], body).send(None);
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }
}

fn wrong_secret(stack: &Stack) {
    let user = stack.user_of_the_api("wrong-secret");
    refused_but_not_for(
        stack,
        &user,
        &list_accounts(stack),
        &user.with_wrong_secret(),
    );
}

fn unknown_key(stack: &Stack) {
    let user = stack.user_of_the_api("unknown-key");
    let unknown = Caller {
        key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        ..user.clone()
    };
    refused_but_not_for(stack, &user, &list_accounts(stack), &unknown);
}

fn changed_after_signing(stack: &Stack) {
    let user = stack.user_of_the_api("changed");
    let signed = stack
        .api(
            "POST",
            "/accounts/ACC-CHANGED/events",
            &[("idempotency-key", "k")],
            Some(&json!({ "events": [] })),
        )
        .signed(&user);
    let mut changed = signed.clone();
    changed.body = json!({ "events": [1] }).to_string();
    let answer = changed.send(None);
    assert_eq!(answer.status, 403, "{answer:?}");
    // As signed it is let in, and refused because no event is too few.
    let answer = signed.send(None);
    assert_eq!(answer.status, 400, "{answer:?}");
}

fn no_right(stack: &Stack) {
    let user = stack.user_of_the_api("with-right");
    let other = stack.user_without_rights("without-right");
    refused_but_not_for(stack, &user, &list_accounts(stack), &other);
}

fn unknown_method(stack: &Stack) {
    let user = stack.user_of_the_api("patcher");
    let patch = stack.api("PATCH", "/customers/CUST-1", &[], Some(&json!({})));
    refused_but_not_for(stack, &user, &patch, &user);
}
