//! Schedules: `at`, `rate`, `cron`, by their expression alone or as a whole body.

use chrono::{DateTime, TimeZone, Utc};
use domain::schedule::Schedule;
use serde_json::{Value, json};

/// How many occurrences are looked at.
const OCCURRENCES: usize = 5;

pub(super) fn schedule(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(body) = serde_json::from_slice(bytes) {
        runs(body);
    }
    let (zone, expression) = text.split_once('|').unwrap_or(("Europe/Paris", &text));
    for when in ["at", "rate", "cron"] {
        runs(json!({
            "operation": { "type": "MoneyWithdrawn", "data": { "amount": "1.00", "currency": "EUR" } },
            "when": { (when): expression },
            "time_zone": zone,
        }));
    }
}

/// Read and written it is the same, and each occurrence is after the one before.
fn runs(body: Value) {
    let Ok(schedule) = Schedule::read(body) else {
        return;
    };
    assert_eq!(Schedule::read(schedule.to_json()).as_ref(), Ok(&schedule));
    let made: DateTime<Utc> = Utc
        .with_ymd_and_hms(2026, 3, 28, 23, 59, 59)
        .single()
        .expect("a time of UTC");
    let mut last = made;
    for _ in 0..OCCURRENCES {
        let Some(next) = schedule.next_after(made, last) else {
            break;
        };
        assert!(next > last, "{next} is not after {last}");
        last = next;
    }
}
