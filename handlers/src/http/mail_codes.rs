//! `/mail-codes/{code}`: whether a mail with this code is the bank's.

use axum::Json;
use axum::extract::State;
use domain::notification::{Notification, Phase};
use domain::time::format_time;
use serde_json::{Value, json};

use super::Api;
use super::parameters::PathText;
use super::problem::Problem;
use crate::error::{Error, Missing};
use crate::mail_code::read_code;

pub(super) async fn get(
    State(api): State<Api>,
    PathText(code): PathText,
) -> Result<Json<Value>, Problem> {
    let unknown = || Error::NotFound(Missing::MailCode);
    let code = read_code(&code).ok_or_else(unknown)?;
    let found = api
        .notifications
        .by_code(&code)
        .await?
        .ok_or_else(unknown)?;
    let sent_at = handed_over(&found).ok_or_else(unknown)?;
    Ok(Json(json!({
        "valid": true,
        "kind": match found.mail_account() {
            None => json!("digest"),
            Some(_) => json!(found.subject().lead()),
        },
        "sent_at": format_time(sent_at),
        "account": found.mail_account().map(|account| mail::mask(account.as_str())),
    })))
}

/// The time at which the mail may have been sent; `None` if it certainly was not.
fn handed_over(notification: &Notification) -> Option<chrono::DateTime<chrono::Utc>> {
    match notification.phase() {
        Phase::Sending | Phase::Sent | Phase::Unknown => notification.attempted_at(),
        Phase::Planned | Phase::Claimed | Phase::RetryAt | Phase::Rejected | Phase::Skipped => None,
    }
}
