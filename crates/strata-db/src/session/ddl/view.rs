//! CREATE VIEW.

use super::column::plain;
use super::{Ddl, done};
use crate::bind::{self, Bound};
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, CreateView, Ident, Persistence};
use crate::parse::query_to_sql;
use crate::schema::{ColumnDef, RelationDef, RelationKind, ViewDef};
use crate::session::portal::Outcome;
use strata_types::sqlstate;

impl Ddl<'_> {
    /// `CREATE VIEW`.
    ///
    /// # Errors
    /// 42P07 if the name is taken, 42P16 if it replaces a view with other columns, whatever is wrong with
    /// the query.
    pub(super) fn create_view(&mut self, create: &CreateView) -> Result<Outcome> {
        if create.recursive {
            return Err(SqlError::unsupported("CREATE RECURSIVE VIEW").at(create.name.pos().0));
        }
        if create.check_option.is_some() {
            return Err(SqlError::unsupported("WITH CHECK OPTION").at(create.name.pos().0));
        }
        let (dataset, name) = self.place(&create.name, create.persistence == Persistence::Temporary)?;
        if self.must_wait_for_name(dataset.oid, &name)? {
            return Ok(Outcome::Wait);
        }
        let existing = self.catalog().relation_named(dataset.oid, &name).cloned();
        if let Some(existing) = &existing {
            if !create.or_replace {
                self.skip_existing(dataset.oid, &name, false)?;
            }
            if !matches!(existing.kind, RelationKind::View(_)) {
                return Err(super::wrong_kind(existing, "view"));
            }
            self.require_owner(existing)?;
            if self.must_wait_for(&[existing.oid])? {
                return Ok(Outcome::Wait);
            }
        }
        let query = query_to_sql(&create.query);
        let bound = self.bind_view(&query)?;
        if !bound.params.is_empty() {
            return Err(SqlError::new(sqlstate::UNDEFINED_PARAMETER, "there is no parameter $1"));
        }
        let columns = output_columns(&bound, &create.columns, "CREATE VIEW")?;
        if let Some(RelationKind::View(old)) = existing.as_deref().map(|existing| &existing.kind) {
            refuse_other_columns(&old.columns, &columns)?;
        }
        let mut depends_on = bound.relations;
        depends_on.sort_unstable();
        depends_on.dedup();
        let view = RelationKind::View(ViewDef { columns, query, depends_on });
        let relation = match existing {
            Some(existing) => RelationDef { kind: view, ..(*existing).clone() },
            None => RelationDef {
                oid: self.fresh_oid()?,
                dataset: dataset.oid,
                name,
                owner: self.current_role(),
                comment: None,
                kind: view,
            },
        };
        self.put(relation)?;
        Ok(done("CREATE VIEW"))
    }

    /// Binds the text of a view's query.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub(super) fn bind_view(&self, query: &str) -> Result<Bound> {
        let mut parsed = crate::parse::parse(query)?;
        let Some(parsed) = parsed.pop() else {
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, "a view needs a query"));
        };
        let env = self.env();
        bind::statement(&env.names(), &env, &[], &parsed.statement)
    }
}

/// The columns of a query as those of a relation, the first ones renamed.
///
/// # Errors
/// 42601 for too many names, 42701 for names that are not unique.
pub(super) fn output_columns(bound: &Bound, names: &[Ident], what: &str) -> Result<Vec<ColumnDef>> {
    if names.len() > bound.fields.len() {
        let message = match what {
            "CREATE VIEW" => "CREATE VIEW specifies more column names than columns",
            _ => "too many column names were specified",
        };
        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message));
    }
    let mut columns: Vec<ColumnDef> = Vec::with_capacity(bound.fields.len());
    for (at, field) in bound.fields.iter().enumerate() {
        let name = names.get(at).map_or(field.name.as_str(), |name| &name.name);
        if columns.iter().any(|column| column.name == name) {
            return Err(SqlError::new(
                sqlstate::DUPLICATE_COLUMN,
                format!("column \"{name}\" specified more than once"),
            ));
        }
        super::column::refuse_pseudo_type(name, field.ty)?;
        columns.push(plain(name, field.ty, field.typmod));
    }
    Ok(columns)
}

/// A view may be replaced by one with more columns, not by one with others.
fn refuse_other_columns(old: &[ColumnDef], new: &[ColumnDef]) -> Result<()> {
    let refuse = |message: String| Err(SqlError::new(sqlstate::INVALID_TABLE_DEFINITION, message));
    if new.len() < old.len() {
        return refuse("cannot drop columns from view".to_owned());
    }
    for (old, new) in old.iter().zip(new) {
        if old.name != new.name {
            let error = format!("cannot change name of view column \"{}\" to \"{}\"", old.name, new.name);
            return Err(SqlError::new(sqlstate::INVALID_TABLE_DEFINITION, error)
                .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."));
        }
        if (old.ty, old.typmod) != (new.ty, new.typmod) {
            return refuse(format!(
                "cannot change data type of view column \"{}\" from {} to {}",
                old.name,
                old.ty.sql_name(old.typmod),
                new.ty.sql_name(new.typmod)
            ));
        }
    }
    Ok(())
}

/// A query as a statement of its own.
pub(super) fn as_statement(query: &ast::Query) -> ast::Statement {
    ast::Statement::Query(Box::new(query.clone()))
}
