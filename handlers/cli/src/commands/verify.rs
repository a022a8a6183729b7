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
use crate::flags::Format;
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

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

const COLUMNS: [Column; 5] = [
    ("ACCOUNT", Align::Left, "account_id"),
    ("EVENTS", Align::Right, "events"),
    ("COMMITS", Align::Right, "commits"),
    ("BALANCE", Align::Right, "balance"),
    ("RESULT", Align::Left, "result"),
];

pub(crate) fn run(options: &VerifyOptions) -> Result<End, Failure> {
    if let Some(export) = &options.export {
        return folder::run(export, options.manifest_sha256, options.connection.json());
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
    if options.connection.json() {
        output::json(&json!({
            "accounts": verifications,
            "checked": verifications.len(),
            "invalid": invalid,
        }));
    } else {
        print(options.connection.format(), verifications, invalid);
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

fn print(format: Format, verifications: Vec<Value>, invalid: usize) {
    let count = verifications.len();
    for verification in &verifications {
        let account = cell(&verification["account_id"]);
        for problem in verification["problems"].as_array().into_iter().flatten() {
            let at = match &problem["version"] {
                Value::Null => String::new(),
                version => format!("at version {version}: "),
            };
            output::complain(format!(
                "account {account}: {at}{}",
                cell(&problem["detail"])
            ));
        }
    }
    let mut listing = Listing::new(format, &COLUMNS, cells);
    listing.page(verifications);
    if format == Format::Csv {
        listing.end("accounts", "", |_| {});
        return;
    }
    if count > 0 {
        output::line("");
    }
    output::line(match (count, invalid) {
        (0, _) => "There are no accounts.".to_owned(),
        (1, 0) => "The account is valid.".to_owned(),
        (_, 0) => format!("All {count} accounts are valid."),
        _ => format!("{invalid} of {count} not valid."),
    });
}

fn cells(verification: &Value) -> Vec<String> {
    let result = match verification["valid"] == true {
        true => "valid",
        false => "NOT VALID",
    };
    let counted = ["account_id", "checked_events", "checked_commits", "balance"];
    let counted = counted.map(|name| cell(&verification[name]));
    counted.into_iter().chain([result.to_owned()]).collect()
}
