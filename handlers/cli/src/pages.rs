//! The pages that are part of the binary: one of HTML for the console, one for
//! the mailbox, and the scripts and styles that they load.
//!
//! They load nothing from elsewhere, and their policy lets them load nothing else.

use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

const CONSOLE: &str = include_str!("../pages/console.html");

/// Nothing from elsewhere, no inline script, no inline style, no form that goes
/// anywhere. The mails that frames show come from here too, each with a policy
/// of its own.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($name:literal: $content_type:ident),* $(,)?) => {
        /// Name, type and text of each.
        const ASSETS: &[(&str, &str, &str)] =
            &[$(($name, $content_type, include_str!(concat!("../pages/", $name)))),*];
    };
}

assets! {
    "account.js": JAVASCRIPT,
    "accounts.js": JAVASCRIPT,
    "api.js": JAVASCRIPT,
    "balance-chart.js": JAVASCRIPT,
    "base.css": CSS,
    "chart.js": JAVASCRIPT,
    "console.css": CSS,
    "console.js": JAVASCRIPT,
    "customer.js": JAVASCRIPT,
    "dead-letters.js": JAVASCRIPT,
    "dialog.js": JAVASCRIPT,
    "event-list.js": JAVASCRIPT,
    "events.js": JAVASCRIPT,
    "inbox.js": JAVASCRIPT,
    "mailbox.css": CSS,
    "money.js": JAVASCRIPT,
    "overview.js": JAVASCRIPT,
    "page.js": JAVASCRIPT,
    "pulse.js": JAVASCRIPT,
    "replays.js": JAVASCRIPT,
    "rows.js": JAVASCRIPT,
    "schedules.js": JAVASCRIPT,
    "story.js": JAVASCRIPT,
    "words.js": JAVASCRIPT,
}

/// What the console has to know of whoever serves it.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// Whether `/local/inbox` shows the mails.
    pub mailbox: bool,
    /// The stack that the console looks at; none for the server's own pipeline.
    pub endpoint: Option<String>,
    /// How long the page waits between two looks, in milliseconds.
    pub poll_ms: u32,
}

/// The console at `/`, what it loads, and `/local/about`.
pub fn router(about: About) -> Router {
    Router::new()
        .route("/", get(|| async { page(CONSOLE) }))
        .route("/assets/{name}", get(asset))
        .route("/local/about", get(|| async { Json(about) }))
}

/// A page of ours, with the headers that keep it to itself.
pub fn page(html: &'static str) -> Response {
    guarded(Html(html).into_response(), POLICY)
}

/// An answer that the browser shows under this policy, and takes for what it says it is.
pub fn guarded(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn asset(Path(name): Path<String>) -> Response {
    let found = ASSETS.iter().find(|(known, ..)| *known == name);
    match found {
        Some((_, content_type, text)) => guarded(
            ([(CONTENT_TYPE, *content_type)], *text).into_response(),
            POLICY,
        ),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_of_the_pages_is_served() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pages");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".html"))
            .collect();
        let served: BTreeSet<String> = ASSETS.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(files, served);
    }
}
