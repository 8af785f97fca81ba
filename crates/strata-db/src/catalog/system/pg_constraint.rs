//! `pg_constraint`: a row for every constraint.

use super::SystemSource;
use super::cell::NONE;
use super::classes::{Table, number};
use super::notation::relations;
use crate::functions::registry;
use crate::schema::{Constraint, ConstraintKind, ForeignKey, KeyAction, KeySource, Oid, TableDef};
use strata_types::Type;

/// A constraint and the table that it guards.
#[derive(Clone, Copy)]
pub(in crate::catalog) struct Held<'a> {
    pub(super) table: Table<'a>,
    pub(in crate::catalog) constraint: &'a Constraint,
}

relations! {
    pg_catalog;
    2606 table "pg_constraint" = SystemSource::constraints, |source, held: Held<'_>| {
        "oid" OID = held.constraint.oid;
        "conname" NAME = &held.constraint.name;
        "connamespace" OID = held.table.relation.dataset;
        "contype" CHAR = held.letter();
        "condeferrable" BOOL = held.constraint.deferrable;
        "condeferred" BOOL = held.constraint.initially_deferred;
        "convalidated" BOOL = true;
        "conrelid" OID = held.table.relation.oid;
        "contypid" OID = NONE;
        "conindid" OID = held.index(source);
        "conparentid" OID = NONE;
        "confrelid" OID = held.foreign_key().map_or(NONE, |key| key.table);
        "confupdtype" CHAR = held.foreign_key().map_or(b' ', |key| action(key.on_update));
        "confdeltype" CHAR = held.foreign_key().map_or(b' ', |key| action(key.on_delete));
        "confmatchtype" CHAR = held.foreign_key().map_or(b' ', |_| b's');
        "conislocal" BOOL = true;
        "coninhcount" INT4 = 0;
        "connoinherit" BOOL = held.letter() != b'c';
        "conkey" INT2_ARRAY = held.column_numbers();
        "confkey" INT2_ARRAY = held.foreign_key().map(|key| numbers(&key.keys));
        "conpfeqop" OID_ARRAY = held.equalities();
        "conppeqop" OID_ARRAY = held.equalities();
        "conffeqop" OID_ARRAY = held.equalities();
        "confdelsetcols" INT2_ARRAY;
        "conexclop" OID_ARRAY;
        "conbin" PG_NODE_TREE = held.check();
    }
}

impl<'a> SystemSource<'a> {
    /// The constraints of all tables.
    pub(in crate::catalog) fn constraints(&self) -> impl Iterator<Item = Held<'a>> + use<'a> {
        self.tables()
            .flat_map(|table| table.def.constraints.iter().map(move |constraint| Held { table, constraint }))
    }
}

impl<'a> Held<'a> {
    /// `contype`.
    pub(super) fn letter(&self) -> u8 {
        match self.constraint.kind {
            ConstraintKind::Check(_) => b'c',
            ConstraintKind::PrimaryKey { .. } => b'p',
            ConstraintKind::Unique { .. } => b'u',
            ConstraintKind::ForeignKey(_) => b'f',
        }
    }

    pub(super) fn foreign_key(&self) -> Option<&'a ForeignKey> {
        match &self.constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(key),
            _ => None,
        }
    }

    /// SQL text of a check's condition.
    pub(super) fn check(&self) -> Option<&'a str> {
        match &self.constraint.kind {
            ConstraintKind::Check(check) => Some(&check.expression),
            _ => None,
        }
    }

    /// The table's columns that it is about, 0-based; those of a check are read from its text.
    pub(super) fn columns(&self) -> Vec<usize> {
        match &self.constraint.kind {
            ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index } => {
                key_columns(self.table.def, *index)
            }
            ConstraintKind::ForeignKey(key) => key.columns.clone(),
            ConstraintKind::Check(check) => named_columns(self.table.def, &check.expression),
        }
    }

    fn column_numbers(&self) -> Option<Vec<i16>> {
        let columns = self.columns();
        (!columns.is_empty()).then(|| numbers(&columns))
    }

    /// The index that keeps it, or for a foreign key that of the key it refers to.
    pub(super) fn index(&self, source: &SystemSource<'_>) -> Oid {
        match &self.constraint.kind {
            ConstraintKind::ForeignKey(key) => source
                .indexes()
                .filter(|of| of.table.oid == key.table && of.index.unique && of.index.predicate.is_none())
                .find(|of| {
                    let mut columns = key_columns(of.def, of.index.oid);
                    let mut keys = key.keys.clone();
                    columns.sort_unstable();
                    keys.sort_unstable();
                    columns == keys
                })
                .map_or(NONE, |of| of.index.oid),
            kind => kind.index().unwrap_or(NONE),
        }
    }

    /// The equality operator of each column of a foreign key.
    fn equalities(&self) -> Option<Vec<Oid>> {
        let key = self.foreign_key()?;
        let ty = |column: &usize| self.table.def.columns.get(*column).map_or(Type::NONE, |column| column.ty);
        Some(key.columns.iter().map(|column| equality(ty(column))).collect())
    }
}

/// The key columns of an index that are columns of the table, 0-based.
pub(super) fn key_columns(def: &TableDef, index: Oid) -> Vec<usize> {
    let keys = def.indexes.iter().find(|candidate| candidate.oid == index).map(|index| &index.keys);
    let column = |source: &KeySource| match source {
        KeySource::Column(at) => Some(*at),
        KeySource::Expression(..) => None,
    };
    keys.into_iter().flatten().filter_map(|key| column(&key.source)).collect()
}

/// The columns whose names occur in an expression, in the order of the table.
fn named_columns(def: &TableDef, expression: &str) -> Vec<usize> {
    let words: Vec<&str> = expression
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let named = |name: &str| words.contains(&name) || expression.contains(&format!("\"{name}\""));
    let columns = def.columns.iter().enumerate();
    columns.filter(|(_, column)| !column.dropped && named(&column.name)).map(|(at, _)| at).collect()
}

fn numbers(columns: &[usize]) -> Vec<i16> {
    columns.iter().map(|column| number(*column)).collect()
}

/// The operator `=` between two values of a type.
fn equality(ty: Type) -> Oid {
    let function = registry::comparison("=", ty).map(|function| function.oid);
    let operator = registry::operators("=").iter().find(|operator| Some(operator.function.oid) == function);
    operator.map_or(NONE, |operator| Oid(operator.oid))
}

fn action(action: KeyAction) -> u8 {
    match action {
        KeyAction::NoAction => b'a',
        KeyAction::Restrict => b'r',
        KeyAction::Cascade => b'c',
        KeyAction::SetNull => b'n',
        KeyAction::SetDefault => b'd',
    }
}
