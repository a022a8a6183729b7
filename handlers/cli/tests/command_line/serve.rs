//! How `serve` refuses to start: one clear line, the right code, and nothing
//! damaged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::running::{Ran, Server, run};

fn serve(folder: &Path, listen: &str) -> Ran {
    let folder = folder.to_str().unwrap();
    run(["serve", "--listen", listen, "--data-dir", folder])
}

/// Every file below, with its content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[track_caller]
fn refused(ran: &Ran, code: i32, reason: &str) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(ran.complaint().starts_with("ledgerbell: "), "{ran:?}");
    assert!(ran.complaint().contains(reason), "{ran:?}");
    assert_eq!(ran.out, "");
}

#[test]
fn a_folder_that_is_a_file_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    refused(&serve(&file, "127.0.0.1:0"), 2, "cannot be used");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_folder_of_another_program_is_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "precious").unwrap();
    let before = content(folder.path());
    refused(&serve(folder.path(), "127.0.0.1:0"), 2, "holds other files");
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_folder_of_a_newer_version_is_left_unchanged() {
    let mut server = Server::start();
    assert!(server.stop().success());
    fs::write(server.data_dir().join("FORMAT"), "999").unwrap();
    let before = content(&server.data_dir());
    refused(
        &serve(&server.data_dir(), "127.0.0.1:0"),
        1,
        "was written by a newer ledgerbell (format 999",
    );
    assert!(content(&server.data_dir()) == before);
}

#[cfg(unix)]
#[test]
fn a_server_that_is_stopped_while_it_starts_ends_cleanly() {
    for _ in 0..10 {
        let status = Server::stopped_while_starting();
        assert_eq!(status.code(), Some(0), "{status}");
    }
}

#[test]
fn a_port_that_is_taken_is_named_and_the_folder_is_not_touched() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let address = server.endpoint.strip_prefix("http://").unwrap();
    refused(
        &serve(folder.path(), address),
        1,
        &format!("cannot listen on {address}"),
    );
    assert!(content(folder.path()).is_empty());
}

#[test]
fn a_public_address_needs_an_explicit_option() {
    let folder = tempfile::tempdir().unwrap();
    let ran = serve(folder.path(), "0.0.0.0:0");
    refused(&ran, 2, "there is no sign-in");
    assert!(ran.err.contains("--allow-remote"));
    assert!(content(folder.path()).is_empty());
}

#[test]
fn whatever_loopback_address_it_listens_on_it_answers_under_the_address_that_it_prints() {
    for (listen, host) in [
        ("127.0.0.2:0", "127.0.0.2"),
        ("127.255.255.254:0", "127.255.255.254"),
        ("[::1]:0", "[::1]"),
        ("[::ffff:127.0.0.1]:0", "[::ffff:127.0.0.1]"),
        ("localhost:0", "127.0.0.1"),
    ] {
        let server = Server::listening(listen);
        let endpoint = &server.endpoint;
        assert!(
            endpoint.starts_with(&format!("http://{host}:")),
            "{endpoint}"
        );
        assert!(server.run(&["verify"]).done().contains("no accounts"));
        // As its own console asks, and as a page of others would.
        let asked = |origin: &str| {
            let put = ureq::put(format!("{endpoint}/v1/customers/ana")).header("Origin", origin);
            let answer = put.config().http_status_as_error(false).build();
            let person = serde_json::json!({ "email": "ana@example.com", "name": "Ana" });
            answer.send_json(person).unwrap().status().as_u16()
        };
        assert_eq!(asked(endpoint), 201, "{endpoint}");
        assert_eq!(asked("http://evil.example"), 403, "{endpoint}");
        assert_eq!(asked("null"), 403, "{endpoint}");
    }
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_and_the_first_continues() {
    let server = Server::start();
    refused(
        &serve(&server.data_dir(), "127.0.0.1:0"),
        1,
        "is in use by another ledgerbell",
    );
    assert!(server.run(&["verify"]).done().contains("no accounts"));
}

#[test]
fn the_commands_to_try_make_a_customer_an_account_and_a_deposit_whose_mail_arrives() {
    let (server, tries) = Server::with_commands_to_try();
    assert_eq!(tries.len(), 3, "{tries:?}");
    for command in &tries {
        let ran = std::process::Command::new("sh")
            .args(["-c", &format!("{command} --fail --silent --show-error")])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{command}: {ran:?}");
    }
    let started = std::time::Instant::now();
    while server.inbox().is_empty() {
        assert!(started.elapsed().as_secs() < 60, "no mail has arrived");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(server.inbox()[0]["to"], "ana@example.com");
}
