//! `POST /what-if`.

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::FieldError;
use domain::fields::Fields;
use domain::preferences::{Change, Preferences};
use domain::time::parse_time;
use serde::Serialize;
use serde_json::Value;

use super::parameters::Query;
use super::problem::Problem;
use super::{Api, body, cursor};
use crate::notify::{OtherPreferences, Question, Report, Scope};
use crate::query::time_index::Range;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    report: Report,
    next: Option<String>,
}

pub(super) async fn ask(
    State(api): State<Api>,
    headers: HeaderMap,
    RawQuery(text): RawQuery,
    request_body: Body,
) -> Result<Response, Problem> {
    let body = body::json(&headers, request_body).await?;
    let query = Query::read(text, &["limit", "cursor"])?;
    let position = cursor::read(query.get("cursor"))?;
    let question = read(body).map_err(Problem::invalid)?;
    let (report, next) = api
        .what_if
        .page(&question, position, query.limit()?)
        .await?;
    let next = next.map(|position| cursor::write(&position));
    Ok(Json(Answer { report, next }).into_response())
}

fn read(body: Value) -> Result<Question, Vec<FieldError>> {
    let mut fields = Fields::new(body, "");
    let from = fields.parsed("from", parse_time);
    let to = fields.parsed("to", parse_time);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        fields.refuse("to", "must be after \"from\"");
    }
    let account = fields.optional_parsed("account_id", str::parse);
    let customer = fields.optional_parsed("customer_id", str::parse);
    let scope = match (account, customer) {
        (None, None) => Scope::All,
        (Some(account), None) => Scope::Account(account),
        (None, Some(customer)) => Scope::Customer(customer),
        (Some(_), Some(_)) => {
            fields.refuse("customer_id", "cannot stand beside account_id");
            Scope::All
        }
    };
    let wishes = read_wishes(&mut fields);
    let range = from.zip(to).map(|(from, to)| Range { from, to });
    fields.finish(range.zip(wishes).map(|(range, wishes)| Question {
        range,
        scope,
        wishes,
    }))
}

fn read_wishes(fields: &mut Fields) -> Option<OtherPreferences> {
    let read = match (fields.take("preferences"), fields.take("change")) {
        (Some(value), None) => {
            let pointer = fields.pointer_to("preferences");
            Preferences::read(value, &pointer).map(OtherPreferences::Instead)
        }
        (None, Some(value)) => {
            Change::read(value, &fields.pointer_to("change")).map(OtherPreferences::Changed)
        }
        (None, None) => {
            fields.refuse("preferences", "or change is needed");
            return None;
        }
        (Some(_), Some(_)) => {
            fields.refuse("change", "cannot stand beside preferences");
            return None;
        }
    };
    read.map_err(|errors| fields.add_errors(errors)).ok()
}
