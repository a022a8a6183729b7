//! What a caller may write for a movement, right or wrong, and what a model that
//! knows none of the parsers says of it.

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A time, part by part.
#[derive(Debug, Clone)]
pub struct Time {
    day: NaiveDate,
    hour: u32,
    minute: u32,
    second: u32,
    /// The digits behind the second; none: no point either.
    fraction: String,
    /// Minutes east of Greenwich; `None`: `Z`.
    offset: Option<i32>,
    separator: char,
}

impl Time {
    pub fn text(&self) -> String {
        let point = if self.fraction.is_empty() { "" } else { "." };
        let zone = match self.offset {
            None => "Z".to_owned(),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.abs();
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        };
        format!(
            "{}{}{:02}:{:02}:{:02}{point}{}{zone}",
            self.day, self.separator, self.hour, self.minute, self.second, self.fraction
        )
    }

    /// As it comes back; `None`: it is refused.
    pub fn kept(&self) -> Option<String> {
        if self.second == 60 || self.fraction.len() > 9 || self.separator == ' ' {
            return None;
        }
        let local = self.day.and_hms_opt(self.hour, self.minute, self.second)?;
        let utc: NaiveDateTime = local - TimeDelta::minutes(self.offset.unwrap_or(0).into());
        let day = utc.date();
        if !in_range(self.day) || !in_range(day) {
            return None;
        }
        // By threes, as many as are not all zero.
        let nanos = format!("{:0<9}", self.fraction);
        let mut fraction = nanos.as_str();
        while let Some(shorter) = fraction.strip_suffix("000") {
            fraction = shorter;
        }
        let point = if fraction.is_empty() { "" } else { "." };
        Some(format!("{}T{}{point}{fraction}Z", day, utc.time()))
    }
}

/// When a movement happened, as a caller may write it.
#[derive(Debug, Clone)]
pub enum Occurred {
    At(Time),
    On(NaiveDate),
}

impl Occurred {
    /// The member of the event, and its text.
    fn member(&self) -> (&'static str, String) {
        match self {
            Occurred::At(time) => ("occurred_at", time.text()),
            Occurred::On(date) => ("occurred_on", date.to_string()),
        }
    }

    /// The `occurred_at` that comes back; `None`: it is refused.
    pub fn kept(&self) -> Option<String> {
        match self {
            Occurred::At(time) => time.kept(),
            Occurred::On(date) => in_range(*date).then(|| format!("{date}T00:00:00Z")),
        }
    }
}

fn in_range(day: NaiveDate) -> bool {
    let text = day.to_string();
    text.len() == 10 && *"1900-01-01" <= *text.as_str()
}

#[derive(Debug, Clone)]
pub struct Movement {
    pub withdrawn: bool,
    pub occurred: Occurred,
    /// In minor units, and how many digits stand behind the point.
    pub minor: i128,
    pub digits: usize,
    pub value_date: Option<NaiveDate>,
    pub channel: Option<String>,
    pub counterparty: Option<String>,
    pub reference: Option<String>,
}

/// An account, and what is reported of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub currency: &'static str,
    pub digits: usize,
    pub opening: i64,
    pub overdraft_limit: i64,
    pub movements: Vec<Movement>,
}

pub fn decimal(minor: i128, digits: usize) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let padded = format!("{:0width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    let point = if digits == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

impl Case {
    pub fn opening(&self) -> Value {
        json!({ "type": "AccountOpened", "occurred_at": "2026-11-22T10:00:00Z", "data": {
            "customer_id": "ana", "currency": self.currency,
            "overdraft_limit": decimal(self.overdraft_limit.into(), self.digits),
            "opening_balance": decimal(self.opening.into(), self.digits) } })
    }
}

impl Movement {
    pub fn event(&self, case: &Case) -> Value {
        let mut data =
            json!({ "amount": decimal(self.minor, self.digits), "currency": case.currency });
        let date = self.value_date.map(|date| date.to_string());
        for (name, text) in [
            ("value_date", &date),
            ("channel", &self.channel),
            ("counterparty", &self.counterparty),
            ("reference", &self.reference),
        ] {
            if let Some(text) = text {
                data[name] = json!(text);
            }
        }
        let event_type = match self.withdrawn {
            true => "MoneyWithdrawn",
            false => "MoneyDeposited",
        };
        let (member, text) = self.occurred.member();
        json!({ "type": event_type, member: text, "data": data })
    }

    /// The fields that are refused, whatever the account is.
    pub fn faults(&self, case: &Case) -> Vec<String> {
        let text = |text: &Option<String>, most: usize| {
            text.as_ref().is_some_and(|text| {
                let count = text.chars().count();
                count == 0 || count > most || text.chars().any(char::is_control)
            })
        };
        let amount = self.digits != case.digits || !(1..=i64::MAX.into()).contains(&self.minor);
        let occurred = format!("/events/0/{}", self.occurred.member().0);
        let mut faults: Vec<String> = [
            (occurred.as_str(), self.occurred.kept().is_none()),
            ("/events/0/data/amount", amount),
            (
                "/events/0/data/value_date",
                self.value_date.is_some_and(|date| !in_range(date)),
            ),
            ("/events/0/data/channel", text(&self.channel, 32)),
            ("/events/0/data/counterparty", text(&self.counterparty, 140)),
            ("/events/0/data/reference", text(&self.reference, 140)),
        ]
        .into_iter()
        .filter(|(_, refused)| *refused)
        .map(|(place, _)| place.to_owned())
        .collect();
        faults.sort();
        faults
    }

    pub fn delta(&self) -> i128 {
        match self.withdrawn {
            true => -self.minor,
            false => self.minor,
        }
    }
}

/// Of the years 0 to 9999, often at the ends of what is taken.
fn day() -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap();
    let begin = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();
    let all = u64::try_from((last - first).num_days()).unwrap();
    let taken = u64::try_from((last - begin).num_days()).unwrap();
    prop_oneof![
        8 => (0..=taken).prop_map(move |days| begin + Days::new(days)),
        1 => (0..=all).prop_map(move |days| first + Days::new(days)),
        1 => (0_u64..2).prop_map(move |days| begin + Days::new(days)),
        1 => (0_u64..2).prop_map(move |days| last - Days::new(days)),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    let second = prop_oneof![12 => 0_u32..60, 1 => Just(60)];
    let fraction = prop_oneof![6 => "[0-9]{0,9}", 1 => "[0-9]{10}", 1 => "0{1,9}"];
    let offset = prop_oneof![
        2 => Just(None),
        1 => Just(Some(0)),
        2 => (-23 * 60_i32..=23 * 60).prop_map(Some),
        1 => prop::sample::select(vec![-1439, 1439]).prop_map(Some),
    ];
    let separator = prop_oneof![16 => Just('T'), 2 => Just('t'), 1 => Just(' ')];
    let clock = (0_u32..24, 0_u32..60, second);
    (day(), clock, fraction, offset, separator).prop_map(
        |(day, (hour, minute, second), fraction, offset, separator)| Time {
            day,
            hour,
            minute,
            second,
            fraction,
            offset,
            separator,
        },
    )
}

/// Texts of any letters, mostly such as are taken.
fn text(most: usize) -> impl Strategy<Value = Option<String>> {
    let plain = any::<char>().prop_filter("no control character", |c| !c.is_control());
    let letter = prop_oneof![
        2 => plain,
        // What CSV, JSON, XML or a reader of lines could trip over.
        1 => prop::sample::select(vec!['"', ',', ';', '\'', '\\', ' ', '\u{a0}', '\u{feff}', '\u{2028}', '\u{301}', '\u{fdd0}', '\u{ffff}', '\u{10ffff}', '🏦']),
    ];
    let taken = prop::collection::vec(letter, 1..=most).prop_map(String::from_iter);
    let any_text = prop::collection::vec(any::<char>(), 0..=most + 1).prop_map(String::from_iter);
    prop_oneof![3 => Just(None), 12 => taken.prop_map(Some), 1 => any_text.prop_map(Some)]
}

fn minor() -> impl Strategy<Value = i128> {
    let largest = i128::from(i64::MAX);
    prop_oneof![
        6 => 1_i128..1_000_000,
        1 => Just(0),
        2 => (0_i128..3).prop_map(move |less| largest - less),
        1 => (1_i128..3).prop_map(move |more| largest + more),
        2 => 1..largest,
    ]
}

fn movement(digits: usize) -> impl Strategy<Value = Movement> {
    let written = prop_oneof![16 => Just(digits), 1 => 0_usize..6];
    let occurred =
        prop_oneof![3 => time().prop_map(Occurred::At), 1 => day().prop_map(Occurred::On)];
    (
        any::<bool>(),
        occurred,
        (minor(), written),
        prop::option::of(day()),
        (text(32), text(140), text(140)),
    )
        .prop_map(
            |(
                withdrawn,
                occurred,
                (minor, digits),
                value_date,
                (channel, counterparty, reference),
            )| {
                Movement {
                    withdrawn,
                    occurred,
                    minor,
                    digits,
                    value_date,
                    channel,
                    counterparty,
                    reference,
                }
            },
        )
}

pub fn case() -> impl Strategy<Value = Case> {
    let currency = prop::sample::select(vec![("EUR", 2_usize), ("JPY", 0), ("BHD", 3), ("CLF", 4)]);
    let opening = prop_oneof![
        2 => -1_000_000_i64..1_000_000,
        1 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX, 0]),
    ];
    let limit = prop_oneof![0_i64..100_000, Just(i64::MAX)];
    (currency, opening, limit).prop_flat_map(|((currency, digits), opening, overdraft_limit)| {
        prop::collection::vec(movement(digits), 1..5).prop_map(move |movements| Case {
            currency,
            digits,
            opening,
            overdraft_limit,
            movements,
        })
    })
}
