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

/// A movement of the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Movement {
    pub direction: Direction,
    pub amount: Money,
    /// The data, which a reversal does not have.
    pub value_date: Option<NaiveDate>,
    /// The event that it reverses.
    pub reverses: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub version: u64,
    event_id: String,
    /// The booking day; that of a time is in UTC.
    pub day: NaiveDate,
    /// The movement, or `None` if the event moves nothing.
    pub movement: Option<Movement>,
    pub reference: Option<String>,
    pub counterparty: Option<String>,
    /// The balance after the event.
    balance: Money,
}

/// The events of an account so far, and in a dry run also the ones to come.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// The events from version 1 on, without a gap.
    events: Vec<Event>,
    /// The versions that each key recorded.
    commits: BTreeMap<String, Range<usize>>,
    /// The last version that is really recorded.
    known_until: Option<u64>,
    customer: Option<String>,
}

/// The prefix of the ids of hypothetical events.
const PRETENDED: &str = "would-be-";

impl Recorded {
    /// Reads an account, which has no events if it was never opened.
    pub(super) fn load(client: &Client, account: &AccountId) -> Result<Self, Stop> {
        let mut recorded = Recorded::default();
        recorded.refresh(client, account)?;
        Ok(recorded)
    }

    /// Reads the events that were recorded since.
    pub(super) fn refresh(&mut self, client: &Client, account: &AccountId) -> Result<(), Stop> {
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

    /// Adds a request that was recorded, or would be, with the ids of its events.
    /// Returns `None` if it does not fit after the rest.
    pub(super) fn add(
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

    /// Adds a hypothetical request, like [`Recorded::add`].
    pub(super) fn pretend(&mut self, request: &Request, currency: Currency) -> Option<()> {
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
        // What is recorded has a time even beside its date, and a request that is not recorded yet has one of the two.
        let day = match event["occurred_on"].as_str() {
            Some(date) => date.parse().ok()?,
            None => {
                let at: DateTime<Utc> = event["occurred_at"].as_str()?.parse().ok()?;
                at.date_naive()
            }
        };
        self.events.push(Event {
            version: self.version() + 1,
            event_id,
            day,
            movement,
            reference: text("reference"),
            counterparty: text("counterparty"),
            balance,
        });
        Some(())
    }

    /// Returns the event's movement. The outer `None` means that it cannot be read.
    fn movement(&self, event: &Value, currency: Currency) -> Option<Option<Movement>> {
        let data = &event["data"];
        let direction = match event["type"].as_str()? {
            "MoneyDeposited" => Direction::Credit,
            "MoneyWithdrawn" => Direction::Debit,
            "TransactionReversed" => {
                // A request only names the event, from which the rest follows.
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

    pub(super) fn is_open(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether the newest event is hypothetical.
    pub(super) fn is_thought(&self) -> bool {
        self.known_until.is_some()
    }

    /// Returns the number of events that are really recorded.
    pub(super) fn known_version(&self) -> u64 {
        self.known_until.unwrap_or(self.version())
    }

    pub(super) fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    /// Whether an event is hypothetical.
    pub(super) fn is_pretended(event: &KnownEvent) -> bool {
        event.event_id.starts_with(PRETENDED)
    }

    /// Whether the event of this version reverses another.
    pub(super) fn reverses(&self, version: u64) -> bool {
        let movement = self.at(version).and_then(|event| event.movement.as_ref());
        movement.is_some_and(|movement| movement.reverses.is_some())
    }

    fn at(&self, version: u64) -> Option<&Event> {
        self.events
            .get(usize::try_from(version.checked_sub(1)?).ok()?)
    }

    pub(super) fn version(&self) -> u64 {
        self.events.len() as u64
    }

    /// Returns the newest balance, or `None` if the account was never opened.
    pub(super) fn balance(&self) -> Option<Money> {
        self.events.last().map(|event| event.balance)
    }

    pub(super) fn balance_at(&self, version: u64) -> Option<Money> {
        self.at(version).map(|event| event.balance)
    }

    /// Returns the events recorded under this key.
    pub(super) fn under(&self, key: &str) -> Option<&[Event]> {
        self.events.get(self.commits.get(key)?.clone())
    }

    /// Returns the movements that a reversal can name.
    pub(super) fn known(&self) -> Vec<KnownEvent> {
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

    /// Returns the first version at which the account had this balance.
    pub(super) fn version_with(&self, balance: Money) -> Option<u64> {
        self.events
            .iter()
            .find(|event| event.balance == balance)
            .map(|event| event.version)
    }
}

pub(super) fn moved(balance: Money, direction: Direction, amount: Money) -> Option<Money> {
    match direction {
        Direction::Credit => balance.checked_add(amount),
        Direction::Debit => balance.checked_sub(amount),
    }
}
