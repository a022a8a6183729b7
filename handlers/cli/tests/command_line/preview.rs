//! Mails to look at, without a server and without sending anything.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Runs the binary in a folder of its own, with this browser.
fn preview(folder: &TempDir, browser: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ledgerbell"))
        .arg("preview")
        .args(arguments)
        .env("LEDGERBELL_CHROMIUM", browser)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

fn documents(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/events/examples")
        .join(format!("{name}.json"));
    path.to_str().unwrap().to_owned()
}

fn read(folder: &TempDir, file: &str) -> String {
    std::fs::read_to_string(folder.path().join(file)).unwrap()
}

#[test]
fn without_a_browser_the_mail_is_written_and_the_missing_picture_is_reported() {
    let folder = TempDir::new().unwrap();
    let output = preview(&folder, "/no/such/browser", &["deposit", "--locale", "fr"]);
    assert!(output.status.success(), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("no picture") && complaint.contains("/no/such/browser"));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("previews/deposit.fr.html"), "{told}");
    assert!(!told.contains(".png"), "{told}");
    assert!(read(&folder, "previews/deposit.fr.txt").starts_with("Vous avez reçu 125,50"));
    assert!(read(&folder, "previews/deposit.fr.html").contains("lang=\"fr\""));
}

#[test]
fn every_kind_can_be_previewed_in_every_language() {
    let folder = TempDir::new().unwrap();
    let kinds = mail::Kind::ALL.map(|kind| kind.as_str());
    for kind in kinds.into_iter().chain(["digest"]) {
        for locale in mail::Locale::ALL {
            let arguments = [kind, "--locale", locale.as_str(), "--json", "--out", "here"];
            let told = documents(&preview(&folder, "/none", &arguments));
            let name = format!("{kind}/{locale}@");
            assert!(told["template"].as_str().unwrap().starts_with(&name));
            let text = read(&folder, told["files"]["txt"].as_str().unwrap());
            assert!(text.starts_with(told["subject"].as_str().unwrap()));
            assert_eq!(told["files"]["attachment"].is_string(), kind == "statement");
        }
    }
}

#[test]
fn a_bus_event_is_previewed_with_its_own_data() {
    let folder = TempDir::new().unwrap();
    for (kind, event, words) in [
        ("deposit", "MoneyDeposited", "••••001"),
        ("reversal", "TransactionReversed", "€1,700.00"),
        ("overdrawn", "AccountOverdrawn", "−€574.50"),
        (
            "schedule-skipped",
            "OperationSkipped",
            "There was not enough money",
        ),
        ("security", "AccountClosed", "€1,125.50"),
        ("digest", "MoneyWithdrawn", "−€1,700.00"),
        ("statement", "TransactionReversed", "entered twice"),
    ] {
        let output = preview(&folder, "/none", &[kind, "--event", &example(event)]);
        assert!(output.status.success(), "{output:?}");
        let text = read(&folder, &format!("previews/{kind}.en.txt"));
        assert!(text.contains(words), "{kind}: {text}");
    }
}

#[test]
fn an_event_without_the_mails_contents_fails_with_the_reason() {
    let folder = TempDir::new().unwrap();
    for (kind, event, reason) in [
        ("deposit", "AccountClosed", "a deposit mail needs amount"),
        ("schedule-run", "MoneyDeposited", "needs scheduled"),
        ("statement", "AccountClosed", "moves no money"),
        ("digest", "OperationScheduled", "no notification is about"),
    ] {
        let output = preview(&folder, "/none", &[kind, "--event", &example(event)]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(reason), "{complaint}");
    }
    for (content, reason) in [("no json", "is not JSON"), ("{}", "no detail-type")] {
        let file = folder.path().join("event.json");
        std::fs::write(&file, content).unwrap();
        let output = preview(&folder, "/none", &["deposit", "--event", "event.json"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(reason), "{complaint}");
    }
}

#[test]
fn amounts_can_be_hidden() {
    let folder = TempDir::new().unwrap();
    let arguments = ["statement", "--hide-amounts", "--json"];
    let told = documents(&preview(&folder, "/none", &arguments));
    assert_eq!(told["files"]["attachment"], Value::Null);
    assert!(!read(&folder, "previews/statement.en.hidden.txt").contains('€'));
}

/// A program that does what it is told as Chromium does, and writes down what that was.
fn stand_in(folder: &TempDir, script: &str) -> PathBuf {
    let program = folder.path().join("browser");
    std::fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    program
}

/// What is in the folder of previews.
fn left(folder: &TempDir) -> BTreeSet<String> {
    std::fs::read_dir(folder.path().join("previews"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

const MEASURES_AND_DRAWS: &str = r#"
echo "$@" >> calls
case "$*" in
  *--dump-dom*) for argument in "$@"; do case "$argument" in file://*) cat "${argument#file://}" >> measured ;; esac; done
    echo '<html><head><title>777</title></head></html>' ;;
  *) for argument in "$@"; do case "$argument" in --screenshot=*) printf drawn > "${argument#--screenshot=}" ;; esac; done ;;
esac
"#;

#[test]
fn the_picture_is_as_high_as_the_mail_and_dark_or_narrow_on_request() {
    let folder = TempDir::new().unwrap();
    let browser = stand_in(&folder, MEASURES_AND_DRAWS);
    let browser = browser.to_str().unwrap();
    let told = documents(&preview(&folder, browser, &["deposit", "--json"]));
    assert_eq!(told["files"]["picture"], "previews/deposit.en.png");
    assert_eq!(read(&folder, "previews/deposit.en.png"), "drawn");
    let dark = documents(&preview(&folder, browser, &["deposit", "--json", "--dark"]));
    assert_eq!(dark["files"]["picture"], "previews/deposit.en.dark.png");
    let phone = documents(&preview(
        &folder,
        browser,
        &["deposit", "--json", "--phone"],
    ));
    assert_eq!(phone["files"]["picture"], "previews/deposit.en.phone.png");

    let calls = read(&folder, "calls");
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(calls.len(), 6, "{calls:?}");
    assert!(calls[1].contains("--window-size=640,777"), "{calls:?}");
    assert!(calls[1].ends_with("/previews/deposit.en.html"), "{calls:?}");
    assert!(!calls[1].contains("preferredColorScheme"));
    assert!(calls[3].contains("preferredColorScheme=0"));
    // Measured at the width at which it is drawn.
    let measured = read(&folder, "measured");
    let frames: Vec<&str> = measured.split("<iframe ").skip(1).collect();
    assert_eq!(frames.len(), 3);
    for (frame, width) in frames.iter().zip([640, 640, 390]) {
        assert!(frame.starts_with(&format!("style=\"width:{width}px;")));
        assert!(frame.contains("srcdoc=\"<!DOCTYPE html>\n<html lang=&quot;en&quot;"));
    }
    assert!(calls[5].contains("--window-size=390,777"), "{calls:?}");
    assert_eq!(left(&folder).len(), 5, "{:?}", left(&folder));
}

#[test]
fn a_failed_browser_is_reported_but_does_not_fail_the_preview() {
    let folder = TempDir::new().unwrap();
    for (script, reason) in [
        ("exit 7\n", "ended with"),
        ("echo nothing\n", "did not measure"),
        ("echo '<title>700</title>'\n", "wrote none"),
    ] {
        let browser = stand_in(&folder, script);
        let output = preview(&folder, browser.to_str().unwrap(), &["deposit"]);
        assert!(output.status.success(), "{output:?}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(reason), "{complaint}");
    }
}

#[test]
fn one_command_draws_every_mail_in_every_language_and_leaves_nothing_else() {
    let folder = TempDir::new().unwrap();
    let browser = stand_in(&folder, MEASURES_AND_DRAWS);
    let arguments = ["--all", "--pictures-only", "--json"];
    let told = documents(&preview(&folder, browser.to_str().unwrap(), &arguments));
    let mut expected = BTreeSet::new();
    for locale in mail::Locale::ALL {
        let kinds = mail::Kind::ALL.map(|kind| kind.as_str());
        for kind in kinds.into_iter().chain(["digest"]) {
            expected.insert(format!("{kind}.{locale}.png"));
        }
        expected.insert(format!("withdrawal.{locale}.hidden.png"));
        expected.insert(format!("digest.{locale}.dark.png"));
        expected.insert(format!("statement.{locale}.phone.png"));
    }
    assert_eq!(left(&folder), expected);
    assert_eq!(told["mails"].as_array().unwrap().len(), expected.len());
}

#[test]
fn all_mails_are_written_without_a_browser_unless_only_pictures_are_requested() {
    let folder = TempDir::new().unwrap();
    let output = preview(&folder, "/none", &["--all"]);
    assert!(output.status.success(), "{output:?}");
    for locale in mail::Locale::ALL {
        for name in [
            format!("digest.{locale}.txt"),
            format!("statement.{locale}.html"),
            format!("withdrawal.{locale}.hidden.html"),
        ] {
            assert!(left(&folder).contains(&name), "{name}");
        }
    }
    let output = preview(&folder, "/none", &["--all", "--pictures-only"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let browser = stand_in(&folder, "exit 7\n");
    let arguments = ["--all", "--pictures-only", "--out", "previews/none"];
    let output = preview(&folder, browser.to_str().unwrap(), &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("ended with"), "{complaint}");
}

#[test]
fn all_mails_or_one_but_not_both_and_not_neither() {
    let folder = TempDir::new().unwrap();
    for arguments in [
        &[][..],
        &["deposit", "--all"],
        &["--all", "--dark"],
        &["--all", "--locale", "fr"],
        &["deposit", "--pictures-only"],
    ] {
        let output = preview(&folder, "/none", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
    }
}
