//! Unsubscribing by the link in a mail, and the codes and suppressions beside it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::NotificationId;
use domain::email::AddressHash;
use domain::notification::{Kind, Phase};
use handlers::ports::{
    Customers, Keys, Notifications, Saved, Suppression, SuppressionReason, Suppressions, Versioned,
};
use handlers::unsubscribe::{List, Topic, url};
use serde_json::{Value, json};
use tests::world::customer;

use crate::client::{Answer, Client};

const FORM: &str = "application/x-www-form-urlencoded";
pub const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

async fn client(locale: &str) -> Client {
    let client = Client::new();
    client
        .world
        .customer_with("ana@example.com", json!({}))
        .await;
    let body = json!({ "email": "ana@example.com", "name": "Ana", "locale": locale });
    let put = client
        .json(
            axum::http::Method::PUT,
            &format!("/v1/customers/{}", customer()),
            &[],
            &body,
        )
        .await;
    assert!(put.status.is_success());
    client
}

/// The path of the link in a mail.
pub async fn link(client: &Client, topic: Topic) -> String {
    let customer = customer();
    let keyring = client.world.keys.keyring().await.unwrap();
    let list = List::own(&customer, topic);
    let url = url(&keyring, "https://bank.example/v1", list).unwrap();
    url.strip_prefix("https://bank.example").unwrap().to_owned()
}

pub async fn post(client: &Client, path: &str, body: &str) -> Answer {
    let request = Request::post(path).header("content-type", FORM);
    client
        .send(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

/// The revision, and the kinds of these that are on.
async fn state(client: &Client) -> (u64, Vec<Kind>) {
    let latest = client
        .world
        .customers
        .latest(&customer())
        .await
        .unwrap()
        .unwrap();
    let person = latest.person.unwrap().unwrap();
    let on = Kind::ALL
        .into_iter()
        .filter(|&kind| person.preferences.is_on(kind));
    (latest.revision, on.collect())
}

#[tokio::test]
async fn a_get_shows_what_will_happen_and_changes_nothing() {
    let client = client("en").await;
    let before = state(&client).await;
    let path = link(&client, Topic::Kind(Kind::Deposit)).await;
    for _ in 0..3 {
        let page = client.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        let html = page.body.as_str().unwrap();
        assert!(
            html.contains("money that is paid in") && html.contains("<form method=\"post\">"),
            "{html}"
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
    assert_eq!(state(&client).await, before);
}

#[tokio::test]
async fn a_post_switches_the_kind_off_once_however_often_it_comes() {
    let client = client("en").await;
    let (revision, on) = state(&client).await;
    let path = link(&client, Topic::Kind(Kind::Deposit)).await;
    for _ in 0..3 {
        assert_eq!(post(&client, &path, ONE_CLICK).await.status, StatusCode::OK);
    }
    let (after, left) = state(&client).await;
    assert_eq!(after, revision + 1);
    let expected: Vec<Kind> = on
        .into_iter()
        .filter(|&kind| kind != Kind::Deposit)
        .collect();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_link_with_two_tokens_is_none() {
    let client = client("en").await;
    let before = state(&client).await;
    let deposits = link(&client, Topic::Kind(Kind::Deposit)).await;
    let all = link(&client, Topic::All).await;
    let token = |link: &str| link.split_once('?').unwrap().1.to_owned();
    for path in [
        format!("{deposits}&{}", token(&all)),
        format!("{all}&{}", token(&deposits)),
    ] {
        let answer = post(&client, &path, ONE_CLICK).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(state(&client).await, before);
    let same = format!("{deposits}&{}", token(&deposits));
    assert_eq!(post(&client, &same, ONE_CLICK).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_link_of_a_digest_switches_everything_off_that_can_be() {
    let client = client("en").await;
    let path = link(&client, Topic::All).await;
    assert_eq!(post(&client, &path, ONE_CLICK).await.status, StatusCode::OK);
    let (_, left) = state(&client).await;
    assert!(
        left.iter().all(|kind| !kind.can_be_switched_off()),
        "{left:?}"
    );
}

#[tokio::test]
async fn what_was_asked_for_with_amounts_keeps_them_for_later() {
    let client = client("en").await;
    let wish = json!({ "kinds": { "large-amount": { "enabled": true, "min_amount": { "EUR": "1000.00" } } } });
    client.world.customer_with("ana@example.com", wish).await;
    let path = link(&client, Topic::Kind(Kind::LargeAmount)).await;
    assert_eq!(post(&client, &path, ONE_CLICK).await.status, StatusCode::OK);
    let shown = client
        .get(&format!("/v1/customers/{}", customer()))
        .await
        .body;
    assert_eq!(
        shown["preferences"]["kinds"]["large-amount"],
        json!({ "enabled": false, "min_amount": { "EUR": "1000.00" } })
    );
}

#[tokio::test]
async fn the_page_speaks_the_customers_language() {
    let client = client("fr").await;
    let path = link(&client, Topic::Kind(Kind::Deposit)).await;
    for page in [
        client.get(&path).await,
        post(&client, &path, ONE_CLICK).await,
    ] {
        let html = page.body.as_str().unwrap();
        assert!(
            html.contains("<html lang=\"fr\">") && html.contains("les sommes reçues"),
            "{html}"
        );
    }
}

#[tokio::test]
async fn every_link_that_does_not_work_gets_the_same_answer_and_changes_nothing() {
    let client = client("en").await;
    let before = state(&client).await;
    let good = link(&client, Topic::All).await;
    let other = {
        let keyring = handlers::keyring::Keyring::read(&[
            "{\"secret\": \"0123456789012345678901234567890123456789\"}",
        ]);
        url(&keyring.unwrap(), "", List::own(&customer(), Topic::All))
            .unwrap()
            .replacen("/", "/v1/", 1)
    };
    let longer = format!("{good}x");
    let paths = [
        "/v1/unsubscribe",
        "/v1/unsubscribe?token=",
        "/v1/unsubscribe?token=%00",
        "/v1/unsubscribe?%ff",
        &longer,
        &other,
    ];
    let mut answers = Vec::new();
    for path in paths {
        for answer in [client.get(path).await, post(&client, path, ONE_CLICK).await] {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
            answers.push(answer.body);
        }
    }
    // Nor does a good link without the field of RFC 8058.
    for body in ["", "List-Unsubscribe=", "{}"] {
        let answer = post(&client, &good, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        answers.push(answer.body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(state(&client).await, before);
}

#[tokio::test]
async fn a_link_works_after_the_key_was_changed_and_not_after_it_was_thrown_away() {
    let client = client("en").await;
    let path = link(&client, Topic::Kind(Kind::Deposit)).await;
    client.world.keys.rotate("second", &["first"]);
    assert_eq!(client.get(&path).await.status, StatusCode::OK);
    assert_ne!(link(&client, Topic::Kind(Kind::Deposit)).await, path);
    client.world.keys.rotate("third", &["second"]);
    assert_eq!(client.get(&path).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn for_who_was_erased_it_is_done_already() {
    let client = client("fr").await;
    let path = link(&client, Topic::All).await;
    client
        .delete(&format!("/v1/customers/{}", customer()))
        .await;
    for page in [
        client.get(&path).await,
        post(&client, &path, ONE_CLICK).await,
    ] {
        assert_eq!(page.status, StatusCode::OK);
    }
    let latest = client
        .world
        .customers
        .latest(&customer())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(latest.person, None);
}

#[tokio::test]
async fn suppressions_are_shown_and_lifted_by_customer() {
    let client = client("en").await;
    let path = format!("/v1/customers/{}/suppressions", customer());
    let shown = client.get(&path).await.body;
    assert_eq!(shown["suppressions"][0]["suppressed"], false);
    let suppression = Suppression {
        reason: SuppressionReason::Complaint,
        at: chrono::DateTime::UNIX_EPOCH,
        notification_id: NotificationId::from_u128(1),
    };
    client
        .world
        .suppressions
        .add(&AddressHash::of("ANA@example.com"), &suppression)
        .await
        .unwrap();
    let shown = client.get(&path).await.body;
    assert_eq!(shown["suppressions"][0]["email"], "ana@example.com");
    assert_eq!(shown["suppressions"][0]["reason"], "complaint");
    for _ in 0..2 {
        assert_eq!(client.delete(&path).await.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(
        client.get(&path).await.body["suppressions"][0]["suppressed"],
        false
    );
    assert_eq!(
        client.get("/v1/customers/nobody/suppressions").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_code_tells_of_its_mail_however_it_is_typed_and_of_no_mail_that_was_not_sent() {
    let client = Client::with_account().await;
    client
        .world
        .customer_with("ana@example.com", json!({}))
        .await;
    client
        .append("ACC-1", "deposit", &[tests::world::deposited("125.50")])
        .await;
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    let stored = client.world.notifications.all().remove(0);
    assert_eq!(stored.phase(), Phase::Sent);
    let keyring = client.world.keys.keyring().await.unwrap();
    let code = handlers::mail_code::verification_code(&keyring, stored.id());
    assert_eq!(stored.verification_code(), Some(code.as_str()));
    for typed in [
        code.clone(),
        code.to_lowercase(),
        code.replace('-', "%20"),
        code.replace('0', "o"),
    ] {
        let answer = client.get(&format!("/v1/mail-codes/{typed}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{typed}");
        assert_eq!(
            (&answer.body["valid"], &answer.body["kind"]),
            (&json!(true), &json!("deposit"))
        );
        assert!(
            answer.body["account"].as_str().unwrap().starts_with("••••"),
            "{}",
            answer.body
        );
        assert!(answer.body["sent_at"].is_string());
        assert!(!answer.body.to_string().contains("ana@"), "{}", answer.body);
    }
    // A mail that was refused when it was handed over.
    let mut refused = serde_json::to_value(&stored).unwrap();
    refused["state"] = json!("REJECTED");
    refused["message_id"] = Value::Null;
    let refused = Versioned {
        value: serde_json::from_value(refused).unwrap(),
        revision: client.world.notifications.revision(stored.id()),
    };
    let saved = client.world.notifications.save(&refused).await;
    assert_eq!(saved, Ok(Saved::Written));
    for text in [code.as_str(), "nothing", "0000-0000-0000"] {
        let answer = client.get(&format!("/v1/mail-codes/{text}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{text}");
        assert_ne!(answer.body, Value::Null);
    }
}

/// The value of a field in the page's forms.
fn field(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[tokio::test]
async fn a_click_is_undone_with_the_kinds_that_it_switched_off_and_no_others() {
    let client = client("en").await;
    let (_, before) = state(&client).await;
    let path = link(&client, Topic::All).await;
    let done = post(&client, &path, ONE_CLICK).await;
    let undo = field(done.body.as_str().unwrap(), "Undo").unwrap();
    let (revision, off) = state(&client).await;
    assert_eq!(off, [Kind::Security]);

    // A link of another topic has another signature, and so has another undo.
    let other = link(&client, Topic::Kind(Kind::Deposit)).await;
    let more = undo.replacen("deposit", "deposit,statement", 1);
    for (path, undo) in [(&other, &undo), (&path, &more), (&path, &String::new())] {
        let refused = post(&client, path, &format!("Undo={undo}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{undo}");
    }
    assert_eq!(state(&client).await, (revision, off));

    for _ in 0..2 {
        let undone = post(&client, &path, &format!("Undo={undo}")).await;
        assert_eq!(undone.status, StatusCode::OK);
        assert!(undone.body.as_str().unwrap().contains("Undone"));
        assert_eq!(state(&client).await, (revision + 1, before.clone()));
    }
    // Not over what the customer has said since.
    let done = post(&client, &path, ONE_CLICK).await;
    let undo = field(done.body.as_str().unwrap(), "Undo").unwrap();
    assert!(
        post(&client, &path, "Delivery=weekly")
            .await
            .status
            .is_success()
    );
    let since = state(&client).await;
    let refused = post(&client, &path, &format!("Undo={undo}")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(state(&client).await, since);
    // What was off already is nothing to undo.
    let path = link(&client, Topic::Kind(Kind::Statement)).await;
    let done = post(&client, &path, ONE_CLICK).await;
    assert_eq!(field(done.body.as_str().unwrap(), "Undo"), None);
}

#[tokio::test]
async fn the_link_of_a_digest_offers_when_mails_come_and_that_of_another_mail_does_not() {
    let client = client("fr").await;
    let path = link(&client, Topic::All).await;
    let page = client.get(&path).await;
    let html = page.body.as_str().unwrap();
    for text in [
        "Modifier vos résumés",
        "Un e-mail à chaque mouvement",
        "Ensemble, chaque matin",
        "Ensemble, chaque lundi",
        "Jamais, sauf pour la sécurité",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    let delivery = async |client: &Client| {
        let path = format!("/v1/customers/{}", customer());
        client.get(&path).await.body["preferences"]["delivery"].clone()
    };
    for (chosen, stored) in [
        ("weekly", json!("weekly")),
        ("daily", json!("daily")),
        ("immediate", Value::Null),
    ] {
        let done = post(&client, &path, &format!("Delivery={chosen}")).await;
        assert_eq!(done.status, StatusCode::OK, "{chosen}");
        assert_eq!(delivery(&client).await, stored, "{chosen}");
    }
    // A customer who has switched all of them off is not promised any.
    post(&client, &path, ONE_CLICK).await;
    let done = post(&client, &path, "Delivery=daily").await;
    let html = done.body.as_str().unwrap().to_owned();
    assert!(html.contains("vous n’en recevrez aucun"), "{html}");
    post(&client, &path, "Delivery=immediate").await;

    let other = link(&client, Topic::Kind(Kind::Deposit)).await;
    let html = client.get(&other).await.body;
    assert!(!html.as_str().unwrap().contains("Delivery"), "{html}");
    for (path, body) in [(&other, "Delivery=weekly"), (&path, "Delivery=yearly")] {
        let refused = post(&client, path, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(delivery(&client).await, Value::Null);
}
