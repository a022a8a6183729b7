//! Files of rows in one of three formats.

mod csv;
mod ndjson;
mod parquet;

use std::fs::File;
use std::io::{BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::table::{Kind, Table};
use crate::value::{Decimal, Row, Value};
use parquet::{ParquetRows, ParquetWriter};

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Apache Parquet, compressed with Snappy.
    Parquet,
    /// One JSON object a line.
    Ndjson,
    /// CSV with a header line.
    Csv,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Parquet, Format::Ndjson, Format::Csv];

    /// Returns the format's name, which is also its files' extension.
    pub fn name(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or("must be parquet, ndjson or csv")
    }
}

/// A writer of one table's rows, each with one value a column.
pub struct RowWriter<W: Write + Send> {
    table: Table,
    rows: u64,
    inner: Writer<W>,
}

enum Writer<W: Write + Send> {
    Parquet(Box<ParquetWriter<W>>),
    Ndjson(W),
    Csv(Box<::csv::Writer<W>>),
}

impl<W: Write + Send> std::fmt::Debug for RowWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowWriter")
            .field("table", &self.table)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// The reason why a row was not written.
pub type WriteError = Box<dyn std::error::Error + Send + Sync>;

impl<W: Write + Send> RowWriter<W> {
    /// Begins a file of this table.
    ///
    /// # Errors
    /// Those of `file`.
    pub fn new(format: Format, table: Table, file: W) -> Result<Self, WriteError> {
        let inner = match format {
            Format::Parquet => Writer::Parquet(Box::new(ParquetWriter::new(file, table)?)),
            Format::Ndjson => Writer::Ndjson(file),
            Format::Csv => Writer::Csv(Box::new(csv::writer(file, table)?)),
        };
        Ok(RowWriter {
            table,
            rows: 0,
            inner,
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of `file`, and a value that its column cannot contain.
    pub fn write(&mut self, row: Row) -> Result<(), WriteError> {
        self.rows += 1;
        match &mut self.inner {
            Writer::Parquet(file) => file.write(row)?,
            Writer::Ndjson(file) => ndjson::write(file, self.table, &row)?,
            Writer::Csv(file) => csv::write(file, &row)?,
        }
        Ok(())
    }

    /// Returns the number of rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Finishes the format and returns the file.
    ///
    /// # Errors
    /// Those of `file`.
    pub fn finish(self) -> Result<W, WriteError> {
        match self.inner {
            Writer::Parquet(file) => Ok(file.finish()?),
            Writer::Ndjson(file) => Ok(file),
            Writer::Csv(file) => file.into_inner().map_err(|error| error.into_error().into()),
        }
    }
}

/// An iterator over the rows of a file. If the file is damaged, the last item is
/// the reason.
pub struct Rows {
    table: Table,
    inner: Option<Reader>,
}

enum Reader {
    Parquet(Box<ParquetRows>),
    Ndjson(BufReader<File>),
    Csv(Box<::csv::Reader<File>>),
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

impl Rows {
    /// Opens a file of this table.
    ///
    /// # Errors
    /// The file cannot be read, or is not in this format or of this table.
    pub fn open(format: Format, table: Table, path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let inner = match format {
            Format::Parquet => {
                let rows = caught(|| ParquetRows::open(file, table))?;
                Reader::Parquet(Box::new(rows))
            }
            Format::Ndjson => Reader::Ndjson(BufReader::new(file)),
            Format::Csv => Reader::Csv(Box::new(csv::reader(file, table)?)),
        };
        Ok(Rows {
            table,
            inner: Some(inner),
        })
    }
}

impl Iterator for Rows {
    type Item = Result<Row, String>;

    fn next(&mut self) -> Option<Result<Row, String>> {
        let read = match self.inner.as_mut()? {
            Reader::Parquet(rows) => caught(|| rows.next().transpose()),
            Reader::Ndjson(file) => ndjson::read(file, self.table),
            Reader::Csv(file) => csv::read(file, self.table),
        };
        if read.is_err() {
            self.inner = None;
        }
        read.transpose()
    }
}

/// Turns a panic into an error: the crate `parquet` panics on some damaged files.
/// The reader must be dropped afterwards.
fn caught<T>(read: impl FnOnce() -> ::parquet::errors::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("it contradicts itself".to_owned()),
    }
}

/// Reads a value in the form in which [`Value`] writes it.
fn parse(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::text(text)),
        Kind::Int => text.parse().ok().map(Value::Int),
        Kind::Decimal => Decimal::parse(text).map(Value::Decimal),
        Kind::Time => domain::time::parse_stored_time(text).ok().map(Value::time),
        Kind::Date => text.parse().ok().map(Value::Date),
    }
}
