//! Keeps web pages of others away from a server without sign-in.
//!
//! Any page that the browser has open can send requests to loopback. A name
//! that resolves to it (DNS rebinding) would even read the answers. So only
//! requests that name loopback as their host are answered, and from pages
//! only those of our own.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use handlers::http::Problem;

pub fn guard(app: Router) -> Router {
    app.layer(middleware::from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    if allowed(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-origin",
        "The request comes from elsewhere",
        "This server answers only requests to loopback, and of pages only its own. See --allow-remote.",
    )
    .into_response()
}

fn allowed(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST).unwrap_or("");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let own_host = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    let own_page = text(ORIGIN).is_none_or(|origin| origin == format!("http://{host}"));
    own_host && own_page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn pages_of_others_and_names_that_resolve_to_loopback_are_refused() {
        assert!(allowed(&headers("127.0.0.1:8080", None)));
        assert!(allowed(&headers(
            "localhost:8080",
            Some("http://localhost:8080")
        )));
        assert!(!allowed(&headers(
            "127.0.0.1:8080",
            Some("https://evil.example")
        )));
        assert!(!allowed(&headers("evil.example:8080", None)));
        assert!(!allowed(&headers(
            "evil.example:8080",
            Some("http://evil.example:8080")
        )));
        assert!(!allowed(&headers("127.0.0.1:8080", Some("null"))));
    }
}
