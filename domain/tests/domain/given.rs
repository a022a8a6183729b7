//! Given a history, when something is reported, then this follows.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use domain::commit::Head;
use domain::decision::{self, Context, Original, Refusal};
use domain::record::ProposedEvents;
use domain::{AccountId, Commit, Event, EventId, Location, Version};
use serde_json::{Value, json};

pub fn account_id() -> AccountId {
    "ACC-1001".parse().unwrap()
}

/// The time at which the first commit of a history is recorded.
pub fn start() -> DateTime<Utc> {
    "2026-11-22T10:00:00.000001Z".parse().unwrap()
}

pub fn event(event_type: &str, data: Value) -> Value {
    json!({ "type": event_type, "occurred_at": "2026-11-22T09:30:00Z", "data": data })
}

/// The event with a date in the place of its time.
pub fn on_date(mut event: Value, date: &str) -> Value {
    event.as_object_mut().unwrap().remove("occurred_at");
    event["occurred_on"] = json!(date);
    event
}

pub fn opened() -> Value {
    opened_with(json!({}))
}

/// An opening in EUR of customer CUST-42, with more fields.
pub fn opened_with(more: Value) -> Value {
    let mut data = json!({ "customer_id": "CUST-42", "currency": "EUR" });
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    event("AccountOpened", data)
}

pub fn deposited(amount: &str) -> Value {
    event(
        "MoneyDeposited",
        json!({ "amount": amount, "currency": "EUR" }),
    )
}

pub fn withdrawn(amount: &str) -> Value {
    event(
        "MoneyWithdrawn",
        json!({ "amount": amount, "currency": "EUR" }),
    )
}

pub fn reversed(version: Version) -> Value {
    reversed_id(EventId::new(&account_id(), version))
}

pub fn reversed_id(id: EventId) -> Value {
    event("TransactionReversed", json!({ "reverses": id }))
}

pub fn closed() -> Value {
    event("AccountClosed", json!({}))
}

/// The commits of one account, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Given(pub Vec<Commit>);

impl Given {
    pub fn nothing() -> Self {
        Given::default()
    }

    #[track_caller]
    pub fn commit(events: impl IntoIterator<Item = Value>) -> Self {
        Given::nothing().and(events)
    }

    /// One more commit of these reports, which must be accepted.
    #[track_caller]
    pub fn and(self, events: impl IntoIterator<Item = Value>) -> Self {
        let when = self.when(events);
        let mut commits = when.given.0;
        commits.push(when.outcome.expect("what is given was accepted"));
        Given(commits)
    }

    /// One more commit of history that was loaded, of which nobody is told.
    #[track_caller]
    pub fn and_loaded(self, events: impl IntoIterator<Item = Value>) -> Self {
        let events: Vec<Value> = events.into_iter().collect();
        let when = self.when_sent(json!({ "events": events, "notify": false }));
        let mut commits = when.given.0;
        commits.push(when.outcome.expect("what is given was accepted"));
        Given(commits)
    }

    #[track_caller]
    pub fn when(self, events: impl IntoIterator<Item = Value>) -> When {
        let events: Vec<Value> = events.into_iter().collect();
        self.when_sent(json!({ "events": events }))
    }

    #[track_caller]
    fn when_sent(self, body: Value) -> When {
        let proposed = ProposedEvents::read(body).expect("the reports are well formed");
        let head = self.0.last().map(Commit::head);
        let number = self.0.len() as u32;
        let context = Context {
            account_id: account_id(),
            recorded_at: start() + Duration::seconds(1) * number as i32,
            source: "core-banking".to_owned(),
            correlation_id: format!("corr-{number}").parse().unwrap(),
            idempotency_key: format!("key-{number}").parse().unwrap(),
        };
        let outcome = decision::decide(head.as_ref(), &proposed, &self.originals(), context);
        When {
            given: self,
            outcome,
        }
    }

    pub fn head(&self) -> Option<Head> {
        self.0.last().map(Commit::head)
    }

    /// All movements of history, as the store would tell of them.
    fn originals(&self) -> BTreeMap<EventId, Original> {
        let mut originals = BTreeMap::new();
        for recorded in self.0.iter().flat_map(|commit| &commit.events) {
            let event = recorded.decode().unwrap();
            if let Some(original) = Original::of(&event) {
                originals.insert(recorded.event_id, original);
            }
            if let Event::TransactionReversed(reversal) = event {
                originals.get_mut(&reversal.reverses).unwrap().reversed_by =
                    Some(recorded.event_id);
            }
        }
        originals
    }
}

#[derive(Debug)]
pub struct When {
    given: Given,
    pub outcome: Result<Commit, Refusal>,
}

impl When {
    #[track_caller]
    pub fn then_recorded(self, types: &[&str]) -> Recorded {
        let commit = match self.outcome {
            Ok(commit) => commit,
            Err(refusal) => panic!("refused: {refusal:?}"),
        };
        let found: Vec<&str> = commit
            .events
            .iter()
            .map(|event| event.event_type.as_str())
            .collect();
        assert_eq!(found, types);
        let before = self.given.head();
        assert_eq!(
            domain::chain::follow(before.as_ref(), &commit),
            Ok(commit.head())
        );
        Recorded(commit)
    }

    #[track_caller]
    pub fn then_refused(self, refusal: Refusal) {
        assert_eq!(self.outcome.map(|commit| commit.events), Err(refusal));
    }

    /// Refused with one fault, at this place of the body.
    #[track_caller]
    pub fn then_refused_at(self, pointer: &str, detail: &str) {
        let Err(Refusal::Invalid(errors)) = self.outcome else {
            panic!("not refused as invalid: {:?}", self.outcome);
        };
        let places: Vec<&Location> = errors.iter().map(|error| &error.location).collect();
        assert_eq!(
            places,
            [&Location::Pointer(pointer.to_owned())],
            "{errors:?}"
        );
        assert!(errors[0].detail.contains(detail), "{:?}", errors[0].detail);
    }
}

#[derive(Debug)]
pub struct Recorded(pub Commit);

impl Recorded {
    #[track_caller]
    pub fn with_balance(self, balance: &str) -> Self {
        assert_eq!(self.0.after.balance.to_decimal(), balance);
        self
    }

    #[track_caller]
    pub fn with_versions(self, first: Version, last: Version) -> Self {
        assert_eq!((self.0.first_version, self.0.last_version()), (first, last));
        assert_eq!(self.0.after.version, last);
        self
    }
}
