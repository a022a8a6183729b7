//! What a customer reads.

use serde_json::{Value, json};
use tests::one_machine::{Api, Append, Folder, Server, settled};

use crate::Timed;

/// Deposits `amount` into a new account of `customer`, and gives the mail.
#[track_caller]
fn mail_of(
    folder: &Folder,
    api: &Api,
    customer: &str,
    currency: &str,
    amount: &str,
    reference: &str,
) -> Value {
    let account = format!("ACC-{customer}-{currency}");
    let before = api.inbox().len();
    api.open(&account, customer, currency);
    api.append(&Append::deposit(
        &account, "deposit", amount, currency, reference,
    ));
    let outcome = settled(api, &folder.disk(), &account, 2, before + 1);
    assert_eq!(outcome.mails.len(), before + 1, "one deposit is one mail");
    assert_eq!(outcome.notifications.len(), 1);
    assert_eq!(
        outcome.mails[0]["notification_id"],
        outcome.notifications[0]["notification_id"]
    );
    outcome.mails[0].clone()
}

#[track_caller]
fn says(mail: &Value, part: &str, text: &str) {
    let found = mail[part].as_str().unwrap();
    assert!(found.contains(text), "no {text:?} in its {part}: {found}");
}

#[test]
fn hostile_words_arrive_as_words() {
    let _timed = Timed::test("hostile words");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");

    let script = "<script>alert('1')</script> & \"<b>\" {{ 7 * 7 }} {% raw %}";
    let mail = mail_of(&folder, &api, "ana", "EUR", "125.50", script);
    says(&mail, "text", script);
    says(&mail, "html", "&lt;script&gt;");
    let html = mail["html"].as_str().unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(!html.contains("<b>\" {{"), "{html}");
    says(&mail, "html", "{{ 7 * 7 }}");

    // Right-to-left words stay; the marks that turn the direction of others do not.
    let mail = mail_of(
        &folder,
        &api,
        "ana",
        "GBP",
        "1.00",
        "\u{202e}לובקת 100\u{202c} سلام",
    );
    for part in ["subject", "text", "html"] {
        let text = mail[part].as_str().unwrap();
        assert!(!text.contains(['\u{202e}', '\u{202c}']), "{part}: {text:?}");
    }
    says(&mail, "text", "Reference: לובקת 100 سلام\n");
    says(&mail, "html", "سلام");

    // A line break would begin a header, or a line of its own.
    let texts = ["a\r\nBcc: b@example.com", "a\nb", "a\0b", "a\u{85}b"];
    for (number, text) in texts.into_iter().enumerate() {
        let deposit = Append::deposit(
            "ACC-ana-EUR",
            &format!("break-{number}"),
            "1.00",
            "EUR",
            text,
        );
        let answer = api.try_append(&deposit).unwrap();
        assert_eq!(answer.status, 400, "{text:?}: {}", answer.text);
        assert_eq!(
            answer.json["errors"][0]["pointer"],
            "/events/0/data/reference"
        );
    }
    // Unicode's own line separator is no control character, and still ends no line.
    let mail = mail_of(
        &folder,
        &api,
        "ana",
        "USD",
        "1.00",
        "a\u{2028}Balance after: €1,000,000.00",
    );
    says(&mail, "text", "Reference: a Balance after: €1,000,000.00\n");
}

#[test]
fn a_mail_speaks_the_customers_language_and_has_the_currencys_digits() {
    let _timed = Timed::test("languages and currencies");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.put_customer("zoe", "fr");

    let french = mail_of(&folder, &api, "zoe", "EUR", "1234.50", "salaire");
    assert_eq!(french["to"], "zoe@example.com");
    // A narrow no-break space groups the digits, a no-break space stands before the sign.
    says(&french, "subject", "1\u{202f}234,50\u{a0}€");
    says(&french, "text", "Bonjour");
    says(&french, "html", "lang=\"fr\"");

    let yen = mail_of(&folder, &api, "ana", "JPY", "1250", "rent");
    says(&yen, "subject", "¥1,250");
    assert!(!yen["text"].as_str().unwrap().contains("1,250."), "{yen}");
    says(&yen, "text", "Hello");

    let dinar = mail_of(&folder, &api, "ana", "BHD", "1.234", "rent");
    says(&dinar, "subject", "1.234");
    says(&dinar, "subject", "BHD");
    for mail in [&french, &yen, &dinar] {
        let account = mail["text"].as_str().unwrap();
        assert!(
            !account.contains("ACC-"),
            "the account is not masked: {account}"
        );
    }
    assert_eq!(api.inbox().len(), 3);
    assert_eq!(api.dead_letters(), Vec::<Value>::new());
    assert_eq!(
        api.get("/v1/accounts/ACC-ana-BHD")["balance"],
        json!("1.234")
    );
}
