//! ALTER TABLE: its actions, one after the other.

use super::backfill::Pass;
use super::rewrite::column_expr;
use super::table::Pending;
use super::{Ddl, done};
use crate::bind;
use crate::catalog::Change;
use crate::error::{Result, SqlError};
use crate::exec;
use crate::functions::Volatility;
use crate::parse::ast::{
    AlterTable, AlterTableAction, ColumnDef as ColumnTree, Ident, ObjectKind, ObjectName, TableConstraint,
    TableElement,
};
use crate::plan::{Expr, ExprKind};
use crate::schema::{ConstraintKind, KeySource, Oid, RelationDef, RelationKind};
use crate::session::portal::Outcome;
use crate::session::references;
use std::collections::BTreeSet;
use std::sync::Arc;
use strata_store::{KeyspaceId, ObjectMode};
use strata_types::{Format, Type, Value, sqlstate};

impl Ddl<'_> {
    /// `ALTER TABLE`, and `ALTER INDEX | VIEW | SEQUENCE` with a list of actions.
    ///
    /// # Errors
    /// 42P01 and 42809 for the relation, and those of the actions.
    pub(super) fn alter_table(&mut self, alter: &AlterTable) -> Result<Outcome> {
        let tag = match alter.kind {
            ObjectKind::Index => "ALTER INDEX",
            ObjectKind::View => "ALTER VIEW",
            ObjectKind::Sequence => "ALTER SEQUENCE",
            ObjectKind::Table => "ALTER TABLE",
            _ => return Err(SqlError::unsupported("ALTER of this kind of object").at(alter.name.pos().0)),
        };
        let Some(relation) = self.find_or_skip(&alter.name, alter.if_exists)? else { return Ok(done(tag)) };
        self.require_owner(&relation)?;
        let added: Vec<TableElement> = alter.actions.iter().filter_map(added_element).collect();
        let referred = self.referred(&added);
        if self.must_wait_for(&[relation.oid])? || self.must_wait(&referred, ObjectMode::ShareRowExclusive)? {
            return Ok(Outcome::Wait);
        }
        for action in &alter.actions {
            // Each action sees what the one before has made of the relation.
            let Some(relation) = self.catalog().relation(relation.oid).cloned() else { break };
            if !self.alter_any(&relation, action)? {
                if !matches!(relation.kind, RelationKind::Table(_)) {
                    return Err(super::wrong_kind(&relation, "table"));
                }
                self.alter_one(&relation, action)?;
            }
        }
        Ok(done(tag))
    }

    /// A relation by name; `None`, with a notice, if it is not there and that is all right.
    ///
    /// # Errors
    /// 42P01.
    pub(super) fn find_or_skip(
        &self,
        name: &ObjectName,
        if_exists: bool,
    ) -> Result<Option<Arc<RelationDef>>> {
        if !if_exists {
            return self.relation(name).map(Some);
        }
        let found = self.find(name)?;
        if found.is_none() {
            let message = format!("relation \"{}\" does not exist, skipping", name.base());
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, message);
        }
        Ok(found)
    }

    /// Actions that any relation takes. Whether it was one.
    fn alter_any(&mut self, relation: &Arc<RelationDef>, action: &AlterTableAction) -> Result<bool> {
        match action {
            AlterTableAction::OwnerTo(role) => {
                let owner = self.role(role)?;
                self.set_owner(relation, owner)?;
                Ok(true)
            }
            // Nothing of strata's storage is governed by these.
            AlterTableAction::SetOptions(_)
            | AlterTableAction::ResetOptions(_)
            | AlterTableAction::SetTablespace(_)
            | AlterTableAction::SetAccessMethod(_)
            | AlterTableAction::SetLogged(_)
            | AlterTableAction::ReplicaIdentity(_)
            | AlterTableAction::ClusterOn(_)
            | AlterTableAction::SetWithoutOids
            | AlterTableAction::Trigger { .. }
            | AlterTableAction::ValidateConstraint(_) => Ok(true),
            _ => Ok(false),
        }
    }

    fn alter_one(&mut self, relation: &Arc<RelationDef>, action: &AlterTableAction) -> Result<()> {
        match action {
            AlterTableAction::AddColumn { column, if_not_exists, .. } => {
                self.add_column(relation, column, *if_not_exists)
            }
            AlterTableAction::DropColumn { column, if_exists, cascade } => {
                self.drop_column(relation, column, *if_exists, *cascade)
            }
            AlterTableAction::AlterColumn { column, action } => self.alter_column(relation, column, action),
            AlterTableAction::AddConstraint(constraint) => self.add_table_constraint(relation, constraint),
            AlterTableAction::AlterConstraint { name, timing } => {
                self.alter_constraint(relation, name, *timing)
            }
            AlterTableAction::DropConstraint { name, if_exists, cascade } => {
                self.drop_constraint(relation, name, *if_exists, *cascade)
            }
            AlterTableAction::RowSecurity(_) => Err(SqlError::unsupported("row-level security")),
            AlterTableAction::Inherit(..) => Err(SqlError::unsupported("table inheritance")),
            AlterTableAction::AttachPartition { .. } | AlterTableAction::DetachPartition(_) => {
                Err(SqlError::unsupported("partitioning"))
            }
            _ => Err(SqlError::unsupported("this action of ALTER TABLE")),
        }
    }

    fn add_column(
        &mut self,
        relation: &Arc<RelationDef>,
        column: &ColumnTree,
        if_not_exists: bool,
    ) -> Result<()> {
        let name = &*column.name.name;
        if super::column_named(super::table_of(relation), name).is_some() {
            let message = format!("column \"{name}\" of relation \"{}\" already exists", relation.name);
            if if_not_exists {
                self.notice(sqlstate::DUPLICATE_COLUMN, format!("{message}, skipping"));
                return Ok(());
            }
            return Err(SqlError::new(sqlstate::DUPLICATE_COLUMN, message));
        }
        let mut changed = (**relation).clone();
        let mut pending = Pending::default();
        let place = self.add_declared(&mut changed, column, &mut pending)?;
        let (keys, checks) = (std::mem::take(&mut pending.keys), std::mem::take(&mut pending.checks));
        self.complete(&mut changed, pending)?;
        self.fill_column(relation, changed, place)?;
        for check in checks {
            let relation = self.current(relation)?;
            let mut changed = (*relation).clone();
            self.add_check(&mut changed, &check)?;
            self.verify_last_check(&changed)?;
            self.put(changed)?;
        }
        for key in keys {
            let relation = self.current(relation)?;
            self.add_key_to_rows(&relation, &key)?;
        }
        Ok(())
    }

    /// Gives existing rows the value of a new column: by the definition if all get the same, by rewriting if not.
    fn fill_column(&mut self, old: &Arc<RelationDef>, mut changed: RelationDef, place: usize) -> Result<()> {
        let Some(def) = super::table_of(&changed).columns.get(place).cloned() else { return Ok(()) };
        let value = match (&def.default, def.identity, &def.generated) {
            (_, Some(_), _) => Some(self.identity_value(&changed, place)?),
            (Some(text), ..) => {
                let env = self.env();
                let tree = crate::parse::parse_expr(text)?;
                Some(bind::value_expression(&env.names(), &env, &tree, Some((def.ty, def.typmod)))?)
            }
            _ => None,
        };
        let must_rewrite = def.generated.is_some() || value.as_ref().is_some_and(is_different_for_each_row);
        if must_rewrite {
            let value = value.unwrap_or_else(|| Expr::constant(Value::Null, def.ty));
            let mut exprs = Self::unchanged_columns(old);
            exprs.push(value);
            return self.rewrite_as(old, changed, exprs);
        }
        let value = match &value {
            Some(expr) => exec::constant(expr, &self.env())?.unwrap_or(Value::Null),
            None => Value::Null,
        };
        if value.is_null() && def.not_null {
            let any = Expr::constant(Value::Bool(true), Type::BOOL);
            self.refuse_rows(old, any, contains_nulls(&changed, &def.name));
        }
        if let Some(column) = super::table_of_mut(&mut changed).columns.get_mut(place) {
            column.missing = value.to_text(def.ty, &Format::default());
        }
        self.put(changed)
    }

    /// `nextval` of the sequence of an identity column.
    fn identity_value(&self, relation: &RelationDef, column: usize) -> Result<Expr> {
        let Some(sequence) = self.sequence_of(relation.oid, column) else {
            return Ok(Expr::constant(Value::Null, Type::INT8));
        };
        let text = super::column::nextval_text(&self.dataset_name(sequence.dataset), &sequence.name);
        let ty = super::table_of(relation).columns.get(column).map(|def| (def.ty, def.typmod));
        let env = self.env();
        bind::value_expression(&env.names(), &env, &crate::parse::parse_expr(&text)?, ty)
    }

    /// Records the new definition and writes every row anew under it.
    pub(super) fn rewrite_as(
        &mut self,
        old: &Arc<RelationDef>,
        mut changed: RelationDef,
        exprs: Vec<Expr>,
    ) -> Result<()> {
        let storage = self.renew_storage(&mut changed)?;
        for column in &mut super::table_of_mut(&mut changed).columns {
            column.missing = None;
        }
        self.put(changed.clone())?;
        self.passes.push_back(Pass::Rewrite { old: old.clone(), new: Arc::new(changed), exprs });
        self.drop_storage(storage);
        Ok(())
    }

    /// Notes that no row may satisfy a condition.
    fn refuse_rows(&mut self, relation: &Arc<RelationDef>, condition: Expr, error: SqlError) {
        self.passes.push_back(Pass::Refuse { relation: relation.clone(), condition, error });
    }

    /// The relation as the actions so far have made it.
    fn current(&self, relation: &RelationDef) -> Result<Arc<RelationDef>> {
        self.catalog().relation(relation.oid).cloned().ok_or_else(|| {
            SqlError::new(sqlstate::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", relation.name))
        })
    }

    /// Notes that the check added last may be false for no row.
    fn verify_last_check(&mut self, changed: &RelationDef) -> Result<()> {
        let Some(constraint) = super::table_of(changed).constraints.last().cloned() else { return Ok(()) };
        let ConstraintKind::Check(check) = &constraint.kind else { return Ok(()) };
        let condition = {
            let env = self.env();
            bind::row_expression_text(&env.names(), &env, changed, &check.expression)?
        };
        let is_false = Expr::new(ExprKind::Not(Box::new(condition)), Type::BOOL);
        let message = format!(
            "check constraint \"{}\" of relation \"{}\" is violated by some row",
            constraint.name, changed.name
        );
        let error = SqlError::new(sqlstate::CHECK_VIOLATION, message)
            .on_table(self.dataset_name(changed.dataset), &changed.name)
            .on_constraint(constraint.name);
        self.refuse_rows(&Arc::new(changed.clone()), is_false, error);
        Ok(())
    }

    fn add_table_constraint(
        &mut self,
        relation: &Arc<RelationDef>,
        constraint: &TableConstraint,
    ) -> Result<()> {
        let mut pending = Pending::default();
        pending.add(constraint)?;
        for check in &pending.checks {
            let mut changed = (**relation).clone();
            self.add_check(&mut changed, check)?;
            if !constraint.timing.not_valid {
                self.verify_last_check(&changed)?;
            }
            self.put(changed)?;
        }
        for key in &pending.keys {
            self.add_key_to_rows(relation, key)?;
        }
        for reference in &pending.references {
            let mut changed = (**relation).clone();
            self.add_reference(&mut changed, reference)?;
            self.put(changed)?;
            if !constraint.timing.not_valid {
                self.verify_last_reference(relation.oid)?;
            }
        }
        Ok(())
    }

    /// Notes that every row must refer to something by the foreign key added last.
    fn verify_last_reference(&mut self, table: Oid) -> Result<()> {
        let catalog = self.catalog();
        let Some(relation) = catalog.relation(table) else { return Ok(()) };
        let Some(constraint) = super::table_of(relation).constraints.last() else { return Ok(()) };
        if let Some(reference) = references::of_table(&catalog, table, constraint.oid) {
            self.passes.push_back(Pass::Reference(reference));
        }
        Ok(())
    }

    /// Gives a table that has rows a key. A clustered one orders the rows: they are written anew under it.
    fn add_key_to_rows(
        &mut self,
        relation: &Arc<RelationDef>,
        key: &super::constraint::KeySpec,
    ) -> Result<()> {
        let mut changed = (**relation).clone();
        let position = self.add_key(&mut changed, key)?;
        let before = &super::table_of(relation).columns;
        let after = super::table_of(&changed).columns.iter();
        for (column, (new, old)) in after.zip(before).enumerate() {
            if new.not_null && !old.not_null {
                self.refuse_nulls(relation, column, &new.name)?;
            }
        }
        let is_clustered =
            super::table_of(&changed).indexes.get(position).is_some_and(|index| index.is_clustered());
        if is_clustered {
            let exprs = Self::unchanged_columns(relation);
            return self.rewrite_as(relation, changed, exprs);
        }
        let changed = Arc::new(changed);
        self.passes.push_back(Pass::Index(changed.clone(), position));
        self.put((*changed).clone())
    }

    /// Notes that no row may have NULL in the column.
    pub(super) fn refuse_nulls(
        &mut self,
        relation: &Arc<RelationDef>,
        column: usize,
        name: &str,
    ) -> Result<()> {
        let arg = Box::new(column_expr(super::table_of(relation), column));
        let is_null = Expr::new(ExprKind::IsNull { arg, negated: false }, Type::BOOL);
        let dataset = self.dataset_name(relation.dataset);
        let error = contains_nulls(relation, name).on_table(dataset, &relation.name);
        self.refuse_rows(relation, is_null, error);
        Ok(())
    }

    fn drop_constraint(
        &mut self,
        relation: &Arc<RelationDef>,
        name: &Ident,
        if_exists: bool,
        cascade: bool,
    ) -> Result<()> {
        let table = super::table_of(relation);
        let Some(at) = table.constraints.iter().position(|constraint| constraint.name == *name.name) else {
            let error = no_constraint(relation, name);
            if if_exists {
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{}, skipping", error.message()));
                return Ok(());
            }
            return Err(error);
        };
        let mut changed = (**relation).clone();
        let constraint = super::table_of_mut(&mut changed).constraints.remove(at);
        match constraint.kind.index() {
            Some(index) => {
                self.drop_references_to(relation, index, &constraint.name, cascade)?;
                // The references may have been the table's own.
                let mut changed = (*self.current(relation)?).clone();
                super::table_of_mut(&mut changed).constraints.retain(|other| other.oid != constraint.oid);
                self.remove_index(relation, changed, index)
            }
            None => self.put(changed),
        }
    }

    /// References that need the key of an index go with it.
    fn drop_references_to(
        &mut self,
        relation: &RelationDef,
        index: Oid,
        name: &str,
        cascade: bool,
    ) -> Result<()> {
        let table = super::table_of(relation);
        let Some(index) = table.indexes.iter().find(|candidate| candidate.oid == index) else {
            return Ok(());
        };
        let columns: BTreeSet<usize> = index
            .keys
            .iter()
            .filter_map(|key| match key.source {
                KeySource::Column(column) => Some(column),
                KeySource::Expression(..) => None,
            })
            .collect();
        for other in self.catalog().relations().cloned().collect::<Vec<_>>() {
            let RelationKind::Table(def) = &other.kind else { continue };
            let needs = |kind: &ConstraintKind| match kind {
                ConstraintKind::ForeignKey(key) => {
                    key.table == relation.oid && key.keys.iter().copied().collect::<BTreeSet<_>>() == columns
                }
                _ => false,
            };
            let Some(reference) = def.constraints.iter().find(|constraint| needs(&constraint.kind)) else {
                continue;
            };
            let what = format!("constraint {} on table {}", reference.name, other.name);
            if !cascade {
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                    format!(
                        "cannot drop constraint {name} on table {} because other objects depend on it",
                        relation.name
                    ),
                )
                .detail(format!("{what} depends on index {}", index.name))
                .hint("Use DROP ... CASCADE to drop the dependent objects too."));
            }
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("drop cascades to {what}"));
            let mut changed = (*other).clone();
            super::table_of_mut(&mut changed).constraints.retain(|constraint| !needs(&constraint.kind));
            self.put(changed)?;
        }
        Ok(())
    }

    /// Takes an index out of a table's definition. Without the clustered one the rows get other keys: they are
    /// written anew.
    fn remove_index(&mut self, old: &Arc<RelationDef>, mut changed: RelationDef, index: Oid) -> Result<()> {
        let table = super::table_of_mut(&mut changed);
        let Some(at) = table.indexes.iter().position(|candidate| candidate.oid == index) else {
            return self.put(changed);
        };
        let removed = table.indexes.remove(at);
        self.change(Change::Relation(index, None))?;
        if removed.is_clustered() {
            let exprs = Self::unchanged_columns(old);
            return self.rewrite_as(old, changed, exprs);
        }
        self.drop_storage(vec![KeyspaceId(removed.keyspace)]);
        self.put(changed)
    }

    fn drop_column(
        &mut self,
        relation: &Arc<RelationDef>,
        name: &Ident,
        if_exists: bool,
        cascade: bool,
    ) -> Result<()> {
        let column = match super::column_of(relation, name) {
            Err(error) if if_exists => {
                self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{}, skipping", error.message()));
                return Ok(());
            }
            other => other?,
        };
        let doomed: Vec<(Option<Oid>, String)> = self.constraints_with(relation, column)?;
        for (_, constraint) in &doomed {
            let relation = self.current(relation)?;
            self.drop_constraint(&relation, &Ident::new(constraint.as_str(), name.pos), true, cascade)?;
        }
        for index in self.indexes_with(&*self.current(relation)?, column)? {
            let current = self.current(relation)?;
            self.remove_index(&current, (*current).clone(), index)?;
        }
        if let Some(sequence) = self.sequence_of(relation.oid, column) {
            self.erase(&sequence)?;
        }
        let mut changed = (*self.current(relation)?).clone();
        if let Some(def) = super::table_of_mut(&mut changed).columns.get_mut(column) {
            def.name = format!("........pg.dropped.{}........", column + 1);
            def.dropped = true;
            def.not_null = false;
            def.default = None;
            def.identity = None;
            def.generated = None;
            def.missing = None;
            def.comment = None;
        }
        self.put(changed)?;
        self.drop_broken_views(relation, &name.name, cascade)
    }

    /// Constraints that a column takes part in: their index, if they have one, and their name.
    fn constraints_with(&self, relation: &RelationDef, column: usize) -> Result<Vec<(Option<Oid>, String)>> {
        let table = super::table_of(relation);
        let mut found = Vec::new();
        for constraint in &table.constraints {
            let involved = match &constraint.kind {
                ConstraintKind::Check(check) => self.reads_column(relation, &check.expression, column)?,
                ConstraintKind::ForeignKey(key) => key.columns.contains(&column),
                ConstraintKind::PrimaryKey { index } | ConstraintKind::Unique { index } => {
                    table.indexes.iter().find(|candidate| candidate.oid == *index).is_some_and(|index| {
                        index.keys.iter().any(|key| key.source == KeySource::Column(column))
                            || index.included.contains(&column)
                    })
                }
            };
            if involved {
                found.push((constraint.kind.index(), constraint.name.clone()));
            }
        }
        Ok(found)
    }

    /// Indexes that a column takes part in.
    fn indexes_with(&self, relation: &RelationDef, column: usize) -> Result<Vec<Oid>> {
        let mut found = Vec::new();
        for index in &super::table_of(relation).indexes {
            let mut involved = index.included.contains(&column);
            for key in &index.keys {
                involved |= match &key.source {
                    KeySource::Column(key) => *key == column,
                    KeySource::Expression(text, _) => self.reads_column(relation, text, column)?,
                };
            }
            if let Some(predicate) = &index.predicate {
                involved |= self.reads_column(relation, predicate, column)?;
            }
            if involved {
                found.push(index.oid);
            }
        }
        Ok(found)
    }

    fn reads_column(&self, relation: &RelationDef, text: &str, column: usize) -> Result<bool> {
        let env = self.env();
        let bound = bind::row_expression_text(&env.names(), &env, relation, text)?;
        Ok(bound.contains(&mut |part| matches!(part.kind, ExprKind::Column(at) if at == column)))
    }

    /// Views that no longer bind after a change of a table.
    ///
    /// # Errors
    /// 2BP01 without CASCADE.
    fn drop_broken_views(&mut self, relation: &RelationDef, column: &str, cascade: bool) -> Result<()> {
        let mut broken = Vec::new();
        for view in self.catalog().relations() {
            let Some((query, depends_on)) = view.stored_query() else { continue };
            if depends_on.contains(&relation.oid) && self.bind_view(query).is_err() {
                broken.push(view.clone());
            }
        }
        for view in broken {
            if !cascade {
                let what = format!("column {column} of table {}", relation.name);
                return Err(SqlError::new(
                    sqlstate::DEPENDENT_OBJECTS_STILL_EXIST,
                    format!("cannot drop {what} because other objects depend on it"),
                )
                .detail(format!("view {} depends on {what}", view.name))
                .hint("Use DROP ... CASCADE to drop the dependent objects too."));
            }
            self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("drop cascades to view {}", view.name));
            self.erase(&view)?;
        }
        Ok(())
    }
}

pub(super) fn no_constraint(relation: &RelationDef, name: &Ident) -> SqlError {
    SqlError::new(
        sqlstate::UNDEFINED_OBJECT,
        format!("constraint \"{}\" of relation \"{}\" does not exist", name.name, relation.name),
    )
}

fn contains_nulls(relation: &RelationDef, column: &str) -> SqlError {
    SqlError::new(
        sqlstate::NOT_NULL_VIOLATION,
        format!("column \"{column}\" of relation \"{}\" contains null values", relation.name),
    )
    .on_column(column)
}

/// Whether a default yields another value each time it is asked.
fn is_different_for_each_row(expr: &Expr) -> bool {
    expr.contains(&mut |part| match &part.kind {
        ExprKind::Call { function, .. } => function.volatility == Volatility::Volatile,
        ExprKind::Subquery(_) => true,
        _ => false,
    })
}

/// What an action adds, if it is a column or a constraint.
fn added_element(action: &AlterTableAction) -> Option<TableElement> {
    match action {
        AlterTableAction::AddColumn { column, .. } => Some(TableElement::Column(column.clone())),
        AlterTableAction::AddConstraint(constraint) => Some(TableElement::Constraint(constraint.clone())),
        _ => None,
    }
}
