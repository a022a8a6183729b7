//! What a part of the bench tells.

use serde::{Deserialize, Serialize};

/// One part: what was run, and what came out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name, as `cargo xtask bench` takes it.
    pub part: String,
    /// What was run, in a sentence or two.
    pub says: String,
    /// What was aimed at.
    #[serde(default)]
    pub goals: Vec<Goal>,
    /// Figures.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// Pictures.
    #[serde(default)]
    pub charts: Vec<Chart>,
    /// What one has to know to read them.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The machine and the commit; added when it is kept.
    #[serde(default)]
    pub made_by: String,
}

/// One figure that was aimed at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// What is measured.
    pub goal: String,
    /// The bound, such as `>= 4`.
    pub wanted: String,
    /// What came out, with its unit and spread.
    pub measured: String,
    /// Measured over wanted, where both are numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Whether the bound holds.
    pub met: bool,
    /// Why it does not.
    #[serde(default)]
    pub why: String,
}

/// A table of the report.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What stands above it.
    pub title: String,
    /// The columns. All but the first are aligned to the right.
    pub head: Vec<String>,
    /// As many cells as columns.
    pub rows: Vec<Vec<String>>,
}

/// A chart of the report: lines over a common x.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its file, without the ending.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// What is on the x axis, with its unit.
    pub x: String,
    /// What is on the y axis, with its unit.
    pub y: String,
    /// Whether x is on a logarithmic scale.
    #[serde(default)]
    pub log_x: bool,
    /// The lines.
    pub series: Vec<Series>,
}

/// A line of a chart.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Whose it is.
    pub label: String,
    /// x and y, by x.
    pub points: Vec<[f64; 2]>,
}
