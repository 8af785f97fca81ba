//! A batch: some rows of several columns, what operators hand to each other.

use super::{Bitmap, Column, ColumnBuilder};
use crate::sql_type::Type;
use crate::value::Value;
use std::sync::Arc;

/// Rows in columns. Columns are shared: a projection copies counters, not values.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// All of the same length, `rows`.
    pub columns: Vec<Arc<Column>>,
    /// Number of rows; told apart from the columns because there may be none.
    pub rows: usize,
}

impl Batch {
    /// A batch of these columns, each of `rows` rows.
    pub fn new(columns: Vec<Arc<Column>>, rows: usize) -> Batch {
        for column in &columns {
            assert_eq!(column.len(), rows, "columns of one batch have the same length");
        }
        Batch { columns, rows }
    }

    /// A batch without rows, of columns of these types.
    pub fn empty(types: &[Type]) -> Batch {
        Batch { columns: types.iter().map(|ty| Arc::new(Column::empty(*ty))).collect(), rows: 0 }
    }

    /// These rows, of columns of these types.
    pub fn from_rows(types: &[Type], rows: &[Vec<Value>]) -> Batch {
        let mut builders: Vec<_> =
            types.iter().map(|ty| ColumnBuilder::with_capacity(*ty, rows.len())).collect();
        for row in rows {
            assert_eq!(row.len(), builders.len(), "a value for every column");
            builders.iter_mut().zip(row).for_each(|(builder, value)| builder.push(value));
        }
        let columns = builders.into_iter().map(|builder| Arc::new(builder.finish())).collect();
        Batch::new(columns, rows.len())
    }

    /// No rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The values of one row.
    pub fn row(&self, index: usize) -> Vec<Value> {
        self.columns.iter().map(|column| column.value(index)).collect()
    }

    /// The rows with these indexes, in this order; an index may repeat.
    pub fn take(&self, rows: &[u32]) -> Batch {
        Batch {
            columns: self.columns.iter().map(|column| Arc::new(column.take(rows))).collect(),
            rows: rows.len(),
        }
    }

    /// The rows whose bit is 1.
    pub fn filter(&self, keep: &Bitmap) -> Batch {
        if keep.all() {
            return self.clone();
        }
        self.take(&keep.ones().collect::<Vec<_>>())
    }

    /// `len` rows starting at `from`.
    pub fn slice(&self, from: usize, len: usize) -> Batch {
        if from == 0 && len == self.rows {
            return self.clone();
        }
        Batch {
            columns: self.columns.iter().map(|column| Arc::new(column.slice(from, len))).collect(),
            rows: len,
        }
    }

    /// The columns with these indexes, in this order.
    pub fn project(&self, columns: &[usize]) -> Batch {
        Batch { columns: columns.iter().map(|at| Arc::clone(&self.columns[*at])).collect(), rows: self.rows }
    }

    /// The rows of all `batches`, which have columns of `types`, one after the other.
    pub fn concat(types: &[Type], batches: &[Batch]) -> Batch {
        let column = |(at, ty): (usize, &Type)| {
            let parts: Vec<&Column> = batches.iter().map(|batch| &*batch.columns[at]).collect();
            Arc::new(Column::concat(*ty, &parts))
        };
        Batch {
            columns: types.iter().enumerate().map(column).collect(),
            rows: batches.iter().map(|batch| batch.rows).sum(),
        }
    }

    /// About how many bytes of memory the batch takes.
    pub fn byte_len(&self) -> usize {
        self.columns.iter().map(|column| column.byte_len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Batch {
        let rows = [
            vec![Value::Int4(1), Value::text("one"), Value::Numeric(1.into())],
            vec![Value::Null, Value::text("two"), Value::Null],
            vec![Value::Int4(3), Value::Null, Value::Numeric(3.into())],
        ];
        Batch::from_rows(&[Type::INT4, Type::TEXT, Type::NUMERIC], &rows)
    }

    #[test]
    fn rows_are_taken_filtered_and_joined() {
        let batch = sample();
        assert_eq!(batch.row(1), [Value::Null, Value::text("two"), Value::Null]);
        let taken = batch.take(&[2, 0, 2]);
        assert_eq!(taken.row(0), batch.row(2));
        assert_eq!(taken.row(1), batch.row(0));
        let kept = batch.filter(&[false, true, true].into_iter().collect());
        assert_eq!(kept.rows, 2);
        assert_eq!(kept.row(0), batch.row(1));
        let types = [Type::INT4, Type::TEXT, Type::NUMERIC];
        let all = Batch::concat(&types, &[kept, batch.slice(0, 1)]);
        assert_eq!(all.rows, 3);
        assert_eq!(all.row(2), batch.row(0));
        assert!(all.columns[0].is_null(0));
    }
}
