//! The pages of docs/ and the README, whose commands are run in their order.

use tests::one_machine::{Folder, Server};
use tests::transcript::Transcript;

const TUTORIAL: &str = "docs/tutorial/first-mail.md";

#[test]
fn the_first_mail_arrives_as_its_tutorial_says() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    Transcript::read(TUTORIAL).run(&server);
}

#[test]
fn the_readme_does_what_it_says() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let readme = Transcript::read("README.md");
    readme.put_file("statement.sta", statement("rabobank/iban-2013.sta"));
    readme.put_file("other.xml", statement("wise/2024.xml"));
    readme.run(&server);
}

/// A bank's statement among the test data.
fn statement(name: &str) -> Vec<u8> {
    let file = xtask::root().join("tests/data/statements").join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Runs a page on a server on which the tutorial was carried out, as the page asks for.
fn after_the_tutorial(page: &str) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    Transcript::read(TUTORIAL).run(&server);
    let page = Transcript::read(page);
    page.put_file("statement.sta", statement("rabobank/iban-2013.sta"));
    page.run(&server);
}

#[test]
fn the_banks_systems_report_events_as_their_guide_says() {
    after_the_tutorial("docs/how-to/bank-systems.md");
}

#[test]
fn an_analyst_gets_the_answers_of_the_guide() {
    after_the_tutorial("docs/how-to/analyst.md");
}

#[test]
fn an_operator_gets_what_the_guide_shows() {
    after_the_tutorial("docs/how-to/operator.md");
}

#[test]
fn statements_are_imported_as_their_guide_says() {
    after_the_tutorial("docs/how-to/import.md");
}

#[test]
fn a_mail_is_previewed_as_the_guide_to_its_words_says() {
    after_the_tutorial("docs/how-to/mail-words.md");
}

#[test]
fn preferences_are_tried_as_their_reference_says() {
    after_the_tutorial("docs/reference/preferences.md");
}

#[test]
fn suppressed_addresses_are_seen_and_lifted_as_the_page_about_delivery_says() {
    after_the_tutorial("docs/explanation/mail-delivery.md");
}

#[test]
fn the_cost_is_computed_as_its_page_says() {
    after_the_tutorial("docs/explanation/cost.md");
}

#[test]
fn a_load_is_planned_as_its_page_says() {
    after_the_tutorial("docs/explanation/load.md");
}
