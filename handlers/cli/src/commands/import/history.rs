//! An account's events, for what cannot be told from keys alone: which event a
//! reversal takes back, and where entries stand that were recorded before.

use chrono::NaiveDate;
use domain::{AccountId, Currency, Money};
use serde_json::Value;
use statements::{Direction, EventBody, EventContent, KnownEvent, Plan, Step};

use super::outcome::Stop;
use crate::client::Client;

const PAGE: &str = "1000";

/// One event that moved the balance.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Movement {
    direction: Direction,
    amount: Money,
    /// A reversal has none.
    value_date: Option<NaiveDate>,
    /// The event that it takes back.
    reverses: Option<String>,
}

#[derive(Debug)]
struct Event {
    version: u64,
    event_id: String,
    /// `None` for an event that moves nothing.
    movement: Option<Movement>,
    reference: Option<String>,
    /// After this event.
    balance: Money,
}

#[derive(Debug)]
pub struct History {
    events: Vec<Event>,
}

impl History {
    /// All of an account's events. Empty: never opened.
    pub fn load(client: &Client, account: &AccountId, currency: Currency) -> Result<Self, Stop> {
        let path = format!("accounts/{account}/events");
        let mut history = History { events: Vec::new() };
        let mut balance = Money::zero(currency);
        let mut after = 0_u64;
        loop {
            let query = after.to_string();
            let Some(page) = client.find(&path, &[("after_version", &query), ("limit", PAGE)])?
            else {
                return Ok(history);
            };
            for event in page["events"].as_array().into_iter().flatten() {
                let event = read(event, balance).ok_or_else(|| {
                    Stop::Refused(format!("an event of the account cannot be read: {event}"))
                })?;
                balance = event.balance;
                history.events.push(event);
            }
            match page["next"].as_u64() {
                Some(next) => after = next,
                None => return Ok(history),
            }
        }
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

    /// What the reversals of this direction and amount took back.
    pub fn taken_back(&self, direction: Direction, amount: Money) -> Vec<String> {
        self.events
            .iter()
            .filter_map(|event| event.movement.as_ref())
            .filter(|movement| movement.direction == direction && movement.amount == amount)
            .filter_map(|movement| movement.reverses.clone())
            .collect()
    }

    /// The first version after which the account held this balance.
    pub fn version_with(&self, balance: Money) -> Option<u64> {
        self.events
            .iter()
            .find(|event| event.balance == balance)
            .map(|event| event.version)
    }

    /// Where these events stand, one after another, behind a version: the
    /// version of the last of them. Texts are not compared.
    pub fn find(&self, wanted: &[Wanted], after: u64) -> Option<u64> {
        let behind = self.events.partition_point(|event| event.version <= after);
        let place = self
            .events
            .get(behind..)?
            .windows(wanted.len().max(1))
            .find(|window| {
                window
                    .iter()
                    .zip(wanted)
                    .all(|(event, wanted)| wanted.is(event))
            })?;
        place.last().map(|event| event.version)
    }
}

/// An entry to be found.
#[derive(Debug, Clone)]
pub struct Wanted {
    direction: Direction,
    amount: Money,
    value_date: Option<NaiveDate>,
}

impl Wanted {
    /// All entries of a plan, in order.
    pub fn of_plan(plan: &Plan, currency: Currency) -> Vec<Self> {
        let of_step = |step: &Step| match step {
            Step::Append(request) => Wanted::of_events(&request.body.events, currency),
            Step::Reverse(reversal) => {
                Wanted::of_events(std::slice::from_ref(&reversal.otherwise), currency)
            }
        };
        plan.steps.iter().flat_map(of_step).collect()
    }

    pub fn of_events(events: &[EventBody], currency: Currency) -> Vec<Self> {
        let wanted = |event: &EventBody| {
            let (direction, movement) = match &event.content {
                EventContent::MoneyDeposited(movement) => (Direction::Credit, movement),
                EventContent::MoneyWithdrawn(movement) => (Direction::Debit, movement),
                _ => return None,
            };
            Some(Wanted {
                direction,
                amount: Money::parse_amount(&movement.amount, currency).ok()?,
                value_date: movement.value_date,
            })
        };
        events.iter().filter_map(wanted).collect()
    }

    /// By how much these entries move the balance.
    pub fn sum(wanted: &[Self], currency: Currency) -> Option<Money> {
        wanted
            .iter()
            .try_fold(Money::zero(currency), |sum, wanted| {
                moved(sum, wanted.direction, wanted.amount)
            })
    }

    fn is(&self, event: &Event) -> bool {
        event.movement.as_ref().is_some_and(|movement| {
            movement.direction == self.direction
                && movement.amount == self.amount
                && (movement.reverses.is_some() || movement.value_date == self.value_date)
        })
    }
}

fn moved(balance: Money, direction: Direction, amount: Money) -> Option<Money> {
    match direction {
        Direction::Credit => balance.checked_add(amount),
        Direction::Debit => balance.checked_sub(amount),
    }
}

fn read(event: &Value, before: Money) -> Option<Event> {
    let data = &event["data"];
    let currency = before.currency();
    let direction = match (event["type"].as_str()?, data["movement"].as_str()) {
        ("MoneyDeposited", _) | ("TransactionReversed", Some("withdrawal")) => {
            Some(Direction::Credit)
        }
        ("MoneyWithdrawn", _) | ("TransactionReversed", Some("deposit")) => Some(Direction::Debit),
        _ => None,
    };
    let mut balance = match data["opening_balance"].as_str() {
        Some(opening) => Money::parse_signed(opening, currency).ok()?,
        None => before,
    };
    let mut movement = None;
    if let Some(direction) = direction {
        let amount = Money::parse_amount(data["amount"].as_str()?, currency).ok()?;
        balance = moved(balance, direction, amount)?;
        movement = Some(Movement {
            direction,
            amount,
            value_date: data["value_date"]
                .as_str()
                .and_then(|date| date.parse().ok()),
            reverses: data["reverses"].as_str().map(str::to_owned),
        });
    }
    Some(Event {
        version: event["version"].as_u64()?,
        event_id: event["event_id"].as_str()?.to_owned(),
        movement,
        reference: data["reference"].as_str().map(str::to_owned),
        balance,
    })
}
