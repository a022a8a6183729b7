//! The console's pictures in docs/images/console:
//!
//!     cargo run -p tests --example console_pictures
//!
//! On a server and data of its own; look at them before they are committed.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use tests::browser::{Chromium, Page, Screen};
use tests::one_machine::{Api, Folder, Server, eventually, settled};

/// Name of the picture, view, screen, and what is to be seen on it.
const PICTURES: [(&str, &str, Screen, &str); 9] = [
    ("overview", "/", WIDE, "of 61 mails"),
    ("account", "/accounts/GIRO-1042", TALL, "Version 61 of 61"),
    (
        "account-dark",
        "/accounts/GIRO-1042",
        TALL_DARK,
        "Version 61 of 61",
    ),
    (
        "account-phone",
        "/accounts/GIRO-1042",
        Screen::PHONE,
        "Version 61 of 61",
    ),
    ("story", "/accounts/GIRO-1042/events/60", TALL, "Delivered"),
    (
        "story-phone-dark",
        "/accounts/GIRO-1042/events/60",
        PHONE_DARK,
        "Delivered",
    ),
    ("customer", "/customers/ana", TALL, "Code in the mail"),
    ("dead-letters", "/dead-letters", WIDE, "failed on"),
    ("replays", "/replays", WIDE, "No replay was started"),
];
const WIDE: Screen = Screen {
    height: 720,
    ..Screen::DESKTOP
};
const TALL: Screen = Screen {
    height: 1100,
    ..Screen::DESKTOP
};
const TALL_DARK: Screen = Screen { dark: true, ..TALL };
const PHONE_DARK: Screen = Screen {
    dark: true,
    ..Screen::PHONE
};

fn main() {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images/console");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    fill(&api, &folder);
    server.stop();
    // One balance is wrong, for a replay to find.
    folder.disk().change_balance("DEPOT-1044", |item| {
        item["account"]["M"]["balance"]["S"] = json!("99999.99");
    });
    let server = Server::start(&folder);
    let chromium = Chromium::start();
    let page = chromium.page();
    for (name, view, screen, text) in PICTURES {
        page.screen(screen);
        page.go(&format!("{}/#{view}", server.base()));
        page.wait_for("body", text);
        if name == "replays" {
            page.click("#replay-start");
            page.wait_for("#replays", "1 differing");
        }
        take(&page, &out.join(format!("{name}.png")));
    }
    page.assert_clean(server.base());
}

fn take(page: &Page, path: &Path) {
    // What has just come is lit up for a moment.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let bytes = BASE64_STANDARD
        .decode(page.picture())
        .expect("a picture is base64");
    std::fs::write(path, bytes).expect("the picture can be written");
    println!("{}", path.display());
}

/// Three accounts; two months of one of them, and one mail that cannot be written.
fn fill(api: &Api, folder: &Folder) {
    for (customer, account) in [
        ("ana", "GIRO-1042"),
        ("bo", "SPAR-1043"),
        ("cleo", "DEPOT-1044"),
    ] {
        let body = json!({
            "email": format!("{customer}@example.com"), "name": "Ana Lind", "locale": "en", "time_zone": "Europe/Paris",
            "preferences": { "kinds": { "low-balance": { "enabled": true, "threshold": { "EUR": "500.00" } } } },
        });
        let put = api.send("PUT", &format!("/v1/customers/{customer}"), &body);
        assert_eq!(put.status, 201, "{}", put.text);
        let opened =
            json!({ "customer_id": customer, "currency": "EUR", "opening_balance": "1250.00" });
        append(api, account, 0, "AccountOpened", opened);
    }
    for number in 1..=59_u32 {
        let (kind, amount, reference, counterparty) = movement(number);
        let data = json!({ "amount": amount, "currency": "EUR", "reference": reference, "counterparty": counterparty });
        append(api, "GIRO-1042", number, kind, data);
        std::thread::sleep(std::time::Duration::from_millis(400));
    }
    append(
        api,
        "SPAR-1043",
        1,
        "MoneyDeposited",
        json!({ "amount": "300.00", "currency": "EUR" }),
    );
    append(
        api,
        "DEPOT-1044",
        1,
        "MoneyDeposited",
        json!({ "amount": "17.50", "currency": "EUR" }),
    );
    let rent = json!({
        "operation": { "type": "MoneyWithdrawn", "data": { "amount": "850.00", "currency": "EUR", "reference": "Rent" } },
        "when": { "cron": "cron(0 9 1 * ? *)" }, "time_zone": "Europe/Paris",
    });
    assert_eq!(
        api.send("PUT", "/v1/accounts/GIRO-1042/schedules/rent", &rent)
            .status,
        201
    );
    let _ = settled(api, &folder.disk(), "GIRO-1042", 61, 0);
    folder.disk().change_customer("bo", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" });
    });
    append(
        api,
        "SPAR-1043",
        2,
        "MoneyDeposited",
        json!({ "amount": "25.00", "currency": "EUR" }),
    );
    eventually("the dead letter", || match api.dead_letters().len() {
        0 => Err("none".to_owned()),
        _ => Ok(()),
    });
}

fn movement(number: u32) -> (&'static str, String, &'static str, &'static str) {
    match number % 15 {
        1 => ("MoneyDeposited", "2418.60".to_owned(), "Salary", "Lumen AG"),
        3 => (
            "MoneyWithdrawn",
            "850.00".to_owned(),
            "Rent",
            "Example Homes",
        ),
        7 => ("MoneyDeposited", "64.90".to_owned(), "Refund", "Book shop"),
        9 => (
            "MoneyWithdrawn",
            "118.35".to_owned(),
            "Electricity",
            "Nordlicht",
        ),
        step => (
            "MoneyWithdrawn",
            format!("{}.{:02}", 20 + step * 11 % 90, number * 37 % 100),
            ["Groceries", "Pharmacy", "Coffee", "Tickets"][step as usize % 4],
            ["Market hall", "Apotheke 9", "Café Lune", "Railways"][step as usize % 4],
        ),
    }
}

fn append(api: &Api, account: &str, number: u32, event_type: &str, data: Value) {
    api.append(&tests::one_machine::Append {
        account: account.to_owned(),
        key: format!("picture-{number}"),
        events: vec![
            json!({ "type": event_type, "occurred_at": "2026-11-22T09:00:00Z", "data": data }),
        ],
    });
}
