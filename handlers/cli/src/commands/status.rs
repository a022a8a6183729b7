//! `ledgerbell status`.

use clap::Args;
use domain::words::{self, STATES};
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
/// is 1 if one of these failed. Below it says what was recorded in the last hours,
/// what became of the notifications, and which schedule is due next.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(crate) struct StatusOptions {
    /// The hours up to now that are counted, at most a week
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: u32,
    #[command(flatten)]
    connection: Connection,
}

/// What was found out.
struct Found {
    health: Result<(), String>,
    status: Value,
    hours: u32,
}

pub(crate) fn run(options: &StatusOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let found = Found::look(&client, options.hours)?;
    if options.connection.json() {
        output::json(&found.document());
    } else {
        found.print();
    }
    Ok(End::done_if(found.is_well()))
}

impl Found {
    fn look(client: &Client, hours: u32) -> Result<Self, Failure> {
        let health = match client.get("health", &[]) {
            Ok(_) => Ok(()),
            Err(CallError::Problem(problem)) => Err(problem.to_string()),
            Err(error) => return Err(error.into()),
        };
        let status = client.get("status", &[("hours", &hours.to_string())])?;
        Ok(Found {
            health,
            status,
            hours,
        })
    }

    fn dead_letters(&self) -> u64 {
        self.status["dead_letters"].as_u64().unwrap_or_default()
    }

    /// Whether the balances have lacked an event for too long.
    fn is_late(&self) -> bool {
        self.status["is_projection_late"] == true
    }

    fn is_well(&self) -> bool {
        self.health.is_ok() && self.dead_letters() == 0 && !self.is_late()
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "well": self.is_well(),
            "health": self.health.as_ref().err().map_or("ok", String::as_str),
        });
        if let (Some(document), Some(status)) = (document.as_object_mut(), self.status.as_object())
        {
            document.extend(status.clone());
        }
        document
    }

    fn print(&self) {
        let line = |mark: &str, what: &str, text: &str| {
            output::line(format!("{mark:<7} {what:<14} {}", output::one_line(text)));
        };
        let judged = |failed: bool| if failed { "FAILED" } else { "ok" };
        let health = self.health.as_ref().err();
        line(
            judged(health.is_some()),
            "parts",
            health.map_or("all answer", String::as_str),
        );
        let letters = match self.dead_letters() {
            0 => "none".to_owned(),
            count => format!("{count}; ledgerbell dead-letters list shows them"),
        };
        line(judged(self.dead_letters() > 0), "dead letters", &letters);
        let late = event(&self.status["oldest_unprojected"]);
        line(judged(self.is_late()), "not projected", &late);
        let events = &self.status["events"];
        line("", "events", &self.counted(events, String::new()));
        let told = &self.status["notifications"];
        let states = told["by_state"].as_array().map_or(&[][..], Vec::as_slice);
        let states: Vec<String> = states.iter().map(state).collect();
        line("", "notifications", &self.counted(told, states.join(", ")));
        line("", "mail after", &lag(&told["lag"]));
        let next = &self.status["next_run"];
        let next = match next.is_null() {
            true => NONE.to_owned(),
            false => format!(
                "{}  {} {}",
                cell(&next["next_at"]),
                cell(&next["account_id"]),
                cell(&next["schedule_id"])
            ),
        };
        line("", "next schedule", &next);
    }

    /// A count with its parts, and its time.
    fn counted(&self, counted: &Value, parts: String) -> String {
        let time = match counted["since"] == self.status["from"] {
            true if self.hours == 1 => "in the last hour".to_owned(),
            true => format!("in the last {} hours", self.hours),
            false => format!("since {}, and more before", cell(&counted["since"])),
        };
        let parts = if parts.is_empty() {
            parts
        } else {
            format!(": {parts}")
        };
        format!("{} {time}{parts}", counted["count"])
    }
}

fn event(event: &Value) -> String {
    match event.is_null() {
        true => NONE.to_owned(),
        false => format!(
            "{}  {} version {}",
            cell(&event["recorded_at"]),
            cell(&event["account_id"]),
            event["version"]
        ),
    }
}

fn state(of: &Value) -> String {
    let reason = match of["reason"].as_str() {
        Some(reason) => format!(" ({reason})"),
        None => String::new(),
    };
    let state = cell(&of["state"]);
    format!("{} {}{reason}", of["count"], words::of(&STATES, &state))
}

fn lag(lag: &Value) -> String {
    match lag.is_null() {
        true => NONE.to_owned(),
        false => format!(
            "median {} ms, longest {} ms ({})",
            lag["median_ms"],
            lag["longest_ms"],
            match lag["mails"].as_u64() {
                Some(1) => "1 mail".to_owned(),
                _ => format!("{} mails", lag["mails"]),
            }
        ),
    }
}
