//! ALTER TABLE … ALTER COLUMN.

use super::Ddl;
use super::column::identity_sequence;
use crate::bind;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, AlterColumnAction, Ident, SequenceOption, TypeName};
use crate::plan::{Expr, ExprKind};
use crate::schema::{ColumnDef, Identity, RelationDef};
use std::sync::Arc;
use strata_types::{CastContext, Type, Typmod, cast_context, sqlstate};

impl Ddl<'_> {
    /// Changes a column.
    ///
    /// # Errors
    /// 42703 if there is none, and those of the action.
    pub(super) fn alter_column(
        &mut self,
        relation: &Arc<RelationDef>,
        name: &Ident,
        action: &AlterColumnAction,
    ) -> Result<()> {
        let column = super::column_of(relation, name)?;
        let Some(def) = super::table_of(relation).columns.get(column).cloned() else { return Ok(()) };
        match action {
            AlterColumnAction::SetDefault(expr) => {
                refuse_special(relation, &def)?;
                let default = self.default_text(expr, def.ty, def.typmod)?;
                self.put_column(relation, column, ColumnDef { default, ..def })
            }
            AlterColumnAction::DropDefault => {
                refuse_special(relation, &def)?;
                self.put_column(relation, column, ColumnDef { default: None, ..def })
            }
            AlterColumnAction::SetNotNull => {
                if !def.not_null {
                    self.refuse_nulls(relation, column, &def.name)?;
                }
                self.put_column(relation, column, ColumnDef { not_null: true, ..def })
            }
            AlterColumnAction::DropNotNull => {
                refuse_needed_not_null(relation, column, &def)?;
                self.put_column(relation, column, ColumnDef { not_null: false, ..def })
            }
            AlterColumnAction::DropExpression { if_exists } => {
                if def.generated.is_none() {
                    let message = format!(
                        "column \"{}\" of relation \"{}\" is not a stored generated column",
                        def.name, relation.name
                    );
                    return self.skip_or_refuse(*if_exists, message);
                }
                self.put_column(relation, column, ColumnDef { generated: None, ..def })
            }
            AlterColumnAction::SetType { ty, using, .. } => {
                self.set_type(relation, column, ty, using.as_ref())
            }
            AlterColumnAction::AddIdentity { always, options } => {
                self.add_identity(relation, column, def, *always, options)
            }
            AlterColumnAction::SetIdentity { always, options } => {
                self.set_identity(relation, column, def, *always, options)
            }
            AlterColumnAction::DropIdentity { if_exists } => {
                if def.identity.is_none() {
                    return self.skip_or_refuse(*if_exists, not_identity(relation, &def));
                }
                if let Some(sequence) = self.sequence_of(relation.oid, column) {
                    self.erase(&sequence)?;
                }
                self.put_column(relation, column, ColumnDef { identity: None, ..def })
            }
            // Nothing of strata's storage is governed by these.
            AlterColumnAction::SetStatistics(_)
            | AlterColumnAction::SetStorage(_)
            | AlterColumnAction::SetCompression(_)
            | AlterColumnAction::SetOptions(_)
            | AlterColumnAction::ResetOptions(_) => Ok(()),
        }
    }

    fn put_column(&mut self, relation: &RelationDef, column: usize, def: ColumnDef) -> Result<()> {
        let mut changed = relation.clone();
        if let Some(place) = super::table_of_mut(&mut changed).columns.get_mut(column) {
            *place = def;
        }
        self.put(changed)
    }

    fn skip_or_refuse(&self, if_exists: bool, message: String) -> Result<()> {
        if !if_exists {
            return Err(SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
        }
        self.notice(sqlstate::SUCCESSFUL_COMPLETION, format!("{message}, skipping"));
        Ok(())
    }

    fn add_identity(
        &mut self,
        relation: &Arc<RelationDef>,
        column: usize,
        def: ColumnDef,
        always: bool,
        options: &[SequenceOption],
    ) -> Result<()> {
        let refuse = |what: &str| {
            let message = format!("column \"{}\" of relation \"{}\" {what}", def.name, relation.name);
            Err(SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message))
        };
        if !def.not_null {
            return refuse("must be declared NOT NULL before identity can be added");
        }
        if def.identity.is_some() {
            return refuse("is already an identity column");
        }
        if def.default.is_some() {
            return refuse("already has a default value");
        }
        let sequence = identity_sequence(def.ty, options)?;
        let mut changed = (**relation).clone();
        if let Some(place) = super::table_of_mut(&mut changed).columns.get_mut(column) {
            place.identity = Some(identity(always));
        }
        self.attach_sequence(&mut changed, column, &sequence)?;
        self.put(changed)
    }

    fn set_identity(
        &mut self,
        relation: &Arc<RelationDef>,
        column: usize,
        def: ColumnDef,
        always: Option<bool>,
        options: &[SequenceOption],
    ) -> Result<()> {
        if def.identity.is_none() {
            let message = not_identity(relation, &def);
            return Err(SqlError::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
        }
        if !options.is_empty()
            && let Some(sequence) = self.sequence_of(relation.oid, column)
        {
            self.change_sequence(&sequence, options)?;
        }
        match always {
            Some(always) => {
                self.put_column(relation, column, ColumnDef { identity: Some(identity(always)), ..def })
            }
            None => Ok(()),
        }
    }

    fn set_type(
        &mut self,
        relation: &Arc<RelationDef>,
        column: usize,
        ty: &TypeName,
        using: Option<&ast::Expr>,
    ) -> Result<()> {
        let Some(old) = super::table_of(relation).columns.get(column).cloned() else { return Ok(()) };
        let (new_type, typmod) = bind::type_of(&self.env(), ty)?;
        super::column::refuse_pseudo_type(&old.name, new_type)?;
        let mut changed = (**relation).clone();
        if let Some(def) = super::table_of_mut(&mut changed).columns.get_mut(column) {
            def.ty = new_type;
            def.typmod = typmod;
        }
        if using.is_none() && keeps_values((old.ty, old.typmod), (new_type, typmod)) {
            return self.put(changed);
        }
        if using.is_none() && !may_assign(old.ty, new_type) {
            let target = new_type.sql_name(typmod);
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!("column \"{}\" cannot be cast automatically to type {target}", old.name),
            )
            .hint(format!(
                "You might need to specify \"USING {}::{target}\".",
                crate::parse::quote_ident(&old.name)
            )));
        }
        let converted = self.converted(relation, column, ty, using)?;
        let mut exprs = Self::unchanged_columns(relation);
        if let Some(expr) = exprs.get_mut(column) {
            *expr = converted;
        }
        self.rewrite_as(relation, changed, exprs)
    }

    /// The new value of a column whose type changes, over the row as it is.
    fn converted(
        &self,
        relation: &RelationDef,
        column: usize,
        ty: &TypeName,
        using: Option<&ast::Expr>,
    ) -> Result<Expr> {
        let name =
            super::table_of(relation).columns.get(column).map(|def| def.name.clone()).unwrap_or_default();
        let source = match using {
            Some(expr) => expr.clone(),
            None => crate::parse::parse_expr(&crate::parse::quote_ident(&name))?,
        };
        let pos = source.pos;
        let tree = ast::Expr {
            kind: ast::ExprKind::Cast { operand: Box::new(source), ty: Box::new(ty.clone()) },
            pos,
        };
        let env = self.env();
        let mut bound = bind::row_expression(&env.names(), &env, relation, &tree)?;
        // As an assignment does: a value that is too long is refused, not cut.
        if let ExprKind::Cast { explicit, .. } = &mut bound.kind {
            *explicit = false;
        }
        Ok(bound)
    }
}

fn identity(always: bool) -> Identity {
    if always { Identity::Always } else { Identity::ByDefault }
}

fn not_identity(relation: &RelationDef, def: &ColumnDef) -> String {
    format!("column \"{}\" of relation \"{}\" is not an identity column", def.name, relation.name)
}

/// Whether every value of the old type is stored in the same way under the new one.
fn keeps_values((old, old_mod): (Type, Typmod), (new, new_mod): (Type, Typmod)) -> bool {
    let is_text = |ty| matches!(ty, Type::TEXT | Type::VARCHAR);
    if is_text(old) && is_text(new) {
        return match (old_mod.as_chars(), new_mod.as_chars()) {
            (_, None) => true,
            (Some(old), Some(new)) => new >= old,
            (None, Some(_)) => false,
        };
    }
    old == new && (old_mod == new_mod || (new_mod.is_none() && old != Type::BPCHAR))
}

fn may_assign(from: Type, to: Type) -> bool {
    from == to || matches!(cast_context(from, to), Some(CastContext::Implicit | CastContext::Assignment))
}

/// # Errors
/// 42601 for columns whose value is not the user's to choose.
fn refuse_special(relation: &RelationDef, def: &ColumnDef) -> Result<()> {
    let what = match (def.identity, &def.generated) {
        (Some(_), _) => "an identity column",
        (_, Some(_)) => "a generated column",
        _ => return Ok(()),
    };
    let message = format!("column \"{}\" of relation \"{}\" is {what}", def.name, relation.name);
    Err(SqlError::new(sqlstate::SYNTAX_ERROR, message))
}

fn refuse_needed_not_null(relation: &RelationDef, column: usize, def: &ColumnDef) -> Result<()> {
    if def.identity.is_some() {
        return refuse_special(relation, def);
    }
    let is_key = super::table_of(relation).primary().is_some_and(|index| {
        index.keys.iter().any(|key| key.source == crate::schema::KeySource::Column(column))
    });
    if is_key {
        return Err(SqlError::new(
            sqlstate::INVALID_TABLE_DEFINITION,
            format!("column \"{}\" is in a primary key", def.name),
        ));
    }
    Ok(())
}
