//! The program of docs/how-to/bank-systems.md in Python.

use tests::one_machine::{Folder, Server};

use crate::{python, root};

#[test]
fn the_guides_program_in_python_records_a_deposit_and_says_why_where_it_is_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.api().open("ACC-1", "ana", "EUR");
    let script = root().join("docs/examples/append.py");
    let run = |key: &str, amount: &str| {
        let arguments = [server.base(), "ACC-1", key, amount, "EUR"].map(std::path::Path::new);
        python(&[&[script.as_path()][..], &arguments[..]].concat())
    };
    let recorded = run("salary", "125.50");
    assert!(recorded.status.success(), "{recorded:?}");
    assert_eq!(recorded.stdout, b"ACC-1 is at version 2\n");
    let refused = run("wrong", "125.501");
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(complaint.contains("/events/0/data/amount"), "{complaint}");
}
