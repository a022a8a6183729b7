//! The program of docs/how-to/bank-systems.md.

use std::process::{Command, Output};

use tests::one_machine::{Folder, Server};

fn append(base: &str, key: &str, amount: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_append"))
        .args([base, "ACC-1", key, amount, "EUR"])
        .output()
        .unwrap()
}

#[test]
fn the_guides_program_records_a_deposit_once_and_says_why_where_it_is_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.api().open("ACC-1", "ana", "EUR");
    let recorded = append(server.base(), "salary", "125.50");
    assert!(recorded.status.success(), "{recorded:?}");
    assert_eq!(recorded.stdout, b"ACC-1 is at version 2\n");
    // A new start of it has a new `occurred_at`, which is another body.
    let other = append(server.base(), "salary", "125.50");
    assert!(!other.status.success(), "{other:?}");
    let refused = append(server.base(), "wrong", "125.501");
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(complaint.contains("/events/0/data/amount"), "{complaint}");
    let balance = server.api().get("/v1/accounts/ACC-1")["balance"].clone();
    assert_eq!(balance, "125.50");
}
