//! Rows as records: the row codec of tables.

use super::{SpillFile, TapeReader};
use crate::error::Result;
use crate::exec::step::BATCH_ROWS;
use std::sync::Arc;
use strata_types::row::RowLayout;
use strata_types::{Batch, Column, ColumnBuilder, Type, Value};

/// Bytes of rows at which a batch that is read ends, whatever the number of its rows.
pub(super) const BATCH_BYTES: usize = 1 << 20;

/// How rows of some types are written.
#[derive(Clone, Debug)]
pub(in crate::exec) struct RowForm {
    types: Vec<Type>,
    layout: RowLayout,
}

impl RowForm {
    /// Of rows with columns of these types.
    pub(in crate::exec) fn new(types: &[Type]) -> RowForm {
        RowForm { types: types.to_vec(), layout: RowLayout::new(types) }
    }

    /// The columns' types.
    pub(in crate::exec) fn types(&self) -> &[Type] {
        &self.types
    }

    /// Appends a row of these columns.
    pub(in crate::exec) fn write(&self, columns: &[Arc<Column>], row: usize, out: &mut Vec<u8>) {
        self.layout.encode_row(columns, row, out);
    }

    /// Columns to read rows into.
    pub(in crate::exec) fn builders(&self) -> Vec<ColumnBuilder> {
        self.types.iter().map(|ty| ColumnBuilder::new(*ty)).collect()
    }

    /// Reads a row.
    ///
    /// # Errors
    /// XX001 if it is none.
    pub(in crate::exec) fn read(&self, row: &[u8], into: &mut [ColumnBuilder]) -> Result<()> {
        let reader = self.layout.reader(row)?;
        for (column, builder) in into.iter_mut().enumerate() {
            reader.push(column, &Value::Null, builder)?;
        }
        Ok(())
    }

    /// The next rows of a tape.
    ///
    /// # Errors
    /// As [`TapeReader::next`].
    pub(in crate::exec) fn next_batch(
        &self,
        reader: &mut TapeReader,
        file: &SpillFile,
    ) -> Result<Option<Batch>> {
        let mut builders = self.builders();
        let (mut rows, mut bytes) = (0, 0);
        while rows < BATCH_ROWS && bytes < BATCH_BYTES {
            let Some(record) = reader.next(file)? else { break };
            self.read(record, &mut builders)?;
            rows += 1;
            bytes += record.len();
        }
        Ok((rows > 0).then(|| batch_of(builders, rows)))
    }
}

/// The batch that the builders have built.
pub(super) fn batch_of(builders: Vec<ColumnBuilder>, rows: usize) -> Batch {
    Batch::new(builders.into_iter().map(|builder| Arc::new(builder.finish())).collect(), rows)
}
