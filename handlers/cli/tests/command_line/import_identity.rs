//! What `ledgerbell import` takes for the same, and what not: no movement is
//! lost, and none is booked twice.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;

use crate::running::{Ran, Server};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Imports these files, in this order.
fn import<B: AsRef<[u8]>>(server: &Server, files: &[B], more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<String> = files
        .iter()
        .enumerate()
        .map(|(number, content)| written(&folder, number, content.as_ref()))
        .collect();
    let mut arguments = vec!["import", "--json"];
    arguments.extend(paths.iter().map(String::as_str));
    arguments.extend(more);
    server.run(&arguments)
}

fn written(folder: &TempDir, number: usize, content: &[u8]) -> String {
    let path = folder.path().join(format!("{number}.txt"));
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn assert_done(ran: &Ran, recorded: u64, replayed: u64) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let totals = &ran.json()["totals"];
    assert_eq!(totals["recorded"], recorded, "{totals}");
    assert_eq!(totals["replayed"], replayed, "{totals}");
}

/// The account's newest balance.
fn balance(server: &Server, account: &str) -> String {
    let history = server.run(&["history", account, "--json"]).json();
    let version = history["events"].as_array().unwrap().len().to_string();
    let as_of = server.run(&["balance", account, "--as-of-version", &version, "--json"]);
    as_of.json()["balance"].as_str().unwrap().to_owned()
}

/// A notification of one payment.
fn notification(id: &str, reference: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>{id}</MsgId></GrpHdr>\
         <Ntfctn><Id>{id}</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>\
         <Ntry><Amt Ccy=\"EUR\">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>\
         <AcctSvcrRef>{reference}</AcctSvcrRef>\
         <NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\
         </Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n"
    )
}

const NOTIFIED: &str = "DE02120300000000202051";

#[test]
fn two_notifications_of_the_same_day_and_amount_are_two_payments() {
    for (one, other) in [(("N1", "R1"), ("N2", "R2")), (("N1", "R"), ("N2", "R"))] {
        let server = Server::start();
        let files = [one, other].map(|(id, reference)| notification(id, reference, "rent"));
        assert_done(&import(&server, &files, &[]), 2, 0);
        assert_eq!(balance(&server, NOTIFIED), "25.00");
        assert_done(&import(&server, &files, &[]), 0, 2);
        assert_done(&import(&server, &files[1..], &[]), 0, 1);
        assert_eq!(balance(&server, NOTIFIED), "25.00");
    }
}

#[test]
fn two_indistinguishable_entries_are_two() {
    let server = Server::start();
    let one = notification("N1", "R1", "rent");
    let (head, tail) = one.split_at(one.find("<Ntry>").unwrap());
    let (entry, tail) = tail.split_at(tail.find("</Ntfctn>").unwrap());
    let two = format!("{head}{entry}{entry}{tail}");
    assert_done(&import(&server, &[&two], &[]), 2, 0);
    assert_done(&import(&server, &[&two], &[]), 0, 2);
    assert_eq!(balance(&server, NOTIFIED), "25.00");
}

#[test]
fn an_entry_repeated_with_another_amount_is_reported_and_changes_nothing() {
    let server = Server::start();
    let first = notification("N1", "R1", "rent");
    assert_done(&import(&server, &[&first], &[]), 1, 0);
    let ran = import(&server, &[first.replace("12.50", "12.51")], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("recorded before as 12.50 EUR") && ran.err.contains("12.51 EUR"),
        "{ran:?}"
    );
    assert_eq!(balance(&server, NOTIFIED), "12.50");
}

/// A page of a statement in MT940.
fn page(number: &str, opening: &str, entries: &[&str], closing: &str) -> String {
    let entries: String = entries
        .iter()
        .map(|entry| format!(":61:2603020302{entry}\n:86:Zürich, Straße 5\n"))
        .collect();
    format!(
        ":20:STARTUMSE\n:25:12345/678\n:28C:{number}\n:60M:C260302EUR{opening}\n{entries}:62M:C260302EUR{closing}\n-\n"
    )
}

const PAGED: &str = "12345-678";

/// Three pages, of which the third repeats the first in all but its number.
fn three_pages(numbers: [&str; 3]) -> [String; 3] {
    [
        page(numbers[0], "100,", &["C10,NTRFA"], "110,"),
        page(numbers[1], "110,", &["D10,NTRFB"], "100,"),
        page(numbers[2], "100,", &["C10,NTRFA"], "110,"),
    ]
}

#[test]
fn a_page_that_repeats_the_amounts_of_another_is_booked() {
    let pages = three_pages(["5/1", "5/2", "5/3"]);
    let server = Server::start();
    let whole = [pages.concat()];
    assert_done(&import(&server, &whole, &[]), 3, 0);
    assert_eq!(balance(&server, PAGED), "110.00");
    assert_done(&import(&server, &whole, &[]), 0, 3);
    // Page by page, the last first.
    let [one, two, three] = pages;
    assert_done(&import(&server, &[three, one, two], &[]), 0, 3);
    assert_eq!(balance(&server, PAGED), "110.00");
}

#[test]
fn pages_of_one_day_under_one_number_are_all_booked() {
    let server = Server::start();
    let whole = [three_pages(["5", "5", "5"]).concat()];
    assert_done(&import(&server, &whole, &[]), 3, 0);
    assert_done(&import(&server, &whole, &[]), 0, 3);
    assert_eq!(balance(&server, PAGED), "110.00");
}

#[test]
fn pages_of_one_day_and_number_are_sorted() {
    let one = page("5", "100,", &["C10,NTRFA"], "110,");
    let two = page("5", "110,", &["C20,NTRFB"], "130,");
    let three = page("5", "130,", &["C30,NTRFC"], "160,");
    for files in [
        vec![three.clone(), one.clone(), two.clone()],
        vec![format!("{two}{three}{one}")],
    ] {
        let server = Server::start();
        assert_done(&import(&server, &files, &[]), 3, 0);
        assert_done(&import(&server, &files, &[]), 0, 3);
        assert_eq!(balance(&server, PAGED), "160.00");
    }
}

#[test]
fn line_ends_and_encodings_do_not_change_a_statements_identity() {
    let server = Server::start();
    let text = three_pages(["5/1", "5/2", "5/3"]).concat();
    let windows: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let utf16: Vec<u8> = format!("\u{FEFF}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    // What is left where an encoding was taken for another.
    let garbled = text.replace("ü", "Ã¼").replace("ß", "?");
    let mut recorded = 3;
    for file in [
        text.replace('\n', "\r").into_bytes(),
        text.clone().into_bytes(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', "\r\r\n").into_bytes(),
        windows,
        utf16,
        garbled.into_bytes(),
    ] {
        assert_done(&import(&server, &[file], &[]), recorded, 3 - recorded);
        recorded = 0;
    }
    assert_eq!(balance(&server, PAGED), "110.00");
}

#[test]
fn other_texts_change_nothing_and_stop_nothing() {
    let server = Server::start();
    let file = |text: &str| {
        let entries: Vec<String> = (1..=60).map(|n| format!("C{n},NTRFREF{n}")).collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        page("5/1", "0,", &entries, "1830,").replace("Straße", text)
    };
    assert_done(&import(&server, &[file("Straße")], &[]), 60, 0);
    assert_done(&import(&server, &[file("Strasse")], &[]), 0, 60);
    let notified = |text| [notification("N1", "R1", text)];
    assert_done(&import(&server, &notified("Müller"), &[]), 1, 0);
    assert_done(&import(&server, &notified("M?ller"), &[]), 0, 1);
    assert_eq!(balance(&server, PAGED), "1830.00");
    assert_eq!(balance(&server, NOTIFIED), "12.50");
}

#[test]
fn a_dry_run_knows_the_same_as_the_import() {
    let server = Server::start();
    let whole = [three_pages(["5/1", "5/2", "5/3"]).concat()];
    for (recorded, replayed) in [(3, 0), (0, 3)] {
        let dry = import(&server, &whole, &["--dry-run"]);
        assert_done(&dry, recorded, replayed);
        let real = import(&server, &whole, &[]);
        assert_done(&real, recorded, replayed);
        let [dry, real] = [dry, real].map(|ran| ran.json()["statements"].clone());
        for (dry, real) in dry.as_array().unwrap().iter().zip(real.as_array().unwrap()) {
            let of = |statement: &Value| json!([statement["balance"], statement["verdict"]]);
            assert_eq!(of(dry), of(real));
        }
    }
}

/// Records what an earlier version recorded of these files: it took two
/// statements of the same days and amounts for one.
fn recorded_by_an_earlier_version(server: &Server, files: &[String], most: usize) {
    let read = files
        .iter()
        .flat_map(|file| statements::read(file.as_bytes(), None).unwrap());
    let mut known = BTreeSet::new();
    for (number, statement) in read.enumerate() {
        let plan = statements::plan(&statement.unwrap(), None);
        let account = plan.account_id.as_str();
        if number == 0 {
            server.append(account, "opening", &json!(plan.opening.body.events));
        }
        for request in plan.former.into_iter().take(most) {
            if known.insert(request.idempotency_key.clone()) {
                let entries = plan.entries[request.entries].iter();
                let events: Vec<_> = entries.map(statements::plan::movement).collect();
                server.append(account, &request.idempotency_key, &json!(events));
            }
        }
    }
}

#[test]
fn entries_of_an_earlier_version_are_not_booked_again_and_those_it_lost_are_booked() {
    let server = Server::start();
    let pages = [three_pages(["5/1", "5/2", "5/3"]).concat()];
    recorded_by_an_earlier_version(&server, &pages, usize::MAX);
    assert_eq!(balance(&server, PAGED), "100.00");
    assert_done(&import(&server, &pages, &[]), 1, 2);
    assert_done(&import(&server, &pages, &[]), 0, 3);
    assert_eq!(balance(&server, PAGED), "110.00");

    let notified =
        [("N1", "R1"), ("N2", "R2")].map(|(id, reference)| notification(id, reference, "rent"));
    recorded_by_an_earlier_version(&server, &notified, usize::MAX);
    assert_eq!(balance(&server, NOTIFIED), "12.50");
    assert_done(&import(&server, &notified, &[]), 1, 1);
    assert_done(&import(&server, &notified, &[]), 0, 2);
    // One alone, which says something else than what was recorded under its key.
    let other = notification("N3", "R3", "salary");
    assert_done(&import(&server, &[other], &[]), 1, 0);
    assert_eq!(balance(&server, NOTIFIED), "37.50");
}

#[test]
fn an_import_that_an_earlier_version_left_unfinished_is_finished() {
    let server = Server::start();
    let entries: Vec<String> = (1..=60).map(|n| format!("C{n},NTRFREF{n}")).collect();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let file = [page("5/1", "0,", &entries, "1830,")];
    recorded_by_an_earlier_version(&server, &file, 1);
    assert_done(&import(&server, &file, &[]), 35, 25);
    assert_done(&import(&server, &file, &[]), 0, 60);
    assert_eq!(balance(&server, PAGED), "1830.00");
}

#[test]
fn pages_of_one_number_in_files_of_their_own_are_all_booked_and_copies_are_not() {
    let server = Server::start();
    let mut pages = three_pages(["5", "5", "5"]);
    pages[2] = pages[2].replace("Straße 5", "Straße 6");
    assert_done(&import(&server, &pages, &[]), 3, 0);
    assert_done(&import(&server, &pages, &[]), 0, 3);
    let [one, two, three] = pages;
    let copy = one.replace('\n', "\r\n");
    assert_done(&import(&server, &[three, one, copy, two], &[]), 0, 4);
    assert_eq!(balance(&server, PAGED), "110.00");
}

#[test]
fn a_copy_that_may_be_another_page_is_reported() {
    let server = Server::start();
    let pages = three_pages(["5", "5", "5"]);
    let ran = import(&server, &pages, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains(
            "the account holds 100.00 EUR at version 3, but the statement closes with 110.00 EUR"
        ) && ran
            .err
            .contains("if the bank booked both, import them in one file"),
        "{ran:?}"
    );
    assert_done(&import(&server, &[pages.concat()], &[]), 1, 2);
    // Copies of days that cannot have been booked twice are nothing to speak of.
    let days = [
        page("6", "110,", &["C10,NTRFA"], "120,"),
        page("7", "120,", &["C10,NTRFA"], "130,"),
    ];
    let copied = [&days[..], &days[..]].concat();
    assert_done(&import(&server, &copied, &[]), 2, 2);
}

/// Two payments of one amount each, in pages of camt.053.
fn camt_page(page: &str, opening: i64, entries: &[i64]) -> String {
    let amount = |tag: &str, minor: i64| {
        let mark = if minor < 0 { "DBIT" } else { "CRDT" };
        let (units, cents) = (minor.abs() / 100, minor.abs() % 100);
        format!("<{tag}><Amt Ccy=\"EUR\">{units}.{cents:02}</Amt><CdtDbtInd>{mark}</CdtDbtInd>")
    };
    let balance = |code: &str, minor: i64| {
        format!(
            "{}<Dt><Dt>2026-03-02</Dt></Dt><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp></Bal>",
            amount("Bal", minor)
        )
    };
    let lines: String = entries
        .iter()
        .map(|minor| {
            format!(
                "{}<Sts>BOOK</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt></Ntry>",
                amount("Ntry", *minor)
            )
        })
        .collect();
    let closing = opening + entries.iter().sum::<i64>();
    format!(
        "<Document><BkToCstmrStmt><Stmt><Id>S</Id><ElctrncSeqNb>9</ElctrncSeqNb>\
         <StmtPgntn><PgNb>{page}</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{lines}</Stmt></BkToCstmrStmt></Document>",
        balance("ITBD", opening),
        balance("ITBD", closing)
    )
}

#[test]
fn pages_of_camt_053_that_repeat_each_other_are_all_booked() {
    let server = Server::start();
    let pages = [
        camt_page("1", 10_000, &[1_000, 1_000]),
        camt_page("2", 12_000, &[-2_000]),
        camt_page("3", 10_000, &[1_000, 1_000]),
    ];
    assert_done(&import(&server, &pages, &[]), 5, 0);
    assert_eq!(balance(&server, NOTIFIED), "120.00");
    let again = [&pages[2], &pages[0], &pages[1]];
    assert_done(&import(&server, &again, &[]), 0, 5);
    assert_done(&import(&server, &pages[2..], &[]), 0, 2);
}

/// Two files of one download after the other: the statement in the middle is in
/// both, and the second file is another message.
fn overlapping(statements: [String; 3]) -> [String; 2] {
    let [one, both, other] = statements;
    let later = format!("{both}{other}").replace("STARTUMSE", "LATER");
    [format!("{one}{both}"), later]
}

#[test]
fn a_statement_in_two_overlapping_files_is_booked_once() {
    let server = Server::start();
    let files = overlapping([
        page("5", "100,", &["C10,NTRFA"], "110,"),
        page("6", "110,", &["C15,NTRFB"], "125,"),
        page("7", "125,", &["C5,NTRFC"], "130,"),
    ]);
    assert_done(&import(&server, &files, &[]), 3, 1);
    assert_done(&import(&server, &files, &[]), 0, 4);
    assert_eq!(balance(&server, PAGED), "130.00");
}

#[test]
fn an_overlap_of_days_with_a_sum_of_zero_is_booked_once_and_reported() {
    let server = Server::start();
    let day = |number| page(number, "100,", &["C10,NTRFA", "D10,NTRFB"], "100,");
    let files = overlapping(["5", "6", "7"].map(day));
    let ran = import(&server, &files, &[]);
    assert_done(&ran, 6, 2);
    assert!(ran.err.contains("counts as that one"), "{ran:?}");
    assert_done(&import(&server, &files, &[]), 0, 8);
}

#[test]
fn a_day_with_a_sum_of_zero_and_other_texts_is_booked_and_reported() {
    let server = Server::start();
    let day = page("5", "100,", &["C10,NTRFA", "D10,NTRFB"], "100,");
    let files = [day.clone(), day.replace("Straße 5", "Straße 6")];
    for (recorded, replayed) in [(4, 0), (0, 4)] {
        let ran = import(&server, &files, &[]);
        assert_done(&ran, recorded, replayed);
        assert!(
            ran.err
                .contains("but other texts, and counts as one of its own"),
            "{ran:?}"
        );
    }
    // In one file they are two, as their balances have it.
    let ran = import(&server, &[files.concat()], &[]);
    assert_done(&ran, 0, 4);
    assert_eq!(ran.err, "");
}

#[test]
fn an_overlap_of_pages_that_lead_back_to_their_beginning_is_booked_once() {
    let server = Server::start();
    let both =
        page("5/1", "100,", &["C10,NTRFA"], "110,") + &page("5/2", "110,", &["D10,NTRFB"], "100,");
    let files = overlapping([
        page("4", "90,", &["C10,NTRFA"], "100,"),
        both,
        page("6", "100,", &["C5,NTRFC"], "105,"),
    ]);
    assert_done(&import(&server, &files, &[]), 4, 2);
    assert_done(&import(&server, &files, &[]), 0, 6);
    assert_eq!(balance(&server, PAGED), "105.00");
}

#[test]
fn a_page_that_another_message_repeats_word_for_word_is_reported() {
    let server = Server::start();
    let mut pages = three_pages(["5", "5", "5"]);
    pages[2] = pages[2].replace("STARTUMSE", "LATER");
    let ran = import(&server, &pages, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err
            .contains("if the bank booked both, import them in one file"),
        "{ran:?}"
    );
    assert_done(&import(&server, &[pages.concat()], &[]), 1, 2);
    assert_eq!(balance(&server, PAGED), "110.00");
}

#[test]
fn a_copy_in_another_declared_encoding_is_a_copy() {
    let server = Server::start();
    let statement = camt_page("1", 10_000, &[1_000, -1_000]);
    let files = ["UTF-8", "ISO-8859-1"]
        .map(|encoding| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{statement}"));
    assert_done(&import(&server, &files, &[]), 2, 2);
}

#[test]
fn a_page_with_the_number_of_an_imported_one_is_reported() {
    let server = Server::start();
    let mut pages = three_pages(["5", "5", "5"]);
    pages[2] = pages[2].replace("Straße 5", "Straße 6");
    assert_done(&import(&server, &pages[..1], &[]), 1, 0);
    assert_done(&import(&server, &pages[1..2], &[]), 1, 0);
    let ran = import(&server, &pages[2..], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains(
            "the account holds 100.00 EUR at version 3, but the statement closes with 110.00 EUR"
        ) && ran
            .err
            .contains("if the bank booked both, import them in one file"),
        "{ran:?}"
    );
    // What was imported comes again with other texts: the account has moved on since.
    let again = pages[..2].concat().replace("Straße", "Strasse");
    assert_done(&import(&server, &[again], &[]), 0, 2);
    assert_done(&import(&server, &pages, &[]), 1, 2);
    assert_eq!(balance(&server, PAGED), "110.00");
}

#[test]
fn a_notification_repeated_as_a_page_of_a_message_is_the_same_payment() {
    let server = Server::start();
    let first = notification("N1", "R1", "rent");
    let paged = first.replace(
        "</GrpHdr>",
        "<MsgPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></MsgPgntn></GrpHdr>",
    );
    assert_done(&import(&server, &[first], &[]), 1, 0);
    assert_done(&import(&server, &[paged], &[]), 0, 1);
    assert_eq!(balance(&server, NOTIFIED), "12.50");
}

#[test]
fn an_earlier_versions_record_of_a_twin_does_not_finish_a_statement() {
    let server = Server::start();
    let [one, other] = ["5/1", "5/2"].map(|number| {
        let page = page(number, "100,", &["C10,NTRFA", "D10,NTRFB"], "100,");
        page.replace("2603020302D10", "2603030303D10")
    });
    recorded_by_an_earlier_version(&server, &[one], usize::MAX);
    // The other one was interrupted after its first day.
    let read = statements::read(other.as_bytes(), None).unwrap();
    let plan = statements::plan(read[0].as_ref().unwrap(), None);
    let statements::Step::Append(first) = &plan.steps[0] else {
        panic!("{plan:?}");
    };
    server.append(PAGED, &first.idempotency_key, &json!(first.body.events));
    assert_eq!(balance(&server, PAGED), "110.00");
    let other = [other];
    assert_done(&import(&server, &other, &[]), 1, 1);
    assert_eq!(balance(&server, PAGED), "100.00");
    assert_done(&import(&server, &other, &[]), 0, 2);
}

/// What a bank may write in a day: pages of some entries of a few amounts, so
/// that many repeat each other, under numbers that tell them apart or not.
#[derive(Debug, Clone)]
struct Day {
    pages: Vec<Vec<i64>>,
    numbered: bool,
    one_file: bool,
    line_end: &'static str,
}

fn day() -> impl Strategy<Value = Day> {
    let amount = prop::sample::select(vec![-1000_i64, -100, 100, 1000]);
    let page = prop::collection::vec(amount, 1..4);
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let pages = prop::collection::vec(page, 1..6);
    (pages, any::<bool>(), any::<bool>(), line_end).prop_map(
        |(pages, numbered, one_file, line_end)| Day {
            pages,
            numbered,
            one_file,
            line_end,
        },
    )
}

impl Day {
    fn files(&self, account: u32) -> Vec<String> {
        let signed = |minor: i64| {
            let sign = if minor < 0 { 'D' } else { 'C' };
            (
                sign,
                format!("{},{:02}", minor.abs() / 100, minor.abs() % 100),
            )
        };
        let balance = |minor: i64| {
            let (sign, amount) = signed(minor);
            format!("{sign}260302EUR{amount}")
        };
        let mut before = 100_000;
        let pages = self.pages.iter().enumerate().map(|(index, entries)| {
            let after = before + entries.iter().sum::<i64>();
            let number = match self.numbered {
                true => format!("5/{}", index + 1),
                false => "5".to_owned(),
            };
            let lines: String = entries
                .iter()
                .map(|minor| {
                    let (sign, amount) = signed(*minor);
                    format!(":61:2603020302{sign}{amount}NTRFNONREF\n:86:page {index}\n")
                })
                .collect();
            let page = format!(
                ":20:A\n:25:{account}\n:28C:{number}\n:60M:{}\n{lines}:62M:{}\n-\n",
                balance(before),
                balance(after)
            );
            before = after;
            page.replace('\n', self.line_end)
        });
        let pages: Vec<String> = pages.collect();
        match self.one_file {
            true => vec![pages.concat()],
            false => pages,
        }
    }
}

#[test]
fn whatever_a_bank_repeats_the_sum_is_booked_and_importing_again_changes_nothing() {
    let server = Server::start();
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(16),
        ..Config::default()
    });
    let account = Cell::new(1000);
    let done = runner.run(&day(), |day| {
        account.set(account.get() + 1);
        let files = day.files(account.get());
        let entries = day.pages.iter().flatten();
        let (count, sum) = (entries.clone().count() as u64, entries.sum::<i64>());
        assert_done(&import(&server, &files, &[]), count, 0);
        assert_done(&import(&server, &files, &[]), 0, count);
        let minor = 100_000 + sum;
        let expected = format!("{}.{:02}", minor / 100, minor % 100);
        prop_assert_eq!(balance(&server, &account.get().to_string()), expected);
        Ok(())
    });
    done.unwrap();
}
