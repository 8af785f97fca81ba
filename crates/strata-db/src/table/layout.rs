//! A table's tuples: the types of its columns, and what columns read that are younger than the tuple.

use crate::error::{Result, SqlError};
use crate::schema::{RelationDef, RelationKind, TableDef};
use strata_store::KeyspaceId;
use strata_types::row::{RowLayout, RowReader};
use strata_types::{Batch, Column, ColumnBuilder, Format, Type, Value, sqlstate};

/// The number that stands for a row's key among the columns of a scan: a `bytea`.
pub const ROW_KEY: usize = usize::MAX;

/// How the tuples of a table are read and written.
#[derive(Clone, Debug)]
pub struct TableLayout {
    row: RowLayout,
    types: Vec<Type>,
    missing: Vec<Value>,
}

/// The table in a relation.
///
/// # Errors
/// 42809 if it is none.
pub(super) fn table(relation: &RelationDef) -> Result<&TableDef> {
    match &relation.kind {
        RelationKind::Table(table) => Ok(table),
        _ => Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, format!("\"{}\" is not a table", relation.name))),
    }
}

/// Where a table's rows are.
pub(super) fn keyspace(table: &TableDef) -> KeyspaceId {
    KeyspaceId(table.keyspace)
}

impl TableLayout {
    /// Of a table.
    ///
    /// # Errors
    /// For a default of an added column that is no value of its type.
    pub fn new(table: &TableDef) -> Result<TableLayout> {
        let types: Vec<Type> = table.columns.iter().map(|column| column.ty).collect();
        let missing = table
            .columns
            .iter()
            .map(|column| match &column.missing {
                None => Ok(Value::Null),
                Some(text) => Ok(Value::from_text(column.ty, column.typmod, text, &Format::default())?),
            })
            .collect::<Result<_>>()?;
        Ok(TableLayout { row: RowLayout::new(&types), types, missing })
    }

    /// Appends the tuple of a row.
    pub fn encode(&self, row: &[Value], out: &mut Vec<u8>) {
        self.row.encode(row, out);
    }

    /// Every column of a tuple.
    ///
    /// # Errors
    /// XX001 for damaged bytes.
    pub fn decode(&self, tuple: &[u8]) -> Result<Vec<Value>> {
        let reader = self.row.reader(tuple)?;
        (0..self.types.len()).map(|column| self.value(&reader, column)).collect()
    }

    /// Some columns of a tuple; [`ROW_KEY`] is the key.
    ///
    /// # Errors
    /// XX001 for damaged bytes.
    pub fn decode_columns(&self, key: &[u8], tuple: &[u8], columns: &[usize]) -> Result<Vec<Value>> {
        let reader = self.row.reader(tuple)?;
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            values.push(match *column {
                ROW_KEY => Value::Bytea(key.into()),
                column => self.value(&reader, column)?,
            });
        }
        Ok(values)
    }

    /// One builder for each of the columns.
    pub(super) fn builders(&self, columns: &[usize], rows: usize) -> Vec<ColumnBuilder> {
        let ty = |column: &usize| match *column {
            ROW_KEY => Type::BYTEA,
            column => self.types.get(column).copied().unwrap_or(Type::UNKNOWN),
        };
        columns.iter().map(|column| ColumnBuilder::with_capacity(ty(column), rows)).collect()
    }

    /// Appends a tuple's columns to the builders.
    pub(super) fn push(
        &self,
        key: &[u8],
        tuple: &[u8],
        columns: &[usize],
        builders: &mut [ColumnBuilder],
    ) -> Result<()> {
        let reader = self.row.reader(tuple)?;
        for (column, builder) in columns.iter().zip(builders) {
            match *column {
                ROW_KEY => builder.push_bytes(key),
                column => {
                    let missing = self.missing.get(column).unwrap_or(&Value::Null);
                    reader.push(column, missing, builder)?;
                }
            }
        }
        Ok(())
    }

    fn value(&self, reader: &RowReader<'_>, column: usize) -> Result<Value> {
        let missing = || self.missing.get(column).cloned().unwrap_or_default();
        Ok(reader.value(column)?.unwrap_or_else(missing))
    }
}

/// The batch of what the builders have gathered.
pub(super) fn finish(builders: &mut [ColumnBuilder], rows: usize) -> Batch {
    let columns = builders
        .iter_mut()
        .map(ColumnBuilder::take)
        .map(std::sync::Arc::new)
        .collect::<Vec<std::sync::Arc<Column>>>();
    Batch::new(columns, rows)
}
