//! `/events` and `/commits`: the events of all accounts in recorded order.

use axum::Json;
use axum::extract::{RawQuery, State};
use domain::event::Event;
use domain::record::MAX_EVENTS;
use domain::time::format_recorded_at;
use domain::{AccountId, Commit, Currency, FieldError, Money};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::parameters::{PathText, Query, id};
use super::problem::Problem;
use super::{Api, cursor};
use crate::error::Error;
use crate::ports::CommitPosition;
use crate::query::time_index::{PageLimit, first_microsecond};
use crate::query::{self, EventFilter, EventView};

/// Commits that one answer examines, so that a filter which matches nothing is answered in time: with an empty page and the
/// cursor of the next.
const MAX_EXAMINED: usize = 2000;

/// The end of a page: after a commit, or inside the next one.
#[derive(Default, Serialize, Deserialize)]
struct Ended {
    after: Option<CommitPosition>,
    skip: usize,
}

pub(super) async fn list(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<Value>, Problem> {
    const KNOWN: [&str; 13] = [
        "from",
        "to",
        "limit",
        "cursor",
        "order",
        "type",
        "account",
        "customer",
        "source",
        "correlation_id",
        "currency",
        "min_amount",
        "max_amount",
    ];
    let query = Query::read(text, &KNOWN)?;
    let limit = query.limit()?;
    let newest_first = query.newest_first()?;
    let range = query.range()?;
    let filter = filter(&query)?;
    let mut ended: Ended = cursor::read(query.get("cursor"))?.unwrap_or_default();
    if ended.skip >= MAX_EVENTS {
        return Err(cursor::refused());
    }
    let mut events: Vec<EventView> = Vec::new();
    let mut examined = 0;
    let next = 'pages: loop {
        // One more than asked for shows whether there is more.
        let within = PageLimit {
            commits: limit + 1,
            events: limit + 1 + ended.skip,
        };
        let page = api
            .queries
            .recorded(range, ended.after.clone(), newest_first, within)
            .await?;
        for commit in &page.commits {
            let mut views: Vec<_> = commit.events.iter().zip(query::views(commit)).collect();
            if newest_first {
                views.reverse();
            }
            for (index, (event, view)) in views.into_iter().enumerate().skip(ended.skip) {
                if !filter.accepts(commit, event) {
                    continue;
                }
                if events.len() == limit {
                    break 'pages Some(Ended {
                        after: Some(right_before(commit, newest_first)),
                        skip: index,
                    });
                }
                events.push(view);
            }
            ended = Ended {
                after: Some(CommitPosition::of(commit)),
                skip: 0,
            };
        }
        examined += page.commits.len();
        if page.next.is_none() {
            break None;
        }
        if examined >= MAX_EXAMINED {
            break Some(ended);
        }
    };
    Ok(Json(
        json!({ "events": events, "next": next.map(|place| cursor::write(&place)) }),
    ))
}

/// Returns the position directly before this commit. The previous commit of the page does not serve: newest first, later
/// commits could come between the two.
fn right_before(commit: &Commit, newest_first: bool) -> CommitPosition {
    let mut place = CommitPosition::of(commit);
    place.first_version = match newest_first {
        true => place.first_version + 1,
        false => place.first_version - 1,
    };
    place
}

fn filter(query: &Query) -> Result<EventFilter, Problem> {
    let currency: Option<Currency> = query.parsed("currency", str::parse)?;
    let amount = |name: &str| match (query.get(name), currency) {
        (Some(_), None) => Err(Problem::invalid(vec![FieldError::parameter(
            name,
            "needs currency",
        )])),
        (None, _) => Ok(None),
        (Some(_), Some(currency)) => query.parsed(name, |text| {
            Money::parse_unsigned(&with_digits(text, currency), currency)
        }),
    };
    Ok(EventFilter {
        event_type: query.parsed("type", |text| match Event::TYPES.contains(&text) {
            true => Ok(text.to_owned()),
            false => Err("is not a type of event"),
        })?,
        account_id: query.parsed("account", str::parse)?,
        customer_id: query.parsed("customer", str::parse)?,
        source: query.get("source").cloned(),
        correlation_id: query.parsed("correlation_id", str::parse)?,
        min_amount: amount("min_amount")?,
        max_amount: amount("max_amount")?,
        currency,
    })
}

/// Adds the digits that a bound leaves out: `1000` is `1000.00` in EUR.
fn with_digits(text: &str, currency: Currency) -> String {
    let digits = currency.digits() as usize;
    match text.split_once('.') {
        None if digits > 0 => format!("{text}.{:0<digits$}", ""),
        Some((whole, fraction)) => format!("{whole}.{fraction:0<digits$}"),
        None => text.to_owned(),
    }
}

/// A commit as it is hashed, so that callers can verify it: the content is the hashed text itself.
#[derive(Serialize)]
struct CommitView {
    content: String,
    prev_hash: String,
    hash: String,
}

impl CommitView {
    fn of(commit: &Commit) -> Result<Self, Problem> {
        let content = String::from_utf8(commit.canonical_bytes())
            .map_err(|_| Error::Permanent("a commit is not UTF-8".into()))?;
        Ok(CommitView {
            content,
            prev_hash: commit.prev_hash.to_string(),
            hash: commit.hash.to_string(),
        })
    }
}

#[derive(Serialize)]
pub(super) struct CommitPage {
    commits: Vec<CommitView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_until: Option<String>,
    next: Option<Value>,
}

/// Returns whole commits, with as many events as requested or a few more.
pub(super) async fn commits(
    State(api): State<Api>,
    RawQuery(text): RawQuery,
) -> Result<Json<CommitPage>, Problem> {
    let query = Query::read(text, &["from", "to", "limit", "cursor"])?;
    let limit = query.limit()?;
    let mut range = query.range()?;
    range.to = range.to.min(api.queries.settled_until());
    let place = cursor::read(query.get("cursor"))?;
    let within = PageLimit {
        commits: limit,
        events: limit,
    };
    let page = api.queries.recorded(range, place, false, within).await?;
    Ok(Json(CommitPage {
        commits: page
            .commits
            .iter()
            .map(CommitView::of)
            .collect::<Result<_, _>>()?,
        complete_until: Some(format_recorded_at(first_microsecond(range.to))),
        next: page.next.map(|place| json!(cursor::write(&place))),
    }))
}

/// Returns an account's commits by version, including those that the time index does not have yet.
pub(super) async fn account_commits(
    State(api): State<Api>,
    PathText(account_id): PathText,
    RawQuery(text): RawQuery,
) -> Result<Json<CommitPage>, Problem> {
    let account_id: AccountId = id("account_id", &account_id)?;
    let query = Query::read(text, &["after_version", "limit"])?;
    let after = query.number("after_version")?.unwrap_or(0);
    let (commits, next) = api
        .queries
        .commits(&account_id, after, query.limit()?)
        .await?;
    Ok(Json(CommitPage {
        commits: commits
            .iter()
            .map(CommitView::of)
            .collect::<Result<_, _>>()?,
        complete_until: None,
        next: next.map(|version| json!(version)),
    }))
}
