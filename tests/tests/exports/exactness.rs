//! Each event once, over any runs.

use std::collections::BTreeSet;
use std::path::Path;

use domain::Commit;
use export::{ExportError, Exporter, Format, Manifest, Start, Table, Taken};
use tests::exports::{export, history};

/// The place of every event in the files, twice where it is there twice.
fn events(root: &Path) -> Vec<String> {
    let manifest = Manifest::of_folder(root).unwrap().unwrap();
    let mut found: Vec<String> = manifest
        .files
        .iter()
        .filter(|file| file.table == Table::Events)
        .flat_map(|file| {
            export::file::Rows::open(manifest.format, file.table, &root.join(&file.path)).unwrap()
        })
        .map(|row| {
            let row = row.unwrap();
            format!("{} {}", row[1], row[2])
        })
        .collect();
    found.sort();
    found
}

fn all(commits: &[Commit]) -> Vec<String> {
    let mut all: Vec<String> = commits
        .iter()
        .flat_map(|commit| {
            (commit.first_version..=commit.last_version())
                .map(|version| format!("{} {version}", commit.account_id))
        })
        .collect();
    all.sort();
    all
}

#[track_caller]
fn is_whole(root: &Path, commits: &[Commit]) {
    assert_eq!(events(root), all(commits));
    let found = export::verify(root, &mut |_| {}).unwrap();
    assert_eq!(found.problems, []);
    assert_eq!(found.events, all(commits).len() as u64);
}

#[test]
fn runs_that_overlap_anywhere_have_each_event_once() {
    let history = history();
    for first in 0..=history.commits.len() {
        for back in 0..=first {
            let folder = tempfile::tempdir().unwrap();
            let end = history
                .commits
                .get(first)
                .map_or(history.until, |next| next.recorded_at);
            export(folder.path(), Format::Csv, &history.commits[..first], end);
            export(
                folder.path(),
                Format::Csv,
                &history.commits[first - back..],
                history.until,
            );
            is_whole(folder.path(), &history.commits);
        }
    }
}

#[test]
fn an_export_that_was_killed_anywhere_is_whole_after_the_next_run() {
    let history = history();
    for killed_after in 0..=history.commits.len() {
        let folder = tempfile::tempdir().unwrap();
        export(
            folder.path(),
            Format::Ndjson,
            &history.commits[..3],
            history.commits[3].recorded_at,
        );
        let before = events(folder.path());
        let mut exporter = Exporter::open(folder.path(), None, None).unwrap();
        for commit in &history.commits[..killed_after] {
            exporter.take(commit).unwrap();
        }
        // What it has written stays behind, and counts for nothing.
        drop(exporter);
        assert_eq!(events(folder.path()), before);
        export(
            folder.path(),
            Format::Ndjson,
            &history.commits,
            history.until,
        );
        is_whole(folder.path(), &history.commits);
    }
}

#[test]
fn a_commit_that_comes_late_is_asked_for_before_what_follows_it_is_written() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::open(folder.path(), None, None).unwrap();
    let of_account: Vec<&Commit> = (history.commits.iter())
        .filter(|commit| commit.account_id.as_str() == "ACC-BHD")
        .collect();
    assert_eq!(exporter.take(of_account[1]).unwrap(), Taken::Missing(0));
    assert_eq!(exporter.take(of_account[0]).unwrap(), Taken::Written);
    assert_eq!(exporter.take(of_account[3]).unwrap(), Taken::Missing(1));
    for commit in &of_account[1..] {
        assert_eq!(exporter.take(commit).unwrap(), Taken::Written);
    }
    for commit in &of_account {
        assert_eq!(exporter.take(commit).unwrap(), Taken::Known);
    }
    exporter.finish(history.until, None).unwrap();
    let of_account: Vec<Commit> = of_account.into_iter().cloned().collect();
    is_whole(folder.path(), &of_account);
}

#[test]
fn what_does_not_follow_is_not_written_down_as_history() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::open(folder.path(), None, None).unwrap();
    let mut forged = history.commits[0].clone();
    forged.source = "somebody else".to_owned();
    let refused = exporter.take(&forged).unwrap_err();
    assert!(matches!(refused, ExportError::Chain { .. }), "{refused}");
}

#[test]
fn an_export_that_begins_later_than_readers_have_come_is_gone_on_with_as_it_was_begun() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let from = history.commits[3].recorded_at;
    let exporter = Exporter::open(folder.path(), None, Some(from)).unwrap();
    let settled = from - chrono::TimeDelta::seconds(2);
    exporter.finish(settled, None).unwrap();
    let of_account: Vec<Commit> = (history.commits.iter())
        .filter(|commit| commit.account_id.as_str() == "ACC-BHD")
        .cloned()
        .collect();
    assert_eq!(of_account[0].recorded_at, from);
    let mut exporter = Exporter::open(folder.path(), None, Some(from)).unwrap();
    assert_eq!(exporter.start().read_from, Some(from));
    assert_eq!(exporter.take(&of_account[0]).unwrap(), Taken::Written);
    exporter.finish(history.until, None).unwrap();
    is_whole(folder.path(), &of_account[..1]);
}

#[test]
fn an_export_that_begins_later_holds_the_pieces_of_the_chains_from_there_on() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let from = history.commits[3].recorded_at;
    let mut exporter = Exporter::open(folder.path(), None, Some(from)).unwrap();
    let (before, within) = history.commits.split_at(3);
    for commit in within {
        if exporter.take(commit).unwrap() == Taken::Unknown {
            let mut earlier = before
                .iter()
                .filter(|other| other.account_id == commit.account_id);
            let head = earlier.next_back().unwrap().head();
            exporter.begin_account(commit.account_id.clone(), head);
            assert_eq!(exporter.take(commit).unwrap(), Taken::Written);
        }
    }
    exporter.finish(history.until, None).unwrap();
    is_whole(folder.path(), within);

    let earlier = from - chrono::TimeDelta::seconds(1);
    let refused = Exporter::open(folder.path(), None, Some(earlier)).unwrap_err();
    assert!(refused.to_string().contains("begins at"), "{refused}");
    let later = history.until + chrono::TimeDelta::seconds(1);
    let refused = Exporter::open(folder.path(), None, Some(later)).unwrap_err();
    assert!(refused.to_string().contains("gap"), "{refused}");
    let refused = Exporter::open(folder.path(), Some(Format::Csv), None).unwrap_err();
    assert!(
        refused.to_string().contains("folder of its own"),
        "{refused}"
    );
}

#[test]
fn two_exports_at_once_are_refused_and_other_peoples_files_stay() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("events/notes.txt");
    std::fs::create_dir_all(notes.parent().unwrap()).unwrap();
    std::fs::write(&notes, "ours").unwrap();
    let first = Exporter::open(folder.path(), None, None).unwrap();
    let refused = Exporter::open(folder.path(), None, None).unwrap_err();
    assert!(refused.to_string().contains("another export"), "{refused}");
    drop(first);
    let looked = Start::look(folder.path(), None, None).unwrap();
    assert_eq!((looked.read_from, looked.events), (None, 0));
    let exported = export(
        folder.path(),
        Format::Parquet,
        &history.commits,
        history.until,
    );
    assert!(notes.exists());
    let names: BTreeSet<&String> = exported
        .manifest
        .files
        .iter()
        .map(|file| &file.path)
        .collect();
    assert_eq!(names.len(), exported.manifest.files.len());
    let start = Start::look(folder.path(), None, None).unwrap();
    assert!(start.read_from.unwrap() < history.until);
    assert_eq!(start.events, all(&history.commits).len() as u64);
}
