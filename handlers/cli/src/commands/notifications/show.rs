//! `ledgerbell notifications show`.

use clap::Args;
use domain::words::{self, SKIP_REASONS, STATES, WAIT_REASONS};
use serde_json::Value;

use crate::client::Client;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::without_csv;
use crate::listing::cell;
use crate::output;

/// Show one notification and its history
#[derive(Debug, Clone, Args)]
#[command(mut_arg("output", without_csv))]
pub(super) struct ShowOptions {
    /// Id of the notification, or the verification code that its mail shows
    #[arg(value_name = "NOTIFICATION|CODE")]
    notification: String,

    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(options: &ShowOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let id = id(&client, &options.notification)?;
    let found = client.get(&format!("notifications/{id}"), &[])?;
    if options.connection.json() {
        output::json(&found);
    } else {
        print(&found);
    }
    Ok(End::Done)
}

/// Returns the id of the notification with this id or code.
fn id(client: &Client, text: &str) -> Result<String, Failure> {
    if let Ok(id) = text.parse::<uuid::Uuid>() {
        return Ok(id.to_string());
    }
    let answer = client.get("search/ledger", &[("q", text)])?;
    let hits = answer["hits"].as_array().into_iter().flatten();
    let mut mails = hits.filter(|hit| hit["type"] == "notification");
    let id = mails.next().and_then(|hit| hit["id"].as_str());
    id.map(str::to_owned).ok_or_else(|| {
        Failure::Failed(format!(
            "{text} is neither the id of a notification nor the code of a mail of this bank"
        ))
    })
}

fn print(found: &Value) {
    let notification = &found["notification"];
    let line = |heading: &str, text: &str| {
        output::line(format!("{heading:<13} {}", output::one_line(text)));
    };
    line("notification", &cell(&notification["notification_id"]));
    line("account", &cell(&found["account_id"]));
    for (heading, name) in [
        ("event", "event_id"),
        ("version", "event_version"),
        ("kind", "kind"),
        ("state", "state"),
        ("reason", "reason"),
        ("recipient", "recipient"),
        ("template", "template"),
        ("attempts", "attempts"),
        ("delivery", "delivery"),
    ] {
        line(heading, &in_words(name, &cell(&notification[name])));
    }
    let history = notification["history"].as_array().into_iter().flatten();
    for (index, step) in history.enumerate() {
        let heading = if index == 0 { "history" } else { "" };
        let times = match step["times"].as_u64() {
            Some(times) => format!(" ({times} times, last {})", cell(&step["last_at"])),
            None => String::new(),
        };
        let detail = match &step["detail"] {
            Value::Null => String::new(),
            detail => format!(": {}", cell(detail)),
        };
        let text = format!(
            "{} {}{detail}{times}",
            cell(&step["at"]),
            words::of(&STATES, &cell(&step["state"]))
        );
        line(heading, &text);
    }
}

/// A member's text: a state in words, and a code of a reason with what it stands for.
fn in_words(name: &str, text: &str) -> String {
    match name {
        "state" => words::of(&STATES, text).to_owned(),
        "reason" => [&SKIP_REASONS[..], &WAIT_REASONS]
            .into_iter()
            .map(|table| words::of(table, text))
            .find(|words| *words != text)
            .map_or_else(|| text.to_owned(), |words| format!("{text}: {words}")),
        _ => text.to_owned(),
    }
}
