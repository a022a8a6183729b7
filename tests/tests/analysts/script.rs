//! `docs/verify_export.py` finds what `ledgerbell verify` finds.

use std::path::Path;

use domain::Hash;
use export::Format;
use serde_json::{Value, json};
use tests::exports::{TAMPERINGS, edges, export, history, loaded};

use crate::{python, root};

#[test]
fn the_independent_script_names_every_tampering_in_every_format() {
    let script = root().join("docs/verify_export.py");
    let history = history();
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), format, &history.commits, history.until);
        let untouched = python(&[&script, folder.path()]);
        assert!(untouched.status.success(), "{format:?}: {untouched:?}");
        for tampering in TAMPERINGS {
            let folder = tempfile::tempdir().unwrap();
            export(folder.path(), format, &history.commits, history.until);
            tampering.apply(folder.path());
            let found = python(&[&script, folder.path()]);
            let lines = String::from_utf8(found.stdout.clone()).unwrap();
            let named =
                |line: &str| line.starts_with(tampering.place) && line.contains(tampering.says);
            assert_eq!(
                found.status.code(),
                Some(1),
                "{}: {found:?}",
                tampering.name
            );
            assert!(
                lines.lines().any(named),
                "{format:?}: {}:\n{lines}",
                tampering.name
            );
        }
    }
}

#[test]
fn that_nobody_is_told_of_history_is_proved_by_both_verifiers() {
    let script = root().join("docs/verify_export.py");
    let history = loaded();
    assert!(history.commits.iter().any(|commit| !commit.notify));
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), format, &history.commits, history.until);
        let ran = python(&[&script, folder.path()]);
        assert!(ran.status.success(), "{format:?}: {ran:?}");
        let found = export::verify(folder.path(), &mut |_| {}).unwrap();
        assert_eq!(found.problems, [], "{format:?}");
    }
}

/// A machine that lacks a library says nothing about the export.
#[test]
fn without_pyarrow_the_script_asks_for_it_and_calls_no_export_invalid() {
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    export(
        folder.path(),
        Format::Parquet,
        &history.commits,
        history.until,
    );
    // None in its place is what an import finds where a module is not installed.
    let without = "import sys, runpy; sys.modules['pyarrow'] = None; sys.argv = sys.argv[1:]; \
                   runpy.run_path(sys.argv[0], run_name='__main__')";
    let script = root().join("docs/verify_export.py");
    let ran = python(&[Path::new("-c"), Path::new(without), &script, folder.path()]);
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "");
    assert_eq!(
        String::from_utf8(ran.stderr).unwrap(),
        "Parquet is read with pyarrow, which is not installed: pip install pyarrow\n"
    );
}

/// By somebody who has also mended what the manifest says of the file. Readers differ in which of the two they take.
#[test]
fn a_row_that_says_an_amount_twice_is_refused_by_both_verifiers() {
    let script = root().join("docs/verify_export.py");
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let exported = export(
        folder.path(),
        Format::Ndjson,
        &history.commits,
        history.until,
    );
    let mut files = exported.manifest.files.iter();
    let file = files.find(|file| file.path.starts_with("events/")).unwrap();
    let path = folder.path().join(&file.path);
    let text = std::fs::read_to_string(&path).unwrap();
    let twice = text.replacen("\"delta\":", "\"delta\":\"9999.99\",\"delta\":", 1);
    assert_ne!(twice, text);
    std::fs::write(&path, &twice).unwrap();
    let manifest = folder.path().join(export::MANIFEST);
    let mut mended: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    let files = mended["files"].as_array_mut().unwrap();
    let entry = files.iter_mut().find(|entry| entry["path"] == file.path);
    let entry = entry.unwrap();
    entry["bytes"] = json!(twice.len());
    entry["sha256"] = json!(Hash::of(&[], twice.as_bytes()).to_string());
    std::fs::write(&manifest, serde_json::to_vec(&mended).unwrap()).unwrap();

    let found = export::verify(folder.path(), &mut |_| {}).unwrap();
    let problems = format!("{:#?}", found.problems);
    assert!(problems.contains("delta is given twice"), "{problems}");
    let ran = python(&[&script, folder.path()]);
    let lines = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(ran.status.code(), Some(1), "{lines}");
    assert!(lines.contains("an object has a member twice"), "{lines}");
    assert!(
        !lines.contains("the SHA-256 of the manifest"),
        "the test did not mend the manifest: {lines}"
    );
}

#[test]
fn a_manifest_that_is_not_the_one_that_was_kept_is_told() {
    let script = root().join("docs/verify_export.py");
    let history = history();
    let folder = tempfile::tempdir().unwrap();
    let exported = export(folder.path(), Format::Csv, &history.commits, history.until);
    let option = Path::new("--manifest-sha256");
    let kept = exported.manifest_sha256.to_string();
    for (sha256, code) in [(kept.as_str(), 0), (&"0".repeat(64), 1)] {
        let ran = python(&[&script, folder.path(), option, sha256.as_ref()]);
        assert_eq!(ran.status.code(), Some(code), "{ran:?}");
    }
}

#[test]
fn times_that_are_taken_from_nobody_any_more_and_sums_beyond_64_bits_are_verified_too() {
    let script = root().join("docs/verify_export.py");
    let history = edges();
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        export(folder.path(), format, &history.commits, history.until);
        let found = python(&[&script, folder.path()]);
        assert!(found.status.success(), "{format:?}: {found:?}");
    }
}
