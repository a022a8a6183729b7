//! `ledgerbell accounts`, and the accounts of other commands.

use clap::{Args, Subcommand};
use domain::CustomerId;
use serde_json::Value;

use crate::client::{Client, Result as CallResult, Rows};
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::Limit;
use crate::listing::{Column, Listing, cell};
use crate::table::Align;

/// List accounts with their balances
#[derive(Debug, Clone, Args)]
pub(crate) struct AccountsOptions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    List(ListOptions),
}

/// List the accounts, or those of one customer, with their balances
///
/// The balances come from the read model, which lags a moment behind.
#[derive(Debug, Clone, Args)]
struct ListOptions {
    /// Only accounts of this customer; may be repeated
    #[arg(long = "customer", value_name = "ID")]
    customers: Vec<CustomerId>,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [Column; 7] = [
    ("ACCOUNT", Align::Left, "account_id"),
    ("CUSTOMER", Align::Left, "customer_id"),
    ("BALANCE", Align::Right, "balance"),
    ("", Align::Left, "currency"),
    ("VERSION", Align::Right, "version"),
    ("STATUS", Align::Left, "status"),
    ("UPDATED", Align::Left, "updated_at"),
];

pub(crate) fn run(options: &AccountsOptions) -> Result<End, Failure> {
    match &options.command {
        Command::List(options) => list(options),
    }
}

fn list(options: &ListOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let is_wanted = |account: &Value| {
        let holder = account["customer_id"].as_str().unwrap_or_default();
        let mut customers = options.customers.iter();
        options.customers.is_empty() || customers.any(|customer| customer.as_str() == holder)
    };
    // The API does not filter by customer, so the limit counts here.
    let mut left = options.limit.limit.unwrap_or(u64::MAX);
    let mut rows = Rows::new(&client, "accounts", "accounts");
    let mut listing = Listing::new(options.connection.format(), &COLUMNS, |account| {
        COLUMNS.map(|(.., name)| cell(&account[name])).into()
    });
    while left > 0
        && let Some(page) = rows.page()?
    {
        let mut page: Vec<Value> = page.into_iter().filter(is_wanted).collect();
        page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= page.len() as u64;
        if !listing.page(page) {
            return Ok(End::Done);
        }
    }
    listing.end("accounts", "There are no such accounts.", |_| {});
    Ok(End::Done)
}

/// Returns all accounts of the read model, page by page.
pub(super) fn all(client: &Client) -> CallResult<Vec<Value>> {
    Rows::new(client, "accounts", "accounts").all()
}
