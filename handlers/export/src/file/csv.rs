//! Rows as CSV (RFC 4180) with a header; an empty cell has no value.

use std::io::{Read, Write};

use csv::{Reader, StringRecord, Writer};

use super::parse;
use crate::table::Table;
use crate::value::{Row, Value};

pub(super) fn writer<W: Write>(file: W, table: Table) -> csv::Result<Writer<W>> {
    let mut writer = Writer::from_writer(file);
    writer.write_record(table.columns().iter().map(|column| column.name))?;
    Ok(writer)
}

pub(super) fn write<W: Write>(file: &mut Writer<W>, row: &Row) -> csv::Result<()> {
    file.write_record(row.iter().map(Value::to_string))
}

pub(super) fn reader<R: Read>(file: R, table: Table) -> Result<Reader<R>, String> {
    let mut reader = Reader::from_reader(file);
    let heading = reader.headers().map_err(|error| error.to_string())?;
    let names = table.columns().iter().map(|column| column.name);
    let is_known = heading.len() >= table.first_columns() && heading.len() <= table.columns().len();
    if !is_known || !heading.iter().eq(names.take(heading.len())) {
        return Err(format!("its columns are not those of {table}"));
    }
    Ok(reader)
}

pub(super) fn read<R: Read>(file: &mut Reader<R>, table: Table) -> Result<Option<Row>, String> {
    let mut record = StringRecord::new();
    let read = file.read_record(&mut record);
    if !read.map_err(|error| error.to_string())? {
        return Ok(None);
    }
    let later = std::iter::repeat("");
    let row: Result<Row, String> = table
        .columns()
        .iter()
        .zip(record.iter().chain(later))
        .map(|(column, text)| match text {
            "" if column.nullable => Ok(Value::Null),
            text => parse(column.kind, text)
                .ok_or_else(|| format!("{} has a value that it cannot have", column.name)),
        })
        .collect();
    row.map(Some)
}
