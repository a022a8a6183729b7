//! What the program says of itself.

use crate::running::run;

const COMMANDS: [&[&str]; 45] = [
    &[],
    &["serve"],
    &["console"],
    &["status"],
    &["import"],
    &["post"],
    &["find"],
    &["accounts"],
    &["accounts", "list"],
    &["balance"],
    &["history"],
    &["events"],
    &["customers"],
    &["customers", "list"],
    &["customers", "show"],
    &["customers", "put"],
    &["customers", "erase"],
    &["customers", "blocked"],
    &["customers", "blocked", "list"],
    &["customers", "blocked", "allow"],
    &["notifications"],
    &["notifications", "list"],
    &["notifications", "show"],
    &["export"],
    &["verify"],
    &["replay"],
    &["replay", "projections"],
    &["replay", "events"],
    &["replay", "list"],
    &["replay", "show"],
    &["replay", "stop"],
    &["replay", "switch-back"],
    &["what-if"],
    &["dead-letters"],
    &["dead-letters", "redrive"],
    &["schedules"],
    &["schedules", "list"],
    &["schedules", "show"],
    &["schedules", "create"],
    &["schedules", "cancel"],
    &["load"],
    &["preview"],
    &["cost"],
    &["completions"],
    &["man"],
];

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
const HEAD: &str = "# Commands\n\nThe `--help` of every command, one after the other. A test compares this page with \
                    the program;\n`UPDATE_GOLDEN=1 cargo test -p ledgerbell --test command_line -- help` writes it.\n";

/// Returns the page of all commands.
fn reference() -> String {
    let mut page = HEAD.to_owned();
    for command in COMMANDS {
        let help = run(command.iter().copied().chain(["--help"])).done();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        let name = [&["ledgerbell"], command].concat().join(" ");
        page += &format!(
            "\n## {name}\n\n```text\n{}\n```\n",
            lines.join("\n").trim_end()
        );
    }
    page
}

#[test]
fn every_command_explains_itself_as_the_documentation_says() {
    let told = reference();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(REFERENCE, &told).unwrap();
    }
    let written = std::fs::read_to_string(REFERENCE).unwrap();
    for (told, written) in told.lines().zip(written.lines()) {
        assert_eq!(told, written, "run the test with UPDATE_GOLDEN=1");
    }
    assert_eq!(told, written, "run the test with UPDATE_GOLDEN=1");
}

#[test]
fn wrong_use_is_exit_2_with_the_reason_first() {
    for (arguments, reason) in [
        (vec!["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (vec!["balance"], "<ACCOUNT>"),
        (vec!["balance", "a/b"], "must be 1 to 64 of"),
        (vec!["balance", "a", "--as-of", "yesterday"], "RFC 3339"),
        (
            vec!["balance", "a", "--basis", "occurred"],
            "--as-of <TIME>",
        ),
        (
            vec![
                "balance",
                "a",
                "--as-of-version",
                "1",
                "--as-of",
                "2026-11-22T10:00:00Z",
            ],
            "cannot be used with",
        ),
        (
            vec!["balance", "a", "--endpoint", "https://bank.example"],
            "give it with --region",
        ),
        (
            vec!["balance", "a", "--endpoint", "http://127.0.0.1:1/v1"],
            "without /v1",
        ),
        (vec!["import"], "<FILE>..."),
        (vec!["import", "x", "--format", "csv"], "'csv'"),
        (vec!["import", "x", "--customer", "a b"], "'a b'"),
        (vec!["export"], "--out <DIR>"),
        (vec!["export", "--out", "x", "--format", "xlsx"], "'xlsx'"),
        (
            vec![
                "export",
                "--out",
                "x",
                "--from",
                "2026-01-02T00:00:00Z",
                "--to",
                "2026-01-01T00:00:00Z",
            ],
            "--to must be later",
        ),
        (vec!["events", "--min-amount", "1.00"], "--currency <CODE>"),
        (vec!["verify", "a", "--export", "x"], "cannot be used with"),
        (vec!["dead-letters", "redrive"], "--max <N>"),
        (
            vec!["preview", "digests"],
            "a similar value exists: 'digest'",
        ),
        (vec!["preview", "deposit", "--locale", "xx"], "\"xx\""),
        (
            vec!["preview", "deposit", "--event", "no-such-file"],
            "no-such-file",
        ),
        (vec!["load", "--writers", "0"], "'0'"),
        (vec!["cost", "--events-per-commit", "7"], "1, 10, 25"),
        (vec!["cost", "--mails-per-event", "11"], "from 0 to 10"),
        (
            vec![
                "schedules",
                "create",
                "a",
                "rent",
                "--withdraw",
                "1.00",
                "--currency",
                "EUR",
            ],
            "<--at <TIME>|--rate <DISTANCE>|--cron <PATTERN>>",
        ),
        (
            vec![
                "schedules",
                "create",
                "a",
                "rent",
                "--withdraw",
                "1.0",
                "--currency",
                "EUR",
                "--rate",
                "1 day",
            ],
            "amount must",
        ),
        (
            vec![
                "schedules",
                "create",
                "a",
                "rent",
                "--deposit",
                "1.00",
                "--currency",
                "EUR",
                "--cron",
                "0 0 30 2 *",
                "--dry-run",
            ],
            "no occurrence within",
        ),
        (
            vec![
                "schedules",
                "create",
                "a",
                "rent",
                "--deposit",
                "1.00",
                "--currency",
                "EUR",
                "--at",
                "2099-01-01T09:00",
                "--time-zone",
                "Mars/Olympus",
            ],
            "time-zone must be a name",
        ),
        (
            vec!["load", "--endpoint", "http://192.0.2.1:8080"],
            "--allow-remote",
        ),
        (
            vec![
                "replay",
                "events",
                "--target",
                "audit",
                "--from",
                "2026-01-02T00:00:00Z",
                "--to",
                "2026-01-01T00:00:00Z",
            ],
            "--to must be later",
        ),
    ] {
        let ran = run(arguments.iter().copied());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
        assert!(ran.err.contains(reason), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_mistyped_command_names_the_one_that_was_meant_and_no_stranger() {
    for (typed, meant) in [
        (&["balence"][..], "balance"),
        (&["account", "list"], "accounts"),
        (&["dead-leters"], "dead-letters"),
        (&["customers", "shwo"], "show"),
        (&["replay", "projection"], "projections"),
    ] {
        let ran = run(typed.iter().copied());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains("similar subcommand"), "{ran:?}");
        assert!(ran.err.contains(&format!("'{meant}'")), "{ran:?}");
    }
    // clap alone suggests `export` and `post` for these.
    for typed in ["transport", "roster"] {
        let ran = run([typed]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(!ran.err.contains("similar subcommand"), "{ran:?}");
    }
}

#[test]
fn every_shell_gets_completions_and_every_command_a_manual_page() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(["completions", shell]).done();
        assert!(script.contains("dead-letters"), "{shell}: {script}");
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    run(["man", "--out", out.to_str().unwrap()]).done();
    for command in COMMANDS {
        let name = [&["ledgerbell"], command].concat().join("-");
        let page = std::fs::read_to_string(out.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
    assert!(run(["man"]).done().contains(".TH ledgerbell 1"));
}
