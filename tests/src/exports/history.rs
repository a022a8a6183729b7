//! Three accounts in three currencies over three days.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::decision::{Context, Original, decide};
use domain::record::ProposedEvents;
use domain::{AccountId, Commit, EventId, chain};
use export::rows::Notification;
use serde_json::{Value, json};

/// Commits in recorded order, and when the last one is past.
#[derive(Debug, Clone)]
pub struct History {
    pub commits: Vec<Commit>,
    pub until: DateTime<Utc>,
}

/// Yen without digits behind the point, euros with two, dinars with three; all
/// kinds of movements, several events in one commit, texts of any letters.
#[must_use]
pub fn history() -> History {
    let mut writer = Writer::new();
    let opening = |customer: &str, currency: &str, balance: &str| {
        json!({ "type": "AccountOpened", "occurred_at": "2026-11-20T08:00:00Z",
            "data": { "customer_id": customer, "currency": currency, "opening_balance": balance } })
    };
    writer.commit("ACC-EUR", vec![opening("ana", "EUR", "-12.34")]);
    writer.commit("ACC-JPY", vec![opening("ben", "JPY", "1000")]);
    writer.commit(
        "ACC-EUR",
        vec![
            moved("MoneyDeposited", "125.50", "EUR", "salary, \"November\""),
            moved("MoneyWithdrawn", "0.07", "EUR", "Zürich, 東京 🏦"),
        ],
    );
    writer.next_day();
    writer.commit("ACC-BHD", vec![opening("ana", "BHD", "0.000")]);
    for amount in ["1.234", "92233720368547.758", "0.001"] {
        writer.commit(
            "ACC-BHD",
            vec![moved("MoneyDeposited", amount, "BHD", "large")],
        );
    }
    writer.commit(
        "ACC-JPY",
        vec![moved("MoneyWithdrawn", "999", "JPY", "rent")],
    );
    writer.next_day();
    let salary = EventId::new(&account("ACC-EUR"), 2);
    writer.commit(
        "ACC-EUR",
        vec![
            json!({ "type": "TransactionReversed", "occurred_at": "2026-11-22T08:00:00.123456789Z",
            "data": { "reverses": salary, "reason": "twice" } }),
        ],
    );
    for number in 1..=6 {
        let amount = format!("{number}.00");
        writer.commit(
            "ACC-EUR",
            vec![
                moved("MoneyDeposited", &amount, "EUR", "a"),
                moved("MoneyWithdrawn", &amount, "EUR", "b"),
            ],
        );
    }
    writer.commit(
        "ACC-JPY",
        vec![json!({ "type": "AccountClosed", "occurred_at": "2026-11-22T09:00:00Z", "data": {} })],
    );
    let mut booked = moved("MoneyDeposited", "20.00", "EUR", "a bank's booking");
    if let Some(event) = booked.as_object_mut() {
        event.remove("occurred_at");
        event.insert("occurred_on".to_owned(), json!("2003-10-20"));
    }
    writer.commit("ACC-EUR", vec![booked]);
    History {
        until: writer.now + TimeDelta::hours(1),
        commits: writer.commits,
    }
}

/// An account whose first year was loaded, so that nobody is told of it.
#[must_use]
pub fn loaded() -> History {
    let mut writer = Writer::new();
    let opening = json!({ "type": "AccountOpened", "occurred_at": "2026-11-20T08:00:00Z",
        "data": { "customer_id": "ana", "currency": "EUR", "opening_balance": "10.00" } });
    writer.commit("ACC-OLD", vec![opening]);
    let movement = |amount: &str| moved("MoneyDeposited", amount, "EUR", "old");
    writer.write("ACC-OLD", vec![movement("1.50"), movement("2.50")], false);
    writer.commit("ACC-OLD", vec![movement("3.00")]);
    History {
        until: writer.now + TimeDelta::hours(1),
        commits: writer.commits,
    }
}

fn account(id: &str) -> AccountId {
    id.parse().expect("an account id")
}

fn moved(event_type: &str, amount: &str, currency: &str, reference: &str) -> Value {
    json!({ "type": event_type, "occurred_at": "2026-11-21T10:00:00.5Z", "data": {
        "amount": amount, "currency": currency, "reference": reference, "value_date": "2026-11-21" } })
}

struct Writer {
    commits: Vec<Commit>,
    now: DateTime<Utc>,
}

impl Writer {
    fn new() -> Self {
        Writer {
            commits: Vec::new(),
            now: "2026-11-20T09:00:00.000001Z".parse().expect("a time"),
        }
    }

    fn next_day(&mut self) {
        self.now += TimeDelta::days(1);
    }

    fn commit(&mut self, id: &str, events: Vec<Value>) {
        self.write(id, events, true);
    }

    fn write(&mut self, id: &str, events: Vec<Value>, notify: bool) {
        let account = account(id);
        let body = json!({ "events": events, "notify": notify });
        let proposed = ProposedEvents::read(body).expect("well-formed reports");
        let earlier: Vec<&Commit> = self
            .commits
            .iter()
            .filter(|commit| commit.account_id == account)
            .collect();
        let originals: BTreeMap<EventId, Original> = earlier
            .iter()
            .flat_map(|commit| chain::decode(commit).expect("our own events"))
            .filter_map(|(version, event)| {
                Some((EventId::new(&account, version), Original::of(&event)?))
            })
            .collect();
        let head = earlier.last().map(|commit| commit.head());
        let context = Context {
            account_id: account.clone(),
            recorded_at: self.now,
            source: "core-banking".to_owned(),
            correlation_id: format!("corr-{}", self.commits.len())
                .parse()
                .expect("an id"),
            idempotency_key: format!("key-{}", self.commits.len())
                .parse()
                .expect("a key"),
        };
        let commit = decide(head.as_ref(), &proposed, &originals, context).expect("a commit");
        self.now += TimeDelta::seconds(1);
        self.commits.push(commit);
    }
}

/// What was told of a commit's events: every second one was left out.
pub(super) fn notifications(commit: &Commit) -> Vec<Notification> {
    let told = commit.events.iter().zip(commit.first_version..);
    told.filter(|(event, _)| event.event_type.starts_with("Money"))
        .map(|(event, version)| {
            let at = commit.recorded_at;
            let skipped = version % 2 == 0;
            let notification = json!({
                "notification_id": format!("3e83e1e6-fbbf-5eeb-9d71-{version:012}"),
                "kind": "deposit",
                "state": if skipped { "SKIPPED" } else { "SENT" },
                "reason": skipped.then_some("preference-off"),
                "event_id": event.event_id,
                "event_version": version,
                "template": (!skipped).then_some("deposit/en/1"),
                "attempts": u32::from(!skipped),
                "decided_at": at,
                "updated_at": at,
                "sent_at": (!skipped).then_some(at),
                "delivery": null,
            });
            serde_json::from_value(notification).expect("a notification of the API")
        })
        .collect()
}
