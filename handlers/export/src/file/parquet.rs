//! Rows as Parquet: text as UTF-8, money as DECIMAL, times as UTC microseconds.
//! Compressed with Snappy, which every reader supports.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::table::{Column, Kind, Table};
use crate::value::{Decimal, PRECISION, Row, SCALE, Value};

/// Rows of a group, which are kept in memory until they are written by columns:
/// about 20 MB of the longest texts, and enough to compress well.
const ROWS_IN_GROUP: usize = 16_384;
/// Bytes that [`PRECISION`] digits and a sign need.
const DECIMAL_BYTES: usize = 10;

pub(super) struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: &'static [Column],
    rows: Vec<Row>,
}

impl<W: Write + Send> ParquetWriter<W> {
    pub(super) fn new(file: W, table: Table) -> Result<Self> {
        ParquetWriter::of_columns(file, table, table.columns())
    }

    fn of_columns(file: W, table: Table, columns: &'static [Column]) -> Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        Ok(ParquetWriter {
            file: SerializedFileWriter::new(file, schema(table, columns)?, Arc::new(properties))?,
            columns,
            rows: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, row: Row) -> Result<()> {
        self.rows.push(row);
        if self.rows.len() == ROWS_IN_GROUP {
            self.write_group()?;
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.file.next_row_group()?;
        for (index, column) in self.columns.iter().enumerate() {
            write_column(&mut group, column, rows.iter().map(|row| &row[index]))?;
        }
        group.close()?;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        self.file.into_inner()
    }
}

fn schema(table: Table, columns: &[Column]) -> Result<TypePtr> {
    let fields: Result<Vec<TypePtr>> = columns
        .iter()
        .map(|column| field(column).map(Arc::new))
        .collect();
    let message = Type::group_type_builder(table.name()).with_fields(fields?);
    Ok(Arc::new(message.build()?))
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Int => (Physical::INT64, None),
        Kind::Decimal => (
            Physical::FIXED_LEN_BYTE_ARRAY,
            Some(LogicalType::decimal(SCALE as i32, PRECISION as i32)),
        ),
        Kind::Time => (
            Physical::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MICROS)),
        ),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
    };
    let builder = Type::primitive_type_builder(column.name, physical)
        .with_logical_type(logical)
        .with_repetition(match column.nullable {
            true => Repetition::OPTIONAL,
            false => Repetition::REQUIRED,
        });
    match column.kind {
        Kind::Decimal => builder
            .with_length(DECIMAL_BYTES as i32)
            .with_scale(SCALE as i32)
            .with_precision(PRECISION as i32)
            .build(),
        _ => builder.build(),
    }
}

fn write_column<'a, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    values: impl Iterator<Item = &'a Value>,
) -> Result<()> {
    match column.kind {
        Kind::Text => write_typed::<ByteArrayType, W>(group, column, values, |value| match value {
            Value::Text(text) => Some(ByteArray::from(text.as_str())),
            _ => None,
        }),
        Kind::Int => write_typed::<Int64Type, W>(group, column, values, |value| match value {
            Value::Int(int) => Some(*int),
            _ => None,
        }),
        Kind::Time => write_typed::<Int64Type, W>(group, column, values, |value| match value {
            Value::Time(time) => Some(time.timestamp_micros()),
            _ => None,
        }),
        Kind::Date => write_typed::<Int32Type, W>(group, column, values, |value| match value {
            Value::Date(date) => i32::try_from((*date - NaiveDate::default()).num_days()).ok(),
            _ => None,
        }),
        Kind::Decimal => {
            write_typed::<FixedLenByteArrayType, W>(group, column, values, |value| match value {
                Value::Decimal(decimal) => {
                    let bytes = decimal.scaled().to_be_bytes();
                    Some(bytes[bytes.len() - DECIMAL_BYTES..].to_vec().into())
                }
                _ => None,
            })
        }
    }
}

fn write_typed<'a, T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: &Column,
    values: impl Iterator<Item = &'a Value>,
    read: impl Fn(&Value) -> Option<T::T>,
) -> Result<()> {
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        match read(value) {
            Some(value) => {
                levels.push(1_i16);
                present.push(value);
            }
            None if column.nullable && *value == Value::Null => levels.push(0),
            None => {
                return Err(ParquetError::General(format!(
                    "{value:?} is not a value of {}",
                    column.name
                )));
            }
        }
    }
    let mut writer = group
        .next_column()?
        .ok_or_else(|| ParquetError::General(format!("no column {}", column.name)))?;
    let levels = column.nullable.then_some(levels.as_slice());
    writer.typed::<T>().write_batch(&present, levels, None)?;
    writer.close()
}

/// The rows of a file, one group of them in memory at a time.
pub(super) struct ParquetRows {
    file: SerializedFileReader<File>,
    table: Table,
    /// Those that the file has: earlier versions wrote fewer.
    columns: usize,
    next_group: usize,
    rows: std::vec::IntoIter<Row>,
}

impl ParquetRows {
    pub(super) fn open(file: File, table: Table) -> Result<Self> {
        let file = SerializedFileReader::new(file)?;
        let found = file.metadata().file_metadata().schema_descr();
        let expected = schema(table, table.columns())?;
        let (found, expected) = (found.root_schema().get_fields(), expected.get_fields());
        let columns = found.len();
        if columns < table.first_columns() || expected.get(..columns) != Some(found) {
            return Err(ParquetError::General(format!(
                "its columns are not those of {table}"
            )));
        }
        Ok(ParquetRows {
            file,
            table,
            columns,
            next_group: 0,
            rows: Vec::new().into_iter(),
        })
    }

    fn read_group(&self, group: &dyn RowGroupReader) -> Result<Vec<Row>> {
        let count = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        // A forged count must not reserve memory.
        let mut rows: Vec<Row> = Vec::with_capacity(count.min(ROWS_IN_GROUP));
        let columns = self.table.columns();
        for (index, column) in columns.iter().take(self.columns).enumerate() {
            let values = read_column(group, index, column, count)?;
            if index == 0 {
                rows.extend((0..values.len()).map(|_| Vec::with_capacity(columns.len())));
            }
            if values.len() != rows.len() {
                return Err(ParquetError::General(format!(
                    "{} has {} values, and others have {}",
                    column.name,
                    values.len(),
                    rows.len()
                )));
            }
            for (row, value) in rows.iter_mut().zip(values) {
                row.push(value);
            }
        }
        for row in &mut rows {
            row.resize(columns.len(), Value::Null);
        }
        Ok(rows)
    }
}

impl Iterator for ParquetRows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Result<Row>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            if self.next_group == self.file.num_row_groups() {
                return None;
            }
            let group = self.file.get_row_group(self.next_group);
            self.next_group += 1;
            match group.and_then(|group| self.read_group(group.as_ref())) {
                Ok(rows) => self.rows = rows.into_iter(),
                Err(error) => {
                    self.next_group = self.file.num_row_groups();
                    return Some(Err(error));
                }
            }
        }
    }
}

fn read_column(
    group: &dyn RowGroupReader,
    index: usize,
    column: &Column,
    count: usize,
) -> Result<Vec<Value>> {
    match column.kind {
        Kind::Text => read_typed::<ByteArrayType>(group, index, column, count, |bytes| {
            Some(Value::Text(bytes.as_utf8().ok()?.to_owned()))
        }),
        Kind::Int => {
            read_typed::<Int64Type>(group, index, column, count, |int| Some(Value::Int(*int)))
        }
        Kind::Time => read_typed::<Int64Type>(group, index, column, count, |micros| {
            DateTime::from_timestamp_micros(*micros).map(Value::Time)
        }),
        Kind::Date => read_typed::<Int32Type>(group, index, column, count, |days| {
            let days = chrono::TimeDelta::days(i64::from(*days));
            let date = NaiveDate::default().checked_add_signed(days);
            date.map(Value::Date)
        }),
        Kind::Decimal => read_typed::<FixedLenByteArrayType>(
            group,
            index,
            column,
            count,
            |bytes: &FixedLenByteArray| {
                let bytes = <[u8; DECIMAL_BYTES]>::try_from(bytes.data()).ok()?;
                let sign = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
                let mut whole = [sign; 16];
                whole[16 - DECIMAL_BYTES..].copy_from_slice(&bytes);
                Some(Value::Decimal(Decimal::from_scaled(i128::from_be_bytes(
                    whole,
                ))))
            },
        ),
    }
}

fn read_typed<T: DataType>(
    group: &dyn RowGroupReader,
    index: usize,
    column: &Column,
    count: usize,
    read: impl Fn(&T::T) -> Option<Value>,
) -> Result<Vec<Value>> {
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(index)?);
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    loop {
        let wanted = count.saturating_sub(levels.len().max(present.len()));
        let into = column.nullable.then_some(&mut levels);
        let (records, ..) = reader.read_records(wanted, into, None, &mut present)?;
        if records == 0 {
            break;
        }
    }
    let bad = || ParquetError::General(format!("{} has a value that it cannot have", column.name));
    let mut values = present.iter().map(|value| read(value).ok_or_else(bad));
    if !column.nullable {
        return values.collect();
    }
    levels
        .iter()
        .map(|level| match level {
            0 => Ok(Value::Null),
            _ => values.next().unwrap_or_else(|| Err(bad())),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that any column of this kind can have.
    fn some(column: &Column) -> Value {
        match column.kind {
            Kind::Text => Value::text("text"),
            Kind::Int => Value::Int(1),
            Kind::Decimal => Value::Decimal(Decimal::from_scaled(1)),
            Kind::Time => Value::Time(DateTime::UNIX_EPOCH),
            Kind::Date => Value::Date(NaiveDate::default()),
        }
    }

    #[test]
    fn a_file_of_an_earlier_version_has_no_value_in_the_columns_that_came_later() {
        const TABLE: Table = Table::Events;
        let all = TABLE.columns();
        for count in [all.len(), TABLE.first_columns(), TABLE.first_columns() - 1] {
            let mut file = tempfile::tempfile().unwrap();
            let columns = &all[..count];
            let row: Row = columns.iter().map(some).collect();
            let mut writer = ParquetWriter::of_columns(&mut file, TABLE, columns).unwrap();
            writer.write(row.clone()).unwrap();
            writer.finish().unwrap();
            let Ok(rows) = ParquetRows::open(file, TABLE) else {
                assert!(count < TABLE.first_columns(), "{count}");
                continue;
            };
            let mut expected = row;
            expected.resize(all.len(), Value::Null);
            assert_eq!(rows.map(Result::unwrap).collect::<Vec<_>>(), [expected]);
            assert!(count >= TABLE.first_columns(), "{count}");
        }
    }
}
