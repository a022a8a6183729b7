//! The pages in the binary: the console, the mailbox, and their scripts and styles.
//!
//! They load nothing from elsewhere, which their policy enforces.

mod names;

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

/// The policy of pages: nothing from elsewhere, no inline script or style, and no
/// forms. The mails in frames come from here too, each with a policy of its own.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! assets {
    ($($name:literal: $content_type:ident),* $(,)?) => {
        /// The name, type and text of each file.
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
    "customer-mails.js": JAVASCRIPT,
    "customers.js": JAVASCRIPT,
    "dead-letter-groups.js": JAVASCRIPT,
    "dead-letters.js": JAVASCRIPT,
    "dialog.js": JAVASCRIPT,
    "event-filter.js": JAVASCRIPT,
    "event-list.js": JAVASCRIPT,
    "events.js": JAVASCRIPT,
    "find.js": JAVASCRIPT,
    "imports.js": JAVASCRIPT,
    "inbox.js": JAVASCRIPT,
    "known.js": JAVASCRIPT,
    "mail-view.js": JAVASCRIPT,
    "mailbox.css": CSS,
    "money.js": JAVASCRIPT,
    "news.js": JAVASCRIPT,
    "notification.js": JAVASCRIPT,
    "notifications.js": JAVASCRIPT,
    "overview.js": JAVASCRIPT,
    "page.js": JAVASCRIPT,
    "period.js": JAVASCRIPT,
    "persons.js": JAVASCRIPT,
    "plot.js": JAVASCRIPT,
    "preferences-form.js": JAVASCRIPT,
    "replays.js": JAVASCRIPT,
    "rows.js": JAVASCRIPT,
    "schedules.js": JAVASCRIPT,
    "search.js": JAVASCRIPT,
    "shortcuts.js": JAVASCRIPT,
    "status.js": JAVASCRIPT,
    "story.js": JAVASCRIPT,
    "table.js": JAVASCRIPT,
    "words.js": JAVASCRIPT,
}

/// The files of others, unchanged: `pages/vendor/vendored.json` says from where.
const VENDORED: &[(&str, &str, &str)] = &[
    (
        "uPlot.iife.min.js",
        JAVASCRIPT,
        include_str!("../pages/vendor/uPlot.iife.min.js"),
    ),
    (
        "uPlot.min.css",
        CSS,
        include_str!("../pages/vendor/uPlot.min.css"),
    ),
    // What is handed on has its licence with it.
    (
        "uPlot.LICENSE",
        TEXT,
        include_str!("../pages/vendor/uPlot.LICENSE"),
    ),
];

/// The facts that the console needs about its server.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct About {
    /// Whether `/local/inbox` shows the mails.
    pub mailbox: bool,
    /// The stack that the console shows, or `None` for the server's own pipeline.
    pub endpoint: Option<String>,
    /// Milliseconds between two looks of the page.
    pub poll_ms: u32,
}

/// Returns the routes of the console at `/`, of its files, and of `/local/about`.
pub(crate) fn router(about: About) -> Router {
    Router::new()
        .route("/", get(|| async { page(CONSOLE) }))
        .route("/assets/{name}", get(asset))
        .route("/local/about", get(|| async { Json(about) }))
}

/// Returns a page with the headers that isolate it.
pub(crate) fn page(html: &'static str) -> Response {
    guarded(Html(html).into_response(), POLICY)
}

/// Returns an answer with this policy, whose type the browser does not guess.
pub(crate) fn guarded(mut response: Response, policy: &'static str) -> Response {
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
    let made = ("names.js", JAVASCRIPT, names::MODULE.as_str());
    let found = (ASSETS.iter().chain(VENDORED).chain([&made])).find(|(known, ..)| *known == name);
    match found {
        Some(&(_, content_type, text)) => guarded(
            ([(CONTENT_TYPE, content_type)], text).into_response(),
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
            .filter(|name| !name.ends_with(".html") && name != "vendor")
            .collect();
        let served: BTreeSet<String> = ASSETS.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(files, served);
    }
}
