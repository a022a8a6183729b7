//! The search: what a clerk has on the phone finds the account, the customer, the event or the mail.

use axum::http::{Method, StatusCode};
use handlers::error::Error;
use serde_json::{Value, json};
use tests::world::{Fault, account, deposited, event};

use crate::client::{Answer, Client};

/// A text as a value of a query.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn asked(client: &Client, text: &str) -> Answer {
    client.get(&format!("/v1/search?q={}", encoded(text))).await
}

/// The hits as `type id matched`.
async fn hits(client: &Client, text: &str) -> Vec<String> {
    let answer = asked(client, text).await;
    assert_eq!(answer.status, StatusCode::OK, "{text}: {:#}", answer.body);
    listed(&answer.body)
}

fn listed(body: &Value) -> Vec<String> {
    let text = |hit: &Value, member: &str| hit[member].as_str().unwrap().to_owned();
    let hits = body["hits"].as_array().unwrap().iter();
    hits.map(|hit| {
        ["type", "id", "matched"]
            .map(|member| text(hit, member))
            .join(" ")
    })
    .collect()
}

async fn put(client: &Client, id: &str, name: &str, email: &str) {
    let person = json!({ "email": email, "name": name });
    let path = format!("/v1/customers/{id}");
    let answer = client.json(Method::PUT, &path, &[], &person).await;
    assert!(answer.status.is_success(), "{:#}", answer.body);
}

const IBAN: &str = "DE89370400440532016828";

/// An account with an IBAN of `ana-1`, and one of another.
async fn bank() -> Client {
    let client = Client::new();
    for (id, holder) in [(IBAN, "ana-1"), ("ACC-7", "ben")] {
        let opened = event(
            "AccountOpened",
            json!({ "customer_id": holder, "currency": "EUR" }),
        );
        let answer = client
            .append(id, "open", &[opened, deposited("5.00")])
            .await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    client.world.project(client.world.stream()).await;
    put(&client, "ana-1", "Ana María Lind", "Ana.Lind@example.com").await;
    put(&client, "ben", "Ben O’Lindon", "ben@example.com").await;
    client
}

#[tokio::test]
async fn an_account_is_found_however_its_id_is_written_and_by_its_last_four() {
    let client = bank().await;
    let by_id = format!("account {IBAN} account_id");
    for text in [
        IBAN,
        "de89 3704 0044 0532 0168 28",
        "DE89-3704-0044-0532-0168-28",
        "DE89.3704.0044.0532.0168.28",
        " DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0168\u{a0}28 ",
    ] {
        assert_eq!(hits(&client, text).await, [by_id.as_str()], "{text}");
    }
    assert_eq!(hits(&client, "acc7").await, ["account ACC-7 account_id"]);
    let by_end = format!("account {IBAN} last_four");
    for text in [
        "6828",
        "••••6828",
        "•••• 6828",
        "**** **** **** 6828",
        "••16828",
    ] {
        assert_eq!(hits(&client, text).await, [by_end.as_str()], "{text}");
    }
    for text in ["••26828", "••••6829", "DE89", "16828"] {
        assert_eq!(hits(&client, text).await, [""; 0], "{text}");
    }
    let answer = asked(&client, "••••6828").await;
    assert_eq!(answer.body["looked_at"], json!(["last_four"]));
    assert_eq!(answer.body["hits"][0]["label"], "EUR, of ana-1");
    assert_eq!(answer.body["more"], false);
}

#[tokio::test]
async fn an_account_that_is_not_projected_yet_is_found_by_its_id() {
    let client = Client::with_account().await;
    assert_eq!(hits(&client, "acc-1").await, ["account ACC-1 account_id"]);
    assert_eq!(hits(&client, "acc1").await, [""; 0], "by the index later");
    client.world.project(client.world.stream()).await;
    assert_eq!(hits(&client, "acc1").await, ["account ACC-1 account_id"]);
}

#[tokio::test]
async fn a_customer_is_found_by_id_address_and_each_word_of_the_name() {
    let client = bank().await;
    for text in ["ana-1", "ANA-1", "ana 1"] {
        let found = hits(&client, text).await;
        assert_eq!(found, ["customer ana-1 customer_id"], "{text}");
    }
    assert_eq!(
        hits(&client, " ana.lind@EXAMPLE.com").await,
        ["customer ana-1 email"]
    );
    for text in [
        "ANA",
        "maria",
        "lind ana",
        "Ana Lind",
        "an li",
        "Ána  María",
    ] {
        assert!(
            hits(&client, text)
                .await
                .contains(&"customer ana-1 name".to_owned()),
            "{text}"
        );
    }
    assert_eq!(hits(&client, "olindon").await, ["customer ben name"]);
    assert_eq!(
        hits(&client, "lin").await,
        ["customer ana-1 name"],
        "the beginning of a word, and no middle"
    );
    for text in ["a", "l", "ana@example.com", "lind ben", "ind"] {
        assert_eq!(hits(&client, text).await, [""; 0], "{text}");
    }
    let answer = asked(&client, "maria").await;
    assert_eq!(answer.body["hits"][0]["label"], "Ana María Lind");
}

#[tokio::test]
async fn a_customer_who_has_another_name_now_or_was_erased_is_not_found_by_the_old_one() {
    let client = bank().await;
    put(&client, "ana-1", "Ana Berg", "berg@example.com").await;
    for text in ["lind", "maria", "ana.lind@example.com"] {
        assert_eq!(hits(&client, text).await, [""; 0], "{text}");
    }
    assert_eq!(hits(&client, "berg").await, ["customer ana-1 name"]);
    let erased = client.delete("/v1/customers/ana-1").await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT);
    for text in ["berg", "ana", "berg@example.com", "ana-1"] {
        assert_eq!(hits(&client, text).await, [""; 0], "{text}");
    }
    // Her account stays.
    assert_eq!(hits(&client, "6828").await.len(), 1);
}

#[tokio::test]
async fn an_event_and_a_mail_are_found_by_their_ids_and_a_mail_by_its_code() {
    let client = Client::with_account().await;
    client
        .world
        .customer_with("ana@example.com", json!({}))
        .await;
    client.append("ACC-1", "one", &[deposited("10.00")]).await;
    client.world.project(client.world.stream()).await;
    client.world.settle().await;
    let notified = client.get("/v1/accounts/ACC-1/notifications").await.body;
    let notified = &notified["notifications"][0];
    let (id, event_id) = (
        notified["notification_id"].as_str().unwrap(),
        notified["event_id"].as_str().unwrap(),
    );
    for text in [
        event_id,
        &event_id.to_uppercase(),
        &event_id.replace('-', " "),
    ] {
        let answer = asked(&client, text).await;
        assert_eq!(listed(&answer.body), [format!("event {event_id} event_id")]);
        let hit = &answer.body["hits"][0];
        assert_eq!(hit["account_id"], "ACC-1");
        assert_eq!(hit["version"], 2);
        assert_eq!(hit["label"], "MoneyDeposited, ACC-1");
    }
    let never = format!("0000000000ff{}", &event_id[12..]);
    assert_eq!(hits(&client, &never).await, [""; 0], "no such version");
    let answer = asked(&client, id).await;
    assert_eq!(
        listed(&answer.body),
        [format!("notification {id} notification_id")]
    );
    assert_eq!(answer.body["hits"][0]["label"], "deposit, SENT");
    assert_eq!(answer.body["hits"][0]["account_id"], "ACC-1");
    let alone = client.get(&format!("/v1/notifications/{id}")).await;
    assert_eq!(
        alone.body,
        json!({ "account_id": "ACC-1", "customer_id": null, "notification": notified })
    );
    for (id, status) in [
        (
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            StatusCode::NOT_FOUND,
        ),
        ("7", StatusCode::BAD_REQUEST),
    ] {
        let answer = client.get(&format!("/v1/notifications/{id}")).await;
        assert_eq!(answer.status, status, "{id}");
    }
    let mail = &client.world.mailer.accepted()[0];
    let code = mail
        .text
        .split_whitespace()
        .find(|word| word.len() == 14 && word.matches('-').count() == 2)
        .unwrap();
    for text in [code.to_owned(), code.to_lowercase(), code.replace('-', " ")] {
        let found = hits(&client, &text).await;
        assert_eq!(found, [format!("notification {id} mail_code")], "{text}");
    }
}

#[tokio::test]
async fn who_may_not_read_customers_finds_the_rest() {
    let client = bank().await;
    for (text, found) in [
        ("6828", vec![format!("account {IBAN} last_four")]),
        ("ACC-7", vec!["account ACC-7 account_id".to_owned()]),
        ("ana-1", vec![]),
        ("lind", vec![]),
        ("ben@example.com", vec![]),
    ] {
        let path = format!("/v1/search/ledger?q={}", encoded(text));
        let answer = client.get(&path).await;
        assert_eq!(listed(&answer.body), found, "{text}");
        for key in ["customer_id", "email", "name"] {
            let looked_at = answer.body["looked_at"].as_array().unwrap();
            assert!(!looked_at.contains(&json!(key)), "{text}");
        }
    }
}

#[tokio::test]
async fn a_search_that_makes_no_sense_is_refused_by_its_parameter_and_every_other_has_an_answer() {
    let client = bank().await;
    for route in ["/v1/search", "/v1/search/ledger"] {
        for (query, name) in [
            ("", "q"),
            ("?q=", "q"),
            ("?q=%20%C2%A0", "q"),
            ("?q=a%00b", "q"),
            ("?q=a%0Ab", "q"),
            ("?q=a&q=b", "q"),
            ("?q=a&limit=0", "limit"),
            ("?q=a&limit=101", "limit"),
            ("?q=a&page=2", "page"),
        ] {
            let answer = client.get(&format!("{route}{query}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
            assert_eq!(answer.places(), [format!("parameter {name}")], "{query}");
        }
        let long = "x".repeat(60_000);
        let answer = client.get(&format!("{route}?q={long}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    for text in [
        "%",
        "%%%",
        "'; DROP TABLE customers; --",
        "<script>alert(1)</script>",
        "Дмитрий",
        "王小明",
        "محمد",
        "राम",
        "Γιώργος",
        "почта@пример.рф",
        "@",
        "#",
        "🙂",
        "•",
        "••••",
        "{}",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        &"a ".repeat(100),
        &"ﷺ".repeat(200),
    ] {
        let answer = asked(&client, text).await;
        assert_eq!(answer.status, StatusCode::OK, "{text}");
        assert_eq!(answer.body["hits"], json!([]), "{text}");
        assert!(answer.body["looked_at"].is_array(), "{text}");
    }
    // What is no UTF-8 is read as a character that nothing has.
    assert_eq!(
        client.get("/v1/search?q=%FF%FE").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_name_is_text_whatever_it_looks_like() {
    let client = bank().await;
    let name = "<script>alert('x')</script>";
    put(&client, "evil", name, "evil@example.com").await;
    for text in ["script", name, "ALERT"] {
        let answer = asked(&client, text).await;
        assert_eq!(answer.body["hits"][0]["label"], name, "{text}");
    }
    put(&client, "short", "O", "o@example.com").await;
    assert_eq!(hits(&client, "o").await, ["customer short name"]);
    assert_eq!(hits(&client, "Ο").await, [""; 0], "another script's letter");
}

#[tokio::test]
async fn a_limit_is_kept_and_the_answer_says_that_there_are_more() {
    let client = Client::new();
    for number in 0..7 {
        let (id, email) = (format!("c-{number}"), format!("c{number}@example.com"));
        put(&client, &id, &format!("Ana Lind {number}"), &email).await;
    }
    for (limit, count, more) in [(1, 1, true), (6, 6, true), (7, 7, false), (100, 7, false)] {
        for text in ["ana", "lind", "lind%20ana", "li%20an"] {
            let path = format!("/v1/search?q={text}&limit={limit}");
            let answer = client.get(&path).await.body;
            let ids: std::collections::BTreeSet<String> = listed(&answer).into_iter().collect();
            assert_eq!(
                (ids.len(), &answer["more"]),
                (count, &json!(more)),
                "{path}"
            );
            assert_eq!(listed(&answer).len(), count, "each once");
        }
    }
}

#[tokio::test]
async fn customers_are_listed_by_name_page_by_page_without_those_who_were_erased() {
    let client = bank().await;
    put(&client, "zoe", "Ána Zoë", "zoe@example.com").await;
    put(&client, "gone", "Ana Gone", "gone@example.com").await;
    client.delete("/v1/customers/gone").await;
    let (mut path, mut listed) = ("/v1/customers?limit=1".to_owned(), Vec::new());
    loop {
        let page = client.get(&path).await.body;
        assert!(page["customers"].as_array().unwrap().len() <= 1);
        listed.extend(page["customers"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/customers?limit=1&cursor={next}");
    }
    let row = |id: &str, name: &str, email: &str| json!({ "customer_id": id, "name": name, "email": email });
    assert_eq!(
        listed,
        [
            row("ana-1", "Ana María Lind", "Ana.Lind@example.com"),
            row("zoe", "Ána Zoë", "zoe@example.com"),
            row("ben", "Ben O’Lindon", "ben@example.com"),
        ]
    );
}

#[tokio::test]
async fn the_accounts_of_a_customer_are_listed_page_by_page() {
    let client = bank().await;
    for id in ["ACC-8", "ACC-9"] {
        let opened = event(
            "AccountOpened",
            json!({ "customer_id": "ana-1", "currency": "EUR" }),
        );
        client.append(id, "open", &[opened]).await;
    }
    client.world.project(client.world.stream()).await;
    let mut path = "/v1/accounts?customer_id=ana-1&limit=2".to_owned();
    let mut listed = Vec::new();
    loop {
        let page = client.get(&path).await.body;
        for account in page["accounts"].as_array().unwrap() {
            assert_eq!(account["customer_id"], "ana-1");
            listed.push(account["account_id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/accounts?customer_id=ana-1&limit=2&cursor={next}");
    }
    assert_eq!(listed, ["ACC-8", "ACC-9", IBAN]);
    let none = client.get("/v1/accounts?customer_id=nobody").await;
    assert_eq!(none.body, json!({ "accounts": [], "next": null }));
    let refused = client.get("/v1/accounts?customer_id=a%20b").await;
    assert_eq!(refused.places(), ["parameter customer_id"]);
}

#[tokio::test]
async fn what_was_stored_before_there_was_an_index_is_written_into_it_part_by_part() {
    let client = bank().await;
    let (mut path, mut parts, mut indexed) = ("/v1/search/index?limit=1".to_owned(), 0, 0);
    let customers_stay = client.world.customers.all().len();
    loop {
        let answer = client.post(&path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{:#}", answer.body);
        indexed += answer.body["indexed"].as_u64().unwrap();
        parts += 1;
        let Some(next) = answer.body["next"].as_str() else {
            break;
        };
        path = format!("/v1/search/index?limit=1&cursor={next}");
    }
    assert_eq!((parts, indexed), (4, 4), "two customers and two accounts");
    assert_eq!(client.world.customers.all().len(), customers_stay);
    assert_eq!(
        client.world.read_model.row(&account(7)).unwrap().revision,
        2
    );
    let refused = client
        .post("/v1/search/index?cursor=bm9uc2Vuc2U", &Value::Null)
        .await;
    assert_eq!(refused.places(), ["parameter cursor"]);
}

#[tokio::test]
async fn a_search_whose_store_does_not_answer_says_so() {
    let client = bank().await;
    for (call, text) in [
        ("account_index.find", "6828"),
        ("read_model.load", "ACC-7"),
        ("customer_index.find", "lind"),
        ("customers.latest", "lind"),
        ("notifications.get", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ] {
        let fault = Fault::FailBefore(Error::Retryable("throttled".into()));
        client.world.faults.at(call, 0, fault);
        let answer = asked(&client, text).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{call}");
        client.world.faults.clear();
    }
}
