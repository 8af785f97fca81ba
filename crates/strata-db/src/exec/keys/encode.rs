//! Rows as bytes such that rows that are equal in the sense of GROUP BY have equal bytes.
//!
//! ```text
//! 0                      NULL
//! 1 | 8 bytes            integers, dates, times, booleans; floats with one NaN and one zero
//! 1 | length 4 | bytes   text (character(n) without its blanks), bytea
//! 1 | key bytes          everything else: the order-preserving key codec, which ends its own values
//! ```

use strata_types::key::{self, SortOrder};
use strata_types::{Column, ColumnData, Type};

/// Appends the bytes of row `row` of these columns.
pub(in crate::exec) fn encode_row<'a>(
    columns: impl IntoIterator<Item = &'a Column>,
    row: usize,
    out: &mut Vec<u8>,
) {
    for column in columns {
        if column.is_null(row) {
            out.push(0);
            continue;
        }
        out.push(1);
        match &column.data {
            ColumnData::Bool(values) => word(i64::from(values[row]), out),
            ColumnData::Int2(values) => word(i64::from(values[row]), out),
            ColumnData::Int4(values) | ColumnData::Date(values) => word(i64::from(values[row]), out),
            ColumnData::Int8(values)
            | ColumnData::Time(values)
            | ColumnData::Timestamp(values)
            | ColumnData::TimestampTz(values) => word(values[row], out),
            ColumnData::Float4(values) => word(float_bits(f64::from(values[row])), out),
            ColumnData::Float8(values) => word(float_bits(values[row]), out),
            ColumnData::Text(strings) | ColumnData::Bytea(strings) => bytes(column.ty, strings.get(row), out),
            ColumnData::Other(values) => key::encode(column.ty, &values[row], SortOrder::default(), out),
        }
    }
}

/// Some column is NULL in this row.
pub(in crate::exec) fn has_null<'a>(columns: impl IntoIterator<Item = &'a Column>, row: usize) -> bool {
    columns.into_iter().any(|column| column.is_null(row))
}

fn word(n: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&n.to_le_bytes());
}

fn float_bits(f: f64) -> i64 {
    let canonical = if f.is_nan() {
        f64::NAN
    } else if f == 0.0 {
        0.0
    } else {
        f
    };
    canonical.to_bits() as i64
}

fn bytes(ty: Type, bytes: &[u8], out: &mut Vec<u8>) {
    let bytes = if ty == Type::BPCHAR { bytes.trim_ascii_end() } else { bytes };
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}
