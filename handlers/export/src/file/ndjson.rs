//! Rows as one JSON object a line. Money and times are strings, so that no
//! reader turns them into floating-point numbers.

use std::io::{BufRead, Write};

use serde::ser::{SerializeMap, Serializer};
use serde_json::Value as Json;

use super::parse;
use crate::table::Table;
use crate::value::{Row, Value};

pub(super) fn write(file: &mut impl Write, table: Table, row: &Row) -> std::io::Result<()> {
    let mut json = serde_json::Serializer::new(&mut *file);
    let mut map = json.serialize_map(Some(row.len()))?;
    for (column, value) in table.columns().iter().zip(row) {
        match value {
            Value::Null => map.serialize_entry(column.name, &())?,
            Value::Int(int) => map.serialize_entry(column.name, int)?,
            Value::Text(text) => map.serialize_entry(column.name, text)?,
            other => map.serialize_entry(column.name, &other.to_string())?,
        }
    }
    map.end()?;
    file.write_all(b"\n")
}

/// Reads the next line as a row. Returns `None` at the end.
pub(super) fn read(file: &mut impl BufRead, table: Table) -> Result<Option<Row>, String> {
    let mut line = String::new();
    let read = file.read_line(&mut line);
    if read.map_err(|error| error.to_string())? == 0 {
        return Ok(None);
    }
    let Some(line) = line.strip_suffix('\n') else {
        return Err("its last line is not terminated".to_owned());
    };
    // A duplicate member is refused: readers disagree on which of its values counts.
    let Json::Object(mut object) =
        domain::json::read(line.as_bytes()).map_err(|error| format!("a line is {error}"))?
    else {
        return Err("a line is not a JSON object".to_owned());
    };
    let row: Result<Row, String> = table
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let refused = || format!("{} has a value that it cannot have", column.name);
            match object.remove(column.name) {
                Some(Json::Null) if column.nullable => Ok(Value::Null),
                None if index >= table.first_columns() => Ok(Value::Null),
                Some(Json::Number(number)) => match number.as_i64() {
                    Some(int) if column.kind == crate::table::Kind::Int => Ok(Value::Int(int)),
                    _ => Err(refused()),
                },
                Some(Json::String(text)) => parse(column.kind, &text).ok_or_else(refused),
                _ => Err(refused()),
            }
        })
        .collect();
    if let Some(name) = object.keys().next() {
        return Err(format!("{name:?} is not a column of {table}"));
    }
    row.map(Some)
}
