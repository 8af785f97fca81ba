//! Comparisons of whole columns without a call per row.

use super::vector::Vector;
use crate::functions::Function;
use crate::optimize::{compare_op, swapped};
use crate::plan::{CompareOp, Expr, ExprKind};
use std::cmp::Ordering;
use std::collections::HashSet;
use strata_types::{Bitmap, Column, ColumnData, Strings, Type, Value, compare_f64};

/// The answers of a comparison function, if it is one over types whose order is that of their vectors.
pub(super) fn fast(function: &Function, left: &Vector, right: &Vector, rows: usize) -> Option<Column> {
    let op = compare_op(function)?;
    match (left, right) {
        (Vector::Column(column), Vector::Const(value)) => with_constant(column, value, op, rows),
        (Vector::Const(value), Vector::Column(column)) => with_constant(column, value, swapped(op), rows),
        (Vector::Column(left), Vector::Column(right)) => columns(left, right, op),
        (Vector::Const(_), Vector::Const(_)) => None,
    }
}

/// `arg [NOT] IN (constants)`, if all have one simple type and none is NULL.
pub(super) fn in_list(arg: &Vector, ty: Type, list: &[Expr], negated: bool, rows: usize) -> Option<Column> {
    let Vector::Column(column) = arg else { return None };
    let mut wanted: HashSet<&Value> = HashSet::with_capacity(list.len());
    for candidate in list {
        match &candidate.kind {
            ExprKind::Const(value) if candidate.ty == ty && !value.is_null() => wanted.insert(value),
            _ => return None,
        };
    }
    let truths = match &column.data {
        ColumnData::Text(strings) if ty != Type::BPCHAR => {
            let wanted: HashSet<&str> = wanted.into_iter().filter_map(Value::as_str).collect();
            (0..rows).map(|row| wanted.contains(strings.get_str(row)) != negated).collect()
        }
        ColumnData::Int2(_) | ColumnData::Int4(_) | ColumnData::Int8(_) => {
            let wanted: HashSet<i64> = wanted.into_iter().filter_map(Value::as_i64).collect();
            let ints = integers(column)?;
            (0..rows).map(|row| wanted.contains(&ints.get(row)) != negated).collect()
        }
        ColumnData::Other(_) => return None,
        _ if ty == Type::BPCHAR => return None,
        _ => (0..rows).map(|row| wanted.contains(&column.data.value(row)) != negated).collect(),
    };
    Some(booleans(truths, column.validity.clone()))
}

fn booleans(truths: Vec<bool>, validity: Option<Bitmap>) -> Column {
    Column::new(Type::BOOL, ColumnData::Bool(truths), validity)
}

/// One loop per operator, so that each compiles to straight vector code.
macro_rules! compare_all {
    ($op:expr, $rows:expr, $row:ident => $left:expr, $right:expr) => {
        match $op {
            CompareOp::Eq => (0..$rows).map(|$row| $left == $right).collect(),
            CompareOp::Ne => (0..$rows).map(|$row| $left != $right).collect(),
            CompareOp::Lt => (0..$rows).map(|$row| $left < $right).collect(),
            CompareOp::Le => (0..$rows).map(|$row| $left <= $right).collect(),
            CompareOp::Gt => (0..$rows).map(|$row| $left > $right).collect(),
            CompareOp::Ge => (0..$rows).map(|$row| $left >= $right).collect(),
        }
    };
}

fn with_constant(column: &Column, value: &Value, op: CompareOp, rows: usize) -> Option<Column> {
    if value.is_null() {
        return Some(booleans(vec![false; rows], Some(Bitmap::filled(rows, false))));
    }
    let truths: Vec<bool> = match (&column.data, value) {
        (ColumnData::Int4(ints), Value::Int4(n)) | (ColumnData::Date(ints), Value::Date(n)) => {
            compare_all!(op, rows, row => ints[row], *n)
        }
        (ColumnData::Int8(ints), Value::Int8(n))
        | (ColumnData::Time(ints), Value::Time(n))
        | (ColumnData::Timestamp(ints), Value::Timestamp(n))
        | (ColumnData::TimestampTz(ints), Value::TimestampTz(n)) => {
            compare_all!(op, rows, row => ints[row], *n)
        }
        (
            ColumnData::Int2(_) | ColumnData::Int4(_) | ColumnData::Int8(_),
            Value::Int2(_) | Value::Int4(_) | Value::Int8(_),
        ) => {
            let (ints, n) = (integers(column)?, value.as_i64()?);
            compare_all!(op, rows, row => ints.get(row), n)
        }
        (ColumnData::Float8(floats), Value::Float8(f)) => {
            (0..rows).map(|row| holds(op, compare_f64(floats[row], *f))).collect()
        }
        (ColumnData::Text(strings), Value::Text(text)) if column.ty != Type::BPCHAR => {
            let bytes = text.as_bytes();
            compare_all!(op, rows, row => strings.get(row), bytes)
        }
        _ => return None,
    };
    Some(booleans(truths, column.validity.clone()))
}

fn columns(left: &Column, right: &Column, op: CompareOp) -> Option<Column> {
    let rows = left.len();
    let truths: Vec<bool> = match (&left.data, &right.data) {
        (ColumnData::Int4(a), ColumnData::Int4(b)) | (ColumnData::Date(a), ColumnData::Date(b)) => {
            compare_all!(op, rows, row => a[row], b[row])
        }
        (ColumnData::Int8(a), ColumnData::Int8(b))
        | (ColumnData::Time(a), ColumnData::Time(b))
        | (ColumnData::Timestamp(a), ColumnData::Timestamp(b))
        | (ColumnData::TimestampTz(a), ColumnData::TimestampTz(b)) => {
            compare_all!(op, rows, row => a[row], b[row])
        }
        (ColumnData::Float8(a), ColumnData::Float8(b)) => {
            (0..rows).map(|row| holds(op, compare_f64(a[row], b[row]))).collect()
        }
        (ColumnData::Text(a), ColumnData::Text(b)) if left.ty != Type::BPCHAR && right.ty != Type::BPCHAR => {
            texts(a, b, op, rows)
        }
        _ => return None,
    };
    let validity = match (&left.validity, &right.validity) {
        (Some(a), Some(b)) => Some(a.and(b)),
        (one, other) => one.as_ref().or(other.as_ref()).cloned(),
    };
    Some(booleans(truths, validity))
}

fn texts(a: &Strings, b: &Strings, op: CompareOp, rows: usize) -> Vec<bool> {
    compare_all!(op, rows, row => a.get(row), b.get(row))
}

/// Whether an order of two operands makes the comparison true.
fn holds(op: CompareOp, ordering: Ordering) -> bool {
    match op {
        CompareOp::Eq => ordering.is_eq(),
        CompareOp::Ne => ordering.is_ne(),
        CompareOp::Lt => ordering.is_lt(),
        CompareOp::Le => ordering.is_le(),
        CompareOp::Gt => ordering.is_gt(),
        CompareOp::Ge => ordering.is_ge(),
    }
}

/// A column of any integer type.
enum Integers<'a> {
    Two(&'a [i16]),
    Four(&'a [i32]),
    Eight(&'a [i64]),
}

impl Integers<'_> {
    fn get(&self, row: usize) -> i64 {
        match self {
            Integers::Two(ints) => i64::from(ints[row]),
            Integers::Four(ints) => i64::from(ints[row]),
            Integers::Eight(ints) => ints[row],
        }
    }
}

fn integers(column: &Column) -> Option<Integers<'_>> {
    match &column.data {
        ColumnData::Int2(ints) => Some(Integers::Two(ints)),
        ColumnData::Int4(ints) => Some(Integers::Four(ints)),
        ColumnData::Int8(ints) => Some(Integers::Eight(ints)),
        _ => None,
    }
}
