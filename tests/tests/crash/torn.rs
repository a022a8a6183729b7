//! A file is not as it was written.

use tests::one_machine::{Append, Disk, Folder, Load, Outcome, Server, settled};

const ACCOUNT: &str = "ACC-TORN";
const EVENTS: &str = "dynamodb.sqlite";
const LOCAL: &str = "local.sqlite";

/// A folder whose server has recorded and told a load, and is idle.
fn served() -> (Folder, Server, Load) {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");
    let load = Load {
        account: ACCOUNT.to_owned(),
        writers: 4,
        deposits: 10,
    };
    let (writers, _) = load.start(&api);
    writers.join().unwrap();
    outcome(&server, &folder, &load).is_exactly(&load);
    (folder, server, load)
}

fn outcome(server: &Server, folder: &Folder, load: &Load) -> Outcome {
    let total = load.total();
    settled(&server.api(), &folder.disk(), ACCOUNT, total + 1, total)
}

#[track_caller]
fn refused(folder: &Folder, file: &str, reason: &str) {
    let refusal = Server::refused(folder);
    let line = refusal.line();
    eprintln!("{line}");
    assert!(line.contains(file), "{line}");
    assert!(line.contains(reason), "{line}");
}

#[test]
fn a_write_to_the_journal_that_came_half_way_was_not_acknowledged_and_takes_nothing_with_it() {
    let (folder, server, load) = served();
    server.kill();
    for file in [EVENTS, LOCAL] {
        assert!(folder.disk().has_journal(file), "{file}");
        folder.disk().tear_a_write_to_the_journal(file);
    }
    let server = Server::start(&folder);
    outcome(&server, &folder, &load).is_exactly(&load);
    server.stop();
}

#[test]
fn a_page_that_was_torn_on_its_way_from_the_journal_is_taken_from_there() {
    let (folder, server, load) = served();
    // The files have grown out of their journals before.
    server.stop();
    let server = Server::start(&folder);
    let deposit = Append::deposit(ACCOUNT, "last", "1.00", "EUR", "last");
    let api = server.api();
    api.append(&deposit);
    let total = load.total();
    let _ = settled(&api, &folder.disk(), ACCOUNT, total + 2, total + 1);
    server.kill();
    for file in [EVENTS, LOCAL] {
        let torn = folder.disk().tear_what_is_moved_from_the_journal(file);
        eprintln!("{torn} pages of {file} torn that its journal holds");
        assert!(torn > 0, "{file}");
    }
    let server = Server::start(&folder);
    let api = server.api();
    let outcome = settled(&api, &folder.disk(), ACCOUNT, total + 2, total + 1);
    assert_eq!(outcome.verification["valid"], true);
    assert_eq!(outcome.verification["checked_events"], total + 2);
    assert_eq!(outcome.mails.len(), total + 1);
    assert!(
        outcome.dead_letters.is_empty(),
        "{:#?}",
        outcome.dead_letters
    );
    server.stop();
}

#[test]
fn a_torn_last_page_is_refused_until_a_backup_is_put_back() {
    type Tear = fn(&Disk, &str);
    let (folder, server, load) = served();
    server.stop();
    let backup = folder.disk().backup();
    let tears: [Tear; 2] = [Disk::tear_the_last_page, Disk::cut_the_last_page];
    for file in [EVENTS, LOCAL] {
        for tear in tears {
            tear(&folder.disk(), file);
            let torn = folder.disk().backup();
            refused(&folder, file, "is damaged");
            for (path, bytes) in torn {
                let now = std::fs::read(&path).unwrap();
                assert!(now == bytes, "{} was changed", path.display());
            }
            folder.disk().put_back(&backup);
        }
    }
    let server = Server::start(&folder);
    outcome(&server, &folder, &load).is_exactly(&load);
    server.stop();
}

#[test]
fn events_that_a_bad_disk_took_from_the_end_of_the_journal_are_missed_at_the_next_start() {
    let (folder, server, load) = served();
    server.stop();
    let server = Server::start(&folder);
    let deposit = Append::deposit(ACCOUNT, "last", "1.00", "EUR", "last");
    server.api().append(&deposit);
    let total = load.total();
    let api = server.api();
    let _ = settled(&api, &folder.disk(), ACCOUNT, total + 2, total + 1);
    server.kill();
    folder.disk().lose_the_end_of_the_journal(EVENTS, 0);
    refused(&folder, EVENTS, "lacks an event");
}

#[test]
fn a_file_that_was_emptied_is_missed_and_not_begun_anew() {
    let (folder, server, load) = served();
    server.stop();
    let backup = folder.disk().backup();
    for (file, reason) in [(EVENTS, "lacks an event"), (LOCAL, "missing or empty")] {
        folder.disk().empty(file);
        refused(&folder, file, reason);
        // And it stays so.
        refused(&folder, file, reason);
        folder.disk().put_back(&backup);
    }
    let server = Server::start(&folder);
    outcome(&server, &folder, &load).is_exactly(&load);
    server.stop();
}
