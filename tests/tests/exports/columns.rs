//! The columns and the spelling of values: what readers rely on.

use std::fs;

use domain::Hash;
use export::{Format, Table};
use serde_json::{Value, json};
use tests::exports::{export, history, loaded};

/// All rows of a table as text, file after file.
fn text_of(format: Format, table: Table) -> String {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let exported = export(folder.path(), format, &history.commits, history.until);
    let files = exported.manifest.files.iter();
    files
        .filter(|file| file.table == table)
        .map(|file| fs::read_to_string(folder.path().join(&file.path)).unwrap())
        .collect()
}

#[test]
fn events_as_csv_stay_as_they_are() {
    insta::assert_snapshot!(text_of(Format::Csv, Table::Events));
}

#[test]
fn commits_as_ndjson_stay_as_they_are() {
    insta::assert_snapshot!(text_of(Format::Ndjson, Table::Commits));
}

#[test]
fn decisions_and_notifications_as_csv_stay_as_they_are() {
    let text = text_of(Format::Csv, Table::Decisions) + &text_of(Format::Csv, Table::Notifications);
    insta::assert_snapshot!(text);
}

#[test]
fn the_manifest_stays_as_it_is() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    export(
        folder.path(),
        Format::Ndjson,
        &history.commits,
        history.until,
    );
    let manifest = fs::read_to_string(folder.path().join("manifest.json")).unwrap();
    insta::assert_snapshot!(manifest.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn all_formats_hold_the_same_rows() {
    let history = history();
    let rows = |format: Format| -> Vec<Vec<export::value::Value>> {
        let folder = tempfile::tempdir().unwrap();
        let exported = export(folder.path(), format, &history.commits, history.until);
        let files = exported.manifest.files.iter();
        files
            .flat_map(|file| {
                let path = folder.path().join(&file.path);
                export::file::Rows::open(format, file.table, &path).unwrap()
            })
            .map(Result::unwrap)
            .collect()
    };
    let parquet = rows(Format::Parquet);
    assert!(!parquet.is_empty());
    assert_eq!(rows(Format::Ndjson), parquet);
    assert_eq!(rows(Format::Csv), parquet);
}

/// Takes the last column from the text of a table, as a version before it wrote the file.
fn without_last_column(format: Format, text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| match format {
        Format::Csv => line.rsplit_once(',').unwrap().0.to_owned() + "\n",
        _ => line.rsplit_once(",\"occurred_on\"").unwrap().0.to_owned() + "}\n",
    });
    lines.collect()
}

#[test]
fn a_folder_that_an_earlier_version_began_is_verified_and_gone_on_with() {
    for format in [Format::Csv, Format::Ndjson] {
        let history = loaded();
        let (last, first) = history.commits.split_last().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let began = export(folder.path(), format, first, last.recorded_at);
        let path = folder.path().join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for (file, said) in began.manifest.files.iter().zip(0..) {
            if file.table == Table::Events {
                let path = folder.path().join(&file.path);
                let text = without_last_column(format, &fs::read_to_string(&path).unwrap());
                fs::write(&path, &text).unwrap();
                let said = &mut manifest["files"][said];
                said["bytes"] = json!(text.len());
                said["sha256"] = json!(Hash::of(b"", text.as_bytes()).to_string());
            }
        }
        fs::write(&path, manifest.to_string()).unwrap();
        for commits in [None, Some(&history.commits)] {
            if let Some(commits) = commits {
                export(folder.path(), format, commits, history.until);
            }
            let found = export::verify(folder.path(), &mut |_| {}).unwrap();
            assert_eq!(found.problems, [], "{format:?}");
        }
    }
}
