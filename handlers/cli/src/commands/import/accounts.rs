//! What the import sends to accounts.

use domain::AccountId;
use statements::Request;
use ureq::http::StatusCode;

use super::outcome::Stop;
use crate::client::{Append, Client};

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was recorded; these are the ids of its events.
    Recorded(Vec<String>),
    /// The account has moved, or the key was used by others: read it again.
    Overtaken,
}

/// Appends if the account has this version, or does not exist if it is 0.
pub(super) fn send(
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
        // After a lost answer, a retry finds its own commit; otherwise a concurrent
        // import recorded it.
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
