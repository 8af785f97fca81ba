//! Columns of values: typed vectors, laid out as Arrow lays them out, with a bitmap of the rows that are not NULL.

mod batch;
mod bitmap;
mod builder;
mod data;
mod strings;

pub use batch::Batch;
pub use bitmap::Bitmap;
pub use builder::ColumnBuilder;
pub use data::ColumnData;
pub use strings::Strings;

use crate::sql_type::Type;
use crate::value::Value;

/// The values of one column in some rows.
#[derive(Clone, Debug)]
pub struct Column {
    /// The values' type.
    pub ty: Type,
    /// One entry a row; where the row is NULL, a default that means nothing.
    pub data: ColumnData,
    /// 1 where the row is not NULL; `None` when no row is.
    pub validity: Option<Bitmap>,
}

impl Column {
    /// A column of these vectors. The bitmap, if any, is as long as the data.
    pub fn new(ty: Type, data: ColumnData, validity: Option<Bitmap>) -> Column {
        if let Some(validity) = &validity {
            assert_eq!(validity.len(), data.len(), "a bit for every row");
        }
        Column { ty, data, validity }
    }

    /// A column without rows.
    pub fn empty(ty: Type) -> Column {
        Column::new(ty, ColumnData::with_capacity(ty, 0), None)
    }

    /// The same value in every row.
    pub fn repeat(ty: Type, value: &Value, rows: usize) -> Column {
        let mut builder = ColumnBuilder::with_capacity(ty, rows);
        for _ in 0..rows {
            builder.push(value);
        }
        builder.finish()
    }

    /// A column of these values.
    pub fn from_values<'a>(ty: Type, values: impl IntoIterator<Item = &'a Value>) -> Column {
        let mut builder = ColumnBuilder::new(ty);
        values.into_iter().for_each(|value| builder.push(value));
        builder.finish()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row `index` is NULL.
    #[inline]
    pub fn is_null(&self, index: usize) -> bool {
        match &self.validity {
            Some(validity) => !validity.get(index),
            None => matches!(&self.data, ColumnData::Other(values) if values[index].is_null()),
        }
    }

    /// Some row may be NULL.
    pub fn has_nulls(&self) -> bool {
        match (&self.validity, &self.data) {
            (Some(validity), _) => !validity.all(),
            (None, ColumnData::Other(values)) => values.iter().any(Value::is_null),
            (None, _) => false,
        }
    }

    /// The value in row `index`.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len).
    pub fn value(&self, index: usize) -> Value {
        if self.is_null(index) { Value::Null } else { self.data.value(index) }
    }

    /// Every value in turn.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.len()).map(|index| self.value(index))
    }

    /// The rows with these indexes, in this order; an index may repeat.
    pub fn take(&self, rows: &[u32]) -> Column {
        let validity = self.validity.as_ref().map(|validity| validity.take(rows));
        Column { ty: self.ty, data: self.data.take(rows), validity }
    }

    /// `len` rows starting at `from`.
    pub fn slice(&self, from: usize, len: usize) -> Column {
        let validity = self
            .validity
            .as_ref()
            .map(|validity| (from..from + len).map(|index| validity.get(index)).collect());
        Column { ty: self.ty, data: self.data.slice(from, len), validity }
    }

    /// The rows of all `columns`, which are of type `ty`, one after the other.
    pub fn concat(ty: Type, columns: &[&Column]) -> Column {
        let rows = columns.iter().map(|column| column.len()).sum();
        let mut builder = ColumnBuilder::with_capacity(ty, rows);
        for column in columns {
            builder.append(column);
        }
        builder.finish()
    }

    /// About how many bytes of memory the column takes.
    pub fn byte_len(&self) -> usize {
        self.data.byte_len() + self.validity.as_ref().map_or(0, |validity| validity.words().len() * 8)
    }
}
