//! More of everything than there may be: bodies, heads, connections.

use std::io::Write;
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tests::one_machine::{Api, Folder, Server};

use crate::{MAX_MEMORY, connection, others_are_served, until_closed};

/// What is answered to a request that is sent as far as the server takes it.
fn answer(api: &Api, parts: impl IntoIterator<Item = Vec<u8>>) -> String {
    let mut stream = connection(api, b"");
    for part in parts {
        if stream.write_all(&part).is_err() {
            break;
        }
    }
    let answer = until_closed(&mut stream);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn bodies_and_heads_beyond_all_bounds_are_refused_in_bounded_memory() {
    const MEGABYTE: usize = 1024 * 1024;
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    let head = |framing: &str| {
        format!(
            "POST /v1/accounts/ACC-1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Type: application/json\r\nIdempotency-Key: huge\r\n{framing}\r\n\r\n"
        )
        .into_bytes()
    };
    // As much as is still taken in to be answered, and far more, which ends with a reset.
    let few = vec![b' '; 4 * MEGABYTE];
    let told = answer(&api, [head(&format!("Content-Length: {}", few.len())), few]);
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    let chunk = [
        format!("{MEGABYTE:x}\r\n").into_bytes(),
        vec![b' '; MEGABYTE],
        b"\r\n".to_vec(),
    ]
    .concat();
    for framing in [
        "Transfer-Encoding: chunked",
        "Content-Length: 9000000000000000000",
    ] {
        let parts = std::iter::once(head(framing)).chain(std::iter::repeat_n(chunk.clone(), 1_000));
        let told = answer(&api, parts);
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 413"),
            "{told}"
        );
    }

    let get = |path: &str, headers: &str| {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n");
        answer(&api, [request.into_bytes()])
    };
    let long = "x".repeat(100 * 1024);
    let many: String = (0..1_000)
        .map(|number| format!("X-{number}: 1\r\n"))
        .collect();
    for told in [
        get("/v1/accounts", &format!("X-Long: {long}\r\n")),
        get("/v1/accounts", &many),
        get(&format!("/v1/accounts?cursor={long}"), ""),
        get(&format!("/{long}"), ""),
    ] {
        let refused = ["HTTP/1.1 431", "HTTP/1.1 414"];
        assert!(
            refused.iter().any(|status| told.starts_with(status)),
            "{told:?}"
        );
    }
    // The longest that a head may be is no way in either.
    let told = get(&format!("/v1/accounts/{}", "x".repeat(20_000)), "");
    assert!(told.starts_with("HTTP/1.1 400"), "{told}");

    others_are_served(&api, "ACC-1");
    assert!(
        server.peak_memory() < MAX_MEMORY,
        "{}",
        server.peak_memory()
    );
}

#[test]
fn more_connections_than_there_are_places_for_make_others_wait_and_not_fail() {
    const CONNECTIONS: usize = 1_500;
    let wanted = Rlimit {
        current: Some(4_096),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, wanted).unwrap();
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    let mut streams: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| connection(&api, b"GET /v1/accounts HTTP/1.1\r\n"))
        .collect();
    // Those before it in the row have their time first; nobody is turned away.
    let mut waiting = connection(
        &api,
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    );
    let told = until_closed(&mut waiting);
    assert!(
        told.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&told)
    );
    for stream in &mut streams {
        until_closed(stream);
    }
    others_are_served(&api, "ACC-1");
    assert!(
        server.peak_memory() < MAX_MEMORY,
        "{}",
        server.peak_memory()
    );
}
