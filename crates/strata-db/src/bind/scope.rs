//! Which columns a name may mean.
//!
//! A scope has items, one for each table or alias of FROM, for qualified names; and visible columns, for bare
//! names and `*`. A join USING hides two columns of its items behind one visible column.

use crate::error::{Result, SqlError};
use crate::plan::{Expr, Field, Schema};
use crate::schema::{Oid, RelationDef, RelationKind};
use strata_types::{Type, sqlstate};

/// The columns in sight of an expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) items: Vec<Item>,
    pub(super) visible: Vec<Visible>,
    /// Columns of the row.
    pub(super) width: usize,
}

/// A table or alias of FROM.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The name that qualifies its columns.
    pub(super) name: String,
    pub(super) columns: Vec<Visible>,
    /// The table, for system columns, row locks and UPDATE.
    pub(super) table: Option<Oid>,
    /// Where the row key stands in the row, for tables.
    pub(super) row_key: Option<usize>,
    /// The tables beneath a subquery, view or join whose rows are to be locked, with their row keys' places.
    pub(super) beneath: Vec<(Oid, usize)>,
}

impl Item {
    /// Of columns that are no table's.
    pub(super) fn over(name: &str, columns: Vec<Visible>) -> Item {
        Item { name: name.to_owned(), columns, table: None, row_key: None, beneath: Vec::new() }
    }

    /// The tables whose rows stand in the row, with their row keys' places.
    pub(super) fn row_keys(&self) -> impl Iterator<Item = (Oid, usize)> + '_ {
        self.table.zip(self.row_key).into_iter().chain(self.beneath.iter().copied())
    }
}

/// A column with its name.
#[derive(Clone, Debug)]
pub(super) struct Visible {
    pub(super) name: String,
    pub(super) expr: Expr,
    pub(super) origin: Option<(Oid, u16)>,
    /// Names and types of its fields, for a record that a function yields.
    pub(super) record: &'static [(&'static str, Type)],
}

impl Visible {
    /// As a column of a plan's output.
    pub(super) fn field(&self) -> Field {
        Field {
            name: self.name.clone(),
            ty: self.expr.ty,
            typmod: self.expr.typmod,
            origin: self.origin,
            record: self.record,
        }
    }
}

impl Scope {
    /// One item over a plan's output.
    pub(super) fn of_schema(name: &str, schema: &Schema) -> Scope {
        let columns: Vec<Visible> = schema
            .iter()
            .enumerate()
            .map(|(index, field)| Visible {
                name: field.name.clone(),
                expr: Expr::column(index, field.ty, field.typmod),
                origin: field.origin,
                record: field.record,
            })
            .collect();
        let item = Item::over(name, columns.clone());
        Scope { items: vec![item], visible: columns, width: schema.len() }
    }

    /// One item over a table's whole row, dropped columns keeping their places.
    ///
    /// # Errors
    /// 42809 if the relation is no table.
    pub(super) fn of_table(relation: &RelationDef, alias: &str) -> Result<Scope> {
        let RelationKind::Table(table) = &relation.kind else {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("\"{}\" is not a table", relation.name),
            ));
        };
        let columns: Vec<Visible> = table
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.dropped)
            .map(|(index, column)| Visible {
                name: column.name.clone(),
                expr: Expr::column(index, column.ty, column.typmod),
                origin: Some((relation.oid, (index + 1) as u16)),
                record: &[],
            })
            .collect();
        let item = Item {
            name: alias.to_owned(),
            columns: columns.clone(),
            table: Some(relation.oid),
            row_key: None,
            beneath: Vec::new(),
        };
        Ok(Scope { items: vec![item], visible: columns, width: table.columns.len() })
    }

    /// Renames an item's columns: `AS t (a, b)`.
    ///
    /// # Errors
    /// 42P10 for more names than columns.
    pub(super) fn rename_columns(&mut self, names: &[String]) -> Result<()> {
        let available = self.visible.len();
        if names.len() > available {
            let table = self.items.first().map(|item| item.name.clone()).unwrap_or_default();
            return Err(SqlError::new(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!(
                    "table \"{table}\" has {available} columns available but {} columns specified",
                    names.len()
                ),
            ));
        }
        let columns = self.items.first_mut().map(|item| item.columns.iter_mut()).into_iter().flatten();
        for (column, name) in columns.zip(names) {
            column.name.clone_from(name);
        }
        for (column, name) in self.visible.iter_mut().zip(names) {
            column.name.clone_from(name);
        }
        Ok(())
    }

    /// This scope with another to its right.
    ///
    /// # Errors
    /// 42712 if an alias stands in both.
    pub(super) fn join(mut self, right: Scope) -> Result<Scope> {
        let shift = self.width;
        for item in right.items {
            if self.items.iter().any(|other| other.name == item.name && !item.name.is_empty()) {
                return Err(SqlError::new(
                    sqlstate::DUPLICATE_ALIAS,
                    format!("table name \"{}\" specified more than once", item.name),
                ));
            }
            self.items.push(Item {
                columns: item.columns.into_iter().map(|column| column.shifted(shift)).collect(),
                row_key: item.row_key.map(|at| at + shift),
                beneath: item.beneath.into_iter().map(|(table, at)| (table, at + shift)).collect(),
                ..item
            });
        }
        self.visible.extend(right.visible.into_iter().map(|column| column.shifted(shift)));
        self.width += right.width;
        Ok(self)
    }

    /// The column of a bare name; `None` if there is none.
    ///
    /// # Errors
    /// 42702 if there are several.
    pub(super) fn column(&self, name: &str) -> Result<Option<&Visible>> {
        let mut found = self.visible.iter().filter(|column| column.name == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(SqlError::new(
                sqlstate::AMBIGUOUS_COLUMN,
                format!("column reference \"{name}\" is ambiguous"),
            ));
        }
        Ok(first)
    }

    /// The item of a name.
    pub(super) fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.name == name)
    }
}

impl Visible {
    fn shifted(self, by: usize) -> Visible {
        Visible { expr: self.expr.shifted(by), ..self }
    }
}
