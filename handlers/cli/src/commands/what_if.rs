//! `ledgerbell what-if`.

mod answer;
mod result;
mod set;

use std::path::PathBuf;

use clap::Args;
use domain::CustomerId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::document;
use crate::client::Client;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{Accounts, Period, without_csv};
use crate::output;
use answer::{Answer, Page};

/// Count the notifications that other preferences would have produced
///
/// The events of the range are evaluated twice: by the preferences in force
/// when each was recorded, and by those of the file. Nothing is sent or stored.
/// Statements, which follow the calendar, are not counted; suppressed addresses
/// are counted as if mails to them arrived.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
#[command(mut_arg("from", |from| from.required(true)), mut_arg("to", |to| to.required(true)))]
pub(crate) struct WhatIfOptions {
    #[command(flatten)]
    period: Period,

    /// Preferences as JSON, in place of each customer's
    #[arg(long, value_name = "FILE", required_unless_present_any = ["change", "set"])]
    preferences: Option<PathBuf>,

    /// Preferences as JSON, whose members replace the customer's:
    /// a delivery, quiet hours, or single kinds
    #[arg(long, value_name = "FILE", conflicts_with = "preferences")]
    change: Option<PathBuf>,

    /// One member of the preferences that replaces the customer's, such as
    /// delivery=daily or kinds.deposit.enabled=false; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = set::member, conflicts_with_all = ["preferences", "change"])]
    set: Vec<set::Member>,

    #[command(flatten)]
    accounts: Accounts,

    /// Only this customer
    #[arg(long, value_name = "ID", conflicts_with = "accounts")]
    customer: Option<CustomerId>,

    #[command(flatten)]
    connection: Connection,
}

/// Events in one request, which must be answered within the function's timeout.
const PAGE: &str = "500";

pub(crate) fn run(options: &WhatIfOptions) -> Result<End, Failure> {
    let mut question = question(options)?;
    let client = options.connection.client()?;
    let mut answer = Answer::default();
    let accounts = options.accounts.accounts.as_slice();
    if accounts.is_empty() {
        ask(&client, &question, &mut answer)?;
    }
    for account in accounts {
        question["account_id"] = json!(account);
        ask(&client, &question, &mut answer)?;
    }
    if accounts.len() > 1 {
        question["account_id"] = json!(accounts);
    }
    if options.connection.json() {
        output::json(&json!({ "question": question, "answer": answer.document() }));
    } else {
        result::print(&answer);
    }
    Ok(End::Done)
}

fn question(options: &WhatIfOptions) -> Result<Value, Failure> {
    let mut question = json!({});
    for (end, instant) in options.period.range()?.query() {
        question[end] = json!(instant);
    }
    for (name, file) in [
        ("preferences", &options.preferences),
        ("change", &options.change),
    ] {
        if let Some(file) = file {
            question[name] = document::read(file)?;
        }
    }
    if !options.set.is_empty() {
        question["change"] = set::change(&options.set);
    }
    if let Some(customer) = &options.customer {
        question["customer_id"] = json!(customer);
    }
    Ok(question)
}

fn ask(client: &Client, question: &Value, answer: &mut Answer) -> Result<(), Failure> {
    let bar = output::bar(None, "events");
    bar.set_message("judging");
    let mut heartbeat = output::Heartbeat::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = client.ask("what-if", &query, question);
        let page = page.inspect_err(|_| bar.finish_and_clear())?;
        let mut page = Page::deserialize(&page).map_err(|error| {
            bar.finish_and_clear();
            Failure::Failed(format!("the answer cannot be read: {error}"))
        })?;
        cursor = page.next.take();
        answer.add(page);
        bar.set_position(answer.events);
        heartbeat.beat(&bar);
        if cursor.is_none() {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}
