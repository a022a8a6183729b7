//! The console and the mailbox: pages that are part of the binary.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use embedded::Mailbox;
use handlers::http::Problem;
use serde::Deserialize;

const CONSOLE: &str = include_str!("../../pages/console.html");
const INBOX: &str = include_str!("../../pages/inbox.html");

/// Nothing from elsewhere, no inline script, no inline style.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The same, but a mail brings its styles inline, and its frame inherits this.
const INBOX_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     connect-src 'self'; img-src 'self' data:; frame-src 'self' blob:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

pub(super) fn router(mailbox: Mailbox) -> Router {
    Router::new()
        .route("/", get(|| async { page(CONSOLE, CONSOLE_POLICY) }))
        .route("/inbox", get(|| async { page(INBOX, INBOX_POLICY) }))
        .route("/assets/{name}", get(asset))
        .route("/local/inbox", get(inbox))
        .route("/local/inbox/{mail}/attachments/{index}", get(attachment))
        .with_state(mailbox)
}

fn page(html: &'static str, policy: &'static str) -> Response {
    let mut response = Html(html).into_response();
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    with_common_headers(response)
}

fn with_common_headers(mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn asset(Path(name): Path<String>) -> Response {
    const CSS: &str = "text/css; charset=utf-8";
    const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
    let (content_type, text) = match name.as_str() {
        "console.css" => (CSS, include_str!("../../pages/console.css")),
        "console.js" => (JAVASCRIPT, include_str!("../../pages/console.js")),
        "inbox.js" => (JAVASCRIPT, include_str!("../../pages/inbox.js")),
        "page.js" => (JAVASCRIPT, include_str!("../../pages/page.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    with_common_headers(([(CONTENT_TYPE, content_type)], text).into_response())
}

#[derive(Deserialize)]
struct InboxQuery {
    limit: Option<u32>,
}

async fn inbox(State(mailbox): State<Mailbox>, Query(query): Query<InboxQuery>) -> Response {
    match mailbox.inbox(query.limit).await {
        Ok(mails) => Json(mails).into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

/// To be saved and not shown: whatever it is, it is never a page of this server.
async fn attachment(
    State(mailbox): State<Mailbox>,
    Path((mail, index)): Path<(i64, u32)>,
) -> Response {
    match mailbox.attachment(mail, index).await {
        Ok(Some(file)) => {
            let mut response = with_common_headers(file.bytes.into_response());
            let headers = response.headers_mut();
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/octet-stream"),
            );
            headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
