//! The commits of all accounts, each behind the one it follows from.

use chrono::{DateTime, Utc};
use domain::time::{format_time, parse_time};
use domain::{AccountId, Commit, Version};
use export::{Exporter, Taken};
use serde_json::Value;

use super::progress;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::Heartbeat;

/// Events of one request, in whole commits.
const PAGE: &str = "1000";

pub struct Commits<'a> {
    pub client: &'a Client,
    /// From where the time index is read.
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// Before this time nothing belongs to the export.
    pub begins: Option<DateTime<Utc>>,
}

impl Commits<'_> {
    /// Offers all of the range; answers up to when it is complete.
    pub fn offer_all(
        &self,
        exporter: &mut Exporter,
        expected: Option<u64>,
    ) -> Result<DateTime<Utc>, Failure> {
        let bar = progress(expected, "events", "exporting");
        let mut heartbeat = Heartbeat::new();
        let range = [
            ("from", self.from.map(format_time)),
            ("to", self.to.map(format_time)),
        ];
        let mut cursor: Option<String> = None;
        let complete_until = loop {
            let mut query = vec![("limit", PAGE)];
            for (name, time) in &range {
                query.extend(time.as_deref().map(|time| (*name, time)));
            }
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = self.client.get("commits", &query)?;
            let commits = read_all(&page)?;
            for commit in &commits {
                if self.offer(exporter, commit)? {
                    bar.inc(commit.events.len() as u64);
                }
            }
            if let Some(last) = commits.last() {
                exporter.reached(last.recorded_at)?;
            }
            heartbeat.beat(&bar);
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break time(&page["complete_until"])?,
            }
        };
        bar.finish_and_clear();
        Ok(complete_until)
    }

    /// Whether it was new.
    fn offer(&self, exporter: &mut Exporter, commit: &Commit) -> Result<bool, Failure> {
        let account = &commit.account_id;
        let after = match exporter.take(commit)? {
            Taken::Written => return Ok(true),
            Taken::Known => return Ok(false),
            Taken::Missing(after) => after,
            Taken::Unknown => self.begin(exporter, commit)?,
        };
        // The index had them not, or at a later place: the account's own
        // history has them for certain.
        let mut after = after;
        while after + 1 < commit.first_version {
            let missing = self.after(account, after)?;
            let Some(last) = missing.last().map(Commit::last_version) else {
                break;
            };
            for commit in missing {
                if commit.first_version > after {
                    exporter.take(&commit)?;
                }
            }
            after = last;
        }
        match exporter.take(commit)? {
            Taken::Written => Ok(true),
            Taken::Known => Ok(false),
            Taken::Missing(_) | Taken::Unknown => Err(Failure::Failed(format!(
                "account {account}: version {} is recorded, and what stands before it cannot be read",
                commit.first_version
            ))),
        }
    }

    /// Finds the account's last commit that was recorded before the range;
    /// answers with its version, or 0 where there is none.
    fn begin(&self, exporter: &mut Exporter, commit: &Commit) -> Result<Version, Failure> {
        let account = &commit.account_id;
        let mut first = commit.first_version;
        while first > 1 {
            let page = self.after(account, first - 2)?;
            let Some(before) = page.into_iter().next() else {
                break;
            };
            if self.begins.is_none_or(|begins| before.recorded_at < begins) {
                let version = before.last_version();
                exporter.begin_account(account.clone(), before.head());
                return Ok(version);
            }
            first = before.first_version;
        }
        Ok(0)
    }

    /// The account's next commits after this version.
    fn after(&self, account: &AccountId, version: Version) -> Result<Vec<Commit>, Failure> {
        let after = version.to_string();
        let query = [("after_version", after.as_str()), ("limit", "100")];
        let page = self
            .client
            .get(&format!("accounts/{account}/commits"), &query)?;
        read_all(&page)
    }
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
