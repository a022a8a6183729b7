//! Bank files on the page: a preview that changes nothing, the import, and what is refused.

use serde_json::{Value, json};
use tests::one_machine::eventually;

use crate::given::{ANSWERS, Given};

const STATEMENT: &str = include_str!("../../data/statements/wise/2024.xml");
/// Its entries do not lead to its closing balance.
const CONTRADICTION: &str = include_str!("../../data/statements/ing/2010.sta");
const ACCOUNT: &str = "123456789";

/// Puts files into the field, as a person does who chooses them.
fn choose(given: &Given, files: &[(&str, &str)]) {
    let files = Value::from_iter(files.iter().map(|(name, text)| json!([name, text])));
    let _ = given.page.evaluate(&format!(
        "(() => {{ const chosen = new DataTransfer();
            for (const [name, text] of {files}) chosen.items.add(new File([text], name));
            const field = document.querySelector('#import-files');
            field.files = chosen.files;
            field.dispatchEvent(new Event('change')); }})()"
    ));
}

fn cannot_start(given: &Given) -> bool {
    let disabled = "document.querySelector('#import-start').disabled";
    given.page.evaluate(disabled) == true
}

fn open(given: &Given) {
    given.open("/imports");
    given.page.wait_for("#import", "MT940");
}

/// Waits until the account's view is at this version and balance.
fn wait_for_account(given: &Given, version: u64, balance: &str) {
    let path = format!("/v1/accounts/{ACCOUNT}");
    eventually("the account is projected", || {
        let account = given.api().try_get(&path)?.json;
        match account["version"] == version && account["balance"] == balance {
            true => Ok(()),
            false => Err(account.to_string()),
        }
    });
}

#[test]
fn files_are_previewed_imported_once_and_known_the_next_time() {
    let given = Given::new();
    let page = &given.page;
    open(&given);
    choose(
        &given,
        &[("2024.xml", STATEMENT), ("2010.sta", CONTRADICTION)],
    );
    page.wait_for(
        "#import .status",
        "10 movements would be recorded, 1 account would be opened, 1 statement could not be read, 0 mails.",
    );
    let preview = page.text("#import-report");
    assert!(preview.starts_with("Preview"), "{preview}");
    for told in ["2024.xml, line 8", "would be opened", "1 285.32 CHF", "yes"] {
        assert!(preview.contains(told), "{told}: {preview}");
    }
    let refusal = page.text("#import-report .notes");
    assert!(
        refusal.starts_with("2010.sta, line 26")
            && refusal.contains("the statement contradicts itself"),
        "{refusal}"
    );
    let account = given.api().try_get(&format!("/v1/accounts/{ACCOUNT}"));
    assert_eq!(account.unwrap().status, 404);

    page.click("#import-start");
    page.wait_for("#import .status", "10 movements recorded, 1 account opened");
    page.wait_for("#import-report", "Imported");
    wait_for_account(&given, 11, "1285.32");

    open(&given);
    // What was done is still there.
    page.wait_for("#import-report", "Imported");
    choose(&given, &[("2024.xml", STATEMENT)]);
    page.wait_for(
        "#import .status",
        "nothing would change, 10 movements were recorded before, 0 mails.",
    );
    assert!(cannot_start(&given));
    wait_for_account(&given, 11, "1285.32");
    given.assert_clean();
}

#[test]
fn mails_are_counted_before_an_import_that_notifies() {
    let given = Given::new();
    let page = &given.page;
    open(&given);
    let _ = page.evaluate("document.querySelector('#import-customer').value = 'ana'");
    choose(&given, &[("2024.xml", STATEMENT)]);
    page.wait_for("#import .status", "0 mails.");
    page.choose("#import-notify", "all");
    page.wait_for("#import .status", "10 mails.");
    page.wait_for("#import-start", "Import, and send 10 mails");
    page.click("#import-start");
    page.wait_for("#import .status", "10 movements recorded");
    eventually("ten mails were sent", || match given.api().inbox().len() {
        10 => Ok(()),
        other => Err(other.to_string()),
    });
    given.assert_clean();
}

#[test]
fn a_refused_preview_says_why_and_can_be_asked_again() {
    let given = Given::new();
    let page = &given.page;
    page.before_load(ANSWERS);
    open(&given);
    let _ = page.evaluate("window.failing['/local/imports'] = 403");
    choose(&given, &[("2024.xml", STATEMENT)]);
    page.wait_for("#import .status", "the test answers 403");
    assert!(cannot_start(&given));
    let _ = page.evaluate("window.failing = {}");
    page.click("#import-preview");
    page.wait_for("#import .status", "10 movements would be recorded");
    given.assert_clean();
}
