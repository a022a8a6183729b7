//! `ledgerbell verify`.

mod folder;

use std::path::PathBuf;

use clap::Args;
use domain::{AccountId, Hash};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::client::{CallError, Client};
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;
use crate::table::{Align, Table};

/// Check the history of accounts
///
/// Every commit is read and its hash recomputed: versions without a gap, each
/// commit linked to the one before it, the balance the sum of the events, and
/// the read model equal to it. Without accounts, all are checked, including
/// those not projected yet. The exit code is 1 when any account is not valid.
///
/// With --export it checks the files of an export instead, without a server,
/// and names everything that was changed, removed, swapped, inserted or
/// truncated.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct VerifyOptions {
    /// Accounts to check; by default all
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<AccountId>,

    /// The folder of an export to check
    #[arg(long, value_name = "DIR", conflicts_with = "accounts")]
    export: Option<PathBuf>,

    /// SHA-256 of the export's manifest, as the export printed it
    #[arg(long, value_name = "HASH", requires = "export")]
    manifest_sha256: Option<Hash>,

    #[command(flatten)]
    connection: Connection,
}

/// Accounts in one request: each is read from its first event, within the
/// function's timeout.
const PAGE: &str = "25";

const COLUMNS: [(&str, Align); 5] = [
    ("ACCOUNT", Align::Left),
    ("EVENTS", Align::Right),
    ("COMMITS", Align::Right),
    ("BALANCE", Align::Right),
    ("RESULT", Align::Left),
];

pub(crate) fn run(options: &VerifyOptions) -> Result<End, Failure> {
    if let Some(export) = &options.export {
        return folder::run(export, options.manifest_sha256, options.connection.json);
    }
    let client = options.connection.client()?;
    let named = (!options.accounts.is_empty()).then_some(options.accounts.len() as u64);
    let bar = output::bar(named, "accounts");
    let found = if named.is_some() {
        of_accounts(&client, &options.accounts, &bar)
    } else {
        of_all(&client, &bar)
    };
    bar.finish_and_clear();
    let verifications = found?;
    let invalid = verifications
        .iter()
        .filter(|verification| verification["valid"] != true)
        .count();
    if options.connection.json {
        output::json(&json!({
            "accounts": verifications,
            "checked": verifications.len(),
            "invalid": invalid,
        }));
    } else {
        print(&verifications, invalid);
    }
    Ok(End::done_if(invalid == 0))
}

fn of_accounts(
    client: &Client,
    accounts: &[AccountId],
    bar: &ProgressBar,
) -> Result<Vec<Value>, Failure> {
    let mut heartbeat = output::Heartbeat::new();
    let mut verifications = Vec::new();
    for account in accounts {
        bar.set_message(account.to_string());
        let path = format!("accounts/{account}/verification");
        verifications.push(match client.get(&path, &[]) {
            Ok(verification) => verification,
            // An unreadable account says nothing about the others.
            Err(CallError::Problem(problem)) => json!({
                "account_id": account,
                "valid": false,
                "problems": [{ "detail": problem.to_string() }],
            }),
            Err(error) => return Err(error.into()),
        });
        bar.inc(1);
        heartbeat.beat(bar);
    }
    Ok(verifications)
}

/// Returns all accounts of the store and the read model, page by page.
fn of_all(client: &Client, bar: &ProgressBar) -> Result<Vec<Value>, Failure> {
    let mut heartbeat = output::Heartbeat::new();
    let mut verifications = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut page = client.get("verifications", &query)?;
        if let Some(found) = page["verifications"].as_array_mut() {
            bar.inc(found.len() as u64);
            verifications.append(found);
        }
        heartbeat.beat(bar);
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(verifications),
        }
    }
}

fn print(verifications: &[Value], invalid: usize) {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let mut table = Table::new(&COLUMNS);
    for verification in verifications {
        let result = if verification["valid"] == true {
            "valid"
        } else {
            "NOT VALID"
        };
        table.row([
            text(&verification["account_id"]),
            text(&verification["checked_events"]),
            text(&verification["checked_commits"]),
            text(&verification["balance"]),
            result.to_owned(),
        ]);
    }
    if !verifications.is_empty() {
        table.print();
        output::line("");
    }
    for verification in verifications {
        let account = text(&verification["account_id"]);
        for problem in verification["problems"].as_array().into_iter().flatten() {
            let at = match &problem["version"] {
                Value::Null => String::new(),
                version => format!("at version {version}: "),
            };
            output::complain(format!(
                "account {account}: {at}{}",
                text(&problem["detail"])
            ));
        }
    }
    let count = verifications.len();
    output::line(match (count, invalid) {
        (0, _) => "There are no accounts.".to_owned(),
        (1, 0) => "The account is valid.".to_owned(),
        (_, 0) => format!("All {count} accounts are valid."),
        _ => format!("{invalid} of {count} not valid."),
    });
}
