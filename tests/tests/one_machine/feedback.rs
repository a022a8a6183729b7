//! The reports about a mail after it was sent, by the addresses of SES's
//! simulator; and the link in it.

use handlers::keyring::Keyring;
use handlers::unsubscribe::{List, Topic, url};
use serde_json::{Value, json};
use tests::one_machine::{Api, Append, Folder, Server, eventually};

use crate::Timed;

/// A customer with this address, and a deposit that is told to him.
fn tell(api: &Api, customer: &str, email: &str) {
    let body = json!({ "email": email, "name": "Ana Example", "preferences": {} });
    let put = api.send("PUT", &format!("/v1/customers/{customer}"), &body);
    assert_eq!(put.status, 201, "{}", put.text);
    let account = format!("ACC-{customer}");
    api.open(&account, customer, "EUR");
    api.append(&Append::deposit(
        &account, "first", "125.50", "EUR", "salary",
    ));
}

/// The notification of that deposit, when all of this was told of its mail. That it was taken is kept only where it comes
/// before the mailer's own answer has been noted.
fn told(api: &Api, customer: &str, kinds: &[&str]) -> Value {
    eventually("what is told of the mail", || {
        let page = api.get(&format!("/v1/accounts/ACC-{customer}/notifications"));
        let found = &page["notifications"][0];
        let events = found["provider_events"].as_array().into_iter().flatten();
        let known = events.filter_map(|event| event["kind"].as_str());
        let known: Vec<&str> = known.filter(|kind| *kind != "sent").collect();
        if known == kinds {
            Ok(found.clone())
        } else {
            Err(page.to_string())
        }
    })
}

fn suppression(api: &Api, customer: &str) -> Value {
    let path = format!("/v1/customers/{customer}/suppressions");
    api.get(&path)["suppressions"][0].clone()
}

#[test]
fn a_mail_fares_as_its_address_says_and_what_bounces_or_complains_is_suppressed() {
    let _timed = Timed::test("feedback");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    let simulated = |name: &str| format!("{name}+test@simulator.amazonses.com");
    tell(&api, "ana", "ana@example.com");
    tell(&api, "ben", &simulated("bounce"));
    tell(&api, "cat", &simulated("complaint"));
    tell(&api, "dan", &simulated("delay"));

    let delivered = told(&api, "ana", &["delivered"]);
    assert_eq!(
        (&delivered["state"], &delivered["delivery"]),
        (&json!("SENT"), &json!("delivered"))
    );
    let bounced = told(&api, "ben", &["bounced"]);
    assert_eq!(bounced["delivery"], "bounced");
    let events = bounced["provider_events"].as_array().unwrap();
    assert_eq!(events.last().unwrap()["detail"], "Permanent General");
    told(&api, "cat", &["delivered", "complained"]);
    told(&api, "dan", &["delayed", "delivered"]);

    for (customer, reason) in [("ben", "permanent-bounce"), ("cat", "complaint")] {
        let found = suppression(&api, customer);
        assert_eq!(
            (&found["suppressed"], &found["reason"]),
            (&json!(true), &json!(reason))
        );
    }
    assert_eq!(
        suppression(&api, "ben")["notification_id"],
        bounced["notification_id"]
    );
    for customer in ["ana", "dan"] {
        assert_eq!(suppression(&api, customer)["suppressed"], false);
    }
    let lifted = api
        .try_send("DELETE", "/v1/customers/ben/suppressions", &[], "")
        .unwrap();
    assert_eq!(lifted.status, 204);
    assert_eq!(suppression(&api, "ben")["suppressed"], false);
    assert_eq!(api.dead_letters(), Vec::<Value>::new());
    assert_eq!(api.inbox().len(), 4, "a mail each");
}

#[test]
fn what_was_told_of_a_mail_is_still_known_after_a_kill() {
    let _timed = Timed::test("feedback and a kill");
    let folder = Folder::new();
    let server = Server::start(&folder);
    tell(&server.api(), "ben", "bounce@simulator.amazonses.com");
    eventually("the mail", || match server.api().inbox().len() {
        1 => Ok(()),
        other => Err(other.to_string()),
    });
    // The bounce is on its way.
    server.kill();
    let server = Server::start(&folder);
    told(&server.api(), "ben", &["bounced"]);
    assert_eq!(suppression(&server.api(), "ben")["suppressed"], true);
    assert_eq!(server.api().inbox().len(), 1);
}

#[test]
fn the_link_of_a_mail_unsubscribes_by_post_and_not_by_get_also_after_a_restart() {
    let _timed = Timed::test("unsubscribing");
    let folder = Folder::new();
    let server = Server::start(&folder);
    tell(&server.api(), "ana", "ana@example.com");
    let keys = folder.disk().read("keys.json");
    server.stop();
    let server = Server::start(&folder);
    let api = server.api();

    let keyring = Keyring::read(&[&keys]).unwrap();
    let customer = "ana".parse().unwrap();
    let link = url(&keyring, "/v1", List::own(&customer, Topic::All)).unwrap();
    let revision = || {
        api.try_get("/v1/customers/ana")
            .unwrap()
            .header("etag")
            .to_owned()
    };
    let before = revision();
    let page = api.try_get(&link).unwrap();
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Change your summaries"), "{}", page.text);
    assert_eq!(revision(), before, "a GET changed something");

    let form = [("content-type", "application/x-www-form-urlencoded")];
    // From a browser, and from a mail system, which has no origin.
    let origin = format!("http://{}", api.authority());
    let from_page = [form[0], ("origin", origin.as_str())];
    for headers in [&form[..], &from_page[..]] {
        let done = api
            .try_send("POST", &link, headers, "List-Unsubscribe=One-Click")
            .unwrap();
        assert_eq!(done.status, 200, "{}", done.text);
    }
    let customer = api.get("/v1/customers/ana");
    assert_eq!(
        customer["preferences"]["kinds"]["deposit"]["enabled"], false,
        "{customer}"
    );
    let other = api
        .try_send(
            "POST",
            &format!("{link}x"),
            &form,
            "List-Unsubscribe=One-Click",
        )
        .unwrap();
    assert_eq!(other.status, 400);
}
