//! Ways to tamper with an export, each by someone who also mends what the
//! manifest says of the changed file, and where each is to be found.

use std::fs;
use std::path::Path;

use domain::{Commit, Hash};
use export::file::{RowWriter, Rows};
use export::table::Table;
use export::value::{Row, Value};
use export::{FileEntry, MANIFEST, Manifest};

/// One way.
#[derive(Debug, Clone, Copy)]
pub struct Tampering {
    pub name: &'static str,
    /// What begins the line that names it.
    pub place: &'static str,
    /// What stands in the same line.
    pub says: &'static str,
    apply: fn(&Path),
}

impl Tampering {
    /// Does it to the export in this folder.
    ///
    /// # Panics
    /// Where the export is not one of [`super::history`].
    pub fn apply(&self, root: &Path) {
        (self.apply)(root);
    }
}

pub const TAMPERINGS: [Tampering; 20] = [
    Tampering {
        name: "a date becomes a time",
        place: "account ACC-EUR version 17: ",
        says: "occurred_on",
        apply: |root| {
            edit(root, Table::Events, |rows| {
                let place = position(rows, "ACC-EUR", 17);
                let at = Table::Events.position("occurred_on").expect("a column");
                rows[place][at] = Value::Null;
            });
        },
    },
    Tampering {
        name: "an amount is changed in the events",
        place: "account ACC-EUR version 2: ",
        says: "delta",
        apply: |root| {
            edit(root, Table::Events, |rows| {
                let place = position(rows, "ACC-EUR", 2);
                let at = Table::Events.position("delta").expect("a column");
                rows[place][at] = rows[place - 1][at].clone();
            });
        },
    },
    Tampering {
        name: "a text is changed in the events",
        place: "account ACC-EUR version 3: ",
        says: "reference",
        apply: |root| edit_event(root, "ACC-EUR", 3, "reference", "London"),
    },
    Tampering {
        name: "an amount is changed in a commit",
        place: "account ACC-EUR version 2: ",
        says: "not the hash of its content",
        apply: |root| {
            edit_content(root, "ACC-EUR", 2, |content| {
                content.replace("\"125.50\"", "\"125.51\"")
            });
        },
    },
    Tampering {
        name: "a text is changed in a commit and its hash is made anew",
        place: "account ACC-EUR version 4: ",
        says: "another hash as the one before it",
        apply: |root| {
            edit(root, Table::Commits, |rows| {
                let place = position(rows, "ACC-EUR", 2);
                let row = &mut rows[place];
                let content = text(&row[6]).replace("salary", "sundry");
                let before: Hash = text(&row[4]).parse().expect("a hash");
                let hash = Hash::of(before.as_bytes(), content.as_bytes());
                row[5] = Value::Text(hash.to_string());
                row[6] = Value::Text(content);
            });
        },
    },
    Tampering {
        name: "the last commit is forged, with its hash and its row",
        place: "account ACC-BHD version 4: ",
        says: "not the end of the chain",
        apply: |root| forge_last(root, "ACC-BHD"),
    },
    Tampering {
        name: "an event is dropped",
        place: "account ACC-EUR version 6: ",
        says: "is missing among the events",
        apply: |root| drop_rows(root, Table::Events, "ACC-EUR", 6),
    },
    Tampering {
        name: "a commit is dropped and its events stay",
        place: "account ACC-EUR version 7: ",
        says: "is missing: version 9 comes next",
        apply: |root| drop_rows(root, Table::Commits, "ACC-EUR", 7),
    },
    Tampering {
        name: "a commit is dropped with its events",
        place: "account ACC-BHD version 3: ",
        says: "is missing: version 4 comes next",
        apply: |root| {
            drop_rows(root, Table::Commits, "ACC-BHD", 3);
            drop_rows(root, Table::Events, "ACC-BHD", 3);
        },
    },
    Tampering {
        name: "two events are swapped",
        place: "account ACC-EUR version 8: ",
        says: "out of order among the events",
        apply: |root| swap(root, Table::Events, ("ACC-EUR", 8), ("ACC-EUR", 9)),
    },
    Tampering {
        name: "two commits are swapped",
        place: "account ACC-EUR version 7: ",
        says: "is missing: version 9 comes next",
        apply: |root| swap(root, Table::Commits, ("ACC-EUR", 7), ("ACC-EUR", 9)),
    },
    Tampering {
        name: "an event is inserted",
        place: "account ACC-EUR version 99: ",
        says: "was inserted among the events",
        apply: |root| {
            edit(root, Table::Events, |rows| {
                let place = position(rows, "ACC-EUR", 7);
                let mut row = rows[place].clone();
                row[2] = Value::Int(99);
                rows.insert(place, row);
            });
        },
    },
    Tampering {
        name: "an event occurs twice",
        place: "account ACC-JPY version 2: ",
        says: "duplicated",
        apply: |root| {
            edit(root, Table::Events, |rows| {
                let place = position(rows, "ACC-JPY", 2);
                rows.insert(place, rows[place].clone());
            });
        },
    },
    Tampering {
        name: "a commit occurs twice",
        place: "account ACC-JPY version 2: ",
        says: "duplicated or out of order",
        apply: |root| {
            edit(root, Table::Commits, |rows| {
                let place = position(rows, "ACC-JPY", 2);
                rows.insert(place, rows[place].clone());
            });
        },
    },
    Tampering {
        name: "the end of an account is cut off",
        place: "account ACC-JPY version 3: ",
        says: "is missing: ",
        apply: |root| {
            drop_rows(root, Table::Commits, "ACC-JPY", 3);
            drop_rows(root, Table::Events, "ACC-JPY", 3);
        },
    },
    Tampering {
        name: "a file is cut off",
        place: "events/day=2026-11-22/part-000003.",
        says: " bytes, and the manifest says ",
        apply: |root| {
            let path = path_of(root, Table::Events, "2026-11-22");
            let bytes = fs::read(&path).expect("the file is there");
            fs::write(&path, &bytes[..bytes.len() - 20]).expect("it can be written");
        },
    },
    Tampering {
        name: "one bit of a file is flipped",
        place: "commits/day=2026-11-21/part-000002.",
        says: "not have the SHA-256 of the manifest",
        apply: |root| {
            let path = path_of(root, Table::Commits, "2026-11-21");
            let mut bytes = fs::read(&path).expect("the file is there");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).expect("it can be written");
        },
    },
    Tampering {
        name: "a file is taken away",
        place: "events/day=2026-11-20/part-000001.",
        says: "is missing",
        apply: |root| {
            fs::remove_file(path_of(root, Table::Events, "2026-11-20")).expect("it was there");
        },
    },
    Tampering {
        name: "a file is put beside the others",
        place: "events/day=2026-11-20/part-000009.",
        says: "is not in the manifest",
        apply: |root| {
            let path = path_of(root, Table::Events, "2026-11-20");
            let other = path.to_string_lossy().replace("000001", "000009");
            fs::copy(path, other).expect("it can be copied");
        },
    },
    Tampering {
        name: "a control total is changed",
        place: "manifest.json: ",
        says: "EUR",
        apply: |root| {
            edit_manifest(root, |text| {
                assert!(text.contains("\"credits\": \"166.50\""), "{text}");
                text.replace("\"credits\": \"166.50\"", "\"credits\": \"166.51\"")
            });
        },
    },
];

fn manifest(root: &Path) -> Manifest {
    Manifest::of_folder(root)
        .expect("the manifest can be read")
        .expect("there is one")
}

fn edit_manifest(root: &Path, edit: impl FnOnce(String) -> String) {
    let path = root.join(MANIFEST);
    let text = fs::read_to_string(&path).expect("the manifest can be read");
    fs::write(path, edit(text)).expect("it can be written");
}

fn path_of(root: &Path, table: Table, day: &str) -> std::path::PathBuf {
    let day = format!("day={day}");
    let manifest = manifest(root);
    let mut files = manifest.files.iter();
    let file = files.find(|file| file.table == table && file.path.contains(&day));
    root.join(&file.expect("a file of that day").path)
}

/// Writes the files of a table anew with rows as `edit` leaves them, and says
/// so in the manifest.
fn edit(root: &Path, table: Table, edit: impl Fn(&mut Vec<Row>)) {
    let mut manifest = manifest(root);
    let format = manifest.format;
    // One after the other, as if they were one file.
    let mut all: Vec<Row> = Vec::new();
    let mut lengths = Vec::new();
    let of_table = |file: &&FileEntry| file.table == table;
    for file in manifest.files.iter().filter(of_table) {
        let rows: Vec<Row> = Rows::open(format, table, &root.join(&file.path))
            .expect("the file can be read")
            .collect::<Result<_, _>>()
            .expect("to its end");
        lengths.push(rows.len());
        all.extend(rows);
    }
    let before = all.len();
    edit(&mut all);
    let recorded = Table::position(table, "recorded_at").expect("a column");
    for file in manifest.files.iter_mut().filter(|file| file.table == table) {
        let day = file.day.expect("a day").to_string();
        let of_day = |row: &&Row| row[recorded].to_string().starts_with(&day);
        let mut writer = RowWriter::new(format, table, Vec::new()).expect("a file begins");
        for row in all.iter().filter(of_day) {
            writer.write(row.clone()).expect("a row is written");
        }
        file.rows = writer.rows();
        let bytes = writer.finish().expect("the file ends");
        file.bytes = bytes.len() as u64;
        file.sha256 = Hash::of(&[], &bytes);
        fs::write(root.join(&file.path), bytes).expect("it can be written");
    }
    assert!(before > 0 && !lengths.is_empty(), "{table} has no rows");
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest");
    edit_manifest(root, |_| text);
}

fn text(value: &Value) -> String {
    value.to_string()
}

fn position(rows: &[Row], account: &str, version: i64) -> usize {
    let found = rows.iter().position(|row| {
        let of_account = row.contains(&Value::Text(account.to_owned()));
        // The version of an event, or the first one of a commit.
        let versions = [&row[1], &row[2]];
        of_account
            && versions
                .into_iter()
                .find(|value| matches!(value, Value::Int(_)))
                == Some(&Value::Int(version))
    });
    found.unwrap_or_else(|| panic!("{account} has no version {version}"))
}

fn edit_event(root: &Path, account: &str, version: i64, column: &str, text: &str) {
    edit(root, Table::Events, |rows| {
        let place = position(rows, account, version);
        let at = Table::Events.position(column).expect("a column");
        rows[place][at] = Value::Text(text.to_owned());
    });
}

fn edit_content(root: &Path, account: &str, version: i64, change: impl Fn(&str) -> String) {
    edit(root, Table::Commits, |rows| {
        let place = position(rows, account, version);
        let before = text(&rows[place][6]);
        let after = change(&before);
        assert_ne!(before, after);
        rows[place][6] = Value::Text(after);
    });
}

fn drop_rows(root: &Path, table: Table, account: &str, version: i64) {
    edit(root, table, |rows| {
        rows.remove(position(rows, account, version));
    });
}

fn swap(root: &Path, table: Table, (a, of_a): (&str, i64), (b, of_b): (&str, i64)) {
    edit(root, table, |rows| {
        let (a, b) = (position(rows, a, of_a), position(rows, b, of_b));
        rows.swap(a, b);
    });
}

/// Someone who knows the format: another reference, the hash made anew, and
/// the row of the event made from the forged commit.
fn forge_last(root: &Path, account: &str) {
    let forged = std::cell::RefCell::new(None);
    edit(root, Table::Commits, |rows| {
        let place = rows
            .iter()
            .rposition(|row| row.contains(&Value::Text(account.to_owned())))
            .expect("the account has commits");
        let row = &mut rows[place];
        let content = text(&row[6]).replace("large", "small");
        let before: Hash = text(&row[4]).parse().expect("a hash");
        let hash = Hash::of(before.as_bytes(), content.as_bytes());
        row[5] = Value::Text(hash.to_string());
        row[6] = Value::Text(content.clone());
        let commit = Commit::read(content.as_bytes(), before, hash).expect("a commit");
        forged.replace(Some(commit));
    });
    let commit = forged.into_inner().expect("a forged commit");
    edit(root, Table::Events, |rows| {
        let version = i64::try_from(commit.first_version).expect("a version");
        let place = position(rows, account, version);
        rows[place] = export::rows::of_events(&commit).expect("rows").remove(0);
    });
}
