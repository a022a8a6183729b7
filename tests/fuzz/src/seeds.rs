//! What each target starts from: what is in the project as an example anyway, and files of `seeds/TARGET`.

mod openapi;
mod stream;

use std::fs;
use std::path::{Path, PathBuf};

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All inputs of a target to start from, in an order that does not change.
///
/// # Panics
/// Where a file cannot be read, or a target has none.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = files(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("seeds")
            .join(target),
        "",
    );
    match target {
        "request" => seeds.extend(openapi::requests()),
        "append-body" => {
            seeds.extend(openapi::bodies("/v1/accounts/{account_id}/events"));
            seeds.extend(json_suite());
        }
        "other-body" => {
            let paths = [
                "/v1/customers/{customer_id}",
                "/v1/accounts/{account_id}/schedules/{schedule_id}",
                "/v1/replays",
                "/v1/dead-letters/redrive",
                "/v1/what-if",
            ];
            for (which, path) in (0_u8..).zip(paths) {
                for body in openapi::bodies(path) {
                    seeds.push([&[which], &body[..]].concat());
                }
            }
            seeds.push(b"\x05List-Unsubscribe=One-Click".to_vec());
        }
        "bus-event" => seeds.extend(files(&root().join("docs/events/examples"), "json")),
        "stream-batch" => seeds.push(stream::batch()),
        "stored-commit" => seeds.extend(
            stream::commits()
                .iter()
                .map(domain::Commit::canonical_bytes),
        ),
        "mt940" => seeds.extend(statements(|name| !name.ends_with("xml"))),
        "camt" => seeds.extend(statements(|name| name.ends_with("xml"))),
        _ => {}
    }
    assert!(!seeds.is_empty(), "{target} has nothing to start from");
    seeds
}

/// JSONTestSuite's cases, which are right, wrong, or left to the parser.
fn json_suite() -> Vec<Vec<u8>> {
    let text = fs::read(root().join("tests/data/json-test-suite/parsing.json"))
        .expect("the suite is there");
    let cases: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&text).expect("the suite is JSON");
    let inputs = cases.values().filter_map(|case| case.as_str());
    inputs.map(|input| input.as_bytes().to_vec()).collect()
}

fn statements(wanted: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let mut banks: Vec<PathBuf> = fs::read_dir(root().join("tests/data/statements"))
        .expect("the statements are there")
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.is_dir() && !path.ends_with("LICENSES"))
        .collect();
    banks.sort();
    let mut seeds = Vec::new();
    for bank in banks {
        for file in listed(&bank) {
            let name = file
                .file_name()
                .map(|name| name.to_string_lossy().to_lowercase());
            if name.is_some_and(|name| wanted(&name)) {
                seeds.push(fs::read(&file).expect("a statement can be read"));
            }
        }
    }
    seeds
}

/// The contents of a folder's files with this extension, or of all of them; none where there is no folder.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<Vec<u8>> {
    if !folder.is_dir() {
        return Vec::new();
    }
    listed(folder)
        .into_iter()
        .filter(|path| {
            extension.is_empty() || path.extension().is_some_and(|found| found == extension)
        })
        .map(|path| fs::read(path).expect("a file can be read"))
        .collect()
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    paths.sort();
    paths
}
