//! Columns as CREATE TABLE and ALTER TABLE declare them.

use super::expression::stored_text;
use super::{Ddl, naming};
use crate::bind;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ColumnConstraintKind, SequenceOption, TypeName};
use crate::parse::{quote_ident, quote_literal};
use crate::schema::{ColumnDef, Generated, Identity, Oid, RelationDef, RelationKind};
use strata_types::{Type, Typmod, sqlstate};

/// A sequence that a new column needs.
pub(super) struct OwnedSequence {
    /// The sequence's integer type.
    pub(super) ty: Type,
    pub(super) options: Vec<SequenceOption>,
}

/// A column as declared, without its keys and checks.
pub(super) struct DeclaredColumn {
    pub(super) def: ColumnDef,
    pub(super) sequence: Option<OwnedSequence>,
    /// The generation expression, to be bound once all columns are known.
    pub(super) generated: Option<ast::Expr>,
}

/// A plain column.
pub(super) fn plain(name: &str, ty: Type, typmod: Typmod) -> ColumnDef {
    ColumnDef {
        name: name.to_owned(),
        ty,
        typmod,
        not_null: false,
        default: None,
        identity: None,
        generated: None,
        dropped: false,
        missing: None,
        comment: None,
    }
}

/// `serial` and its kin.
fn serial_type(ty: &TypeName) -> Option<Type> {
    if !ty.name.qualifier().is_empty() || !ty.array.is_empty() {
        return None;
    }
    match ty.name.base() {
        "serial" | "serial4" => Some(Type::INT4),
        "bigserial" | "serial8" => Some(Type::INT8),
        "smallserial" | "serial2" => Some(Type::INT2),
        _ => None,
    }
}

impl Ddl<'_> {
    /// What a column's declaration says of the column itself.
    ///
    /// # Errors
    /// 42704 for an unknown type, 42601 and 42P16 for contradictions, and what is wrong with its default.
    pub(super) fn declare_column(&self, table: &str, column: &ast::ColumnDef) -> Result<DeclaredColumn> {
        let name = &*column.name.name;
        let pos = column.name.pos.0;
        let Some(written) = &column.ty else {
            return Err(
                SqlError::new(sqlstate::SYNTAX_ERROR, format!("column \"{name}\" has no type")).at(pos)
            );
        };
        let serial = serial_type(written);
        let (ty, typmod) = match serial {
            Some(ty) => (ty, Typmod::NONE),
            None => bind::type_of(&self.env(), written)?,
        };
        refuse_pseudo_type(name, ty)?;
        let mut declared = DeclaredColumn { def: plain(name, ty, typmod), sequence: None, generated: None };
        if serial.is_some() {
            declared.def.not_null = true;
            declared.sequence = Some(OwnedSequence { ty, options: Vec::new() });
        }
        self.apply_constraints(table, column, &mut declared, serial.is_some())?;
        Ok(declared)
    }

    fn apply_constraints(
        &self,
        table: &str,
        column: &ast::ColumnDef,
        declared: &mut DeclaredColumn,
        is_serial: bool,
    ) -> Result<()> {
        let name = &*column.name.name;
        let mut nullable: Option<bool> = is_serial.then_some(false);
        let mut has_default = is_serial;
        for constraint in &column.constraints {
            let pos = constraint.pos.0;
            let twice = |what: &str| {
                let message = format!("{what} specified for column \"{name}\" of table \"{table}\"");
                SqlError::new(sqlstate::SYNTAX_ERROR, message).at(pos)
            };
            match &constraint.kind {
                ColumnConstraintKind::NotNull | ColumnConstraintKind::Null => {
                    let null = constraint.kind == ColumnConstraintKind::Null;
                    if nullable.is_some_and(|known| known != null) {
                        return Err(twice("conflicting NULL/NOT NULL declarations"));
                    }
                    nullable = Some(null);
                    declared.def.not_null = !null;
                }
                ColumnConstraintKind::Default(expr) => {
                    if has_default {
                        return Err(twice("multiple default values"));
                    }
                    has_default = true;
                    declared.def.default = self.default_text(expr, declared.def.ty, declared.def.typmod)?;
                }
                ColumnConstraintKind::Identity { always, options } => {
                    if has_default {
                        return Err(twice("both default and identity"));
                    }
                    has_default = true;
                    declared.def.identity =
                        Some(if *always { Identity::Always } else { Identity::ByDefault });
                    declared.def.not_null = true;
                    declared.sequence = Some(identity_sequence(declared.def.ty, options)?);
                }
                ColumnConstraintKind::Generated(expr) => {
                    if has_default {
                        return Err(twice("both default and generation expression"));
                    }
                    has_default = true;
                    declared.generated = Some(expr.clone());
                }
                ColumnConstraintKind::Check { .. }
                | ColumnConstraintKind::Unique(_)
                | ColumnConstraintKind::PrimaryKey(_)
                | ColumnConstraintKind::References(_) => {}
            }
        }
        Ok(())
    }

    /// The text under which a default is kept; `None` for NULL.
    ///
    /// # Errors
    /// Whatever is wrong with the expression.
    pub(super) fn default_text(&self, expr: &ast::Expr, ty: Type, typmod: Typmod) -> Result<Option<String>> {
        let env = self.env();
        let bound = bind::value_expression(&env.names(), &env, expr, Some((ty, typmod)))?;
        Ok((expr.kind != ast::ExprKind::Null).then(|| stored_text(&env.names(), &bound, expr, &[])))
    }

    /// Binds a generation expression over the columns of its table and gives its text.
    ///
    /// # Errors
    /// Whatever is wrong with the expression; 42P17 if it reads a generated column.
    pub(super) fn generated_text(
        &self,
        relation: &RelationDef,
        column: usize,
        expr: &ast::Expr,
    ) -> Result<Generated> {
        let env = self.env();
        let table = super::table_of(relation);
        let bound = bind::row_expression(&env.names(), &env, relation, expr)?;
        let reads_generated = bound.contains(&mut |part| match part.kind {
            crate::plan::ExprKind::Column(at) => {
                at == column || table.columns.get(at).is_some_and(|column| column.generated.is_some())
            }
            _ => false,
        });
        if reads_generated {
            return Err(SqlError::new(
                sqlstate::INVALID_OBJECT_DEFINITION,
                "cannot use generated column in column generation expression",
            )
            .detail("A generated column cannot reference another generated column."));
        }
        Ok(Generated { expression: stored_text(&env.names(), &bound, expr, &table.columns) })
    }

    /// Makes the sequence of a column and the default that reads it.
    ///
    /// # Errors
    /// For bad options of the sequence.
    pub(super) fn attach_sequence(
        &mut self,
        relation: &mut RelationDef,
        column: usize,
        sequence: &OwnedSequence,
    ) -> Result<()> {
        let table = super::table_of(relation);
        let Some(def) = table.columns.get(column) else { return Ok(()) };
        let is_identity = def.identity.is_some();
        let name = self.choose_relation_name(relation.dataset, &relation.name, Some(&def.name), "seq");
        self.make_owned_sequence(relation, column, &name, sequence)?;
        if !is_identity {
            let text = nextval_text(&self.dataset_name(relation.dataset), &name);
            if let Some(def) = super::table_of_mut(relation).columns.get_mut(column) {
                def.default = Some(text);
            }
        }
        Ok(())
    }

    /// The sequence that a column owns.
    pub(super) fn sequence_of(&self, table: Oid, column: usize) -> Option<std::sync::Arc<RelationDef>> {
        let catalog = self.catalog();
        let found = catalog.relations().find(|relation| match &relation.kind {
            RelationKind::Sequence(sequence) => sequence.owned_by == Some((table, column)),
            _ => false,
        });
        found.cloned()
    }
}

/// The default of a serial column.
pub(super) fn nextval_text(dataset: &str, sequence: &str) -> String {
    let name = format!("{}.{}", quote_ident(dataset), quote_ident(sequence));
    format!("nextval({}::regclass)", quote_literal(&name))
}

/// # Errors
/// 22023 if the column is not of an integer type.
pub(super) fn identity_sequence(ty: Type, options: &[SequenceOption]) -> Result<OwnedSequence> {
    if !matches!(ty, Type::INT2 | Type::INT4 | Type::INT8) {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            "identity column type must be smallint, integer, or bigint",
        ));
    }
    Ok(OwnedSequence { ty, options: options.to_vec() })
}

/// # Errors
/// 42P16 for a type that no column can have.
pub(super) fn refuse_pseudo_type(column: &str, ty: Type) -> Result<()> {
    if !ty.is_pseudo() || ty == Type::UNKNOWN {
        return Ok(());
    }
    Err(SqlError::new(
        sqlstate::INVALID_TABLE_DEFINITION,
        format!("column \"{column}\" has pseudo-type {}", ty.name()),
    ))
}

/// Names of columns for the name of a constraint.
pub(super) fn column_addition(relation: &RelationDef, columns: &[usize]) -> String {
    let table = super::table_of(relation);
    naming::addition(
        columns.iter().filter_map(|column| table.columns.get(*column)).map(|column| &*column.name),
    )
}
