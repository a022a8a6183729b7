//! `ledgerbell events`.

use chrono::{DateTime, Utc};
use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::time::{format_time, parse_time};
use domain::{AccountId, Currency, CustomerId, Event};
use serde_json::{Value, json};

use super::history;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;
use crate::table::{Align, Table};

/// Events in one request. The columns are aligned page by page.
const PAGE: u64 = 500;

/// Show the events of all accounts in recorded order
///
/// The most recent seconds are left out: events of several writers are in order
/// only after a while.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct EventsOptions {
    /// Recorded at this time or later, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<DateTime<Utc>>,

    /// Recorded before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<DateTime<Utc>>,

    /// Only events of this type, such as MoneyDeposited
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(Event::TYPES))]
    event_type: Option<String>,

    /// Only of this account
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,

    /// Only of accounts of this customer
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,

    /// Only events appended by this caller
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// Only of accounts in this currency
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,

    /// Only of this amount or more, such as 1000.00
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    min_amount: Option<String>,

    /// Only of this amount or less
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    max_amount: Option<String>,

    /// Show at most this many events; by default all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    #[command(flatten)]
    connection: Connection,
}

const COLUMNS: [(&str, Align); 8] = [
    ("RECORDED", Align::Left),
    ("ACCOUNT", Align::Left),
    ("VERSION", Align::Right),
    ("OCCURRED", Align::Left),
    ("TYPE", Align::Left),
    ("AMOUNT", Align::Right),
    ("", Align::Left),
    ("ABOUT", Align::Left),
];

pub(crate) fn run(options: &EventsOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let filter = options.query();
    let mut left = options.limit;
    let mut document: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    let mut heading = true;
    loop {
        let limit = left.unwrap_or(PAGE).min(PAGE).to_string();
        let mut query: Vec<(&str, &str)> = filter
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        query.push(("limit", &limit));
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = client.get("events", &query)?;
        let events = page["events"].as_array().cloned().unwrap_or_default();
        left = left.map(|left| left.saturating_sub(events.len() as u64));
        if options.connection.json {
            document.extend(events);
        } else if !events.is_empty() {
            if !print(&events, heading) {
                return Ok(End::Done);
            }
            heading = false;
        }
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() || left == Some(0) {
            break;
        }
    }
    if options.connection.json {
        output::json(&json!({ "events": document }));
    } else if heading {
        output::line("There are no such events.");
    }
    Ok(End::Done)
}

impl EventsOptions {
    fn query(&self) -> Vec<(&'static str, String)> {
        let text = |text: &dyn ToString| text.to_string();
        [
            ("from", self.from.map(format_time)),
            ("to", self.to.map(format_time)),
            ("type", self.event_type.clone()),
            ("account", self.account.as_ref().map(|id| text(id))),
            ("customer", self.customer.as_ref().map(|id| text(id))),
            ("source", self.source.clone()),
            ("currency", self.currency.as_ref().map(|code| text(code))),
            ("min_amount", self.min_amount.clone()),
            ("max_amount", self.max_amount.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

fn print(events: &[Value], heading: bool) -> bool {
    let mut table = Table::new(&COLUMNS);
    for event in events {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let mut row = vec![text("recorded_at"), text("account_id")];
        row.extend(history::cells(event));
        table.row(row);
    }
    let skip = usize::from(!heading);
    table.lines().into_iter().skip(skip).all(output::line)
}
