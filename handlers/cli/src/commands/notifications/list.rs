//! `ledgerbell notifications list`.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use domain::notification::{Kind, Phase, SkipReason, WaitReason};
use serde_json::{Value, json};

use super::count::Counts;
use crate::client::{Client, Rows};
use crate::commands::accounts;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{Accounts, Limit};
use crate::listing::{Column, Listing, cell};
use crate::output;
use crate::table::Align;

/// List the notifications of accounts, newest event first, or count them
///
/// Every filter may be repeated: then either value matches. Without --account,
/// the notifications of all accounts are read, account by account.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ListOptions {
    #[command(flatten)]
    accounts: Accounts,

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
    #[arg(long = "state", value_name = "STATE", ignore_case = true, value_parser = PossibleValuesParser::new(Phase::ALL.map(Phase::as_str)))]
    states: Vec<String>,

    /// Only those of this kind
    #[arg(long = "kind", value_name = "KIND", value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::as_str)))]
    kinds: Vec<String>,

    /// Only those that were not sent, or wait, for this reason
    #[arg(long = "reason", value_name = "REASON", value_parser = PossibleValuesParser::new(reasons()))]
    reasons: Vec<String>,
}

/// The member of a notification by which they are counted.
#[derive(Debug, Clone, Copy, ValueEnum)]
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

/// The reason of a notification that waits for its digest.
const DIGEST: &str = "digest";

fn reasons() -> impl Iterator<Item = &'static str> {
    let waits = [
        WaitReason::QuietHours.as_str(),
        DIGEST,
        WaitReason::MonthEnd.as_str(),
    ];
    (SkipReason::ALL.into_iter().map(SkipReason::as_str)).chain(waits)
}

pub(super) fn run(options: &ListOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let accounts = accounts_of(&client, options)?;
    if let Some(member) = options.count_by {
        let mut counts = Counts::new(member);
        each_page(&client, &accounts, options, |page| {
            counts.add(&page);
            true
        })?;
        counts.print(options.connection.format());
        return Ok(End::Done);
    }
    let mut listing = Listing::new(options.connection.format(), &COLUMNS, |notification| {
        COLUMNS.map(|(.., name)| cell(&notification[name])).into()
    });
    let mut left = options.limit.limit.unwrap_or(u64::MAX);
    let read = each_page(&client, &accounts, options, |mut page| {
        page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= page.len() as u64;
        listing.page(page) && left > 0
    })?;
    if read || left == 0 {
        listing.end("notifications", "There are no such notifications.", |_| {});
    }
    Ok(End::Done)
}

fn accounts_of(client: &Client, options: &ListOptions) -> Result<Vec<String>, Failure> {
    if !options.accounts.accounts.is_empty() {
        return Ok((options.accounts.accounts.iter())
            .map(ToString::to_string)
            .collect());
    }
    let all = accounts::all(client)?;
    Ok((all.iter())
        .filter_map(|account| account["account_id"].as_str().map(str::to_owned))
        .collect())
}

/// Hands on the matching notifications page by page while `each` returns true. Returns whether all were read.
fn each_page(
    client: &Client,
    accounts: &[String],
    options: &ListOptions,
    mut each: impl FnMut(Vec<Value>) -> bool,
) -> Result<bool, Failure> {
    let bar = output::bar(Some(accounts.len() as u64), "accounts");
    let mut heartbeat = output::Heartbeat::new();
    for account in accounts {
        bar.set_message(account.clone());
        let path = format!("accounts/{account}/notifications");
        let mut rows = Rows::new(client, &path, "notifications");
        while let Some(mut page) = rows.page().inspect_err(|_| bar.finish_and_clear())? {
            page.retain(|notification| options.filter.matches(notification));
            for notification in &mut page {
                notification["account_id"] = json!(account);
            }
            if !page.is_empty() && !bar.suspend(|| each(page)) {
                bar.finish_and_clear();
                return Ok(false);
            }
        }
        bar.inc(1);
        heartbeat.beat(&bar);
    }
    bar.finish_and_clear();
    Ok(true)
}

impl Filter {
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
