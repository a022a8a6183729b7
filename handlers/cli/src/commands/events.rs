//! `ledgerbell events`.

mod merge;

use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::{CorrelationId, Currency, CustomerId, Event};
use serde_json::Value;

use super::history;
use crate::client::Rows;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{Accounts, Limit, Period};
use crate::listing::{Column, Listing};
use crate::table::Align;
use merge::Merged;

/// Events in one request. The columns are aligned page by page.
const PAGE: u64 = 500;

/// Show the events of all accounts in recorded order
///
/// The most recent seconds are left out: events of several writers are in order
/// only after a while.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct EventsOptions {
    #[command(flatten)]
    period: Period,

    #[command(flatten)]
    accounts: Accounts,

    #[command(flatten)]
    filter: Filter,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
struct Filter {
    /// Only events of this type, such as MoneyDeposited
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(Event::TYPES))]
    event_type: Option<String>,

    /// Only of accounts of this customer
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,

    /// Only events appended by this caller
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// Only events of requests with this correlation id
    #[arg(long, value_name = "ID")]
    correlation_id: Option<CorrelationId>,

    /// Only of accounts in this currency
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,

    /// Only of this amount or more, such as 1000.00
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    min_amount: Option<String>,

    /// Only of this amount or less
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    max_amount: Option<String>,
}

const COLUMNS: [Column; 8] = [
    ("RECORDED", Align::Left, "recorded_at"),
    ("ACCOUNT", Align::Left, "account_id"),
    ("VERSION", Align::Right, "version"),
    ("OCCURRED", Align::Left, "occurred_at"),
    ("TYPE", Align::Left, "type"),
    ("AMOUNT", Align::Right, "amount"),
    ("", Align::Left, "currency"),
    ("ABOUT", Align::Left, "about"),
];

pub(crate) fn run(options: &EventsOptions) -> Result<End, Failure> {
    let range = options.period.range()?;
    let client = options.connection.client()?;
    let rows = || {
        Rows::new(&client, "events", "events")
            .page_size(PAGE)
            .query(range.query())
            .query(options.filter.query())
    };
    let of_account = |account: &domain::AccountId| {
        let account = ("account", account.to_string());
        rows().query([account]).limit(options.limit.limit)
    };
    let mut listing = Listing::new(options.connection.format(), &COLUMNS, cells);
    let mut read: Box<dyn FnMut() -> crate::client::Result<Option<Vec<Value>>>> =
        match options.accounts.accounts.as_slice() {
            [] => {
                let mut rows = rows().limit(options.limit.limit);
                Box::new(move || rows.page())
            }
            [account] => {
                let mut rows = of_account(account);
                Box::new(move || rows.page())
            }
            several => {
                let mut merged = Merged::new(several.iter().map(of_account), options.limit.limit);
                Box::new(move || merged.page(PAGE))
            }
        };
    while let Some(page) = read()? {
        if !listing.page(page) {
            return Ok(End::Done);
        }
    }
    listing.end("events", "There are no such events.", |document| {
        range.describe(document);
    });
    Ok(End::Done)
}

impl Filter {
    fn query(&self) -> impl Iterator<Item = (&'static str, String)> {
        let text = |text: &dyn ToString| text.to_string();
        [
            ("type", self.event_type.clone()),
            ("customer", self.customer.as_ref().map(|id| text(id))),
            ("source", self.source.clone()),
            (
                "correlation_id",
                self.correlation_id.as_ref().map(|id| text(id)),
            ),
            ("currency", self.currency.as_ref().map(|code| text(code))),
            ("min_amount", self.min_amount.clone()),
            ("max_amount", self.max_amount.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

fn cells(event: &Value) -> Vec<String> {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let mut row = vec![text("recorded_at"), text("account_id")];
    row.extend(history::cells(event));
    row
}
