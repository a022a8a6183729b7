//! A report that cannot be written.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

fn simulate(stdout: Stdio, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulate"))
        .args(arguments)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .unwrap()
}

#[test]
fn a_report_that_cannot_be_written_is_exit_1_and_one_that_nobody_reads_on_is_none() {
    let many: &[&str] = &["--seeds", "1", "--commands", "5"];
    let one: &[&str] = &["--seed", "1", "--commands", "5"];
    for arguments in [many, one] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran = simulate(full.into(), arguments);
        let complaint = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {complaint}");
        assert!(complaint.contains("cannot be written"), "{complaint}");

        let (_, nobody_reads) = pipe().unwrap();
        let ran = simulate(nobody_reads.into(), arguments);
        let complaint = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(0), "{arguments:?}: {complaint}");
        assert!(!complaint.contains("panicked"), "{complaint}");
    }
}
