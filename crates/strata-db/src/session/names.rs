//! Names of objects in rows for the client: `regclass` and its kin are numbers everywhere inside.

use super::request::WireFormat;
use super::session::Session;
use super::shared::Shared;
use crate::functions::Environment;
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, Type, Value};

/// The batch with names in the columns that the client reads as text and whose numbers stand for objects.
pub(super) fn with_names(session: &Session, shared: &Shared, batch: Batch, formats: &[WireFormat]) -> Batch {
    let is_named = |(index, column): (usize, &Arc<Column>)| {
        column.ty != Type::OID
            && column.ty.is_oid_alias()
            && WireFormat::of(formats, index) == WireFormat::Text
    };
    if !batch.columns.iter().enumerate().any(is_named) {
        return batch;
    }
    let env = session.environment(shared);
    let columns = batch.columns.iter().enumerate().map(|(index, column)| match is_named((index, column)) {
        true => Arc::new(names(&env, column)),
        false => column.clone(),
    });
    Batch::new(columns.collect(), batch.rows)
}

fn names(env: &dyn Environment, column: &Column) -> Column {
    let mut texts = ColumnBuilder::with_capacity(Type::TEXT, column.len());
    for value in column.values() {
        texts.push(&match value {
            Value::Oid(oid) => Value::text(env.alias_text(column.ty, oid)),
            _ => Value::Null,
        });
    }
    texts.finish()
}
