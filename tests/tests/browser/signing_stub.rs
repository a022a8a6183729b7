//! API Gateway's sign-in before a server that has none: checks each request's
//! signature as AWS documents it, with nothing of the code that makes it, and
//! passes on what is signed.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub const KEY: &str = "AKIDTEST";
pub const SECRET: &str = "a/secret+of the test";
pub const TOKEN: &str = "a-session's/token==";
pub const REGION: &str = "eu-west-3";
const MAX_BYTES: usize = 1024 * 1024;

/// A running stub. It ends with the test's process.
pub struct SigningStub {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// What came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    /// Why it was refused.
    pub refused: Option<String>,
}

struct Stub {
    behind: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl SigningStub {
    /// One in front of the server at this address.
    pub fn before(server: &str) -> Self {
        let seen = Arc::default();
        let stub = Arc::new(Stub {
            behind: server.to_owned(),
            seen: Arc::clone(&seen),
        });
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(stub);
        std::thread::spawn(move || runtime.block_on(async { axum::serve(listener, app).await }));
        SigningStub { address, seen }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(State(stub): State<Arc<Stub>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MAX_BYTES).await.unwrap();
    let headers: BTreeMap<String, String> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let checked = check(head.method.as_str(), &head.uri, &headers, &body);
    stub.seen.lock().unwrap().push(Seen {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: headers.clone(),
        refused: checked.clone().err(),
    });
    if let Err(reason) = checked {
        return (StatusCode::FORBIDDEN, reason).into_response();
    }
    let url = format!("{}{}", stub.behind, head.uri);
    let answered = tokio::task::spawn_blocking(move || {
        let mut request = ureq::http::Request::builder()
            .method(head.method.as_str())
            .uri(url);
        for name in ["content-type", "idempotency-key", "if-match"] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        let mut response = agent.run(request.body(body.to_vec()).unwrap()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        let kind = response.headers().get("content-type").cloned();
        (response.status(), kind, text)
    });
    let (status, kind, text) = answered.await.unwrap();
    let mut response = (status, Body::from(text)).into_response();
    response
        .headers_mut()
        .extend(kind.map(|kind| (axum::http::header::CONTENT_TYPE, kind)));
    response
}

fn check(
    method: &str,
    uri: &axum::http::Uri,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<(), String> {
    let header = |name: &str| {
        let value = headers.get(name).map(String::as_str);
        value.ok_or_else(|| format!("no {name}"))
    };
    let date = header("x-amz-date")?;
    let scope = format!("{}/{REGION}/execute-api/aws4_request", &date[..8]);
    let rest = header("authorization")?
        .strip_prefix(&format!(
            "AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders="
        ))
        .ok_or("another key or scope")?;
    let (signed, signature) = rest.split_once(", Signature=").ok_or("no signature")?;
    let names: Vec<&str> = signed.split(';').collect();
    for must in ["host", "x-amz-date", "x-amz-security-token"] {
        if !names.contains(&must) {
            return Err(format!("{must} is not signed"));
        }
    }
    if header("x-amz-security-token")? != TOKEN {
        return Err("another token".to_owned());
    }
    let mut canonical_headers = String::new();
    for name in &names {
        canonical_headers += &format!("{name}:{}\n", header(name)?.trim());
    }
    let path: Vec<String> = uri.path().split('/').map(encoded).collect();
    let mut query: Vec<String> = uri
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("{}={}", encoded(&decoded(name)), encoded(&decoded(value)))
        })
        .collect();
    query.sort();
    let canonical = [
        method,
        &path.join("/"),
        &query.join("&"),
        &canonical_headers,
        signed,
        &HEXLOWER.encode(&Sha256::digest(body)),
    ]
    .join("\n");
    let hash = HEXLOWER.encode(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac(&key, part);
    }
    if HEXLOWER.encode(&mac(&key, &to_sign)) == signature {
        Ok(())
    } else {
        Err(format!("another signature than of\n{canonical}"))
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
