//! What the import sends to accounts.

use domain::AccountId;
use statements::Request;
use ureq::http::StatusCode;

use super::outcome::Stop;
use crate::client::{Append, Client};

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// New: what its events are called.
    Recorded(Vec<String>),
    /// The account has moved, or somebody else has used the key: look again.
    Overtaken,
}

/// Appends if the account has this version (0: if it does not exist).
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
        // What was sent again after a lost answer was recorded by this import;
        // anything else was recorded by another one at the same time.
        Ok(answer) if answer.replayed && answer.retries == 0 => Ok(Sent::Overtaken),
        Ok(answer) => {
            let ids = answer.body["events"].as_array().map(|events| {
                let ids = events.iter().map(|event| event["event_id"].as_str());
                ids.map(|id| id.map(str::to_owned)).collect()
            });
            ids.flatten().map(Sent::Recorded).ok_or_else(|| {
                Stop::Refused(
                    "an answer of the API is not as expected: it names no events".to_owned(),
                )
            })
        }
        Err(error) => match error.status() {
            Some(StatusCode::PRECONDITION_FAILED | StatusCode::UNPROCESSABLE_ENTITY) => {
                Ok(Sent::Overtaken)
            }
            _ => Err(error.into()),
        },
    }
}
