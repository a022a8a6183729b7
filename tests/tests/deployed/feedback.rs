//! What SES tells on the default bus, and the one route that nobody signs for.

use handlers::keyring::Keyring;
use handlers::unsubscribe::{List, Topic, url};
use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "a_bounce_on_the_default_bus_shows_in_the_timeline_and_suppresses_the_address",
        a_bounce_suppresses,
    ),
    (
        "an_unsigned_get_of_an_unsubscribe_link_changes_nothing_and_an_unsigned_post_acts",
        a_link_unsubscribes,
    ),
];

fn call(
    stack: &Stack,
    caller: &Caller,
    method: &'static str,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    stack.api(method, path, &[], body).send(Some(caller))
}

/// A customer who is told everything that is told without asking.
fn put_customer(stack: &Stack, caller: &Caller, customer: &str, email: &str) {
    let body = json!({ "email": email, "name": "Ada Moreau", "preferences": {} });
    let put = call(
        stack,
        caller,
        "PUT",
        &format!("/customers/{customer}"),
        Some(&body),
    );
    assert_eq!(put.status, 201, "{put:?}");
}

fn append(stack: &Stack, caller: &Caller, account: &str, key: &str, event: Value) {
    let path = format!("/accounts/{account}/events");
    let body = json!({ "events": [event] });
    let appended = stack
        .api("POST", &path, &[("idempotency-key", key)], Some(&body))
        .send(Some(caller));
    assert_eq!(appended.status, 201, "{appended:?}");
}

fn a_bounce_suppresses(stack: &Stack) {
    let (account, customer) = ("ACC-BOUNCE", "CUST-BOUNCE");
    // SES's simulator, as the local AWS plays it: on the default bus, with the tags that our mailer gave.
    let email = "bounce+deployed@simulator.amazonses.com";
    let caller = stack.user_of_the_api("bank-of-bounces");
    put_customer(stack, &caller, customer, email);
    let suppressions = || {
        let path = format!("/customers/{customer}/suppressions");
        call(stack, &caller, "GET", &path, None).json()["suppressions"][0].clone()
    };
    assert_eq!(suppressions()["suppressed"], false);
    let time = "2026-11-22T10:00:00Z";
    append(
        stack,
        &caller,
        account,
        "open",
        json!({ "type": "AccountOpened", "occurred_at": time,
            "data": { "customer_id": customer, "currency": "EUR" } }),
    );
    append(
        stack,
        &caller,
        account,
        "first",
        json!({ "type": "MoneyDeposited", "occurred_at": time,
            "data": { "amount": "125.50", "currency": "EUR" } }),
    );

    let bounced = stack.eventually("the bounce of the mail", || {
        let path = format!("/accounts/{account}/notifications");
        let page = call(stack, &caller, "GET", &path, None).json();
        let found = &page["notifications"][0];
        if found["state"] == "SENT" && found["delivery"] == "bounced" {
            Ok(found.clone())
        } else {
            Err(page)
        }
    });
    let suppressed = suppressions();
    assert_eq!(suppressed["suppressed"], true, "{suppressed}");
    assert_eq!(suppressed["reason"], "permanent-bounce");
    assert_eq!(suppressed["notification_id"], bounced["notification_id"]);
    let lift = format!("/customers/{customer}/suppressions");
    assert_eq!(call(stack, &caller, "DELETE", &lift, None).status, 204);
    assert_eq!(suppressions()["suppressed"], false);
    let to_them = |mail: &tests::deployed::Mail| mail.to.contains(&email.to_owned());
    assert_eq!(stack.mails().into_iter().filter(to_them).count(), 1);
}

fn a_link_unsubscribes(stack: &Stack) {
    let customer = "CUST-UNSUBSCRIBE";
    let caller = stack.user_of_the_api("bank-of-links");
    put_customer(stack, &caller, customer, "acc-unsubscribe@example.org");
    // As the function reads it, to make a link as a mail has it.
    let secret = json!({ "SecretId": stack.output("SigningKeysArn") });
    let kept = stack.call(
        &stack.root(),
        "secretsmanager",
        "secretsmanager.GetSecretValue",
        &secret,
    );
    assert_eq!(kept.status, 200, "{kept:?}");
    let keyring = Keyring::read(&[kept.json()["SecretString"].as_str().unwrap()]).unwrap();
    let id = customer.parse().unwrap();
    let link = url(&keyring, "", List::own(&id, Topic::All)).unwrap();
    let etag = || {
        let shown = call(
            stack,
            &caller,
            "GET",
            &format!("/customers/{customer}"),
            None,
        );
        shown.header("etag").unwrap().to_owned()
    };
    let unsigned = |method: &'static str, path: &str, body: &str| {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let mut request = stack.api(method, path, &form, None);
        request.body = body.to_owned();
        request.send(None)
    };

    let before = etag();
    let page = unsigned("GET", &link, "");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("Change your summaries"), "{page:?}");
    assert_eq!(
        unsigned("POST", &format!("{link}x"), "List-Unsubscribe=One-Click").status,
        400
    );
    assert_eq!(etag(), before);

    let done = unsigned("POST", &link, "List-Unsubscribe=One-Click");
    assert_eq!(done.status, 200, "{done:?}");
    let shown = call(
        stack,
        &caller,
        "GET",
        &format!("/customers/{customer}"),
        None,
    )
    .json();
    assert_eq!(
        shown["preferences"]["kinds"]["deposit"]["enabled"], false,
        "{shown}"
    );
    // Every other route asks for a signature still.
    assert_eq!(
        unsigned("GET", &format!("/customers/{customer}"), "").status,
        403
    );
    assert_eq!(unsigned("PUT", &link, "").status, 403);
}
