//! Rows as bytes: compact, and readable one column at a time.
//!
//! ```text
//! ┌──────────┬─────────┬──────────────┬──────────────────┬──────────────────┬──────────────────┐
//! │ format 1 │ count 2 │ nulls, n/8   │ fixed widths     │ ends, 2 or 4 each│ variable lengths │
//! └──────────┴─────────┴──────────────┴──────────────────┴──────────────────┴──────────────────┘
//! ```
//! `format` is 1 when the ends have two bytes and 2 when they have four. `count` is the number of columns
//! when the row was written: columns added since are missing, and read as their default. A bit in `nulls` is
//! 1 where the column is NULL; a NULL still occupies its fixed width, so that the place of every column of
//! fixed width follows from the types alone. `ends` says for each column of variable length where it ends,
//! counted from the first of them. Integers are little-endian.
//!
//! Reading is checked: damaged bytes are an [`Error::Corrupt`], never a panic.

mod cursor;
mod kind;
mod payload;

pub(crate) use kind::Kind;

use crate::column::{Column, ColumnBuilder, ColumnData};
use crate::error::{Error, Result};
use crate::sql_type::Type;
use crate::value::Value;
use std::sync::Arc;

const NARROW: u8 = 1;
const WIDE: u8 = 2;
const HEADER_LEN: usize = 3;

/// Encodes one row; for many rows of the same types, keep a [`RowLayout`].
pub fn encode(types: &[Type], values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    RowLayout::new(types).encode(values, &mut out);
    out
}

/// Decodes one row. Columns that the row does not have yet are NULL.
pub fn decode(types: &[Type], tuple: &[u8]) -> Result<Vec<Value>> {
    let layout = RowLayout::new(types);
    let reader = layout.reader(tuple)?;
    (0..types.len()).map(|column| Ok(reader.value(column)?.unwrap_or(Value::Null))).collect()
}

/// Where the columns of some types are in a row.
#[derive(Clone, Debug)]
pub struct RowLayout {
    columns: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    kind: Kind,
    /// Bytes of fixed width before this column.
    fixed: usize,
    /// Columns of variable length before this column.
    variable: usize,
}

impl RowLayout {
    /// The layout of rows with columns of these types.
    pub fn new(types: &[Type]) -> RowLayout {
        let (mut fixed, mut variable) = (0, 0);
        let mut columns = Vec::with_capacity(types.len());
        for ty in types {
            let kind = Kind::of(*ty);
            columns.push(Slot { kind, fixed, variable });
            match kind.width() {
                Some(width) => fixed += width,
                None => variable += 1,
            }
        }
        RowLayout { columns }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// No columns.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Appends a row of these values, one a column and each NULL or of its column's type.
    pub fn encode(&self, values: &[Value], out: &mut Vec<u8>) {
        assert_eq!(values.len(), self.columns.len(), "a value for every column");
        self.encode_fields(values, out);
    }

    /// Appends row `row` of these columns, which have the layout's types.
    pub fn encode_row(&self, columns: &[Arc<Column>], row: usize, out: &mut Vec<u8>) {
        assert_eq!(columns.len(), self.columns.len(), "a column for every column");
        self.encode_fields(&RowOf { columns, row }, out);
    }

    fn encode_fields<F: Fields + ?Sized>(&self, fields: &F, out: &mut Vec<u8>) {
        let start = out.len();
        self.encode_as(NARROW, fields, out);
        if out.len() - start > usize::from(u16::MAX) {
            out.truncate(start);
            self.encode_as(WIDE, fields, out);
        }
    }

    fn encode_as<F: Fields + ?Sized>(&self, format: u8, fields: &F, out: &mut Vec<u8>) {
        let count = self.columns.len();
        out.push(format);
        out.extend_from_slice(&(count as u16).to_le_bytes());
        let nulls = out.len();
        out.resize(nulls + count.div_ceil(8), 0);
        for (column, slot) in self.columns.iter().enumerate() {
            let is_null = fields.is_null(column);
            if is_null {
                out[nulls + column / 8] |= 1 << (column % 8);
            }
            if let Some(width) = slot.kind.width() {
                let end = out.len() + width;
                if !is_null {
                    fields.write(column, slot.kind, out);
                    assert!(out.len() == end, "column {column} is not stored as {:?}", slot.kind);
                }
                out.resize(end, 0);
            }
        }
        let mut end_at = out.len();
        let end_width = if format == NARROW { 2 } else { 4 };
        let (_, variable) = self.extents(count);
        let base = end_at + variable * end_width;
        out.resize(base, 0);
        for (column, slot) in self.columns.iter().enumerate() {
            if slot.kind.width().is_some() {
                continue;
            }
            if !fields.is_null(column) {
                fields.write(column, slot.kind, out);
            }
            let end = (out.len() - base) as u32;
            // In the narrow form a too large end is cut off here; the caller then encodes again, wide.
            out[end_at..end_at + end_width].copy_from_slice(&end.to_le_bytes()[..end_width]);
            end_at += end_width;
        }
    }

    /// Bytes of fixed width and number of columns of variable length among the first `count`.
    fn extents(&self, count: usize) -> (usize, usize) {
        match count.checked_sub(1).and_then(|last| self.columns.get(last)) {
            Some(slot) => match slot.kind.width() {
                Some(width) => (slot.fixed + width, slot.variable),
                None => (slot.fixed, slot.variable + 1),
            },
            None => (0, 0),
        }
    }

    /// Opens a row for reading.
    pub fn reader<'a>(&'a self, tuple: &'a [u8]) -> Result<RowReader<'a>> {
        let corrupt = |fault| Error::Corrupt { what: "row", fault };
        let (&[format, low, high], rest) =
            tuple.split_first_chunk::<HEADER_LEN>().ok_or_else(|| corrupt("too short"))?;
        let end_width = match format {
            NARROW => 2,
            WIDE => 4,
            _ => return Err(corrupt("unknown format")),
        };
        let count = usize::from(u16::from_le_bytes([low, high]));
        if count > self.columns.len() {
            return Err(corrupt("more columns than the table has"));
        }
        let (fixed_len, variable) = self.extents(count);
        let split = |bytes: &'a [u8], at| bytes.split_at_checked(at).ok_or_else(|| corrupt("too short"));
        let (nulls, rest) = split(rest, count.div_ceil(8))?;
        let (fixed, rest) = split(rest, fixed_len)?;
        let (ends, bytes) = split(rest, variable * end_width)?;
        Ok(RowReader { layout: self, count, nulls, fixed, ends, end_width, bytes })
    }
}

/// The fields of a row that is to be encoded.
trait Fields {
    fn is_null(&self, column: usize) -> bool;
    /// Appends the payload of a field that is not NULL.
    fn write(&self, column: usize, kind: Kind, out: &mut Vec<u8>);
}

impl Fields for [Value] {
    fn is_null(&self, column: usize) -> bool {
        self[column].is_null()
    }

    fn write(&self, column: usize, kind: Kind, out: &mut Vec<u8>) {
        payload::write(kind, &self[column], out);
    }
}

struct RowOf<'a> {
    columns: &'a [Arc<Column>],
    row: usize,
}

impl Fields for RowOf<'_> {
    fn is_null(&self, column: usize) -> bool {
        self.columns[column].is_null(self.row)
    }

    fn write(&self, column: usize, kind: Kind, out: &mut Vec<u8>) {
        match (&self.columns[column].data, kind) {
            (ColumnData::Text(strings), Kind::Text) | (ColumnData::Bytea(strings), Kind::Bytea) => {
                out.extend_from_slice(strings.get(self.row));
            }
            (ColumnData::Other(values), kind) => payload::write(kind, &values[self.row], out),
            (data, kind) => payload::write(kind, &data.value(self.row), out),
        }
    }
}

/// A row open for reading.
#[derive(Clone, Copy)]
pub struct RowReader<'a> {
    layout: &'a RowLayout,
    count: usize,
    nulls: &'a [u8],
    fixed: &'a [u8],
    ends: &'a [u8],
    end_width: usize,
    bytes: &'a [u8],
}

impl<'a> RowReader<'a> {
    /// Columns that the row has; later ones were added after it was written.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The value of a column; `None` if the row is older than the column.
    pub fn value(&self, column: usize) -> Result<Option<Value>> {
        Ok(match self.field(column)? {
            Field::Missing => None,
            Field::Null => Some(Value::Null),
            Field::Bytes(kind, bytes) => Some(payload::read(kind, bytes)?),
        })
    }

    /// Appends the value of a column to `builder`; `missing` if the row is older than the column.
    pub fn push(&self, column: usize, missing: &Value, builder: &mut ColumnBuilder) -> Result<()> {
        match self.field(column)? {
            Field::Missing => builder.push(missing),
            Field::Null => builder.push_null(),
            Field::Bytes(kind, bytes) => push_field(kind, bytes, builder)?,
        }
        Ok(())
    }

    fn field(&self, column: usize) -> Result<Field<'a>> {
        let corrupt = |fault| Error::Corrupt { what: "row", fault };
        let Some(slot) = self.layout.columns.get(column).filter(|_| column < self.count) else {
            return Ok(Field::Missing);
        };
        if self.nulls.get(column / 8).is_none_or(|byte| byte & (1 << (column % 8)) != 0) {
            return Ok(Field::Null);
        }
        let bytes = match slot.kind.width() {
            Some(width) => self.fixed.get(slot.fixed..slot.fixed + width),
            None => {
                let from = slot.variable.checked_sub(1).map_or(Some(0), |before| self.end(before));
                let to = self.end(slot.variable);
                from.zip(to).and_then(|(from, to)| self.bytes.get(from..to))
            }
        };
        bytes.map(|bytes| Field::Bytes(slot.kind, bytes)).ok_or_else(|| corrupt("column out of bounds"))
    }

    fn end(&self, variable: usize) -> Option<usize> {
        let at = variable * self.end_width;
        let bytes = self.ends.get(at..at + self.end_width)?;
        Some(bytes.iter().rev().fold(0, |end, byte| end << 8 | usize::from(*byte)))
    }
}

enum Field<'a> {
    Missing,
    Null,
    Bytes(Kind, &'a [u8]),
}

/// Appends stored bytes without making a `Value` in between, where the column has a vector for them.
fn push_field(kind: Kind, bytes: &[u8], builder: &mut ColumnBuilder) -> Result<()> {
    fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
        bytes.try_into().map_err(|_| Error::Corrupt { what: "row", fault: "value of another width" })
    }
    match (kind, builder.data()) {
        (Kind::Int2, ColumnData::Int2(_)) => builder.push_i16(i16::from_le_bytes(fixed(bytes)?)),
        (Kind::Int4, ColumnData::Int4(_)) | (Kind::Date, ColumnData::Date(_)) => {
            builder.push_i32(i32::from_le_bytes(fixed(bytes)?));
        }
        (Kind::Int8, ColumnData::Int8(_))
        | (Kind::Time, ColumnData::Time(_))
        | (Kind::Timestamp, ColumnData::Timestamp(_))
        | (Kind::TimestampTz, ColumnData::TimestampTz(_)) => {
            builder.push_i64(i64::from_le_bytes(fixed(bytes)?));
        }
        (Kind::Float4, ColumnData::Float4(_)) => builder.push_f32(f32::from_le_bytes(fixed(bytes)?)),
        (Kind::Float8, ColumnData::Float8(_)) => builder.push_f64(f64::from_le_bytes(fixed(bytes)?)),
        (Kind::Text, ColumnData::Text(_)) => builder.push_str(payload::read_str(bytes)?),
        (Kind::Bytea, ColumnData::Bytea(_)) => builder.push_bytes(bytes),
        _ => builder.push(&payload::read(kind, bytes)?),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
