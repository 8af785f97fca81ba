//! Building a column row by row.

use super::{Bitmap, Column, ColumnData, Strings};
use crate::sql_type::Type;
use crate::value::Value;

/// A column under construction.
#[derive(Clone, Debug)]
pub struct ColumnBuilder {
    ty: Type,
    data: ColumnData,
    /// Made at the first NULL: most columns of most batches have none.
    validity: Option<Bitmap>,
}

macro_rules! typed_push {
    ($($(#[$doc:meta])* $name:ident($argument:ty) -> $($variant:ident)|+;)*) => {
        $($(#[$doc])*
        ///
        /// # Panics
        /// If the column is of another kind.
        #[inline]
        pub fn $name(&mut self, value: $argument) {
            match &mut self.data {
                $(ColumnData::$variant(vector))|+ => vector.push(value),
                other => unreachable!("{} pushed to a column of {:?}", stringify!($name), other),
            }
            self.mark_valid();
        })*
    };
}

impl ColumnBuilder {
    /// An empty column of `ty`.
    pub fn new(ty: Type) -> ColumnBuilder {
        ColumnBuilder::with_capacity(ty, 0)
    }

    /// An empty column of `ty` with room for `rows`.
    pub fn with_capacity(ty: Type, rows: usize) -> ColumnBuilder {
        ColumnBuilder { ty, data: ColumnData::with_capacity(ty, rows), validity: None }
    }

    /// The column's type.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// The vector so far.
    pub(crate) fn data(&self) -> &ColumnData {
        &self.data
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// No rows so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a value or NULL.
    ///
    /// # Panics
    /// If the value is not of the column's kind.
    pub fn push(&mut self, value: &Value) {
        if value.is_null() {
            self.push_null();
            return;
        }
        let pushed = self.data.push(value);
        assert!(pushed, "{value:?} pushed to a column of {:?}", self.ty);
        self.mark_valid();
    }

    /// Appends NULL.
    pub fn push_null(&mut self) {
        let rows = self.data.len();
        self.validity.get_or_insert_with(|| Bitmap::filled(rows, true)).push(false);
        self.data.push_default();
    }

    typed_push! {
        /// Appends a `boolean`.
        push_bool(bool) -> Bool;
        /// Appends a `smallint`.
        push_i16(i16) -> Int2;
        /// Appends an `integer` or `date`.
        push_i32(i32) -> Int4 | Date;
        /// Appends a `bigint`, `time`, `timestamp` or `timestamptz`.
        push_i64(i64) -> Int8 | Time | Timestamp | TimestampTz;
        /// Appends a `real`.
        push_f32(f32) -> Float4;
        /// Appends a `double precision`.
        push_f64(f64) -> Float8;
        /// Appends a value of a type without a vector of its own.
        push_value(Value) -> Other;
    }

    /// Appends text to a column of strings.
    ///
    /// # Panics
    /// If the column is of another kind.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.strings().push_str(text);
        self.mark_valid();
    }

    /// Appends bytes to a `bytea` column.
    ///
    /// # Panics
    /// If the column is of another kind.
    #[inline]
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        assert!(matches!(self.data, ColumnData::Bytea(_)), "bytes pushed to a column of {:?}", self.ty);
        self.strings().push(bytes);
        self.mark_valid();
    }

    /// Appends all rows of a column of the same type.
    pub fn append(&mut self, column: &Column) {
        let rows = self.data.len();
        if !self.data.append(&column.data) {
            column.values().for_each(|value| self.push(&value));
            return;
        }
        match (&mut self.validity, &column.validity) {
            (None, None) => {}
            (Some(ours), None) => ours.push_many(true, column.len()),
            (ours, Some(theirs)) => {
                let ours = ours.get_or_insert_with(|| Bitmap::filled(rows, true));
                theirs.iter().for_each(|bit| ours.push(bit));
            }
        }
    }

    /// The column as built.
    pub fn finish(self) -> Column {
        Column::new(self.ty, self.data, self.validity)
    }

    /// The column as built, leaving an empty one behind to build the next.
    pub fn take(&mut self) -> Column {
        let rows = self.data.len();
        let data = std::mem::replace(&mut self.data, ColumnData::with_capacity(self.ty, rows));
        Column::new(self.ty, data, self.validity.take())
    }

    fn strings(&mut self) -> &mut Strings {
        match &mut self.data {
            ColumnData::Text(strings) | ColumnData::Bytea(strings) => strings,
            other => unreachable!("a string pushed to a column of {other:?}"),
        }
    }

    #[inline]
    fn mark_valid(&mut self) {
        if let Some(validity) = &mut self.validity {
            validity.push(true);
        }
    }
}
