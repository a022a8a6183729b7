//! The commits of all accounts, as the API tells them.

use chrono::{DateTime, Utc};
use domain::time::{format_time, parse_time};
use domain::{AccountId, Commit, Version};
use export::Exporter;
use export::walk::{History, Page, Standing, offer_all};
use serde_json::Value;

use super::progress;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::Heartbeat;

/// Events in one request, in whole commits.
const PAGE: &str = "1000";

pub(super) struct Commits<'a> {
    client: &'a Client,
    range: [(&'static str, Option<String>); 2],
    cursor: Option<String>,
    accounts: Accounts,
}

/// The progress through the list of all accounts.
enum Accounts {
    After(Option<String>),
    Read,
}

impl<'a> Commits<'a> {
    /// The range of recorded times.
    pub(super) fn new(
        client: &'a Client,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
    ) -> Self {
        Commits {
            client,
            range: [("from", from.map(format_time)), ("to", to.map(format_time))],
            cursor: None,
            accounts: Accounts::After(None),
        }
    }

    /// Offers the whole range. Returns the time up to which it is complete.
    pub(super) fn offer_all(
        mut self,
        exporter: &mut Exporter,
        expected: Option<u64>,
    ) -> Result<DateTime<Utc>, Failure> {
        let bar = progress(expected, "events", "exporting");
        let mut heartbeat = Heartbeat::new();
        let complete_until = offer_all(exporter, &mut self, |new| {
            bar.inc(new);
            heartbeat.beat(&bar);
            true
        })?;
        bar.finish_and_clear();
        complete_until.ok_or_else(|| Failure::Failed("nothing could be read".to_owned()))
    }
}

impl History for Commits<'_> {
    type Error = Failure;

    fn page(&mut self) -> Result<Page, Failure> {
        let mut query = vec![("limit", PAGE)];
        for (name, time) in &self.range {
            query.extend(time.as_deref().map(|time| (*name, time)));
        }
        query.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = self.client.get("commits", &query)?;
        self.cursor = page["next"].as_str().map(str::to_owned);
        Ok(Page {
            commits: read_all(&page)?,
            complete_until: match self.cursor {
                Some(_) => None,
                None => Some(time(&page["complete_until"])?),
            },
        })
    }

    fn after(&mut self, account: &AccountId, version: Version) -> Result<Vec<Commit>, Failure> {
        let after = version.to_string();
        let query = [("after_version", after.as_str()), ("limit", "100")];
        let page = self
            .client
            .find(&format!("accounts/{account}/commits"), &query)?;
        page.as_ref().map_or(Ok(Vec::new()), read_all)
    }

    fn standings(&mut self) -> Result<Option<Vec<Standing>>, Failure> {
        let Accounts::After(cursor) = &self.accounts else {
            return Ok(None);
        };
        let mut query = vec![("limit", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = self.client.get("accounts", &query)?;
        self.accounts = match page["next"].as_str() {
            Some(next) => Accounts::After(Some(next.to_owned())),
            None => Accounts::Read,
        };
        let accounts = page["accounts"].as_array().into_iter().flatten();
        accounts.map(standing).collect::<Result<_, _>>().map(Some)
    }
}

fn standing(account: &Value) -> Result<Standing, Failure> {
    let bad =
        |what: &str| Failure::Failed(format!("an account of the list has no readable {what}"));
    let text = |name: &str| account[name].as_str().unwrap_or_default();
    Ok(Standing {
        account_id: text("account_id").parse().map_err(|_| bad("id"))?,
        version: account["version"].as_u64().ok_or_else(|| bad("version"))?,
        updated_at: parse_time(text("updated_at")).map_err(|_| bad("time"))?,
    })
}

fn read_all(page: &Value) -> Result<Vec<Commit>, Failure> {
    let commits = page["commits"].as_array().into_iter().flatten();
    commits.map(read).collect()
}

fn read(commit: &Value) -> Result<Commit, Failure> {
    let text = |name: &str| commit[name].as_str().unwrap_or_default();
    let bad = |reason: String| Failure::Failed(format!("a commit cannot be read: {reason}"));
    let hash = |name: &str| {
        text(name)
            .parse()
            .map_err(|error| bad(format!("{name} {error}")))
    };
    Commit::read(
        text("content").as_bytes(),
        hash("prev_hash")?,
        hash("hash")?,
    )
    .map_err(|error| bad(error.to_string()))
}

fn time(value: &Value) -> Result<DateTime<Utc>, Failure> {
    parse_time(value.as_str().unwrap_or_default())
        .map_err(|reason| Failure::Failed(format!("complete_until {reason}")))
}
