//! Tables with aligned columns.

use crate::output;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    /// Right, for numbers and money, so that digits of equal weight are aligned.
    Right,
}

/// A table whose rows are known before the first is printed.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Align, usize)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&'static str, Align)]) -> Self {
        let columns = columns
            .iter()
            .map(|(name, align)| (*name, *align, name.chars().count()))
            .collect();
        Table {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row with one cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells
            .into_iter()
            .map(|cell| output::one_line(&cell))
            .collect();
        for ((_, _, width), cell) in self.columns.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }

    pub(crate) fn heading(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|(name, ..)| (*name).to_owned())
            .collect();
        self.aligned(&names)
    }

    /// Returns the heading and all rows.
    pub(crate) fn lines(&self) -> Vec<String> {
        std::iter::once(self.heading())
            .chain(self.rows.iter().map(|cells| self.aligned(cells)))
            .collect()
    }

    /// Prints the table. Returns false if nobody reads any more.
    pub(crate) fn print(&self) -> bool {
        self.lines().into_iter().all(output::line)
    }

    /// Returns a single line with the column widths of the rows so far.
    pub(crate) fn aligned(&self, cells: &[String]) -> String {
        let padded: Vec<String> = self
            .columns
            .iter()
            .zip(cells)
            .map(|((_, align, width), cell)| match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_aligned_right_and_no_line_ends_in_blanks() {
        let mut table = Table::new(&[
            ("ACCOUNT", Align::Left),
            ("BALANCE", Align::Right),
            ("", Align::Left),
        ]);
        table.row(["A-1".to_owned(), "5.00".to_owned(), "EUR".to_owned()]);
        table.row(["A-22".to_owned(), "-12345.00".to_owned(), String::new()]);
        assert_eq!(
            table.lines(),
            [
                "ACCOUNT    BALANCE",
                "A-1           5.00  EUR",
                "A-22     -12345.00",
            ]
        );
    }
}
