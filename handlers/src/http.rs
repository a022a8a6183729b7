//! The HTTP API, version 1: one router for API Gateway and for one machine. `docs/openapi.json` describes it.

mod accounts;
mod ambiguous;
mod body;
mod correlation;
mod cursor;
mod customers;
mod dry_run;
mod events;
mod mail_codes;
mod notifications;
mod operations;
mod parameters;
mod problem;
mod schedules;
mod search;
mod status;
mod suppressions;
mod unsubscribe;
mod what_if;

use std::sync::Arc;

use axum::Router;
use axum::http::Extensions;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{get, post};

use crate::append::Appender;
use crate::customers::CustomerService;
use crate::notify::{Previewer, WhatIf};
use crate::ports::{Changes, Notifications};
use crate::query::Queries;
use crate::query::status::StatusReader;
use crate::redrive::Redriver;
use crate::replay::Replayer;
use crate::schedule::Scheduler;
use crate::search::{Reindexer, Searcher};
use crate::suppressions::SuppressionService;
use crate::unsubscribe::Unsubscriber;
pub use problem::Problem;

/// The OpenAPI document, which `/v1/openapi.json` returns.
pub const OPENAPI: &str = include_str!("../../docs/openapi.json");

/// The sender of a request, as an edge has authenticated it. Edges add it to the request's extensions; without one, the caller
/// is `local`. Commits record it.
#[derive(Debug, Clone)]
pub struct Caller(
    /// The caller's name, like the ARN of a role.
    pub String,
);

fn caller(extensions: &Extensions) -> String {
    extensions
        .get::<Caller>()
        .map_or_else(|| "local".to_owned(), |caller| caller.0.clone())
}

/// The use cases behind the routes.
#[derive(Clone)]
pub struct Api {
    /// Appends events.
    pub appender: Arc<Appender>,
    /// Reads balances and history.
    pub queries: Arc<Queries>,
    /// Reads how things stand.
    pub status_reader: Arc<StatusReader>,
    /// Shows that something has changed.
    pub changes: Arc<dyn Changes>,
    /// Reads notifications.
    pub notifications: Arc<dyn Notifications>,
    /// Enters, replaces and erases customers.
    pub customers: Arc<CustomerService>,
    /// Lists and redrives dead letters.
    pub redriver: Arc<Redriver>,
    /// Requests and stops replays.
    pub replayer: Arc<Replayer>,
    /// Changes and reads schedules.
    pub scheduler: Arc<Scheduler>,
    /// Lists and lifts suppressions.
    pub suppressions: Arc<SuppressionService>,
    /// Acts on the unsubscribe links of mails.
    pub unsubscriber: Arc<Unsubscriber>,
    /// The dry run of an append's notifications.
    pub previewer: Arc<Previewer>,
    /// The what-if over the history.
    pub what_if: Arc<WhatIf>,
    /// Searches accounts, customers, events and notifications.
    pub searcher: Arc<Searcher>,
    /// Writes the index of what was stored before there was one.
    pub reindexer: Arc<Reindexer>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// The paths of the API, below `/v1`, as the OpenAPI document has them.
pub const PATHS: [&str; 29] = [
    "/accounts",
    "/accounts/{account_id}",
    "/accounts/{account_id}/commits",
    "/accounts/{account_id}/events",
    "/accounts/{account_id}/notifications",
    "/accounts/{account_id}/schedules",
    "/accounts/{account_id}/schedules/{schedule_id}",
    "/accounts/{account_id}/verification",
    "/changes",
    "/commits",
    "/customers",
    "/customers/{customer_id}",
    "/customers/{customer_id}/suppressions",
    "/events",
    "/mail-codes/{code}",
    "/notifications",
    "/notifications/{notification_id}",
    "/search",
    "/search/index",
    "/search/ledger",
    "/status",
    "/unsubscribe",
    "/verifications",
    "/what-if",
    "/replays",
    "/replays/{replay_id}",
    "/replays/{replay_id}/stop",
    "/dead-letters",
    "/dead-letters/redrive",
];

/// Returns the router of the API, for any server that speaks `http`. It answers below `/v1`, and to `/health`.
///
/// It authenticates nobody: an edge does, and adds the [`Caller`].
pub fn router(api: Api) -> Router {
    let v1 = Router::new()
        .route("/accounts", get(accounts::list))
        .route("/accounts/{account_id}", get(accounts::get))
        .route(
            "/accounts/{account_id}/events",
            get(accounts::history).post(accounts::append),
        )
        .route(
            "/accounts/{account_id}/notifications",
            get(notifications::list),
        )
        .route("/accounts/{account_id}/schedules", get(schedules::list))
        .route(
            "/accounts/{account_id}/schedules/{schedule_id}",
            get(schedules::get)
                .put(schedules::put)
                .delete(schedules::delete),
        )
        .route(
            "/accounts/{account_id}/verification",
            get(accounts::verification),
        )
        .route("/customers", get(customers::list))
        .route(
            "/customers/{customer_id}",
            get(customers::get)
                .put(customers::put)
                .delete(customers::delete),
        )
        .route(
            "/customers/{customer_id}/suppressions",
            get(suppressions::list).delete(suppressions::lift),
        )
        .route("/mail-codes/{code}", get(mail_codes::get))
        .route(
            "/accounts/{account_id}/commits",
            get(events::account_commits),
        )
        .route("/commits", get(events::commits))
        .route("/events", get(events::list))
        .route("/notifications", get(notifications::list_all))
        .route("/notifications/{notification_id}", get(notifications::get))
        .route("/search", get(search::everything))
        .route("/search/index", post(search::index))
        .route("/search/ledger", get(search::ledger))
        .route("/status", get(status::get))
        .route("/changes", get(status::changes))
        .route("/verifications", get(accounts::verifications))
        .route("/what-if", post(what_if::ask))
        .route(
            "/replays",
            get(operations::list_replays).post(operations::request_replay),
        )
        .route("/replays/{replay_id}", get(operations::get_replay))
        .route("/replays/{replay_id}/stop", post(operations::stop_replay))
        .route("/dead-letters", get(operations::dead_letters))
        .route("/dead-letters/redrive", post(operations::redrive))
        .layer(from_fn(ambiguous::refuse))
        // These read no headers of the API, and mail systems send any they like.
        .route(
            "/unsubscribe",
            get(unsubscribe::show).post(unsubscribe::act),
        )
        .route("/health", get(operations::health))
        .route("/openapi.json", get(openapi));
    Router::new()
        .nest("/v1", v1)
        .route("/health", get(operations::health))
        .fallback(problem::no_such_resource)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(api)
        .layer(from_fn(correlation::echo))
}

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}
