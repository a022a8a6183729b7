//! What the import asks of accounts, and sends to them.

use domain::{AccountId, Currency, Money};
use serde_json::Value;
use statements::Request;
use ureq::http::StatusCode;

use super::outcome::Stop;
use crate::client::{Append, Client};

/// An account at one of its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub version: u64,
    pub balance: Money,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// New; the account's version now.
    Recorded(u64),
    /// It was recorded before; the version it gave then.
    Replayed(u64),
    /// Not recorded, because the account has another version.
    Moved,
    /// The key was used before with another body.
    OtherBody,
}

/// The newest position, from the event store. `None`: never opened.
pub fn head(
    client: &Client,
    account: &AccountId,
    currency: Currency,
) -> Result<Option<Position>, Stop> {
    let path = format!("accounts/{account}/events");
    let Some(page) = client.find(&path, &[("order", "desc"), ("limit", "1")])? else {
        return Ok(None);
    };
    let version = page["events"][0]["version"]
        .as_u64()
        .ok_or_else(|| unexpected("the account's events have no version"))?;
    at(client, account, currency, version).map(Some)
}

/// The account as of a version, computed from its events.
pub fn at(
    client: &Client,
    account: &AccountId,
    currency: Currency,
    version: u64,
) -> Result<Position, Stop> {
    let query = [("as_of_version", version.to_string())];
    let query: Vec<(&str, &str)> = query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let account = client.get(&format!("accounts/{account}"), &query)?;
    let found = text(&account, "currency")?;
    if found != currency.code() {
        return Err(Stop::Refused(format!(
            "the account is in {found}, but the statement is in {currency}; nothing of it is imported"
        )));
    }
    let balance = Money::parse_signed(text(&account, "balance")?, currency)
        .map_err(|error| unexpected(&format!("the account's balance {error}")))?;
    Ok(Position { version, balance })
}

/// Appends if the account has this version (0: if it does not exist), or if it
/// was appended before.
pub fn send(
    client: &Client,
    account: &AccountId,
    request: &Request,
    if_match: u64,
) -> Result<Sent, Stop> {
    let sent = client.append(&Append {
        account_id: account.as_str(),
        idempotency_key: &request.idempotency_key,
        if_match: Some(if_match),
        body: &request.body,
    });
    match sent {
        Ok(answer) => {
            let last = answer.body["last_version"]
                .as_u64()
                .ok_or_else(|| unexpected("the answer to an append has no version"))?;
            // What was sent again after a lost answer was recorded by this
            // import, not by an earlier one.
            Ok(if answer.replayed && answer.retries == 0 {
                Sent::Replayed(last)
            } else {
                Sent::Recorded(last)
            })
        }
        Err(error) => match error.status() {
            Some(StatusCode::PRECONDITION_FAILED) => Ok(Sent::Moved),
            Some(StatusCode::UNPROCESSABLE_ENTITY) => Ok(Sent::OtherBody),
            _ => Err(error.into()),
        },
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Stop> {
    value[name]
        .as_str()
        .ok_or_else(|| unexpected(&format!("the account has no {name}")))
}

fn unexpected(what: &str) -> Stop {
    Stop::Refused(format!("an answer of the API is not as expected: {what}"))
}
