//! What was changed is found, and named.

use export::Format;
use tests::exports::{TAMPERINGS, export, history};

#[test]
fn every_tampering_is_found_and_named_in_every_format() {
    let history = history();
    for format in Format::ALL {
        for tampering in TAMPERINGS {
            let folder = tempfile::tempdir().unwrap();
            export(folder.path(), format, &history.commits, history.until);
            let untouched = export::verify(folder.path(), &mut |_| {}).unwrap();
            assert_eq!(untouched.problems, [], "{format:?}");
            tampering.apply(folder.path());
            let found = export::verify(folder.path(), &mut |_| {}).unwrap();
            let lines: Vec<String> = found
                .problems
                .iter()
                .map(|problem| format!("{}: {}", problem.place, problem.detail))
                .collect();
            let named =
                |line: &String| line.starts_with(tampering.place) && line.contains(tampering.says);
            assert!(
                lines.iter().any(named),
                "{format:?}: {}: {lines:#?}",
                tampering.name
            );
            assert!(!found.is_valid());
        }
    }
}

/// Whatever a byte of a file becomes, it is told of that file, and nothing panics.
#[test]
fn a_byte_changed_anywhere_is_told_of_its_file() {
    let history = history();
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let exported = export(folder.path(), format, &history.commits, history.until);
        for file in &exported.manifest.files {
            let path = folder.path().join(&file.path);
            let bytes = std::fs::read(&path).unwrap();
            for place in (0..bytes.len()).step_by(1 + bytes.len() / 60) {
                let mut changed = bytes.clone();
                changed[place] ^= 0xff;
                std::fs::write(&path, &changed).unwrap();
                let found = export::verify(folder.path(), &mut |_| {}).unwrap();
                let of_file = export::Place::File(file.path.clone());
                assert!(
                    found
                        .problems
                        .iter()
                        .any(|problem| problem.place == of_file),
                    "{format:?} {} byte {place}: {:#?}",
                    file.path,
                    found.problems
                );
            }
            std::fs::write(&path, &bytes).unwrap();
        }
    }
}
