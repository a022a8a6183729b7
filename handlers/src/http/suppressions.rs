//! `/customers/{customer_id}/suppressions`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::CustomerId;
use domain::time::format_time;
use serde_json::{Value, json};

use super::Api;
use super::parameters::{PathText, id};
use super::problem::Problem;

pub(super) async fn list(
    State(api): State<Api>,
    PathText(customer_id): PathText,
) -> Result<Json<Value>, Problem> {
    let customer_id: CustomerId = id("customer_id", &customer_id)?;
    let found = api.suppressions.of(&customer_id).await?;
    let shown: Vec<Value> = found
        .into_iter()
        .map(|(email, suppression)| {
            json!({
                "email": email,
                "suppressed": suppression.is_some(),
                "reason": suppression.map(|suppression| suppression.reason),
                "since": suppression.map(|suppression| format_time(suppression.at)),
                "notification_id": suppression.map(|suppression| suppression.notification_id),
            })
        })
        .collect();
    Ok(Json(json!({ "suppressions": shown })))
}

pub(super) async fn lift(
    State(api): State<Api>,
    PathText(customer_id): PathText,
) -> Result<StatusCode, Problem> {
    let customer_id: CustomerId = id("customer_id", &customer_id)?;
    api.suppressions.lift(&customer_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
