//! `ledgerbell verify`.

use clap::Args;
use domain::AccountId;
use serde_json::{Value, json};

use super::accounts;
use crate::client::CallError;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;
use crate::table::{Align, Table};

/// Check the history of accounts
///
/// Every commit is read and its hash recomputed: versions without a gap, each
/// commit linked to the one before it, the balance the sum of the events, and
/// the read model equal to it. The exit code is 1 when any account is not valid.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct VerifyOptions {
    /// Accounts to check; all when none is named
    #[arg(value_name = "ACCOUNT")]
    accounts: Vec<AccountId>,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [(&str, Align); 5] = [
    ("ACCOUNT", Align::Left),
    ("EVENTS", Align::Right),
    ("COMMITS", Align::Right),
    ("BALANCE", Align::Right),
    ("RESULT", Align::Left),
];

pub fn run(options: &VerifyOptions) -> Result<End, Failure> {
    let client = options.connection.client();
    let named: Vec<String> = if options.accounts.is_empty() {
        accounts::all(&client)?
            .iter()
            .filter_map(|account| account["account_id"].as_str().map(str::to_owned))
            .collect()
    } else {
        options.accounts.iter().map(ToString::to_string).collect()
    };
    let bar = output::bar(Some(named.len() as u64), "accounts");
    let mut heartbeat = output::Heartbeat::new();
    let mut verifications: Vec<Value> = Vec::new();
    for account in &named {
        bar.set_message(account.clone());
        let path = format!("accounts/{account}/verification");
        verifications.push(match client.get(&path, &[]) {
            Ok(verification) => verification,
            // One account that cannot be read says nothing of the others.
            Err(CallError::Problem(problem)) => json!({
                "account_id": account,
                "valid": false,
                "problems": [{ "detail": problem.to_string() }],
            }),
            Err(error) => {
                bar.finish_and_clear();
                return Err(error.into());
            }
        });
        bar.inc(1);
        heartbeat.beat(&bar);
    }
    bar.finish_and_clear();
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
