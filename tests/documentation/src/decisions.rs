//! The decision records: each has a status and a date, and the index is complete.

use std::collections::BTreeMap;

use crate::pages::{all, read};

struct Decision {
    file: String,
    title: String,
    status: String,
    date: String,
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(&format!("- {name}: ")))
}

fn decisions() -> BTreeMap<u32, Decision> {
    let mut found = BTreeMap::new();
    for page in all() {
        let Ok(file) = page.path.strip_prefix("docs/adr") else {
            continue;
        };
        let file = file.to_str().unwrap().to_owned();
        if file == "README.md" {
            continue;
        }
        let (number, title) = page.text.lines().next().unwrap().split_once(". ").unwrap();
        let number: u32 = number.trim_start_matches("# ").parse().unwrap();
        assert!(
            file.starts_with(&format!("{number:04}-")),
            "{file} is number {number}"
        );
        let status = field(&page.text, "Status").unwrap_or_else(|| panic!("{file} has no status"));
        let date = field(&page.text, "Date").unwrap_or_else(|| panic!("{file} has no date"));
        let decision = Decision {
            title: title.to_owned(),
            status: status.to_owned(),
            date: date.to_owned(),
            file,
        };
        let double = found.insert(number, decision);
        assert!(double.is_none(), "two decisions have the number {number}");
    }
    found
}

#[test]
fn the_index_has_each_decision_with_its_title_date_and_status() {
    let index = read("docs/adr/README.md");
    let rows: Vec<&str> = index.lines().filter(|line| line.starts_with('|')).collect();
    let decisions = decisions();
    for (number, decision) in &decisions {
        let Decision {
            file,
            title,
            status,
            date,
        } = decision;
        let wanted = format!("| {number} | [{title}]({file}) | {date} | {status} |");
        assert!(
            rows.contains(&wanted.as_str()),
            "docs/adr/README.md has no {wanted}"
        );
    }
    assert_eq!(rows.len(), decisions.len() + 2, "a row without a decision");
}

#[test]
fn a_status_is_accepted_or_superseded_and_a_date_is_one() {
    for decision in decisions().values() {
        let Decision {
            file, status, date, ..
        } = decision;
        let known = ["accepted", "superseded by ["]
            .iter()
            .any(|start| status.starts_with(start));
        assert!(known, "{file}: {status}");
        let date: Vec<Option<u32>> = date.split('-').map(|part| part.parse().ok()).collect();
        let valid = matches!(date[..], [Some(2026..), Some(1..=12), Some(1..=31)]);
        assert!(valid, "{file}: {date:?}");
    }
}

#[test]
fn a_missing_number_is_explained() {
    let index = read("docs/adr/README.md");
    let decisions = decisions();
    let last = *decisions.keys().last().unwrap();
    for number in (1..=last).filter(|number| !decisions.contains_key(number)) {
        assert!(
            index.contains(&format!("Number {number} was never used.")),
            "{number}"
        );
    }
}

#[test]
fn a_superseded_decision_and_its_successor_name_each_other() {
    let decisions = decisions();
    for (number, decision) in &decisions {
        let Some(rest) = decision.status.strip_prefix("superseded by [") else {
            continue;
        };
        let successor: u32 = rest.split(']').next().unwrap().parse().unwrap();
        let status = &decisions[&successor].status;
        assert!(
            status.contains(&format!("[{number}](")),
            "{successor} does not name {number}: {status}"
        );
    }
}
