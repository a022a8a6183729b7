//! Answers that are lists: a table for people, page by page, a JSON document, or CSV.

use domain::words::{self, Word};
use serde_json::{Value, json};

use crate::csv;
use crate::flags::Format;
use crate::output;
use crate::table::{Align, Table};

/// A heading of the table, its alignment, and the column's name in CSV.
pub(crate) type Column = (&'static str, Align, &'static str);

/// The cell for a missing value. It is empty in CSV.
pub(crate) const NONE: &str = "-";

/// A list that is being printed. Columns are aligned page by page, so that the first rows of a long list appear at once.
pub(crate) struct Listing {
    format: Format,
    columns: &'static [Column],
    cells: fn(&Value) -> Vec<String>,
    words: &'static [(&'static str, &'static [Word])],
    begun: bool,
    document: Vec<Value>,
}

impl Listing {
    pub(crate) fn new(
        format: Format,
        columns: &'static [Column],
        cells: fn(&Value) -> Vec<String>,
    ) -> Self {
        Listing {
            format,
            columns,
            cells,
            words: &[],
            begun: false,
            document: Vec::new(),
        }
    }

    /// Shows these columns' codes in words in the table. CSV and JSON keep the codes.
    pub(crate) fn worded(mut self, words: &'static [(&'static str, &'static [Word])]) -> Self {
        self.words = words;
        self
    }

    fn worded_cells(&self, row: &Value) -> Vec<String> {
        let mut cells = (self.cells)(row);
        for (cell, (.., name)) in cells.iter_mut().zip(self.columns) {
            if let Some((_, table)) = self.words.iter().find(|(column, _)| column == name) {
                *cell = words::of(table, cell).to_owned();
            }
        }
        cells
    }

    /// Adds a page. Returns false if nobody reads any more.
    pub(crate) fn page(&mut self, rows: Vec<Value>) -> bool {
        let first = !self.begun;
        match self.format {
            Format::Json => {
                self.document.extend(rows);
                true
            }
            Format::Table if rows.is_empty() => true,
            Format::Table => {
                self.begun = true;
                let headings: Vec<(&str, Align)> = (self.columns.iter())
                    .map(|(heading, align, _)| (*heading, *align))
                    .collect();
                let mut table = Table::new(&headings);
                for row in &rows {
                    table.row(self.worded_cells(row));
                }
                let skip = usize::from(!first);
                table.lines().into_iter().skip(skip).all(output::line)
            }
            Format::Csv => {
                self.begun = true;
                let heading =
                    || csv::print(self.columns.iter().map(|(.., name)| (*name).to_owned()));
                let present = |cell: String| if cell == NONE { String::new() } else { cell };
                (!first || heading())
                    && (rows.iter())
                        .all(|row| csv::print((self.cells)(row).into_iter().map(present)))
            }
        }
    }

    /// Ends the list: the JSON document, whose rows are `member`, or a sentence if there are no rows.
    pub(crate) fn end(mut self, member: &str, empty: &str, describe: impl FnOnce(&mut Value)) {
        match self.format {
            Format::Json => {
                let mut document = json!({ member: self.document });
                describe(&mut document);
                output::json(&document);
            }
            Format::Table if !self.begun => {
                output::line(empty);
            }
            Format::Csv if !self.begun => {
                self.page(Vec::new());
            }
            Format::Table | Format::Csv => {}
        }
    }
}

/// Returns the cell of a member.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => NONE.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
