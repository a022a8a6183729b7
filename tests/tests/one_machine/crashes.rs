//! The process dies in the middle of the work.

use std::collections::BTreeSet;
use std::time::Duration;

use tests::one_machine::{
    Acknowledged, Folder, Load, Outcome, Progress, Seed, Server, eventually, fixed_port, settled,
};

use crate::Timed;

const ACCOUNT: &str = "ACC-CRASH";
/// What an orderly stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(15);

#[test]
fn kill_9_in_the_middle_of_the_load_loses_nothing_and_doubles_nothing() {
    let _timed = Timed::test("kill -9");
    let mut seed = Seed::printed();
    let folder = Folder::new();
    let port = fixed_port();
    let mut server = Server::start_on(&folder, port);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");

    let load = Load::on(ACCOUNT);
    let (writers, progress) = load.start(&api);
    for (low, high) in [(50, 250), (350, 600), (700, 950)] {
        reach(&progress, seed.between(low, high));
        eprintln!(
            "kill -9 after {} answers, {} mails",
            progress.acknowledged(),
            folder.disk().mails()
        );
        server.kill();
        server = Server::start_on(&folder, port);
    }
    let acknowledged = writers.join().unwrap();
    // And once more while the last mails are on their way.
    if folder.disk().deliveries() > 0 {
        eprintln!(
            "kill -9 with {} deliveries under way",
            folder.disk().deliveries()
        );
        server.kill();
        server = Server::start_on(&folder, port);
    }

    let outcome = settled(
        &api,
        &folder.disk(),
        ACCOUNT,
        load.total() + 1,
        load.total(),
    );
    outcome.is_exactly(&load);
    what_was_acknowledged_is_there(&acknowledged, &outcome);
    drop(server);
}

#[test]
fn sigterm_in_the_middle_of_the_load_stops_in_order_and_loses_nothing() {
    let _timed = Timed::test("SIGTERM");
    let mut seed = Seed::printed();
    let folder = Folder::new();
    let port = fixed_port();
    let server = Server::start_on(&folder, port);
    let api = server.api();
    api.put_customer("ana", "en");
    api.open(ACCOUNT, "ana", "EUR");

    let load = Load {
        deposits: 25,
        ..Load::on(ACCOUNT)
    };
    let (writers, progress) = load.start(&api);
    reach(&progress, seed.between(100, 300));
    let (status, took) = server.terminate();
    eprintln!(
        "SIGTERM after {} answers: {status} within {took:?}",
        progress.acknowledged()
    );
    assert_eq!(status.code(), Some(0));
    assert!(took < STOP_WITHIN, "it took {took:?}");

    let server = Server::start_on(&folder, port);
    let acknowledged = writers.join().unwrap();
    let outcome = settled(
        &api,
        &folder.disk(),
        ACCOUNT,
        load.total() + 1,
        load.total(),
    );
    outcome.is_exactly(&load);
    what_was_acknowledged_is_there(&acknowledged, &outcome);
    drop(server);
}

fn reach(progress: &Progress, count: usize) {
    eventually("the writers go on", || match progress.acknowledged() {
        reached if reached >= count => Ok(()),
        reached => Err(format!("{reached} answers of {count}")),
    });
}

/// Every answer, whichever process gave it, names an event that is there
/// with what its request said.
fn what_was_acknowledged_is_there(acknowledged: &[Acknowledged], outcome: &Outcome) {
    let stored: BTreeSet<(&str, &str)> = outcome
        .events
        .iter()
        .filter_map(|event| {
            Some((
                event["event_id"].as_str()?,
                event["data"]["reference"].as_str()?,
            ))
        })
        .collect();
    for one in acknowledged {
        let id = one.answer.json["events"][0]["event_id"].as_str().unwrap();
        assert!(
            stored.contains(&(id, one.append.key.as_str())),
            "{one:?} is not stored"
        );
    }
    let again = acknowledged.iter().filter(|one| one.sent > 1).count();
    assert!(
        again > 0,
        "no request was interrupted: that was not the middle of the load"
    );
}
