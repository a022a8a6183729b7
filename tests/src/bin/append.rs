//! Reports one deposit to Ledgerbell, until it is recorded.
//!
//!     append http://127.0.0.1:8080 ACC-00001234 salary-2026-11 125.50 EUR

#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

const TRIES: u32 = 8;
/// The 409 after which the same request may succeed.
const BUSY: &str = "urn:ledgerbell:problem:busy";

/// The recorded events; the same ones, however often it is called with this key.
fn append(api: &str, account: &str, key: &str, events: &Value) -> Result<Value, Box<dyn Error>> {
    let url = format!("{api}/v1/accounts/{account}/events");
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(35)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut wait = Duration::from_millis(100);
    for attempt in 1.. {
        let sent = agent
            .post(&url)
            .header("Idempotency-Key", key)
            .send_json(json!({ "events": events }));
        // Without an answer it may have been recorded: only the same key may be sent again.
        let reason = match sent {
            Ok(mut answer) => {
                let status = answer.status().as_u16();
                let body: Value = answer.body_mut().read_json()?;
                match status {
                    200 | 201 => return Ok(body),
                    // Too much, or not now; no answer from behind.
                    429 | 500..=599 => body.to_string(),
                    // Other writers at the account. Another 409 stays what it is.
                    409 if body["type"] == BUSY => body.to_string(),
                    _ => return Err(format!("{status}: {body}").into()),
                }
            }
            Err(lost) => lost.to_string(),
        };
        if attempt == TRIES {
            return Err(reason.into());
        }
        sleep(wait);
        wait = (wait * 2).min(Duration::from_secs(5));
    }
    unreachable!("the loop ends by itself")
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [api, account, key, amount, currency] = arguments.as_slice() else {
        return Err("append API ACCOUNT KEY AMOUNT CURRENCY".into());
    };
    // Fixed before the first try, and kept with the key: another body under the same key is refused.
    let deposit = json!({
        "type": "MoneyDeposited",
        "occurred_at": chrono::Utc::now().to_rfc3339(),
        "data": { "amount": amount, "currency": currency },
    });
    let recorded = append(api, account, key, &json!([deposit]))?;
    println!("{account} is at version {}", recorded["last_version"]);
    Ok(())
}
