//! The documentation has the bugs that the simulation has.
#![allow(
    clippy::unwrap_used,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

use simulation::bugs::BUGS;

const DOCUMENT: &str = include_str!("../../../docs/explanation/simulation.md");

#[test]
fn the_documentation_lists_each_bug_with_an_invariant_that_may_catch_it() {
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> = rows
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    let listed: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row[1].trim_matches('`'), row[2]))
        .collect();
    let planted = BUGS.map(|bug| (bug.name, bug.what));
    assert_eq!(listed, planted);
    for (row, bug) in rows.iter().zip(BUGS) {
        assert!(bug.caught_by.contains(&row[3]), "{row:?}");
    }
}
