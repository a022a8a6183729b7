//! The embedded engine's stream: what a write and a look read of it does not grow with it.

use std::process::Command;

use rusqlite::{Connection, StatementStatus, params};
use serde_json::{Value, json};

use crate::bank::{Bank, Regression, request, salary};

/// Of every write: dynoxide's `next_stream_sequence_number`.
const NEXT: &str = "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1";
/// Of every look at the stream: dynoxide's `stream_records_with_event_ids`.
const LOOK: &str = "SELECT event_name, keys_json, new_image, old_image, sequence_number, created_at, user_identity, event_id
             FROM _stream_records
             WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3
             ORDER BY CAST(sequence_number AS INTEGER) ASC
             LIMIT ?4";

/// As if the engine had made none.
const WITHOUT_INDEX: &str =
    "DROP INDEX ledgerbell_stream_sequence; DROP INDEX ledgerbell_stream_shard;";

/// The steps that SQLite takes for a statement, whose count does not depend on the machine.
struct Steps {
    next: i32,
    look: i32,
}

fn steps(file: &Connection) -> Steps {
    let newest: (String, i64) = file
        .query_row(
            "SELECT shard_id, MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = 'events'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let mut next = file.prepare(NEXT).unwrap();
    let _: i64 = next.query_row(["events"], |row| row.get(0)).unwrap();
    let mut look = file.prepare(LOOK).unwrap();
    let behind = params!["events", newest.0, newest.1 - 5, 100];
    let seen = look.query_map(behind, |_| Ok(())).unwrap().count();
    assert!((1..=5).contains(&seen), "{seen} records seen");
    Steps {
        next: next.get_status(StatementStatus::VmStep),
        look: look.get_status(StatementStatus::VmStep),
    }
}

/// As many times the records, as if so much more had been appended.
fn grow(file: &Connection, times: i64) {
    let (records, first, last): (i64, i64, i64) = file
        .query_row(
            "SELECT COUNT(*), MIN(CAST(sequence_number AS INTEGER)), MAX(CAST(sequence_number AS INTEGER))
             FROM _stream_records",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    let columns = "table_name, event_name, keys_json, new_image, old_image, shard_id, created_at, user_identity";
    for round in 1..times {
        let added = file
            .execute(
                &format!(
                    "INSERT INTO _stream_records ({columns}, sequence_number, event_id)
                     SELECT {columns}, CAST(CAST(sequence_number AS INTEGER) + ?1 AS TEXT), hex(randomblob(16))
                     FROM _stream_records WHERE CAST(sequence_number AS INTEGER) BETWEEN ?2 AND ?3"
                ),
                [round * (last - first + 1), first, last],
            )
            .unwrap();
        assert_eq!(added as i64, records);
    }
}

/// A stream of some records, and one of so many times as many.
pub struct Growth {
    few: Steps,
    many: Steps,
}

impl Growth {
    pub fn to_json(&self) -> Value {
        json!({
            "steps_of_a_write": [self.few.next, self.many.next],
            "steps_of_a_look": [self.few.look, self.many.look],
        })
    }
}

pub async fn of_a_stream(times: i64, regression: Option<Regression>) -> Growth {
    let bank = Bank::open().await;
    let appender = bank.appender();
    for key in 1..=20 {
        appender.append(&request(key, [salary()])).await.unwrap();
    }
    let file = bank.folder.path().join("dynamodb.sqlite");
    bank.engine.stop().await;
    let file = Connection::open(file).unwrap();
    if regression == Some(Regression::StreamNotIndexed) {
        file.execute_batch(WITHOUT_INDEX).unwrap();
    }
    let few = steps(&file);
    grow(&file, times);
    Growth {
        few,
        many: steps(&file),
    }
}

pub async fn check(regression: Option<Regression>) -> Result<(), String> {
    let Growth { few, many } = of_a_stream(50, regression).await;
    for (what, few, many) in [
        ("a write", few.next, many.next),
        ("a look", few.look, many.look),
    ] {
        // 50 times the records; a tree of them may be a level higher.
        if many > few * 2 {
            return Err(format!(
                "{what} takes {few} steps at first, and {many} when the stream has 50 times the records"
            ));
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_stream_of_the_embedded_engine_is_read_by_an_index() {
    check(None).await.unwrap();
}

#[test]
fn the_statements_are_those_of_the_engine() {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let engine = told["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "dynoxide-rs")
        .unwrap();
    let manifest = engine["manifest_path"].as_str().unwrap();
    let source = manifest.replace("Cargo.toml", "src/storage.rs");
    let source = std::fs::read_to_string(source).unwrap();
    for statement in [NEXT, LOOK] {
        assert!(source.contains(statement), "{statement}");
    }
}
