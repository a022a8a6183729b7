//! `ledgerbell customers`.

mod blocked;
mod put;

use clap::{Args, Subcommand};
use domain::CustomerId;
use serde_json::{Value, json};

use crate::client::Rows;
use crate::confirm::Yes;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, Format, Limit, without_csv};
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;
use blocked::BlockedOptions;
use put::PutOptions;

/// List, show, enter and erase customers, and unblock their addresses
#[derive(Debug, Clone, Args)]
pub(crate) struct CustomersOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// List the customers by name
    List(ListOptions),
    /// Show a customer's contact data and preferences
    Show(ShowOptions),
    Put(Box<PutOptions>),
    Erase(EraseOptions),
    /// List a customer's blocked addresses, and allow mail to them again
    Blocked(BlockedOptions),
}

#[derive(Debug, Clone, Args)]
struct ListOptions {
    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
#[command(mut_arg("output", without_csv))]
struct ShowOptions {
    /// Id of the customer
    #[arg(value_name = "CUSTOMER")]
    customer: CustomerId,

    #[command(flatten)]
    connection: Connection,
}

/// Erase a customer's personal data
///
/// The name, the addresses and the preferences are removed everywhere and cannot
/// be restored. The accounts and their events stay.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
struct EraseOptions {
    /// Id of the customer
    #[arg(value_name = "CUSTOMER")]
    customer: CustomerId,

    /// Only if the customer is at this revision
    #[arg(long, value_name = "REVISION")]
    if_match: Option<u64>,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    yes: Yes,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 3] = [
    ("NAME", Align::Left, "name"),
    ("CUSTOMER", Align::Left, "customer_id"),
    ("E-MAIL", Align::Left, "email"),
];

pub(crate) fn run(options: &CustomersOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list(options),
        Command::Show(options) => show(options),
        Command::Put(options) => put::run(options),
        Command::Erase(options) => erase(options),
        Command::Blocked(options) => blocked::run(options),
    }
}

fn list(options: &ListOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let mut rows = Rows::new(&client, "customers", "customers").limit(options.limit.limit);
    let mut listing = Listing::new(options.connection.format(), &COLUMNS, |customer| {
        COLUMNS.map(|(.., name)| cell(&customer[name])).into()
    });
    while let Some(page) = rows.page()? {
        if !listing.page(page) {
            return Ok(End::Done);
        }
    }
    listing.end("customers", "There are no customers.", |_| {});
    Ok(End::Done)
}

fn show(options: &ShowOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let (person, revision) = client.get_with_revision(&path(&options.customer))?;
    print(&options.connection, &options.customer, person, revision);
    Ok(End::Done)
}

fn erase(options: &EraseOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let customer = &options.customer;
    let path = path(customer);
    let (person, revision) = client.get_with_revision(&path)?;
    let json = options.connection.json();
    if options.dry_run.dry_run {
        if !json {
            output::line("Would be erased:");
        }
        print(&options.connection, customer, person, revision);
        return Ok(End::Done);
    }
    let name = output::one_line(person["name"].as_str().unwrap_or_default());
    let question = format!("Customer {customer}, {name}, will be erased; this cannot be undone.");
    options.yes.or_typed(&question, customer.as_str())?;
    // The person who was shown is erased, and nobody who was entered since.
    let if_match = options.if_match.or(revision);
    client.delete_if(&path, if_match)?;
    if json {
        output::json(&json!({ "erased": customer }));
    } else {
        output::line(format!("Customer {customer} is erased."));
    }
    Ok(End::Done)
}

fn path(customer: &CustomerId) -> String {
    format!("customers/{customer}")
}

fn print(connection: &Connection, customer: &CustomerId, mut person: Value, revision: Option<u64>) {
    if connection.format() == Format::Json {
        person["customer_id"] = json!(customer);
        person["revision"] = json!(revision);
        output::json(&person);
        return;
    }
    let text = |name: &str| output::one_line(&cell(&person[name]));
    for (name, value) in [
        ("customer", customer.to_string()),
        ("name", text("name")),
        ("e-mail", text("email")),
        ("language", text("locale")),
        ("time zone", text("time_zone")),
        ("revision", cell(&json!(revision))),
    ] {
        output::line(format!("{name:<11} {value}"));
    }
    let preferences = person["preferences"].as_object();
    let preferences = preferences.into_iter().flatten();
    for (index, (name, value)) in preferences.enumerate() {
        let heading = if index == 0 { "preferences" } else { "" };
        output::line(format!(
            "{heading:<11} {name}: {}",
            output::one_line(&cell(value))
        ));
    }
}
