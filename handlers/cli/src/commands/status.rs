//! `ledgerbell status`.

use std::collections::BTreeMap;

use clap::Args;
use domain::time::parse_stored_time;
use serde_json::{Value, json};

use crate::client::{CallError, Client};
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::without_csv;
use crate::listing::{NONE, cell};
use crate::output;

/// Show whether all is well, on one screen
///
/// It asks whether the parts answer, counts the dead letters, and looks for
/// events among the newest that the balances do not contain yet. The exit code
/// is 1 if something failed.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    connection: Connection,
}

/// The newest events that are compared with the balances. Each of their accounts is a request.
const NEWEST: &str = "20";
/// Seconds after which an event that the balances do not contain is a failure. The projection follows within one.
const PROJECTED_WITHIN: i64 = 60;

/// What was found out.
struct Found {
    health: Result<(), String>,
    dead_letters: u64,
    newest: Option<Value>,
    /// The earliest event of the newest that the balances do not contain.
    unprojected: Option<Value>,
    /// Its age in seconds.
    age: Option<i64>,
}

pub(crate) fn run(options: &StatusOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let found = Found::look(&client)?;
    if options.connection.json() {
        output::json(&found.document());
    } else {
        found.print();
    }
    Ok(End::done_if(found.is_well()))
}

impl Found {
    fn look(client: &Client) -> Result<Self, Failure> {
        let health = match client.get("health", &[]) {
            Ok(_) => Ok(()),
            Err(CallError::Problem(problem)) => Err(problem.to_string()),
            Err(error) => return Err(error.into()),
        };
        let letters = client.get("dead-letters", &[("limit", "1")])?;
        let page = client.get("events", &[("order", "desc"), ("limit", NEWEST)])?;
        let events = page["events"].as_array().map_or(&[][..], Vec::as_slice);
        let unprojected = unprojected(client, events)?;
        let age = unprojected.as_ref().and_then(|event| {
            let recorded_at = parse_stored_time(event["recorded_at"].as_str()?).ok()?;
            Some((chrono::Utc::now() - recorded_at).num_seconds())
        });
        Ok(Found {
            health,
            dead_letters: letters["waiting"].as_u64().unwrap_or_default(),
            newest: events.first().cloned(),
            unprojected,
            age,
        })
    }

    fn is_late(&self) -> bool {
        self.age.is_some_and(|age| age > PROJECTED_WITHIN)
    }

    fn is_well(&self) -> bool {
        self.health.is_ok() && self.dead_letters == 0 && !self.is_late()
    }

    fn document(&self) -> Value {
        json!({
            "well": self.is_well(),
            "health": self.health.as_ref().err().map_or("ok", String::as_str),
            "dead_letters": self.dead_letters,
            "newest_event": self.newest,
            "oldest_unprojected": self.unprojected,
        })
    }

    fn print(&self) {
        let event = |event: &Option<Value>| match event {
            None => NONE.to_owned(),
            Some(event) => format!(
                "{}  {} version {}",
                cell(&event["recorded_at"]),
                cell(&event["account_id"]),
                event["version"]
            ),
        };
        let line = |failed: bool, what: &str, text: &str| {
            let mark = if failed { "FAILED" } else { "ok" };
            output::line(format!("{mark:<7} {what:<14} {}", output::one_line(text)));
        };
        let health = self.health.as_ref().err();
        line(
            health.is_some(),
            "parts",
            health.map_or("all answer", String::as_str),
        );
        let letters = match self.dead_letters {
            0 => "none".to_owned(),
            count => format!("{count}; ledgerbell dead-letters list shows them"),
        };
        line(self.dead_letters > 0, "dead letters", &letters);
        line(self.is_late(), "not projected", &event(&self.unprojected));
        line(false, "newest event", &event(&self.newest));
    }
}

/// Returns the earliest of the events, which are newest first, that its account's balance does not contain.
fn unprojected(client: &Client, events: &[Value]) -> Result<Option<Value>, Failure> {
    let mut projected: BTreeMap<&str, u64> = BTreeMap::new();
    let mut earliest = None;
    for event in events {
        let account = event["account_id"].as_str().unwrap_or_default();
        let version = match projected.get(account) {
            Some(version) => *version,
            None => {
                let found = client.find(&format!("accounts/{account}"), &[])?;
                let version = found.and_then(|account| account["version"].as_u64());
                let version = version.unwrap_or_default();
                projected.insert(account, version);
                version
            }
        };
        if event["version"].as_u64() > Some(version) {
            earliest = Some(event.clone());
        }
    }
    Ok(earliest)
}
