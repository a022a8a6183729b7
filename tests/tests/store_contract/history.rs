//! Commits that follow from one another, to be stored.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::decision::{self, Context};
use domain::record::ProposedEvents;
use domain::{AccountId, Commit, EventId, Head};
use handlers::ports::{Appended, EventStore};
use serde_json::{Value, json};

/// When the first commit of a history is recorded; each is a second later.
pub fn start() -> DateTime<Utc> {
    "2026-11-22T10:00:00.000001Z".parse().unwrap()
}

pub fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}

pub fn opened() -> Value {
    json!({
        "type": "AccountOpened",
        "occurred_at": "2026-11-22T09:00:00Z",
        "data": { "customer_id": "ana", "currency": "EUR" },
    })
}

pub fn deposited(reference: &str) -> Value {
    json!({
        "type": "MoneyDeposited",
        "occurred_at": "2026-11-22T09:30:00Z",
        "data": { "amount": "1.00", "currency": "EUR", "reference": reference },
    })
}

/// The commits of one account.
#[derive(Debug, Clone)]
pub struct History {
    pub account: AccountId,
    pub head: Option<Head>,
    pub commits: Vec<Commit>,
}

impl History {
    pub fn of(account: &AccountId) -> Self {
        History {
            account: account.clone(),
            head: None,
            commits: Vec::new(),
        }
    }

    /// What would come next; the history stays as it is.
    pub fn next(&self, key: &str, events: Vec<Value>, recorded_at: DateTime<Utc>) -> Commit {
        self.next_of(key, json!({ "events": events }), recorded_at)
    }

    fn next_of(&self, key: &str, body: Value, recorded_at: DateTime<Utc>) -> Commit {
        let proposed = ProposedEvents::read(body).unwrap();
        let context = Context {
            account_id: self.account.clone(),
            recorded_at,
            source: "store-contract".to_owned(),
            correlation_id: format!("correlation-{key}").parse().unwrap(),
            idempotency_key: key.parse().unwrap(),
        };
        decision::decide(self.head.as_ref(), &proposed, &BTreeMap::new(), context).unwrap()
    }

    /// One more commit, under the key `commit-N`.
    pub fn and(mut self, events: Vec<Value>) -> Self {
        let number = self.commits.len();
        let recorded_at = start() + TimeDelta::seconds(number as i64);
        let commit = self.next(&format!("commit-{number}"), events, recorded_at);
        self.push(commit);
        self
    }

    /// One more commit, of which nobody is told.
    pub fn and_loaded(mut self, events: Vec<Value>) -> Self {
        let number = self.commits.len();
        let recorded_at = start() + TimeDelta::seconds(number as i64);
        let body = json!({ "events": events, "notify": false });
        let commit = self.next_of(&format!("commit-{number}"), body, recorded_at);
        self.push(commit);
        self
    }

    pub fn push(&mut self, commit: Commit) {
        self.head = Some(commit.head());
        self.commits.push(commit);
    }

    /// An opening, and then `commits` of `events` deposits each.
    pub fn long(account: &AccountId, commits: usize, events: usize) -> Self {
        let mut history = History::of(account).and(vec![opened()]);
        for _ in 0..commits {
            history = history.and(vec![deposited("salary"); events]);
        }
        history
    }

    pub async fn stored(self, store: &dyn EventStore) -> Self {
        for commit in &self.commits {
            assert_eq!(store.append(commit, &[]).await.unwrap(), Appended::Done);
        }
        self
    }

    pub fn event(&self, version: u64) -> EventId {
        EventId::new(&self.account, version)
    }
}

/// An account that was opened at this time.
pub async fn opened_at(store: &dyn EventStore, account: &AccountId, time: DateTime<Utc>) -> Commit {
    let commit = History::of(account).next("open", vec![opened()], time);
    assert_eq!(store.append(&commit, &[]).await.unwrap(), Appended::Done);
    commit
}

/// Accounts whose commits stand in this slice of the time index.
pub fn accounts_of_slice(slice: u8) -> impl Iterator<Item = AccountId> {
    (0..)
        .map(|number| account(&format!("ACC-{number}")))
        .filter(move |account| account.slice() == slice)
}

/// All pages of an account, oldest first.
pub async fn all(store: &dyn EventStore, account: &AccountId, limit: usize) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    loop {
        let after = commits.last().map_or(0, Commit::last_version);
        let page = store.commits(account, after, limit).await.unwrap();
        commits.extend(page.commits);
        if page.next.is_none() {
            return commits;
        }
    }
}
