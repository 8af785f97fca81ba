//! Rows that are refused, in PostgreSQL's words.

use crate::catalog::Catalog;
use crate::error::SqlError;
use crate::exec::context::Run;
use crate::schema::{IndexDef, KeySource, RelationDef, RelationKind, TableDef};
use strata_types::{Format, Type, Value, sqlstate};

/// Bytes of a value that DETAIL shows.
const SHOWN_MAX: usize = 64;

/// NULL where none may be.
pub(super) fn not_null(
    relation: &RelationDef,
    table: &TableDef,
    column: usize,
    row: &[Value],
    run: &Run<'_>,
) -> SqlError {
    let name = &table.columns[column].name;
    let message = format!(
        "null value in column \"{name}\" of relation \"{}\" violates not-null constraint",
        relation.name
    );
    let error = SqlError::new(sqlstate::NOT_NULL_VIOLATION, message).on_column(name);
    on_table(error, relation, run.system.names.catalog).detail(failing_row(table, row, run))
}

/// A CHECK constraint that is false.
pub(super) fn check(
    relation: &RelationDef,
    table: &TableDef,
    name: &str,
    row: &[Value],
    run: &Run<'_>,
) -> SqlError {
    let message = format!("new row for relation \"{}\" violates check constraint \"{name}\"", relation.name);
    let error = SqlError::new(sqlstate::CHECK_VIOLATION, message).on_constraint(name);
    on_table(error, relation, run.system.names.catalog).detail(failing_row(table, row, run))
}

/// A key that another row has.
pub(crate) fn duplicate(
    relation: &RelationDef,
    index: &IndexDef,
    key: Option<&[Value]>,
    catalog: &Catalog,
    format: &Format,
) -> SqlError {
    let message = format!("duplicate key value violates unique constraint \"{}\"", index.name);
    let error = SqlError::new(sqlstate::UNIQUE_VIOLATION, message).on_constraint(&index.name);
    let error = on_table(error, relation, catalog);
    let (Some(key), RelationKind::Table(table)) = (key, &relation.kind) else { return error };
    let mut names = Vec::with_capacity(index.keys.len());
    let mut values = Vec::with_capacity(index.keys.len());
    for (part, value) in index.keys.iter().zip(key) {
        let (name, ty) = match &part.source {
            KeySource::Column(column) => {
                let column = &table.columns[*column];
                (column.name.clone(), column.ty)
            }
            KeySource::Expression(text, ty) => (text.clone(), *ty),
        };
        names.push(name);
        values.push(shown(value, ty, format));
    }
    error.detail(format!("Key ({})=({}) already exists.", names.join(", "), values.join(", ")))
}

/// ON CONFLICT by a key that two rows may have for a while.
pub(super) fn deferrable_arbiter(relation: &RelationDef, index: &IndexDef, catalog: &Catalog) -> SqlError {
    let message =
        "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters";
    let error = SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message);
    on_table(error.on_constraint(&index.name), relation, catalog)
}

fn on_table(error: SqlError, relation: &RelationDef, catalog: &Catalog) -> SqlError {
    let dataset = catalog.dataset(relation.dataset);
    error.on_table(dataset.map_or("", |dataset| &dataset.name), &relation.name)
}

fn failing_row(table: &TableDef, row: &[Value], run: &Run<'_>) -> String {
    let columns = table.columns.iter().zip(row).filter(|(column, _)| !column.dropped);
    let values: Vec<String> = columns
        .map(|(column, value)| {
            let mut text = shown(value, column.ty, run.env.format());
            if text.len() > SHOWN_MAX {
                text.truncate(text.floor_char_boundary(SHOWN_MAX));
                text.push_str("...");
            }
            text
        })
        .collect();
    format!("Failing row contains ({}).", values.join(", "))
}

fn shown(value: &Value, ty: Type, format: &Format) -> String {
    value.to_text(ty, format).unwrap_or_else(|| "null".to_owned())
}
