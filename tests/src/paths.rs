//! Paths through the product on one machine, measured: pure code by the processor time that it takes, the store by how its
//! rate grows or falls, the way to a mail from outside. `cargo xtask bench` makes a report of it.

mod cpu;
mod fold;
mod growth;
mod mails;
mod store;
mod told;

use serde_json::{Value, json};

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Little of everything: whether it runs.
    pub quick: bool,
}

impl Effort {
    fn of(self, full: u32) -> u32 {
        if self.quick { (full / 50).max(1) } else { full }
    }
}

/// What one path gives.
#[derive(Debug, Default)]
struct Found {
    goals: Vec<Value>,
    tables: Vec<Value>,
    charts: Vec<Value>,
    notes: Vec<String>,
}

/// Pure code, and the way from an append to its mail, as a part of the bench.
///
/// # Panics
/// Where something does not do what it is measured at.
#[must_use]
pub fn paths(effort: Effort) -> Value {
    let says = "Pure code is measured by the processor time of its thread, so other work does not count. The path from append to mail is measured from outside, on a server of its own.";
    part(
        "paths",
        says,
        &[fold::measure, mails::measure, told::measure],
        effort,
    )
}

/// How the store's rate changes with what is in it, as a part of the bench.
///
/// # Panics
/// As [`paths`].
#[must_use]
pub fn growth(effort: Effort) -> Value {
    let says = "The store of one machine in one process with its client, each size compared with a small store in the same minute.";
    part("growth", says, &[growth::measure], effort)
}

fn part(name: &str, says: &str, paths: &[fn(Effort) -> Found], effort: Effort) -> Value {
    let mut all = Found::default();
    for path in paths {
        let found = path(effort);
        all.goals.extend(found.goals);
        all.tables.extend(found.tables);
        all.charts.extend(found.charts);
        all.notes.extend(found.notes);
    }
    json!({
        "part": name, "says": says,
        "goals": all.goals, "tables": all.tables, "charts": all.charts, "notes": all.notes,
    })
}

/// The middle one, and from where to where they reach.
fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    (
        at(values.len() / 2),
        at(0),
        at(values.len().saturating_sub(1)),
    )
}
