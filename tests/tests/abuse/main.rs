//! `ledgerbell serve` under callers who are slow, huge, many, or ask whatever its document allows and forbids.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod huge;
#[cfg(feature = "python")]
mod schemathesis;
mod slow;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tests::one_machine::{Api, Append, opening};

/// Longer than every time limit of the server, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// What a server that is abused may take: it takes a third of it when idle, in a build for tests.
const MAX_MEMORY: u64 = 300 * 1024 * 1024;

/// A connection that has sent this.
fn connection(api: &Api, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(api.authority()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(sent).unwrap();
    stream
}

/// All that comes until the other side closes; a reset is an end too.
///
/// # Panics
/// Where it does not close.
fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 64 * 1024];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("not closed after {} bytes: {error}", all.len()),
        }
    }
}

/// Opens an account and makes deposits, each acknowledged.
fn others_are_served(api: &Api, account: &str) {
    let path = format!("/v1/accounts/{account}/events");
    let body = serde_json::json!({ "events": [opening("ana", "EUR")] }).to_string();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "open"),
    ];
    let answer = api.try_send("POST", &path, &headers, &body).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text);
    for number in 0..10 {
        let append = Append::deposit(account, &format!("key-{number}"), "1.00", "EUR", "rent");
        let body = serde_json::json!({ "events": append.events }).to_string();
        let headers = [headers[0], ("idempotency-key", &append.key)];
        let answer = api.try_send("POST", &path, &headers, &body).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}
