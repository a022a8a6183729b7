//! Requests that schemathesis makes of docs/openapi.json, right and wrong ones, against the running server: nothing
//! answers 5xx, and every answer is as the document says.

use std::process::Command;

use tests::one_machine::{Folder, Server};

/// The same requests each time.
const SEED: &str = "6";
/// Requests that are made up for each operation, beside those that cover its schema's every bound.
const EXAMPLES: &str = "20";
/// The check that is left out: what the document calls right is not always accepted. A schema cannot say that an
/// amount has its currency's digits, that a cursor was given out here, or that `If-Match` names the version there is.
const LEFT_OUT: &str = "positive_data_acceptance";

#[test]
fn no_request_gets_a_5xx_or_an_answer_that_is_not_in_the_document() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let run = Command::new(xtask::python_interpreter().unwrap())
        .args(["-m", "schemathesis.cli", "run"])
        .arg(xtask::root().join("docs/openapi.json"))
        .args([
            "--url",
            server.base(),
            "--seed",
            SEED,
            "--max-examples",
            EXAMPLES,
        ])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--exclude-checks",
            LEFT_OUT,
        ])
        .args([
            "--continue-on-failure",
            "--request-timeout",
            "30",
            "--no-color",
        ])
        // What it remembers of earlier runs stays away from the project.
        .current_dir(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let complained = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}\n{complained}");
    let summary: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("generated"))
        .collect();
    assert!(!summary.is_empty(), "nothing was asked:\n{said}");
    eprintln!("schemathesis: {}", summary.join(" ").trim());
}
