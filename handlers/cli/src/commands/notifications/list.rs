//! `ledgerbell notifications list`.

use clap::{Args, ValueEnum};
use domain::time::parse_stored_time;
use domain::words::{KINDS, SKIP_REASONS, STATES, WAIT_REASONS};
use serde_json::{Value, json};

use super::count::Counts;
use crate::client::{Client, MAX_PAGE, Rows};
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{Accounts, Limit, Period, Range, codes};
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

/// List notifications, or count them
///
/// Every filter may be repeated: then either value matches. Those of all
/// accounts are listed newest decided first. With --account, they are listed
/// account by account, newest event first, and those from before the list of
/// all accounts was introduced are there too.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
#[command(mut_arg("from", |from| from.help("Decided at this time or later: a date such as 2026-11-01, or a time such as 2026-11-01T10:00:00Z")))]
#[command(mut_arg("to", |to| to.help("Decided before this time, or before this day")))]
pub(super) struct ListOptions {
    #[command(flatten)]
    accounts: Accounts,

    #[command(flatten)]
    period: Period,

    #[command(flatten)]
    filter: Filter,

    /// Count them instead
    #[arg(long, value_enum, value_name = "MEMBER", conflicts_with = "limit")]
    count_by: Option<Member>,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Args)]
struct Filter {
    /// Only those in this state
    #[arg(long = "state", value_name = "STATE", ignore_case = true, value_parser = codes(&[&STATES]))]
    states: Vec<String>,

    /// Only those of this kind
    #[arg(long = "kind", value_name = "KIND", value_parser = codes(&[&KINDS]))]
    kinds: Vec<String>,

    /// Only those that were not sent, or wait, for this reason
    #[arg(long = "reason", value_name = "REASON", value_parser = codes(&[&SKIP_REASONS[..], &WAIT_REASONS]))]
    reasons: Vec<String>,
}

/// The member of a notification by which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Member {
    Kind,
    State,
    Reason,
}

impl Member {
    pub(super) fn name(self) -> &'static str {
        match self {
            Member::Kind => "kind",
            Member::State => "state",
            Member::Reason => "reason",
        }
    }
}

const COLUMNS: [Column; 7] = [
    ("DECIDED", Align::Left, "decided_at"),
    ("ACCOUNT", Align::Left, "account_id"),
    ("EVENT", Align::Right, "event_version"),
    ("KIND", Align::Left, "kind"),
    ("STATE", Align::Left, "state"),
    ("REASON", Align::Left, "reason"),
    ("NOTIFICATION", Align::Left, "notification_id"),
];

pub(super) fn run(options: &ListOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let range = options.period.range()?;
    if let Some(member) = options.count_by {
        let mut counts = Counts::new(member);
        each_page(&client, range, options, |page| {
            counts.add(&page);
            true
        })?;
        counts.print(options.connection.format());
        return Ok(End::Done);
    }
    let mut listing = Listing::new(options.connection.format(), &COLUMNS, |notification| {
        COLUMNS.map(|(.., name)| cell(&notification[name])).into()
    })
    .worded(&[("state", &STATES)]);
    let mut left = options.limit.limit.unwrap_or(u64::MAX);
    let read = each_page(&client, range, options, |mut page| {
        page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= page.len() as u64;
        listing.page(page) && left > 0
    })?;
    if read || left == 0 {
        listing.end(
            "notifications",
            "There are no such notifications.",
            |document| range.describe(document),
        );
    }
    Ok(End::Done)
}

/// Hands on the matching notifications page by page while `each` returns true. Returns whether all were read.
fn each_page(
    client: &Client,
    range: Range,
    options: &ListOptions,
    mut each: impl FnMut(Vec<Value>) -> bool,
) -> Result<bool, Failure> {
    if options.accounts.accounts.is_empty() {
        return each_page_of_all(client, range, options, each);
    }
    for account in &options.accounts.accounts {
        let path = format!("accounts/{account}/notifications");
        let mut rows = Rows::new(client, &path, "notifications");
        while let Some(mut page) = rows.page()? {
            page.retain(|notification| {
                options.filter.matches(notification) && is_in(range, notification)
            });
            for notification in &mut page {
                notification["account_id"] = json!(account);
            }
            if !page.is_empty() && !each(page) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn each_page_of_all(
    client: &Client,
    range: Range,
    options: &ListOptions,
    mut each: impl FnMut(Vec<Value>) -> bool,
) -> Result<bool, Failure> {
    let mut rows = Rows::new(client, "notifications", "notifications")
        .query(range.query())
        .query(options.filter.query());
    if let Some(limit) = options.limit.limit {
        rows = rows.page_size(limit.min(MAX_PAGE));
    }
    let bar = output::bar(None, "notifications");
    let mut heartbeat = output::Heartbeat::new();
    while let Some(entries) = rows.page().inspect_err(|_| bar.finish_and_clear())? {
        let mut page = Vec::with_capacity(entries.len());
        for mut entry in entries {
            let mut notification = entry["notification"].take();
            if options.filter.matches(&notification) {
                notification["account_id"] = entry["account_id"].take();
                page.push(notification);
            }
        }
        bar.inc(page.len() as u64);
        heartbeat.beat(&bar);
        if !page.is_empty() && !bar.suspend(|| each(page)) {
            bar.finish_and_clear();
            return Ok(false);
        }
    }
    bar.finish_and_clear();
    Ok(true)
}

/// Whether it was decided in the range.
fn is_in(range: Range, notification: &Value) -> bool {
    let text = notification["decided_at"].as_str();
    let decided_at = text.and_then(|text| parse_stored_time(text).ok());
    decided_at.is_some_and(|at| {
        range.from.is_none_or(|from| from <= at) && range.to.is_none_or(|to| at < to)
    })
}

impl Filter {
    /// The filters of which the API takes one value each. Others are applied here.
    fn query(&self) -> impl Iterator<Item = (&'static str, String)> {
        let filters = [
            (Member::State, &self.states),
            (Member::Kind, &self.kinds),
            (Member::Reason, &self.reasons),
        ];
        filters
            .into_iter()
            .filter_map(|(member, wanted)| match &wanted[..] {
                // clap has ignored the case of states.
                [one] if member == Member::State => Some((member.name(), one.to_uppercase())),
                [one] => Some((member.name(), one.clone())),
                _ => None,
            })
    }

    fn matches(&self, notification: &Value) -> bool {
        let among = |wanted: &[String], member: Member| {
            let found = notification[member.name()].as_str();
            // clap has ignored the case of states.
            let is_found =
                |wanted: &String| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted));
            wanted.is_empty() || wanted.iter().any(is_found)
        };
        among(&self.states, Member::State)
            && among(&self.kinds, Member::Kind)
            && among(&self.reasons, Member::Reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_matches_either_of_its_values_and_all_filters_must_match() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let filter = Filter {
            states: words(&["SENT", "SKIPPED"]),
            kinds: words(&["deposit"]),
            reasons: Vec::new(),
        };
        for (state, kind, matches) in [
            ("SENT", "deposit", true),
            ("SKIPPED", "deposit", true),
            ("PLANNED", "deposit", false),
            ("SENT", "withdrawal", false),
        ] {
            let notification = json!({ "state": state, "kind": kind, "reason": null });
            assert_eq!(filter.matches(&notification), matches, "{notification}");
        }
    }
}
