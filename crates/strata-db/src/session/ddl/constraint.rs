//! Keys, checks and references.

use super::column::column_addition;
use super::expression::stored_text;
use super::{Ddl, naming};
use crate::bind;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ConstraintTiming, Ident, IndexParameters, Pos, ReferentialAction};
use crate::plan::ExprKind;
use crate::schema::{
    Check, Constraint, ConstraintKind, ForeignKey, IndexDef, IndexKey, KeyAction, KeySource, Oid,
    RelationDef, RelationKind, TableDef,
};
use std::sync::Arc;
use strata_store::KeyspaceId;
use strata_types::{Type, sqlstate};

/// A PRIMARY KEY or UNIQUE to be made.
pub(super) struct KeySpec {
    pub(super) name: Option<Ident>,
    columns: Vec<Ident>,
    include: Vec<Ident>,
    pub(super) primary: bool,
    nulls_not_distinct: bool,
    timing: ConstraintTiming,
    pos: Pos,
}

impl KeySpec {
    /// As written.
    pub(super) fn new(
        name: Option<Ident>,
        columns: &[Ident],
        parameters: &IndexParameters,
        primary: bool,
        timing: ConstraintTiming,
        pos: Pos,
    ) -> KeySpec {
        KeySpec {
            name,
            columns: columns.to_vec(),
            include: parameters.include.clone(),
            primary,
            nulls_not_distinct: parameters.nulls_not_distinct,
            timing,
            pos,
        }
    }

    fn what(&self) -> &'static str {
        if self.primary { "primary key" } else { "unique" }
    }
}

/// A CHECK to be made.
pub(super) struct CheckSpec {
    pub(super) name: Option<Ident>,
    pub(super) condition: ast::Expr,
    /// The column that it was written with.
    pub(super) column: Option<String>,
}

/// A FOREIGN KEY to be made.
pub(super) struct ReferenceSpec {
    pub(super) name: Option<Ident>,
    pub(super) columns: Vec<Ident>,
    pub(super) references: ast::ForeignKey,
    pub(super) timing: ConstraintTiming,
}

impl Ddl<'_> {
    /// Gives a table a key, with an index that keeps it. Returns the index's position.
    ///
    /// # Errors
    /// 42P16 for a second primary key, 42703 and 42701 for its columns, 42P07 and 42710 for its name.
    pub(super) fn add_key(&mut self, relation: &mut RelationDef, key: &KeySpec) -> Result<usize> {
        let table = super::table_of(relation);
        if key.primary && table.primary().is_some() {
            return Err(SqlError::new(
                sqlstate::INVALID_TABLE_DEFINITION,
                format!("multiple primary keys for table \"{}\" are not allowed", relation.name),
            )
            .at(key.pos.0));
        }
        let columns = key_columns(table, key)?;
        let included = key.include.iter().map(|name| key_column(table, name)).collect::<Result<Vec<_>>>()?;
        let name = match &key.name {
            Some(name) => {
                self.skip_existing(relation.dataset, &name.name, false)?;
                refuse_duplicate_name(relation, &name.name)?;
                name.name.to_string()
            }
            None if key.primary => self.choose_relation_name(relation.dataset, &relation.name, None, "pkey"),
            None => {
                let addition = column_addition(relation, &columns);
                self.choose_relation_name(relation.dataset, &relation.name, Some(&addition), "key")
            }
        };
        let keys = columns.iter().map(|column| plain_key(*column)).collect();
        let index = IndexDef {
            oid: Oid(0),
            name: name.clone(),
            keys,
            included,
            unique: true,
            nulls_not_distinct: key.nulls_not_distinct,
            primary: key.primary,
            deferrable: key.timing.is_deferrable(),
            predicate: None,
            keyspace: 0,
            comment: None,
        };
        let (position, index) = self.add_index(relation, index)?;
        let kind =
            if key.primary { ConstraintKind::PrimaryKey { index } } else { ConstraintKind::Unique { index } };
        self.add_constraint(relation, name, kind, key.timing)?;
        if key.primary {
            forbid_null(relation, &columns);
        }
        Ok(position)
    }

    /// Adds an index of the right name to a table's definition, without entries. Returns position and OID.
    pub(super) fn add_index(
        &mut self,
        relation: &mut RelationDef,
        mut index: IndexDef,
    ) -> Result<(usize, Oid)> {
        let oid = self.fresh_oid()?;
        index.oid = oid;
        index.keyspace = oid.0 | super::INDEX_KEYSPACE;
        refuse_keyless_types(super::table_of(relation), &index)?;
        if !index.is_clustered() {
            self.session.transaction.txn(self.shared).create_keyspace(KeyspaceId(index.keyspace));
        }
        self.put(RelationDef {
            oid,
            dataset: relation.dataset,
            name: index.name.clone(),
            owner: relation.owner,
            comment: None,
            kind: RelationKind::Index { table: relation.oid },
        })?;
        let table = super::table_of_mut(relation);
        table.indexes.push(Arc::new(index));
        Ok((table.indexes.len() - 1, oid))
    }

    /// Records a constraint.
    pub(super) fn add_constraint(
        &self,
        relation: &mut RelationDef,
        name: String,
        kind: ConstraintKind,
        timing: ConstraintTiming,
    ) -> Result<()> {
        let oid = self.fresh_oid()?;
        let initially_deferred = timing.initially_deferred.unwrap_or(false);
        let constraint =
            Constraint { oid, name, kind, deferrable: timing.is_deferrable(), initially_deferred };
        super::table_of_mut(relation).constraints.push(constraint);
        Ok(())
    }

    /// Says anew when a foreign key is checked.
    ///
    /// # Errors
    /// 42704 for a constraint that is not there, 42809 for one of another kind.
    pub(super) fn alter_constraint(
        &mut self,
        relation: &RelationDef,
        name: &Ident,
        timing: ConstraintTiming,
    ) -> Result<()> {
        let mut changed = relation.clone();
        let constraints = &mut super::table_of_mut(&mut changed).constraints;
        let Some(constraint) = constraints.iter_mut().find(|constraint| constraint.name == *name.name) else {
            return Err(super::alter_table::no_constraint(relation, name));
        };
        if !matches!(constraint.kind, ConstraintKind::ForeignKey(_)) {
            let message = format!(
                "constraint \"{}\" of relation \"{}\" is not a foreign key constraint",
                name.name, relation.name
            );
            return Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, message));
        }
        constraint.initially_deferred = timing.initially_deferred.unwrap_or(false);
        constraint.deferrable = timing.is_deferrable();
        self.put(changed)
    }

    /// Gives a table a check.
    ///
    /// # Errors
    /// 42804 if it is no condition, 42710 for its name, whatever is wrong with it.
    pub(super) fn add_check(&mut self, relation: &mut RelationDef, check: &CheckSpec) -> Result<()> {
        let env = self.env();
        let bound = bind::row_expression(&env.names(), &env, relation, &check.condition)?;
        let expression =
            stored_text(&env.names(), &bound, &check.condition, &super::table_of(relation).columns);
        drop(env);
        if bound.ty != Type::BOOL && bound.ty != Type::UNKNOWN {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "argument of CHECK must be type boolean, not type {}",
                    bound.ty.sql_name(bound.typmod)
                ),
            )
            .at(check.condition.pos.0));
        }
        let name = match &check.name {
            Some(name) => {
                refuse_duplicate_name(relation, &name.name)?;
                name.name.to_string()
            }
            None => {
                let table = super::table_of(relation);
                let column = check.column.clone().or_else(|| only_column(table, &bound));
                naming::choose_constraint_name(table, &relation.name, column.as_deref(), "check")
            }
        };
        let kind = ConstraintKind::Check(Check { expression });
        self.add_constraint(relation, name, kind, ConstraintTiming::default())
    }

    /// Gives a table a reference to another one, or to itself.
    ///
    /// # Errors
    /// 42P01, 42703, 42830 and 42804 for what it refers to; 42710 for its name.
    pub(super) fn add_reference(&mut self, relation: &mut RelationDef, spec: &ReferenceSpec) -> Result<()> {
        let references = &spec.references;
        let found = self.find(&references.table)?;
        let is_self = found.as_ref().is_none_or(|found| found.oid == relation.oid)
            && references.table.base() == relation.name;
        let target = if is_self { Arc::new(relation.clone()) } else { self.relation(&references.table)? };
        let RelationKind::Table(referred) = &target.kind else {
            return Err(SqlError::new(
                sqlstate::WRONG_OBJECT_TYPE,
                format!("referenced relation \"{}\" is not a table", target.name),
            ));
        };
        let table = super::table_of(relation);
        let columns =
            spec.columns.iter().map(|name| reference_column(table, name)).collect::<Result<Vec<_>>>()?;
        let keys = referred_columns(&target, referred, &references.columns)?;
        if keys.len() != columns.len() {
            return Err(SqlError::new(
                sqlstate::INVALID_FOREIGN_KEY,
                "number of referencing and referenced columns for foreign key disagree",
            ));
        }
        let name = match &spec.name {
            Some(name) => {
                refuse_duplicate_name(relation, &name.name)?;
                name.name.to_string()
            }
            None => {
                let addition = column_addition(relation, &columns);
                naming::choose_constraint_name(table, &relation.name, Some(&addition), "fkey")
            }
        };
        refuse_other_types(&name, (table, &columns), (referred, &keys))?;
        let kind = ConstraintKind::ForeignKey(ForeignKey {
            columns,
            table: target.oid,
            keys,
            on_update: action(references.on_update),
            on_delete: action(references.on_delete),
        });
        self.add_constraint(relation, name, kind, spec.timing)
    }
}

/// The columns of a primary key are NOT NULL.
pub(super) fn forbid_null(relation: &mut RelationDef, columns: &[usize]) {
    let table = super::table_of_mut(relation);
    for column in columns {
        if let Some(column) = table.columns.get_mut(*column) {
            column.not_null = true;
        }
    }
}

/// A key column that sorts in the usual way.
pub(super) fn plain_key(column: usize) -> IndexKey {
    IndexKey { source: KeySource::Column(column), descending: false, nulls_first: false }
}

/// # Errors
/// 42710 if the table has a constraint of this name.
pub(super) fn refuse_duplicate_name(relation: &RelationDef, name: &str) -> Result<()> {
    if super::table_of(relation).constraints.iter().all(|constraint| constraint.name != name) {
        return Ok(());
    }
    Err(SqlError::new(
        sqlstate::DUPLICATE_OBJECT,
        format!("constraint \"{name}\" for relation \"{}\" already exists", relation.name),
    ))
}

fn key_columns(table: &TableDef, key: &KeySpec) -> Result<Vec<usize>> {
    let mut columns = Vec::with_capacity(key.columns.len());
    for name in &key.columns {
        let column = key_column(table, name)?;
        if columns.contains(&column) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{}\" appears twice in {} constraint", name.name, key.what()),
            )
            .at(key.pos.0));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn key_column(table: &TableDef, name: &Ident) -> Result<usize> {
    super::column_named(table, &name.name).ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_COLUMN,
            format!("column \"{}\" named in key does not exist", name.name),
        )
        .at(name.pos.0)
    })
}

fn reference_column(table: &TableDef, name: &Ident) -> Result<usize> {
    super::column_named(table, &name.name).ok_or_else(|| {
        SqlError::new(
            sqlstate::UNDEFINED_COLUMN,
            format!("column \"{}\" referenced in foreign key constraint does not exist", name.name),
        )
    })
}

/// The columns of the table referred to: those written, or its primary key.
fn referred_columns(target: &RelationDef, table: &TableDef, written: &[Ident]) -> Result<Vec<usize>> {
    let of_index = |index: &IndexDef| -> Vec<usize> {
        let columns = index.keys.iter().filter_map(|key| match key.source {
            KeySource::Column(column) => Some(column),
            KeySource::Expression(..) => None,
        });
        columns.collect()
    };
    let refused = |what: &str| {
        let message = format!("cannot use a deferrable {what} for referenced table \"{}\"", target.name);
        Err(SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message))
    };
    if written.is_empty() {
        let Some(primary) = table.primary() else {
            let message = format!("there is no primary key for referenced table \"{}\"", target.name);
            return Err(SqlError::new(sqlstate::UNDEFINED_OBJECT, message));
        };
        return if primary.deferrable { refused("primary key") } else { Ok(of_index(primary)) };
    }
    let columns = written.iter().map(|name| reference_column(table, name)).collect::<Result<Vec<_>>>()?;
    let covers = |index: &IndexDef| {
        let key = of_index(index);
        index.unique
            && index.predicate.is_none()
            && key.len() == index.keys.len()
            && key.len() == columns.len()
            && columns.iter().all(|column| key.contains(column))
    };
    let mut covering = table.indexes.iter().filter(|index| covers(index)).peekable();
    if covering.peek().is_some() {
        return if covering.all(|index| index.deferrable) {
            refused("unique constraint")
        } else {
            Ok(columns)
        };
    }
    Err(SqlError::new(
        sqlstate::INVALID_FOREIGN_KEY,
        format!("there is no unique constraint matching given keys for referenced table \"{}\"", target.name),
    ))
}

/// Referring and referred columns must be comparable.
fn refuse_other_types(
    name: &str,
    (table, columns): (&TableDef, &[usize]),
    (referred, keys): (&TableDef, &[usize]),
) -> Result<()> {
    for (column, key) in columns.iter().zip(keys) {
        let (Some(column), Some(key)) = (table.columns.get(*column), referred.columns.get(*key)) else {
            continue;
        };
        let alike = column.ty == key.ty
            || (column.ty.is_number() && key.ty.is_number())
            || (column.ty.is_text() && key.ty.is_text())
            || (column.ty.category() == 'D' && key.ty.category() == 'D');
        if !alike {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!("foreign key constraint \"{name}\" cannot be implemented"),
            )
            .detail(format!(
                "Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
                column.name,
                key.name,
                column.ty.sql_name(column.typmod),
                key.ty.sql_name(key.typmod)
            )));
        }
    }
    Ok(())
}

/// Types whose values have no order cannot be indexed.
fn refuse_keyless_types(table: &TableDef, index: &IndexDef) -> Result<()> {
    for key in &index.keys {
        let ty = match &key.source {
            KeySource::Column(column) => table.columns.get(*column).map_or(Type::UNKNOWN, |column| column.ty),
            KeySource::Expression(_, ty) => *ty,
        };
        if matches!(ty, Type::JSON | Type::XML) {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_OBJECT,
                format!("data type {} has no default operator class for access method \"btree\"", ty.name()),
            )
            .hint("You must specify an operator class for the index or define a default operator class for the data type."));
        }
    }
    Ok(())
}

/// The name of the one column that an expression reads.
fn only_column(table: &TableDef, expr: &crate::plan::Expr) -> Option<String> {
    let mut columns = Vec::new();
    expr.contains(&mut |part| {
        if let ExprKind::Column(column) = part.kind
            && !columns.contains(&column)
        {
            columns.push(column);
        }
        false
    });
    match columns.as_slice() {
        [only] => table.columns.get(*only).map(|column| column.name.clone()),
        _ => None,
    }
}

fn action(action: ReferentialAction) -> KeyAction {
    match action {
        ReferentialAction::NoAction => KeyAction::NoAction,
        ReferentialAction::Restrict => KeyAction::Restrict,
        ReferentialAction::Cascade => KeyAction::Cascade,
        ReferentialAction::SetNull => KeyAction::SetNull,
        ReferentialAction::SetDefault => KeyAction::SetDefault,
    }
}
