//! HTTP as no client would write it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::api::{Answer, Api};

/// Sends these bytes as they are and reads the answer to its end; the request
/// must ask for the connection to be closed.
///
/// # Panics
/// When nothing that is HTTP comes back.
#[must_use]
pub fn raw_request(api: &Api, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(api.authority()).expect("the server listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a socket has a timeout");
    stream.write_all(bytes).expect("the server reads");
    let mut answer = Vec::new();
    // A reset after the answer is no matter.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no HTTP: {text:?}"));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok());
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Some((name, value)) = line.split_once(": ")
            && let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
        {
            headers.insert(name, value);
        }
    }
    Answer::new(
        status.unwrap_or_else(|| panic!("no status: {head}")),
        headers,
        body.to_owned(),
    )
}
