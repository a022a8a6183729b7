//! What is not there: the absences of docs/explanation/architecture.md, as far as a test
//! can hold them.

#![allow(
    clippy::unwrap_used,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The crates that a package is built from, itself left out; its dev and
/// build dependencies do not count.
fn built_from(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .arg("--locked")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned);
    names
        .filter(|name| name != package && !name.is_empty())
        .collect()
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path
                    .file_name()
                    .is_some_and(|name| name != "target" && name != ".git")
                {
                    collect(&path, found);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

#[test]
fn domain_and_projections_depend_on_nothing_that_does_io() {
    for package in ["domain", "projections"] {
        let built_from = built_from(package);
        for forbidden in [
            "tokio",
            "async-trait",
            "futures",
            "hyper",
            "mio",
            "rusqlite",
            "reqwest",
            "ureq",
            "tracing",
            "axum",
        ] {
            assert!(
                !built_from.contains(forbidden),
                "{package} is built from {forbidden}"
            );
        }
        assert!(
            !built_from.iter().any(|name| name.starts_with("aws")),
            "{package} is built from {built_from:?}"
        );
    }
}

#[test]
fn domain_and_projections_ask_for_neither_time_nor_chance() {
    for folder in ["domain/src", "projections/src"] {
        for (path, text) in sources(folder) {
            for forbidden in [
                "Utc::now",
                "Local::now",
                "SystemTime::now",
                "Instant::now",
                "new_v4",
                "rand::",
            ] {
                assert!(
                    !text.contains(forbidden),
                    "{} has {forbidden}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_floating_point_is_near_money() {
    for folder in [
        "domain/src",
        "projections/src",
        "handlers/src",
        "handlers/export/src",
        "handlers/mail/src",
        "handlers/statements/src",
    ] {
        for (path, text) in sources(folder) {
            let words: BTreeSet<&str> = text
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            for forbidden in ["f32", "f64"] {
                assert!(
                    !words.contains(forbidden),
                    "{} has {forbidden}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn nothing_but_the_aws_crate_names_the_aws_sdk() {
    for folder in [
        "domain",
        "projections",
        "handlers",
        "infra/embedded",
        "infra/xtask",
    ] {
        for (path, text) in sources(folder) {
            for forbidden in ["aws_sdk_", "AttributeValue", "aws_smithy_"] {
                assert!(
                    !text.contains(forbidden),
                    "{} names {forbidden}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn a_replay_cannot_send_mail() {
    for (path, text) in sources("handlers/src/replay").into_iter().chain([(
        root().join("handlers/src/replay.rs"),
        std::fs::read_to_string(root().join("handlers/src/replay.rs")).unwrap(),
    )]) {
        for forbidden in ["Mailer", "Notifier", "crate::notify", "mail::"] {
            assert!(
                !text.contains(forbidden),
                "{} names {forbidden}",
                path.display()
            );
        }
    }
}

#[test]
fn the_local_binary_is_built_from_one_aws_sdk_crate_and_without_tls() {
    let built_from = built_from("ledgerbell");
    let sdk: Vec<&String> = built_from
        .iter()
        .filter(|name| name.starts_with("aws-sdk-"))
        .collect();
    assert_eq!(sdk, ["aws-sdk-dynamodb"]);
    for forbidden in ["rustls", "ring", "aws-lc-rs", "aws-config", "openssl"] {
        assert!(
            !built_from.contains(forbidden),
            "ledgerbell is built from {forbidden}"
        );
    }
}

#[test]
fn the_aws_sdks_legacy_http_stack_is_nowhere() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for line in lock
        .split("[[package]]")
        .filter(|package| package.contains("name = \"rustls\"\n"))
    {
        assert!(line.contains("version = \"0.23"), "{line}");
    }
    assert!(!lock.contains("name = \"hyper-rustls\"\nversion = \"0.24"));
}
