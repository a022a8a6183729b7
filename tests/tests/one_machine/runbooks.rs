//! The runbooks of docs/runbooks, carried out.

use tests::one_machine::{Append, Folder, Server, eventually, settled};
use tests::transcript::Transcript;

const DAMAGED: &str = "ACC-DAMAGED";

#[test]
fn rebuilding_balances_goes_as_its_runbook_says() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    for account in ["ACC-1", "ACC-2"] {
        let mut opening = Append::deposit(account, "open", "125.50", "EUR", "salary");
        opening
            .events
            .insert(0, tests::one_machine::opening("ana", "EUR"));
        api.append(&opening);
    }
    eventually("the time index has both", || {
        let listed = api.get("/v1/accounts");
        let count = listed["accounts"].as_array().map_or(0, Vec::len);
        (count == 2).then_some(()).ok_or_else(|| listed.to_string())
    });
    let mut transcript = Transcript::read("docs/maintenance/rebuild-balances.md");
    transcript.run_block(&server);
    transcript.run_block(&server);
    transcript.end();
}

#[test]
fn a_parked_account_goes_on_as_its_runbook_says() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(DAMAGED, "ana", "EUR");
    api.append(&Append::deposit(DAMAGED, "first", "10.00", "EUR", "before"));
    let _ = settled(&api, &folder.disk(), DAMAGED, 2, 1);
    server.stop();
    let (right, wrong) = ("\"33.33\"", "\"33.34\"");
    folder.disk().damage_what_is_written(DAMAGED, right, wrong);

    let server = Server::start(&folder);
    let api = server.api();
    api.append(&Append::deposit(DAMAGED, "second", "33.33", "EUR", "it"));
    eventually("the account is parked", || {
        let letters = api.dead_letters();
        letters.first().cloned().ok_or("no dead letter".to_owned())
    });
    let mut transcript = Transcript::read("docs/maintenance/parked-account.md");
    transcript.run_block(&server);
    transcript.run_block(&server);
    server.stop();
    folder.disk().repair(DAMAGED, right, wrong);
    let server = Server::start(&folder);
    transcript.run_block(&server);
    transcript.end();
    let outcome = settled(&server.api(), &folder.disk(), DAMAGED, 3, 2);
    assert_eq!(outcome.account["balance"], "43.33");
}

#[test]
fn a_backup_of_one_machine_is_put_back_as_its_runbook_says() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut opening = Append::deposit("ACC-1", "open", "125.50", "EUR", "salary");
    opening
        .events
        .insert(0, tests::one_machine::opening("ana", "EUR"));
    server.api().append(&opening);
    let _ = settled(&server.api(), &folder.disk(), "ACC-1", 2, 0);
    server.stop();
    let backup = folder.disk().backup();

    let server = Server::start(&folder);
    let lost = Append::deposit("ACC-1", "lost", "1.00", "EUR", "after the backup");
    server.api().append(&lost);
    server.stop();
    folder.disk().put_back(&backup);

    let server = Server::start(&folder);
    let mut transcript = Transcript::read("docs/maintenance/restoring.md");
    transcript.run_block(&server);
    transcript.end();
    // The bank sends everything again, under its keys.
    let api = server.api();
    let repeated = api.try_append(&opening).unwrap();
    assert_eq!(repeated.status, 200, "{}", repeated.text);
    api.append(&lost);
    let outcome = settled(&api, &folder.disk(), "ACC-1", 3, 0);
    assert_eq!(outcome.account["balance"], "126.50");
}
