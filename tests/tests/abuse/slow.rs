//! Slowloris and its kin: heads and bodies that come byte by byte and never end, and answers that nobody reads.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tests::one_machine::{Folder, Server};

use crate::{MAX_MEMORY, connection, others_are_served, until_closed};

/// Of each kind.
const CONNECTIONS: usize = 100;
/// Between two bytes: the server sees progress all the time.
const PAUSE: Duration = Duration::from_millis(500);

const HEAD: &[u8] = b"GET /v1/accounts HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
const BODY: &[u8] = b"POST /v1/accounts/ACC-SLOW/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
    Idempotency-Key: slow\r\nContent-Length: 60000\r\n\r\n";

#[test]
fn what_comes_byte_by_byte_and_never_ends_is_cut_off_and_holds_nobody_up() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    let open = |sent: &'static [u8]| -> Vec<TcpStream> {
        (0..CONNECTIONS).map(|_| connection(&api, sent)).collect()
    };
    let (mut heads, mut bodies, mut silent) = (open(HEAD), open(BODY), open(b""));
    let over = AtomicBool::new(false);
    let mut writers: Vec<TcpStream> = heads
        .iter()
        .chain(&bodies)
        .map(|stream| stream.try_clone().unwrap())
        .collect();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for stream in &mut writers {
                    // It is cut off some time: that is what is waited for.
                    let _ = stream.write(b" ");
                }
                thread::sleep(PAUSE);
            }
        });
        others_are_served(&api, "ACC-1");
        for stream in heads.iter_mut().chain(&mut silent) {
            let answer = until_closed(stream);
            let text = String::from_utf8_lossy(&answer);
            assert!(
                answer.is_empty() || text.starts_with("HTTP/1.1 408"),
                "{text}"
            );
        }
        for stream in &mut bodies {
            let answer = until_closed(stream);
            let text = String::from_utf8_lossy(&answer);
            assert!(text.starts_with("HTTP/1.1 408"), "{text:?}");
            assert!(
                text.contains("urn:ledgerbell:problem:body-too-slow"),
                "{text}"
            );
        }
        over.store(true, Ordering::Relaxed);
    });
    others_are_served(&api, "ACC-2");
    let accounts = api.get("/v1/accounts")["accounts"].to_string();
    assert!(!accounts.contains("ACC-SLOW"), "{accounts}");
    assert!(
        server.peak_memory() < MAX_MEMORY,
        "{}",
        server.peak_memory()
    );
}

#[test]
fn answers_that_nobody_reads_are_given_up_and_do_not_pile_up_in_memory() {
    /// More than the buffers between two sockets hold, of an answer of some hundred kilobytes.
    const REQUESTS: usize = 300;
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    let whole = api.get("/v1/openapi.json").to_string().len() * REQUESTS;
    let asked = b"GET /v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(REQUESTS);
    let mut streams: Vec<TcpStream> = (0..20).map(|_| connection(&api, &asked)).collect();
    others_are_served(&api, "ACC-1");
    // Longer than the server waits for a reader.
    thread::sleep(Duration::from_secs(45));
    for stream in &mut streams {
        // Where the connection is gone already, there is nothing to say.
        let _ = stream.shutdown(Shutdown::Write);
        let got = until_closed(stream).len();
        assert!(
            got < whole,
            "all {got} bytes were kept for a reader who did not come"
        );
    }
    assert!(
        server.peak_memory() < MAX_MEMORY,
        "{}",
        server.peak_memory()
    );
}
