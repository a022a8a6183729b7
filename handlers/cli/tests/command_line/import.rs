//! `ledgerbell import`, with files as real banks wrote them.

use std::fs;

use crate::running::{Server, statement};
use serde_json::{Value, json};

/// Files whose statements agree with themselves and follow from one another:
/// ten banks. Two banks are tested apart, because they share an account number
/// with a third.
const FILES: [&str; 12] = [
    "bank-bph/2003.sta",
    "czech-bank-a/2023.xml",
    "danske-bank/dk.sta",
    "danske-bank/fi.sta",
    "danske-bank/no.sta",
    "danske-bank/se.sta",
    "dresdner-bank/sepa.sta",
    "mbank/collect.sta",
    "rabobank/iban-2013.sta",
    "sberbank-hungary/2017.sta",
    "sns-bank/2012.sta",
    "wirecard-bank/2010.sta",
];

fn import(server: &Server, files: &[&str], more: &[&str]) -> crate::running::Ran {
    let files: Vec<String> = files.iter().map(|name| statement(name)).collect();
    let files = files.iter().map(String::as_str);
    let arguments: Vec<&str> = std::iter::once("import")
        .chain(files)
        .chain(more.iter().copied())
        .collect();
    server.run(&arguments)
}

#[track_caller]
fn all_agree(document: &Value) {
    for statement in document["statements"].as_array().unwrap() {
        assert_eq!(statement["verdict"], "agrees", "{statement}");
        assert_eq!(statement["balance"], statement["closing"], "{statement}");
    }
    assert_eq!(document["unreadable"], json!([]));
}

#[test]
fn files_of_eight_banks_and_more_agree_and_importing_again_changes_nothing() {
    let server = Server::start();
    let first = import(&server, &FILES, &["--json"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let first = first.json();
    all_agree(&first);
    let totals = &first["totals"];
    assert_eq!(totals["entries"], 340);
    assert_eq!(totals["recorded"], 340);
    assert_eq!(totals["replayed"], 0);
    assert_eq!(totals["reversals"], 1);
    let accounts = totals["accounts_opened"].as_u64().unwrap() as usize;
    let versions = wait_for(&server, accounts);
    let events: u64 = versions.iter().map(|(_, version)| version).sum();
    assert_eq!(events, 340 + accounts as u64);

    // In another order, and from a folder of another name.
    let elsewhere = tempfile::tempdir().unwrap();
    let copies: Vec<String> = FILES
        .iter()
        .rev()
        .map(|name| {
            let copy = elsewhere.path().join(name.replace('/', "-"));
            fs::copy(statement(name), &copy).unwrap();
            copy.to_str().unwrap().to_owned()
        })
        .collect();
    let mut arguments = vec!["import", "--json"];
    arguments.extend(copies.iter().map(String::as_str));
    let again = server.run(&arguments);
    assert_eq!(again.code, Some(0), "{again:?}");
    let again = again.json();
    all_agree(&again);
    assert_eq!(again["totals"]["recorded"], 0);
    assert_eq!(again["totals"]["replayed"], 340);
    assert_eq!(again["totals"]["accounts_opened"], 0);
    assert_eq!(server.versions(), versions);

    // One file alone, in the middle of it all.
    for name in [
        "sns-bank/2012.sta",
        "danske-bank/dk.sta",
        "dresdner-bank/sepa.sta",
    ] {
        let alone = import(&server, &[name], &[]).done();
        assert!(
            alone.contains("nothing has changed") && alone.contains("recorded before"),
            "{alone}"
        );
        let dry = import(&server, &[name], &["--dry-run"]).done();
        assert!(dry.contains("nothing would change"), "{dry}");
    }
    assert_eq!(server.versions(), versions);
}

const BOOKINGS: &str = "bank-bph/2003.sta";

/// The one account's events.
fn history(server: &Server) -> Vec<Value> {
    let accounts = wait_for(server, 1);
    let shown = server.run(&["history", &accounts[0].0, "--json"]).json();
    shown["events"].as_array().unwrap().clone()
}

#[test]
fn a_booking_of_which_the_bank_gives_only_the_date_stays_a_date() {
    let server = Server::start();
    import(&server, &[BOOKINGS], &[]).done();
    let events = history(&server);
    assert!(events.len() > 1);
    for event in &events {
        let date = event["occurred_on"].as_str().unwrap();
        assert_eq!(event["occurred_at"], format!("{date}T00:00:00Z"), "{event}");
    }
    let account = wait_for(&server, 1)[0].0.clone();
    let shown = server.run(&["history", &account]).done();
    assert!(shown.contains("2003-10-20"), "{shown}");
    assert!(!shown.contains("00:00:00"), "{shown}");
}

#[test]
fn a_statement_that_an_earlier_version_imported_as_midnights_is_known() {
    let server = Server::start();
    let bytes = fs::read(statement(BOOKINGS)).unwrap();
    let read = statements::read(&bytes, None).unwrap().remove(0).unwrap();
    let plan = statements::plan(&read, None);
    let steps = plan.steps.iter().map(|step| match step {
        statements::Step::Append(request) => request.clone(),
        statements::Step::Reverse(reversal) => reversal.request(None),
    });
    for request in std::iter::once(plan.opening.clone()).chain(steps) {
        let mut events = json!(request.body.events);
        for event in events.as_array_mut().unwrap() {
            let date = event.as_object_mut().unwrap().remove("occurred_on");
            let date = date.unwrap().as_str().unwrap().to_owned();
            event["occurred_at"] = json!(format!("{date}T00:00:00Z"));
        }
        let key = &request.idempotency_key;
        server.append(plan.account_id.as_str(), key, &events);
    }
    let before = history(&server);
    let again = import(&server, &[BOOKINGS], &["--json"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    let document = again.json();
    all_agree(&document);
    assert_eq!(document["totals"]["recorded"], 0);
    assert_eq!(document["totals"]["replayed"], plan.entries.len());
    assert_eq!(history(&server), before);
    // Each request by itself is a repeat, too: a run that was cut off sends it again.
    for step in &plan.steps {
        let statements::Step::Append(request) = step else {
            continue;
        };
        let events = json!(request.body.events);
        server.append(plan.account_id.as_str(), &request.idempotency_key, &events);
    }
    assert_eq!(history(&server), before);
}

/// The accounts, once the read model has them all.
fn wait_for(server: &Server, accounts: usize) -> Vec<(String, u64)> {
    for _ in 0..200 {
        let versions = server.versions();
        if versions.len() == accounts {
            return versions;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the read model does not have all {accounts} accounts");
}

#[test]
fn a_statement_in_camt_053_that_gives_no_opening_balance_agrees() {
    let server = Server::start();
    for _ in 0..2 {
        let document = import(&server, &["wise/2024.xml"], &["--json"]).json();
        all_agree(&document);
        assert_eq!(document["totals"]["entries"], 10);
    }
    let balance = server.run(&["balance", "123456789", "--as-of-version", "11", "--json"]);
    assert_eq!(balance.json()["balance"], "1285.32");
}

#[test]
fn a_person_sees_each_statement_and_what_came_of_it() {
    let server = Server::start();
    let seen = |more: &[&str]| {
        let ran = import(&server, &["rabobank/iban-2013.sta"], more);
        let root = statement("rabobank/iban-2013.sta");
        ran.done().replace(&root, "FILE")
    };
    let mut shown = Vec::new();
    for more in [&["--dry-run"][..], &["--customer", "john"], &[]] {
        shown.push(seen(more));
    }
    let text: Vec<String> = shown
        .iter()
        .map(|text| {
            // The file's path is as long as it is, and so is its column.
            let lines = text.lines().map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.join(" ")
            });
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    insta::assert_snapshot!(text.join("\n\n"));
    let account = server.run(&["balance", "NL71RABO0123456789", "--json"]);
    assert_eq!(account.json()["customer_id"], "john");
}

#[test]
fn a_dry_run_changes_nothing() {
    let server = Server::start();
    let document = import(&server, &FILES, &["--dry-run", "--json"]).json();
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["totals"]["recorded"], 340);
    all_agree(&document);
    let account = server.run(&["history", "NL71RABO0123456789"]);
    assert_eq!(account.code, Some(1));
    assert!(server.versions().is_empty());
}

#[test]
fn an_unreadable_file_is_reported_with_its_line_and_the_others_are_imported() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.sta");
    let good = fs::read_to_string(statement("knab/2014.mt940")).unwrap();
    fs::write(&bad, good.replace("C500", "C5x0")).unwrap();
    let bad = bad.to_str().unwrap();
    let missing = folder.path().join("missing.sta");
    let missing = missing.to_str().unwrap();
    let rabobank = statement("rabobank/iban-2013.sta");
    let mbank = statement("mbank/altered.sta");
    let ran = server.run(&["import", bad, missing, &mbank, &rabobank]);
    assert_eq!(ran.code, Some(1));
    let line = |file: &str| {
        ran.err
            .lines()
            .find(|line| line.starts_with(&format!("ledgerbell: {file}: ")))
            .unwrap_or_else(|| panic!("nothing about {file} in {ran:?}"))
    };
    assert!(line(bad).contains(": line ") && line(bad).ends_with("nothing of it is imported"));
    assert!(line(missing).contains("No such file"));
    assert!(line(&mbank).contains("line 19: account PL29114010810000267002001002"));
    assert!(line(&mbank).contains("(difference 770.71 PLN)"));
    assert_eq!(
        server
            .run(&["history", "PL29114010810000267002001002"])
            .code,
        Some(1)
    );
    server.projected("NL71RABO0123456789", 5);
    assert!(ran.out.contains("could not be read"), "{ran:?}");
}

#[test]
fn an_account_with_another_balance_is_a_mismatch_and_gets_nothing() {
    let server = Server::start();
    let account = "NL71RABO0123456789";
    let event = |event_type: &str, data: Value| json!([{"type": event_type, "occurred_at": "2012-01-01T00:00:00Z", "data": data}]);
    let opened = json!({"customer_id": "john", "currency": "EUR", "opening_balance": "999.00"});
    server.append(account, "open", &event("AccountOpened", opened));
    for more in [&[][..], &["--dry-run"]] {
        let ran = import(&server, &["rabobank/iban-2013.sta"], more);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(
            ran.err.contains(
                "the account holds 999.00 EUR at version 1, but the statement opens with 1000.00 EUR (difference \
                 -1.00); nothing of it is imported"
            ),
            "{ran:?}"
        );
        assert!(
            ran.out.contains("differs at the opening by -1.00"),
            "{ran:?}"
        );
        let history = server.run(&["history", account, "--json"]).json();
        assert_eq!(history["events"].as_array().unwrap().len(), 1);
    }
    // With the missing money it fits.
    let deposit = json!({"amount": "1.00", "currency": "EUR"});
    server.append(account, "fix", &event("MoneyDeposited", deposit));
    all_agree(&import(&server, &["rabobank/iban-2013.sta"], &["--json"]).json());
}

#[test]
fn a_gap_between_two_statements_is_a_mismatch() {
    let server = Server::start();
    // Its second statement does not open with what the first closes with.
    let ran = import(&server, &["knab/2014.mt940"], &["--json"]);
    assert_eq!(ran.code, Some(1));
    let document = ran.json();
    let verdicts: Vec<&Value> = document["statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| &statement["verdict"])
        .collect();
    assert_eq!(verdicts, ["agrees", "opening-differs"]);
    assert_eq!(document["statements"][1]["difference"], "-2558.98");
    let history = server.run(&["history", "123456789", "--json"]).json();
    assert_eq!(history["events"].as_array().unwrap().len(), 2);
}

const REVERSAL: &str = ":20:A\n:25:NL71\n:28C:1/1\n:60F:C230101EUR100,00\n:61:2301020102D10,00NTRFREF1\n:86:rent\n\
                        :61:2301030103RD10,00NTRFREF1\n:86:rent\n:61:2301030103C1,00NTRFX\n:62F:C230103EUR101,00\n-\n";

#[test]
fn a_reversing_entry_reverses_the_original_once() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reversal.sta");
    fs::write(&file, REVERSAL).unwrap();
    let file = file.to_str().unwrap();
    for recorded in [3, 0] {
        let document = server.run(&["import", file, "--json"]).json();
        all_agree(&document);
        assert_eq!(document["totals"]["recorded"], recorded);
        assert_eq!(document["totals"]["reversals"], 1);
    }
    let history = server.run(&["history", "NL71", "--json"]).json();
    let events = history["events"].as_array().unwrap();
    let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
    assert_eq!(
        types,
        [
            "AccountOpened",
            "MoneyWithdrawn",
            "TransactionReversed",
            "MoneyDeposited"
        ]
    );
    assert_eq!(events[2]["data"]["reverses"], events[1]["event_id"]);
}

#[test]
fn another_download_of_the_same_statement_with_other_texts_changes_nothing() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    for (name, text, recorded) in [
        ("first.sta", REVERSAL.to_owned(), 3),
        ("second.sta", REVERSAL.replace("X\n", "OTHER\n"), 0),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let document = server
            .run(&["import", file.to_str().unwrap(), "--json"])
            .json();
        all_agree(&document);
        assert_eq!(document["totals"]["recorded"], recorded, "{document}");
    }
    let history = server.run(&["history", "NL71", "--json"]).json();
    assert_eq!(history["events"].as_array().unwrap().len(), 4);
}

/// 30 deposits, of which an import that was interrupted has recorded 25.
fn interrupted(server: &Server, file: &std::path::Path) {
    let entries: String = (1..=30)
        .map(|number| format!(":61:2301020102C{number},00NTRFREF{number}\n"))
        .collect();
    let text = format!(
        ":20:A\n:25:NL72\n:28C:1/1\n:60F:C230101EUR0,00\n{entries}:62F:C230102EUR465,00\n-\n"
    );
    fs::write(file, &text).unwrap();
    let statement = statements::read(text.as_bytes(), None).unwrap().remove(0);
    let plan = statements::plan(&statement.unwrap(), None);
    let statements::Step::Append(first) = &plan.steps[0] else {
        panic!("no reversal is first")
    };
    for request in [&plan.opening, first] {
        let events = json!(request.body.events);
        server.append("NL72", &request.idempotency_key, &events);
    }
}

#[test]
fn an_interrupted_import_continues_where_it_stopped() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.sta");
    interrupted(&server, &file);
    let ran = server.run(&["import", file.to_str().unwrap(), "--json"]);
    let document = ran.json();
    all_agree(&document);
    assert_eq!(document["totals"]["recorded"], 5);
    assert_eq!(document["totals"]["replayed"], 25);
}

#[test]
fn a_foreign_event_in_the_middle_of_a_statement_is_a_mismatch() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.sta");
    interrupted(&server, &file);
    let deposit = json!([{"type": "MoneyDeposited", "occurred_at": "2023-01-02T00:00:00Z",
                          "data": {"amount": "7.00", "currency": "EUR"}}]);
    server.append("NL72", "other", &deposit);
    let ran = server.run(&["import", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.complaint().ends_with(
            "account NL72: after 25 of 30 entries the account should hold 325.00 EUR, but at version 27 it holds \
             332.00 EUR (difference 7.00): others wrote in between; the rest is not imported"
        ),
        "{ran:?}"
    );
    let history = server.run(&["history", "NL72", "--json"]).json();
    assert_eq!(history["events"].as_array().unwrap().len(), 27);
}

#[test]
fn without_a_server_the_import_ends_with_one_line() {
    let file = statement("rabobank/iban-2013.sta");
    let ran = crate::running::run(["import", &file, "--endpoint", "http://127.0.0.1:9"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err
            .contains("no ledgerbell answers at http://127.0.0.1:9"),
        "{ran:?}"
    );
}
