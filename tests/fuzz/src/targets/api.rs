//! The HTTP API, by its router: every header, path, query and body.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handlers::composition::Composition;
use handlers::http::router;
use handlers::ports::Customers;
use serde_json::{Value, json};
use tower::ServiceExt;
use world::{World, account, customer};

use super::block_on;

const APPEND: &str = "POST /v1/accounts/ACC-1/events";
/// Methods and paths that take a body, but for the one that appends.
const OTHERS: [&str; 6] = [
    "PUT /v1/customers/CUST-42",
    "PUT /v1/accounts/ACC-1/schedules/rent",
    "POST /v1/replays",
    "POST /v1/dead-letters/redrive",
    "POST /v1/what-if",
    "POST /v1/unsubscribe?token=x",
];
/// Paths whose cursor is JSON of ours in base64.
const WITH_CURSOR: [&str; 5] = [
    "/v1/accounts",
    "/v1/accounts/ACC-1/schedules",
    "/v1/events",
    "/v1/commits",
    "/v1/verifications",
];

/// `METHOD PATH`, then headers, an empty line, and the body: as HTTP has it, with line feeds alone.
pub(super) fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    send(first, &headers, body.as_bytes());
}

pub(super) fn append_body(bytes: &[u8]) {
    send(APPEND, &[JSON, KEY], bytes);
}

/// The first byte says which.
pub(super) fn other_body(bytes: &[u8]) {
    let Some((&which, body)) = bytes.split_first() else {
        return;
    };
    let line = OTHERS[usize::from(which) % OTHERS.len()];
    let form = ("content-type", "application/x-www-form-urlencoded");
    let is_form = line.contains("unsubscribe");
    send(line, &[if is_form { form } else { JSON }], body);
}

/// The first byte says where. What follows it is the cursor's content, an unsubscribe token, or an ETag.
pub(super) fn cursor(bytes: &[u8]) {
    let Some((&which, content)) = bytes.split_first() else {
        return;
    };
    let which = usize::from(which) % (WITH_CURSOR.len() + 3);
    let encoded = URL_SAFE_NO_PAD.encode(content);
    let text = String::from_utf8_lossy(content);
    match WITH_CURSOR.get(which) {
        Some(path) => send(&format!("GET {path}?cursor={encoded}"), &[], &[]),
        None if which == WITH_CURSOR.len() => {
            send(&format!("GET /v1/unsubscribe?token={text}"), &[], &[]);
        }
        None if which == WITH_CURSOR.len() + 1 => {
            send(
                &format!("GET /v1/unsubscribe?token={encoded}.{encoded}"),
                &[],
                &[],
            );
        }
        None => {
            let body = br#"{"email":"ana@example.com","name":"Ana"}"#;
            send(OTHERS[0], &[JSON, ("if-match", &text)], body);
        }
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: (&str, &str) = ("idempotency-key", "key-1");

fn send(first_line: &str, headers: &[(&str, &str)], body: &[u8]) {
    let (method, path) = first_line.split_once(' ').unwrap_or((first_line, "/"));
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // What is no HTTP is the server's to refuse, before it comes to us.
    let Ok(request) = request.body(Body::from(body.to_vec())) else {
        return;
    };
    // Its answer has the head of another's and no body (RFC 9110, section 9.3.2).
    let is_head = request.method() == Method::HEAD;
    block_on(async {
        let world = World::default();
        world.account_with(&account(1), &[]).await;
        let before = stored(&world).await;
        let answer = router(world.api()).oneshot(request).await;
        let (parts, body) = answer.expect("a router is infallible").into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("it is in memory");
        let status = parts.status;
        let shown = || format!("{first_line}: {status} {}", String::from_utf8_lossy(&body));
        assert!(!status.is_server_error(), "{}", shown());
        if status.is_client_error() {
            assert_eq!(
                stored(&world).await,
                before,
                "refused, and stored: {}",
                shown()
            );
            let media_type = parts
                .headers
                .get("content-type")
                .map(|value| value.as_bytes());
            if media_type != Some(b"text/html; charset=utf-8") {
                assert_eq!(
                    media_type,
                    Some(&b"application/problem+json"[..]),
                    "{}",
                    shown()
                );
                if is_head {
                    assert!(body.is_empty(), "{}", shown());
                } else {
                    let problem: Value = serde_json::from_slice(&body).expect("a problem is JSON");
                    assert_eq!(problem["status"], json!(status.as_u16()), "{}", shown());
                }
            }
        } else {
            assert_ne!(status, StatusCode::CONTINUE);
        }
    });
}

/// All that a request could have changed.
async fn stored(world: &World) -> impl PartialEq + std::fmt::Debug + use<> {
    let person = world.customers.latest(&customer()).await;
    (
        world.store.log(),
        format!("{person:?}"),
        world.bus.published(),
        world.dead_letters.ids(),
        world.notifications.all().len(),
    )
}
