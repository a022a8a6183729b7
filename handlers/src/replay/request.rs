//! The request for a replay, as the API reads it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::fields::Fields;
use domain::identifiers::MAX_ID_CHARS;
use domain::time::parse_time;
use domain::{AccountId, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Accounts that one replay may name; a request with more is refused with 400. Leave them out to replay all.
const MAX_ACCOUNTS: usize = 100;
/// The highest rate, in events a second: one worker publishes no more. A higher one is refused with 400.
const MAX_RATE: u32 = 10_000;

/// The kind of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplayKind {
    /// Rebuilds the read model beside the live one and compares them.
    Projections,
    /// Publishes events again to one consumer.
    Events,
    /// Restores the rows that a replay of projections has replaced.
    SwitchBack,
}

/// The request for a replay. Its JSON is stored with the replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRequest {
    /// The kind.
    pub kind: ReplayKind,
    /// The accounts to replay, at most 100; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountId>>,
    /// Whether the rebuilt rows replace the live ones.
    #[serde(default)]
    pub switch: bool,
    /// Of events: the earliest recorded time, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Of events: the latest recorded time, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// Of events: the only consumer that should act on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Of events: the highest rate, 1 to 10,000 a second; `None` for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_per_second: Option<u32>,
    /// Of a switch back: the replay to undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_id: Option<String>,
}

impl ReplayRequest {
    /// Reads the body of `POST /replays`.
    ///
    /// # Errors
    /// Every fault of the body, each with its JSON pointer; a retry does not help.
    pub fn read(body: Value) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(body, "");
        let kind = fields.parsed("kind", |text| match text {
            "projections" => Ok(ReplayKind::Projections),
            "events" => Ok(ReplayKind::Events),
            "switch-back" => Ok(ReplayKind::SwitchBack),
            _ => Err("must be \"projections\", \"events\" or \"switch-back\""),
        });
        let accounts = match kind {
            // The switched rows determine the accounts.
            Some(ReplayKind::SwitchBack) => None,
            _ => read_accounts(&mut fields),
        };
        let mut request = ReplayRequest {
            kind: kind.unwrap_or(ReplayKind::Projections),
            accounts,
            switch: false,
            from: None,
            to: None,
            target: None,
            events_per_second: None,
            replay_id: None,
        };
        match kind {
            Some(ReplayKind::Projections) => {
                request.switch = fields.optional_bool("switch").unwrap_or(false)
            }
            Some(ReplayKind::Events) => {
                request.from = fields.parsed("from", parse_time);
                request.to = fields.parsed("to", parse_time);
                request.target = fields.parsed("target", check_target);
                request.events_per_second = read_rate(&mut fields);
                if request.from >= request.to && request.to.is_some() {
                    fields.refuse("to", "must be after \"from\"");
                }
            }
            Some(ReplayKind::SwitchBack) => {
                request.replay_id = fields.parsed("replay_id", check_replay_id);
            }
            None => {
                // Without a kind it is not known which members belong to the request.
                for name in [
                    "switch",
                    "from",
                    "to",
                    "target",
                    "events_per_second",
                    "replay_id",
                ] {
                    fields.take(name);
                }
            }
        }
        fields.finish(kind.map(|_| request))
    }
}

fn read_rate(fields: &mut Fields) -> Option<u32> {
    let value = fields.take("events_per_second")?;
    let rate = value.as_u64().and_then(|rate| u32::try_from(rate).ok());
    let rate = rate.filter(|rate| (1..=MAX_RATE).contains(rate));
    if rate.is_none() {
        let detail = format!("must be a whole number from 1 to {MAX_RATE}");
        fields.refuse("events_per_second", detail);
    }
    rate
}

fn read_accounts(fields: &mut Fields) -> Option<Vec<AccountId>> {
    let value = fields.take("accounts")?;
    let texts = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let accounts: Vec<AccountId> = texts
        .iter()
        .filter_map(|text| text.as_str())
        .filter_map(|text| text.parse().ok())
        .collect();
    if accounts.is_empty() || accounts.len() != texts.len() || accounts.len() > MAX_ACCOUNTS {
        fields.refuse(
            "accounts",
            format!("must be an array of 1 to {MAX_ACCOUNTS} account ids"),
        );
    } else if accounts.iter().collect::<BTreeSet<_>>().len() != accounts.len() {
        fields.refuse("accounts", "names an account twice");
    }
    Some(accounts)
}

/// Checks the form of a replay's id, which is a key of the table.
///
/// # Errors
/// The form that an id must have; a retry does not help.
pub fn check_replay_id(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !starts_well || text.len() > MAX_ID_CHARS || !text.chars().all(plain) {
        return Err("must be 1 to 64 of A-Z a-z 0-9 . _ : -, the first a letter or digit");
    }
    Ok(text.to_owned())
}

fn check_target(text: &str) -> Result<String, &'static str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts_well || text.len() > 64 || !text.chars().all(plain) {
        return Err("must be the name of a consumer: 1 to 64 of a-z 0-9 -, the first a letter");
    }
    Ok(text.to_owned())
}
