//! The customers and what they wish.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use handlers::customers::read_person;
use handlers::ports::Person;
use serde_json::{Value, json};

pub const CUSTOMERS: u32 = 200;
/// Has an account and was never made known to us.
pub const UNKNOWN: u32 = 101;

pub fn customer_id(number: u32) -> String {
    format!("CUST-{number}")
}

pub fn zone(number: u32) -> Tz {
    match number % 2 {
        0 => Tz::Europe__Paris,
        _ => Tz::America__New_York,
    }
}

pub fn currency(number: u32) -> &'static str {
    match (number % 2, number % 20) {
        (_, 14) => "JPY",
        (0, _) => "EUR",
        _ => "USD",
    }
}

/// An amount in the currency's own digits, of so many hundredths.
pub fn amount(number: u32, hundredths: u64) -> String {
    match currency(number) {
        "JPY" => hundredths.to_string(),
        _ => format!("{}.{:02}", hundredths / 100, hundredths % 100),
    }
}

fn email(number: u32) -> String {
    match number {
        11 | 57 | 124 => format!("bounce+{number}@simulator.amazonses.com"),
        23 | 71 => format!("complaint+{number}@simulator.amazonses.com"),
        _ => format!("c{number}@example.com"),
    }
}

fn wishes(number: u32) -> Value {
    let amounts = |hundredths| json!({ currency(number): amount(number, hundredths) });
    let night = json!({ "from": "22:00", "to": "07:00" });
    match number / 2 % 10 {
        1 => json!({ "delivery": "daily" }),
        2 => json!({ "delivery": "weekly" }),
        3 => json!({ "quiet_hours": night }),
        4 => {
            json!({ "delivery": "daily", "quiet_hours": { "from": "21:00", "to": "10:00" }, "hide_amounts": true })
        }
        5 => json!({ "quiet_hours": night, "kinds": {
            "large-amount": { "enabled": true, "min_amount": amounts(80_000) },
            "low-balance": { "enabled": true, "threshold": amounts(100_000) },
            "schedule-run": { "enabled": true },
        } }),
        6 => json!({ "kinds": {
            "statement": { "enabled": true },
            "deposit": { "enabled": false },
            "withdrawal": { "enabled": true, "min_amount": amounts(20_000) },
        } }),
        7 => json!({
            "kinds": { "low-balance": { "enabled": true, "threshold": amounts(150_000) } },
            "addresses": [
                { "email": format!("second{number}@example.com"), "kinds": ["withdrawal", "low-balance", "statement"] },
            ],
        }),
        8 => json!({ "kinds": { "withdrawal": { "enabled": false } }, "delivery": "daily" }),
        9 => json!({ "kinds": { "statement": { "enabled": true } }, "delivery": "weekly" }),
        _ => json!({}),
    }
}

pub fn person(number: u32) -> Person {
    person_with(number, &email(number), wishes(number))
}

fn person_with(number: u32, email: &str, preferences: Value) -> Person {
    let body = json!({
        "email": email,
        "name": format!("Customer {number}"),
        "locale": if number.is_multiple_of(3) { "fr" } else { "en" },
        "time_zone": zone(number).name(),
        "preferences": preferences,
    });
    read_person(body).unwrap()
}

/// What a customer changes in the month; `None` is the wish to be erased.
pub fn changes() -> Vec<(DateTime<Utc>, u32, Option<Person>)> {
    let time = |text: &str| text.parse().unwrap();
    let off =
        json!({ "kinds": { "deposit": { "enabled": false }, "withdrawal": { "enabled": false } } });
    vec![
        (
            time("2026-10-20T12:00:00Z"),
            35,
            Some(person_with(35, "moved35@example.com", wishes(35))),
        ),
        (
            time("2026-10-22T12:00:00Z"),
            46,
            Some(person_with(46, &email(46), off)),
        ),
        (time("2026-10-27T12:00:00Z"), 90, None),
        (
            time("2026-10-29T12:00:00Z"),
            60,
            Some(person_with(60, &email(60), json!({ "delivery": "daily" }))),
        ),
        (
            time("2026-10-30T12:00:00Z"),
            122,
            Some(person_with(122, &email(122), json!({}))),
        ),
    ]
}
