//! `ledgerbell customers put`.

use std::path::PathBuf;

use clap::Args;
use domain::CustomerId;
use handlers::customers::read_person;
use serde_json::{Map, Value, json};

use super::{path, print};
use crate::commands::document;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, without_csv};
use crate::output;

/// Enter a customer, or change one
///
/// With a FILE, the customer is what the file says, and nothing is kept of the
/// one before. With flags, only what they name is changed.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(super) struct PutOptions {
    /// Id of the customer
    #[arg(value_name = "CUSTOMER")]
    customer: CustomerId,

    /// The customer as JSON, as the API takes it
    #[arg(long, value_name = "FILE", required_unless_present_any = MEMBERS, conflicts_with_all = MEMBERS)]
    file: Option<PathBuf>,

    /// The name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,

    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,

    /// The language of mails, such as en or fr
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,

    /// The customer's time zone, such as Europe/Paris
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,

    /// All preferences as JSON
    #[arg(long, value_name = "FILE")]
    preferences: Option<PathBuf>,

    /// Only if the customer is at this revision; 0 if there must be none
    #[arg(long, value_name = "REVISION")]
    if_match: Option<u64>,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

const MEMBERS: [&str; 5] = ["name", "email", "locale", "time_zone", "preferences"];

pub(super) fn run(options: &PutOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let path = path(&options.customer);
    let (body, if_match) = match &options.file {
        Some(file) => (document::read(file)?, options.if_match),
        None => {
            let known = client.find_with_revision(&path)?;
            let (known, revision) = known.unwrap_or((json!({}), Some(0)));
            // What was read is changed, and not what somebody else has made of it since.
            let if_match = options.if_match.or(revision);
            (changed(known, changes(options)?), if_match)
        }
    };
    let person =
        read_person(body.clone()).map_err(|errors| Failure::WrongUse(document::faults(&errors)))?;
    if options.dry_run.dry_run {
        if !options.connection.json() {
            output::line("Would be entered:");
        }
        print(
            &options.connection,
            &options.customer,
            person.to_json(),
            None,
        );
        return Ok(End::Done);
    }
    let (entered, revision) = client.put_if(&path, &body, if_match)?;
    print(&options.connection, &options.customer, entered, revision);
    Ok(End::Done)
}

fn changes(options: &PutOptions) -> Result<Map<String, Value>, Failure> {
    let texts = [
        &options.name,
        &options.email,
        &options.locale,
        &options.time_zone,
    ];
    let mut changes: Map<String, Value> = MEMBERS
        .into_iter()
        .zip(texts)
        .filter_map(|(member, text)| Some((member.to_owned(), json!(text.as_ref()?))))
        .collect();
    if let Some(file) = &options.preferences {
        changes.insert("preferences".to_owned(), document::read(file)?);
    }
    Ok(changes)
}

fn changed(mut person: Value, changes: Map<String, Value>) -> Value {
    for (member, value) in changes {
        person[member] = value;
    }
    person
}
