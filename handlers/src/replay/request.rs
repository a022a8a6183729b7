//! What can be replayed, read from the body of a request.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::fields::Fields;
use domain::identifiers::MAX_ID_CHARS;
use domain::time::parse_time;
use domain::{AccountId, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most accounts that are named in one replay; more are "all".
const MAX_ACCOUNTS: usize = 100;
/// Above it, one worker is the limit by itself.
const MAX_RATE: u32 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplayKind {
    Projections,
    Events,
    /// The rows that a replay of projections has replaced, back again.
    SwitchBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayRequest {
    pub kind: ReplayKind,
    /// Only these; all, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountId>>,
    /// Whether the rebuilt read model takes the live one's place.
    #[serde(default)]
    pub switch: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// The one consumer that the events are meant for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How many events are published in a second at most; as many as go, when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_per_second: Option<u32>,
    /// The replay whose switch is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_id: Option<String>,
}

impl ReplayRequest {
    pub fn read(body: Value) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(body, "");
        let kind = fields.parsed("kind", |text| match text {
            "projections" => Ok(ReplayKind::Projections),
            "events" => Ok(ReplayKind::Events),
            "switch-back" => Ok(ReplayKind::SwitchBack),
            _ => Err("must be \"projections\", \"events\" or \"switch-back\""),
        });
        let accounts = match kind {
            // It is about what was switched.
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
                // Which fields are right depends on the kind.
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

/// A replay's id, as the read model's key takes it.
///
/// # Errors
/// What an id looks like.
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
