//! The signing keys, and what is signed with them: links and codes in mails that
//! were sent long ago.

use handlers::keyring::Keyring;
use handlers::mail_code::verification_code;
use handlers::unsubscribe::{List, headers};
use serde_json::{Value, json};

use crate::file::{Golden, path};
use crate::machine::Machine;

const PUBLIC_URL: &str = "https://api.bank.example/v1";

fn signed(keyring: &Keyring, list: &Value) -> Value {
    let customer = serde_json::from_value(list["customer"].clone()).unwrap();
    let recipient = serde_json::from_value(list["recipient"].clone()).unwrap();
    let topic = list["topic"].as_str().unwrap().parse().unwrap();
    let list = List {
        customer: &customer,
        recipient: &recipient,
        topic,
    };
    json!(headers(keyring, PUBLIC_URL, list))
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_sign_what_they_signed_and_accept_what_they_and_older_ones_signed() {
    let mut golden = Golden::read(path("keys.json"));
    let kept = golden.content["kept"].as_str().unwrap().to_owned();
    let keyring = Keyring::read(&[&kept]).unwrap();
    let lists = golden.content["lists"].as_array().unwrap().clone();
    let links: Vec<Value> = lists.iter().map(|list| signed(&keyring, list)).collect();
    golden.check("links", Some(json!(links)));
    let codes = golden.content["notifications"].as_array().unwrap().clone();
    let codes = codes
        .iter()
        .map(|id| verification_code(&keyring, id.as_str().unwrap().parse().unwrap()));
    golden.check("codes", Some(codes.collect()));
    let secret = golden.content["next_secret"].as_str().unwrap().to_owned();
    let rotated = Keyring::rotated(&[&kept], &secret).unwrap();
    golden.check("rotated", Some(rotated.clone().into()));

    // Each link takes off what it is about, on a machine that signs with the next key.
    let file = |text: &str| text.as_bytes().to_vec();
    let machine = Machine::of(&[("FORMAT", file("1\n")), ("keys.json", file(&rotated))]);
    let running = machine.start(std::sync::Arc::default()).await;
    for (list, link) in lists.iter().zip(&links) {
        let customer = format!("/v1/customers/{}", list["customer"].as_str().unwrap());
        running.put(&customer, &golden.content["person"]).await;
        let link = link[0][1].as_str().unwrap();
        let (_, path) = link.trim_end_matches('>').split_once("/v1").unwrap();
        assert_eq!(
            running.one_click(&format!("/v1{path}")).await,
            200,
            "{list}"
        );
        let person = running.get(&customer).await;
        assert_ne!(
            person["preferences"], golden.content["person"]["preferences"],
            "{list}"
        );
    }
    running.stop().await;
}
