//! Nothing can be written any more, and later on it can.

use std::time::Instant;

use tests::one_machine::{
    Answer, Api, Folder, Gate, Load, Progress, Server, SmallFilesystem, eventually, fixed_port,
};

use crate::counts::Counts;
use crate::settling::{each_is_answered_as_before, outcomes, settle};

const ACCOUNT: &str = "ACC-FULL";
/// Refused by the disk, and so waiting for an account of its own.
const REFUSED: &str = "ACC-REFUSED";
/// Behind its first page no file can be written: nothing of SQLite's can.
#[cfg(target_os = "linux")]
const ONE_PAGE: u64 = 4096;
/// Why a mail can have become a dead letter: the disk was full for so long
/// that the retries came to their end, or took the letter but not the mail.
const PASSING: [&str; 7] = [
    "InternalServerError",
    "the local file",
    "disk is full",
    "disk I/O error",
    "another worker has this notification",
    "another worker took this notification meanwhile",
    "the worker stopped while it was sending",
];

#[cfg(target_os = "linux")]
#[test]
fn a_quota_that_is_used_up_refuses_appends_and_loses_none_that_was_acknowledged() {
    let folder = Folder::new();
    let server = fill_and_make_room(
        &folder,
        |server| server.limit_files(Some(ONE_PAGE)),
        |server| server.limit_files(None),
    );
    server.stop();
}

#[test]
fn a_full_disk_refuses_appends_and_loses_none_that_was_acknowledged() {
    let Some(disk) = SmallFilesystem::mount() else {
        eprintln!("no filesystem can be mounted here: the quota alone is the full disk");
        return;
    };
    let folder = Folder::on(disk.path());
    let server = fill_and_make_room(&folder, |_| disk.fill(), |_| disk.make_room());
    server.stop();

    disk.fill();
    let refusal = Server::refused(&folder);
    eprintln!("on a full disk: {}", refusal.line());
    disk.make_room();
    let server = Server::start(&folder);
    let api = server.api();
    assert_eq!(
        api.get(&format!("/v1/accounts/{ACCOUNT}/verification"))["valid"],
        true
    );
    server.stop();
}

#[test]
fn a_folder_that_finds_no_room_is_made_when_there_is_some() {
    let Some(disk) = SmallFilesystem::mount() else {
        eprintln!("no filesystem can be mounted here");
        return;
    };
    let folder = Folder::on(disk.path());
    disk.fill();
    let refusal = Server::refused(&folder);
    eprintln!("on a full disk: {refusal:?}");
    assert!(matches!(refusal.code, Some(1 | 2)), "{refusal:?}");
    assert_eq!(refusal.complaint.lines().count(), 1, "{refusal:?}");
    disk.make_room();
    let server = Server::start(&folder);
    server.api().open(ACCOUNT, "ana", "EUR");
    server.stop();
}

/// A load before, while and after nothing can be written, on one process.
fn fill_and_make_room(
    folder: &Folder,
    fill: impl Fn(&Server),
    make_room: impl Fn(&Server),
) -> Server {
    let server = Server::start_on(folder, fixed_port());
    let api = server.api();
    api.put_customer("ana", "en");
    let mut loads = [load(ACCOUNT, 4, 30), load(REFUSED, 1, 0)];
    for load in &loads {
        api.open(&load.account, "ana", "EUR");
    }
    let gate = Gate::default();
    gate.let_through(10);
    let (writers, progress) = loads[0].start_behind(&gate, &api);
    reach(&progress, 30);

    fill(&server);
    gate.let_through(20);
    let (number, refused) = first_refused(&api, &loads[1]);
    loads[1].deposits = number + 1;
    assert_eq!(
        refused.json["type"], "urn:ledgerbell:problem:try-again",
        "{}",
        refused.text
    );
    assert_eq!(
        versions(&api, REFUSED),
        number + 1,
        "a refused one is shown"
    );

    make_room(&server);
    let late = eventually("it is taken when there is room", || {
        match api.try_append(&loads[1].deposit(0, number))? {
            answer if answer.status == 201 => Ok(answer),
            answer => Err(answer.text),
        }
    });
    assert_eq!(
        late.json["events"][0]["version"],
        number + 2,
        "{}",
        late.text
    );
    gate.let_through(30);
    let answers = writers.join().unwrap();
    let redriven = settle(&api, &folder.disk(), &loads, &PASSING);
    let outcomes = outcomes(&api, &folder.disk(), &loads);
    let counts = Counts::of(std::slice::from_ref(&answers), &outcomes);
    eprintln!("{counts}; redriven {redriven:?}");
    assert_eq!((counts.lost(), counts.doubled()), (0, 0));
    for (outcome, load) in outcomes.iter().zip(&loads) {
        outcome.is_exactly(load);
    }
    each_is_answered_as_before(&api, &answers);
    server
}

/// Sends one after the other until there is no room: a journal that has grown
/// before is written over, and has some left.
fn first_refused(api: &Api, load: &Load) -> (usize, Answer) {
    for number in 0.. {
        let began = Instant::now();
        let answer = api.try_append(&load.deposit(0, number)).unwrap();
        if answer.status != 201 {
            eprintln!(
                "refused with {} after {number} more, within {:.1} s: {}",
                answer.status,
                began.elapsed().as_secs_f32(),
                answer.text
            );
            return (number, answer);
        }
    }
    unreachable!("a disk has an end")
}

fn versions(api: &Api, account: &str) -> usize {
    let path = format!("/v1/accounts/{account}/events?limit=1000");
    api.pages(&path, "events", "after_version").len()
}

fn load(account: &str, writers: usize, deposits: usize) -> Load {
    Load {
        account: account.to_owned(),
        writers,
        deposits,
    }
}

fn reach(progress: &Progress, count: usize) {
    eventually("the writers go on", || match progress.acknowledged() {
        reached if reached >= count => Ok(()),
        reached => Err(format!("{reached} answers of {count}")),
    });
}
