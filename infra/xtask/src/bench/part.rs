//! The results of a part of the bench.

use serde::{Deserialize, Serialize};

/// The results of one part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// The name, as an argument of `cargo xtask bench`.
    pub part: String,
    /// The description of the measurement, in a sentence or two.
    pub says: String,
    /// The goals and whether they were met.
    #[serde(default)]
    pub goals: Vec<Goal>,
    /// The tables.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// The charts.
    #[serde(default)]
    pub charts: Vec<Chart>,
    /// Notes for readers of the figures.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The machine and the commit, added when the part is stored.
    #[serde(default)]
    pub made_by: String,
}

/// A goal and its measurement.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Goal {
    /// The measured quantity.
    pub goal: String,
    /// The bound, such as `>= 4`.
    pub wanted: String,
    /// The measurement, with its unit and spread.
    pub measured: String,
    /// The measurement divided by the bound, if both are numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Whether the bound holds.
    pub met: bool,
    /// The reason if it does not hold.
    #[serde(default)]
    pub why: String,
}

/// A table of the report.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// The title.
    pub title: String,
    /// The columns. All but the first are aligned to the right.
    pub head: Vec<String>,
    /// The rows, with one cell a column.
    pub rows: Vec<Vec<String>>,
}

/// A chart of the report: lines over a common x.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chart {
    /// The file name, without its extension.
    pub name: String,
    /// The title.
    pub title: String,
    /// The label of the x axis, with its unit.
    pub x: String,
    /// The label of the y axis, with its unit.
    pub y: String,
    /// Whether the x axis is logarithmic.
    #[serde(default)]
    pub log_x: bool,
    /// The lines.
    pub series: Vec<Series>,
}

/// A line of a chart.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Series {
    /// The name.
    pub label: String,
    /// The points, ordered by x.
    pub points: Vec<[f64; 2]>,
}
