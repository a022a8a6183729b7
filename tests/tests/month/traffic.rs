//! What happens in the month, from a seed.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::Schedule;
use serde_json::{Value, json};

use crate::people::{CUSTOMERS, amount, currency, customer_id, zone};

/// How much of the month's traffic there is: all of it takes a debug build some
/// ten minutes, so it is a quarter unless `LEDGERBELL_MONTH=full`. Days,
/// customers, wishes and schedules are the same.
pub fn is_full() -> bool {
    std::env::var("LEDGERBELL_MONTH").is_ok_and(|value| value == "full")
}

/// Of the events that the bank reports, beside the openings.
pub fn reported() -> usize {
    if is_full() { 10_300 } else { 2_600 }
}

/// At least so many of something there must be, in a full month.
pub fn share(of_a_full_month: usize) -> usize {
    of_a_full_month * reported() / 10_300
}

/// One request of the bank.
pub struct Request {
    pub at: DateTime<Utc>,
    pub account: String,
    pub events: Vec<Value>,
}

/// Small, fast and the same everywhere (Steele, Lea and Flood: SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

pub fn begin() -> DateTime<Utc> {
    "2026-10-10T06:00:00Z".parse().unwrap()
}

pub fn end() -> DateTime<Utc> {
    "2026-11-11T20:00:00Z".parse().unwrap()
}

pub fn account_id(number: u32) -> String {
    format!("ACC-{number}")
}

fn event(event_type: &str, at: DateTime<Utc>, data: Value) -> Value {
    json!({ "type": event_type, "occurred_at": domain::time::format_time(at), "data": data })
}

pub fn openings() -> Vec<Request> {
    (0..CUSTOMERS)
        .map(|number| {
            let data = json!({
                "customer_id": customer_id(number), "currency": currency(number),
                "overdraft_limit": amount(number, 50_000), "opening_balance": amount(number, 150_000),
            });
            let at = begin() + TimeDelta::seconds(i64::from(number));
            Request {
                at,
                account: account_id(number),
                events: vec![event("AccountOpened", at, data)],
            }
        })
        .collect()
}

/// Movements by day and less at night, more on the first and the last of a
/// month; one account is closed.
pub fn requests() -> Vec<Request> {
    let mut chance = Chance(20_261_010);
    let minutes = (end() - begin()).num_minutes().unsigned_abs() - 60;
    let mut left = reported();
    let mut requests = Vec::new();
    while left > 0 {
        let number = u32::try_from(chance.below(u64::from(CUSTOMERS))).unwrap();
        let minute = chance.below(minutes);
        let at = begin()
            + TimeDelta::hours(1)
            + TimeDelta::milliseconds(
                i64::try_from(minute * 60_000 + chance.below(60_000)).unwrap(),
            );
        let hour = at.with_timezone(&zone(number)).format("%H").to_string();
        let at_night = !("07".."21").contains(&hour.as_str());
        // Account 126 is closed on 5 November.
        if (at_night && chance.below(4) > 0) || (number == 126 && at >= closing_at()) {
            continue;
        }
        let count = (1 + chance.below(3)).min(left as u64);
        left -= count as usize;
        let events = (0..count)
            .map(|_| {
                let (event_type, most) = match chance.below(100) {
                    0..38 => ("MoneyDeposited", 40_000),
                    38..42 => ("MoneyDeposited", 300_000),
                    _ => ("MoneyWithdrawn", 42_000),
                };
                let data = json!({
                    "amount": amount(number, 1 + chance.below(most)), "currency": currency(number),
                    "reference": format!("{}", chance.below(1_000_000)),
                });
                event(event_type, at, data)
            })
            .collect();
        requests.push(Request {
            at,
            account: account_id(number),
            events,
        });
    }
    requests.push(Request {
        at: closing_at(),
        account: account_id(126),
        events: vec![event("AccountClosed", closing_at(), json!({}))],
    });
    requests.sort_by(|a, b| (a.at, &a.account).cmp(&(b.at, &b.account)));
    requests
}

/// In the night of Paris, and in the quiet hours.
fn closing_at() -> DateTime<Utc> {
    "2026-11-05T02:15:00Z".parse().unwrap()
}

/// Schedules of some accounts, over the changes of clocks too.
pub fn schedules() -> Vec<(u32, &'static str, Schedule)> {
    let mut all = Vec::new();
    for (index, number) in (0..CUSTOMERS).step_by(9).enumerate() {
        let zone: Tz = zone(number);
        let when = match index % 5 {
            0 => json!({ "cron": "0 9 * * ? *" }),
            // Skipped in one night of the year, twice in another.
            1 => json!({ "cron": "30 2 * * ? *" }),
            2 => json!({ "rate": "36 hours" }),
            3 => json!({ "cron": "0 6 ? * MON *" }),
            _ => json!({ "at": "2026-10-25T02:30:00" }),
        };
        // One in three is too much for the account.
        let hundredths = if index % 3 == 2 { 900_000_000 } else { 5_000 };
        let body = json!({
            "operation": { "type": "MoneyWithdrawn", "data": {
                "amount": amount(number, hundredths), "currency": currency(number),
            } },
            "when": when,
            "time_zone": zone.name(),
        });
        all.push((number, "standing", Schedule::read(body).unwrap()));
    }
    all
}
