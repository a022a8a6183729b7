//! `ledgerbell customers blocked`.

use clap::{Args, Subcommand};
use domain::CustomerId;
use serde_json::{Value, json};

use super::path;
use crate::client::Client;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::DryRun;
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

#[derive(Debug, Clone, Args)]
pub(super) struct BlockedOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// List the addresses to which no mail is sent, because it bounced or its reader complained
    List(ListOptions),
    /// Allow mail to all of the customer's addresses again
    Allow(AllowOptions),
}

#[derive(Debug, Clone, Args)]
struct ListOptions {
    /// Id of the customer
    #[arg(value_name = "CUSTOMER")]
    customer: CustomerId,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
struct AllowOptions {
    /// Id of the customer
    #[arg(value_name = "CUSTOMER")]
    customer: CustomerId,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 4] = [
    ("E-MAIL", Align::Left, "email"),
    ("REASON", Align::Left, "reason"),
    ("SINCE", Align::Left, "since"),
    ("NOTIFICATION", Align::Left, "notification_id"),
];

pub(super) fn run(options: &BlockedOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => {
            let client = options.connection.client()?;
            let blocked = blocked(&client, &options.customer)?;
            print(&options.connection, &options.customer, blocked, |_| {});
            Ok(End::Done)
        }
        Command::Allow(options) => allow(options),
    }
}

fn allow(options: &AllowOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let customer = &options.customer;
    let blocked = blocked(&client, customer)?;
    let is_dry = options.dry_run.dry_run;
    if !is_dry && !blocked.is_empty() {
        client.delete(&format!("{}/suppressions", path(customer)))?;
    }
    let count = blocked.len();
    print(&options.connection, customer, blocked, |document| {
        document["dry_run"] = json!(is_dry);
    });
    if count > 0 {
        let done = if is_dry { "would be" } else { "is" };
        output::complain(format!("mail to {customer} {done} allowed again"));
    }
    Ok(End::Done)
}

/// Returns the customer's blocked addresses.
fn blocked(client: &Client, customer: &CustomerId) -> Result<Vec<Value>, Failure> {
    let answer = client.get(&format!("{}/suppressions", path(customer)), &[])?;
    let addresses = answer["suppressions"].as_array().cloned();
    Ok((addresses.unwrap_or_default().into_iter())
        .filter(|address| address["suppressed"] == true)
        .collect())
}

fn print(
    connection: &Connection,
    customer: &CustomerId,
    blocked: Vec<Value>,
    describe: impl FnOnce(&mut Value),
) {
    let mut listing = Listing::new(connection.format(), &COLUMNS, |address| {
        COLUMNS.map(|(.., name)| cell(&address[name])).into()
    });
    listing.page(blocked);
    let none = format!("No address of {customer} is blocked.");
    listing.end("blocked", &none, |document| {
        document["customer_id"] = json!(customer);
        describe(document);
    });
}
