//! The mailbox: its page, the mails as JSON, and each mail as a mail program shows it.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use domain::NotificationId;
use embedded::{Condition, MailSelection, Mailbox};
use handlers::http::Problem;
use serde::{Deserialize, Serialize};

use crate::pages;

const PAGE: &str = include_str!("../../pages/inbox.html");

/// The policy of a mail, which has inline styles and may only be displayed: no
/// script, form, request or origin. A clicked link opens in a new tab, which is a
/// page like any other.
const MESSAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
     sandbox allow-popups allow-popups-to-escape-sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Makes links open in a new tab, as in mail programs; our pages refuse to be shown within the mail's frame.
const LINKS_BESIDE: &str = "<base target=\"_blank\">";

pub(super) fn router(mailbox: Mailbox) -> Router {
    Router::new()
        .route("/inbox", get(|| async { pages::page(PAGE) }))
        .route("/local/inbox", get(inbox))
        .route("/local/mails", get(mails))
        .route("/local/mails/{mail}", get(mail))
        .route("/local/mailbox", get(condition).put(set_condition))
        .route("/local/inbox/{mail}/message", get(message))
        .route("/local/inbox/{mail}/attachments/{index}", get(attachment))
        .with_state(mailbox)
}

#[derive(Deserialize)]
struct InboxQuery {
    limit: Option<u32>,
    notification_id: Option<NotificationId>,
}

async fn inbox(State(mailbox): State<Mailbox>, Query(query): Query<InboxQuery>) -> Response {
    match mailbox.inbox(query.notification_id, query.limit).await {
        Ok(mails) => Json(mails).into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Mails in one page of the list, at most: some 100 KB. A larger limit is lowered to it.
const MAX_PAGE: u32 = 500;
/// Mails in a page whose reader names no limit.
const PAGE_OF_LIST: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    limit: Option<u32>,
    after: Option<i64>,
    before: Option<i64>,
    notification_id: Option<NotificationId>,
}

/// Returns a page of the list: a reader that has it asks with `after` for what is new, which costs next to nothing.
async fn mails(State(mailbox): State<Mailbox>, Query(query): Query<ListQuery>) -> Response {
    let selection = MailSelection {
        notification_id: query.notification_id,
        after: query.after,
        before: query.before,
        limit: query.limit.unwrap_or(PAGE_OF_LIST).min(MAX_PAGE),
    };
    match mailbox.list(selection).await {
        Ok(page) => Json(page).into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn mail(State(mailbox): State<Mailbox>, Path(mail): Path<i64>) -> Response {
    match mailbox.mail(mail).await {
        Ok(Some(mail)) => Json(mail).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The mailbox's condition; see [`Condition`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailboxState {
    condition: Condition,
}

async fn condition(State(mailbox): State<Mailbox>) -> Json<MailboxState> {
    Json(MailboxState {
        condition: mailbox.condition(),
    })
}

async fn set_condition(
    State(mailbox): State<Mailbox>,
    Json(wanted): Json<MailboxState>,
) -> Json<MailboxState> {
    mailbox.set_condition(wanted.condition);
    Json(wanted)
}

async fn message(State(mailbox): State<Mailbox>, Path(mail): Path<i64>) -> Response {
    match mailbox.message(mail).await {
        Ok(Some(html)) => {
            let html = html.replacen("<head>", &format!("<head>{LINKS_BESIDE}"), 1);
            pages::guarded(Html(html).into_response(), MESSAGE_POLICY)
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Returns an attachment to be saved and not shown, so that it is never a page of this server.
async fn attachment(
    State(mailbox): State<Mailbox>,
    Path((mail, index)): Path<(i64, u32)>,
) -> Response {
    match mailbox.attachment(mail, index).await {
        Ok(Some(file)) => {
            let mut response = pages::guarded(file.bytes.into_response(), "sandbox");
            let headers = response.headers_mut();
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/octet-stream"),
            );
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
