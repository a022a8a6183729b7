//! What an account has recorded: its events in their order, and under which key
//! each commit stands.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{AccountId, Currency, Money};
use serde_json::Value;
use statements::{Direction, KnownEvent, Request};

use super::outcome::Stop;
use crate::client::Client;

const PAGE: &str = "1000";

/// What moved the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub direction: Direction,
    pub amount: Money,
    /// A reversal has none.
    pub value_date: Option<NaiveDate>,
    /// The event that it takes back.
    pub reverses: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Event {
    pub version: u64,
    event_id: String,
    /// In UTC.
    pub day: NaiveDate,
    /// `None` for an event that moves nothing.
    pub movement: Option<Movement>,
    pub reference: Option<String>,
    pub counterparty: Option<String>,
    /// After this event.
    balance: Money,
}

/// An account, as far as it was read; and, in a dry run, as it would be.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Version 1 first, without a gap.
    events: Vec<Event>,
    /// Which of them a key has recorded.
    commits: BTreeMap<String, Range<usize>>,
    /// The version behind which it is only thought.
    known_until: Option<u64>,
    customer: Option<String>,
}

/// What the events are called that a dry run thinks of.
const PRETENDED: &str = "would-be-";

impl Recorded {
    /// All of an account. Without events: it was never opened.
    pub fn load(client: &Client, account: &AccountId) -> Result<Self, Stop> {
        let mut recorded = Recorded::default();
        recorded.refresh(client, account)?;
        Ok(recorded)
    }

    /// Reads what was recorded since.
    pub fn refresh(&mut self, client: &Client, account: &AccountId) -> Result<(), Stop> {
        let path = format!("accounts/{account}/commits");
        loop {
            let after = self.version().to_string();
            let query = [("after_version", after.as_str()), ("limit", PAGE)];
            let Some(page) = client.find(&path, &query)? else {
                return Ok(());
            };
            for commit in page["commits"].as_array().into_iter().flatten() {
                self.read(commit).ok_or_else(|| {
                    Stop::Refused(format!("a commit of the account cannot be read: {commit}"))
                })?;
            }
            if page["next"].is_null() {
                return Ok(());
            }
        }
    }

    fn read(&mut self, commit: &Value) -> Option<()> {
        let content: Value = serde_json::from_str(commit["content"].as_str()?).ok()?;
        let currency: Currency = content["after"]["currency"].as_str()?.parse().ok()?;
        let begin = self.events.len();
        for event in content["events"].as_array()? {
            let event_id = event["event_id"].as_str()?.to_owned();
            self.push(event, event_id, currency)?;
        }
        let key = content["idempotency_key"].as_str()?.to_owned();
        self.commits.insert(key, begin..self.events.len());
        Some(())
    }

    /// Takes in a request that was recorded, or would be: `event_ids` are what
    /// its events are called. `None` where it does not fit behind the rest.
    pub fn add(
        &mut self,
        request: &Request,
        event_ids: Vec<String>,
        currency: Currency,
    ) -> Option<()> {
        let begin = self.events.len();
        for (event, event_id) in request.body.events.iter().zip(event_ids) {
            let event = serde_json::to_value(event).ok()?;
            self.push(&event, event_id, currency)?;
        }
        let key = request.idempotency_key.clone();
        self.commits.insert(key, begin..self.events.len());
        Some(())
    }

    /// As [`Recorded::add`], of what was sent nowhere.
    pub fn pretend(&mut self, request: &Request, currency: Currency) -> Option<()> {
        self.known_until.get_or_insert(self.events.len() as u64);
        let next = self.version() + 1;
        let ids = (next..)
            .take(request.body.events.len())
            .map(|version| format!("{PRETENDED}{version}"));
        self.add(request, ids.collect(), currency)
    }

    fn push(&mut self, event: &Value, event_id: String, currency: Currency) -> Option<()> {
        let before = self.balance().unwrap_or(Money::zero(currency));
        let data = &event["data"];
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let opening = data["opening_balance"].as_str();
        if let Some(customer) = text("customer_id") {
            self.customer = Some(customer);
        }
        let movement = self.movement(event, currency)?;
        let balance = match (&movement, opening) {
            (_, Some(opening)) => Money::parse_signed(opening, currency).ok()?,
            (Some(movement), None) => moved(before, movement.direction, movement.amount)?,
            (None, None) => before,
        };
        let occurred_at: DateTime<Utc> = event["occurred_at"].as_str()?.parse().ok()?;
        self.events.push(Event {
            version: self.version() + 1,
            event_id,
            day: occurred_at.date_naive(),
            movement,
            reference: text("reference"),
            counterparty: text("counterparty"),
            balance,
        });
        Some(())
    }

    /// What the event moves. The outer `None`: it cannot be read.
    fn movement(&self, event: &Value, currency: Currency) -> Option<Option<Movement>> {
        let data = &event["data"];
        let direction = match event["type"].as_str()? {
            "MoneyDeposited" => Direction::Credit,
            "MoneyWithdrawn" => Direction::Debit,
            "TransactionReversed" => {
                // A request names the event alone, of which the rest follows.
                let reverses = data["reverses"].as_str()?;
                let mut events = self.events.iter();
                let original = events.find(|event| event.event_id == reverses)?;
                let original = original.movement.as_ref()?;
                return Some(Some(Movement {
                    direction: original.direction.opposite(),
                    amount: original.amount,
                    value_date: None,
                    reverses: Some(reverses.to_owned()),
                }));
            }
            _ => return Some(None),
        };
        Some(Some(Movement {
            direction,
            amount: Money::parse_amount(data["amount"].as_str()?, currency).ok()?,
            value_date: data["value_date"]
                .as_str()
                .and_then(|date| date.parse().ok()),
            reverses: None,
        }))
    }

    pub fn is_open(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether the newest of it is only thought.
    pub fn is_thought(&self) -> bool {
        self.known_until.is_some()
    }

    /// How many of its events are recorded, and not only thought.
    pub fn known_version(&self) -> u64 {
        self.known_until.unwrap_or(self.version())
    }

    pub fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    /// Whether the event is one that is only thought.
    pub fn is_pretended(event: &KnownEvent) -> bool {
        event.event_id.starts_with(PRETENDED)
    }

    /// Whether the event of this version takes back another.
    pub fn reverses(&self, version: u64) -> bool {
        let movement = self.at(version).and_then(|event| event.movement.as_ref());
        movement.is_some_and(|movement| movement.reverses.is_some())
    }

    fn at(&self, version: u64) -> Option<&Event> {
        self.events
            .get(usize::try_from(version.checked_sub(1)?).ok()?)
    }

    pub fn version(&self) -> u64 {
        self.events.len() as u64
    }

    /// The newest balance; `None` where it was never opened.
    pub fn balance(&self) -> Option<Money> {
        self.events.last().map(|event| event.balance)
    }

    pub fn balance_at(&self, version: u64) -> Option<Money> {
        self.at(version).map(|event| event.balance)
    }

    /// What was recorded under this key.
    pub fn under(&self, key: &str) -> Option<&[Event]> {
        self.events.get(self.commits.get(key)?.clone())
    }

    /// The movements that a reversal can take back.
    pub fn known(&self) -> Vec<KnownEvent> {
        let reverses = |event: &Event| event.movement.as_ref()?.reverses.clone();
        let reversed: Vec<String> = self.events.iter().filter_map(reverses).collect();
        let known = |event: &Event| {
            let movement = event.movement.as_ref()?;
            movement.reverses.is_none().then(|| KnownEvent {
                event_id: event.event_id.clone(),
                direction: movement.direction,
                amount: movement.amount,
                reference: event.reference.clone(),
                value_date: movement.value_date,
                reversed: reversed.contains(&event.event_id),
            })
        };
        self.events.iter().filter_map(known).collect()
    }

    /// The first version after which the account held this balance.
    pub fn version_with(&self, balance: Money) -> Option<u64> {
        self.events
            .iter()
            .find(|event| event.balance == balance)
            .map(|event| event.version)
    }
}

pub fn moved(balance: Money, direction: Direction, amount: Money) -> Option<Money> {
    match direction {
        Direction::Credit => balance.checked_add(amount),
        Direction::Debit => balance.checked_sub(amount),
    }
}
