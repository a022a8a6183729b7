//! The columns and the spelling of values: what readers rely on.

use std::fs;

use export::{Format, Table};
use tests::exports::{export, history};

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
