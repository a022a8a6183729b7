//! The protection of a server without sign-in against other web pages.
//!
//! Any open page of the browser can send requests to loopback. A page whose name
//! resolves to it (DNS rebinding) could even read the answers. So requests must
//! name loopback as their host, and requests of pages must come from our own.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use handlers::http::Problem;

pub(crate) fn guard(app: Router) -> Router {
    app.layer(middleware::from_fn(check))
}

/// The path that any page may post to. Its token is the permission: mail programs post it from anywhere (RFC 8058), and
/// no page gains anything from a visitor, because nobody signs in.
const UNSUBSCRIBE: &str = "/v1/unsubscribe";

/// Whether an address is loopback: 127.0.0.0/8 or `::1`, or an IPv4 one in IPv6 form.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

async fn check(request: Request, next: Next) -> Response {
    let from_anywhere = request.uri().path() == UNSUBSCRIBE;
    let headers = request.headers();
    if names_loopback(headers) && (from_anywhere || is_own_page(headers)) {
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

/// Returns the value of a header, unless it is missing, repeated or not text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

/// Whether the host is an address, which nobody can make resolve to something else.
fn names_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = only(headers, &HOST) else {
        return false;
    };
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let is_address = bare.unwrap_or(name).parse().is_ok_and(is_loopback);
    let is_named = name.eq_ignore_ascii_case("localhost");
    (is_address || is_named) && !host.contains('@')
}

fn is_own_page(headers: &HeaderMap) -> bool {
    if !headers.contains_key(ORIGIN) {
        return true;
    }
    match (only(headers, &ORIGIN), only(headers, &HOST)) {
        (Some(origin), Some(host)) => {
            let origin = origin.strip_prefix("http://");
            origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
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

    fn allowed(headers: &HeaderMap) -> bool {
        names_loopback(headers) && is_own_page(headers)
    }

    #[test]
    fn foreign_pages_and_names_that_resolve_to_loopback_are_refused() {
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

    #[test]
    fn every_loopback_address_is_ours_and_no_name_that_looks_like_one() {
        for host in [
            "127.0.0.1",
            "127.0.0.2:8080",
            "127.255.255.254:1",
            "[::1]:8080",
            "[::1]",
            "[::ffff:127.0.0.1]:8080",
            "LOCALHOST:8080",
        ] {
            assert!(allowed(&headers(host, None)), "{host}");
            let own = format!("http://{}", host.to_lowercase());
            assert!(allowed(&headers(host, Some(&own))), "{host}");
            assert!(
                !allowed(&headers(host, Some("http://127.0.0.9:8080"))),
                "{host}"
            );
        }
        for host in [
            "",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil@127.0.0.1",
            "128.0.0.1",
            "10.0.0.1",
            "[::2]",
            "::1",
            "127.0.0.1/evil.example",
        ] {
            assert!(!allowed(&headers(host, None)), "{host}");
        }
    }

    #[test]
    fn a_repeated_host_or_origin_is_refused() {
        let mut two = headers("127.0.0.1:8080", Some("http://127.0.0.1:8080"));
        two.append(ORIGIN, "https://evil.example".parse().unwrap());
        assert!(!allowed(&two));
        let mut two = headers("127.0.0.1:8080", None);
        two.append(HOST, "evil.example".parse().unwrap());
        assert!(!allowed(&two));
    }
}
