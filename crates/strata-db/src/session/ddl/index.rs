//! CREATE INDEX.

use super::backfill::Pass;
use super::constraint::plain_key;
use super::expression::stored_text;
use super::{Ddl, done, naming};
use crate::bind;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ConstraintTiming, CreateIndex};
use crate::plan::ExprKind;
use crate::schema::{ConstraintKind, IndexDef, IndexKey, KeySource, Oid, RelationDef};
use crate::session::portal::Outcome;
use std::sync::Arc;
use strata_store::ObjectMode;
use strata_types::{Type, sqlstate};

/// Most columns of an index.
const KEYS_MAX: usize = 32;

impl Ddl<'_> {
    /// `CREATE INDEX`.
    ///
    /// # Errors
    /// 42P01, 42809 for the table, 42P07 for the name, 0A000 for other methods, 23505 for duplicates.
    pub(super) fn create_index(&mut self, create: &CreateIndex) -> Result<Outcome> {
        if create.concurrently {
            crate::session::utility::refuse_in_block(self.session, "CREATE INDEX CONCURRENTLY")?;
        }
        let method = create.method.as_ref().map_or("btree", |method| &*method.name);
        refuse_method(method, create)?;
        let relation = self.table(&create.table.name)?;
        if self.must_wait(&[relation.oid], ObjectMode::Share)? {
            return Ok(Outcome::Wait);
        }
        if let Some(name) = &create.name
            && self.must_wait_for_name(relation.dataset, &name.name)?
        {
            return Ok(Outcome::Wait);
        }
        if let Some(name) = &create.name
            && self.skip_existing(relation.dataset, &name.name, create.if_not_exists)?
        {
            return Ok(done("CREATE INDEX"));
        }
        let index = self.describe_index(&relation, create)?;
        let mut changed = (*relation).clone();
        let (position, _) = self.add_index(&mut changed, index)?;
        let changed = Arc::new(changed);
        self.put((*changed).clone())?;
        self.passes.push_back(Pass::Index(changed, position));
        Ok(done("CREATE INDEX"))
    }

    fn describe_index(&self, relation: &RelationDef, create: &CreateIndex) -> Result<IndexDef> {
        if create.keys.len() + create.include.len() > KEYS_MAX {
            return Err(SqlError::new(
                sqlstate::TOO_MANY_COLUMNS,
                format!("cannot use more than {KEYS_MAX} columns in an index"),
            ));
        }
        let keys = create.keys.iter().map(|key| self.index_key(relation, key)).collect::<Result<Vec<_>>>()?;
        let mut included = Vec::with_capacity(create.include.len());
        for key in &create.include {
            match self.index_key(relation, key)?.source {
                KeySource::Column(column) => included.push(column),
                KeySource::Expression(..) => {
                    return Err(SqlError::new(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        "expressions are not supported in included columns",
                    ));
                }
            }
        }
        let predicate = create.filter.as_ref().map(|filter| self.predicate(relation, filter)).transpose()?;
        let name = match &create.name {
            Some(name) => name.name.to_string(),
            None => {
                let parts: Vec<String> = create
                    .keys
                    .iter()
                    .chain(&create.include)
                    .map(|key| naming::expression_name(&key.expr))
                    .collect();
                let addition = naming::addition(parts.iter().map(String::as_str));
                self.choose_relation_name(relation.dataset, &relation.name, Some(&addition), "idx")
            }
        };
        Ok(IndexDef {
            oid: Oid(0),
            name,
            keys,
            included,
            unique: create.unique,
            nulls_not_distinct: create.nulls_not_distinct,
            primary: false,
            deferrable: false,
            predicate,
            keyspace: 0,
            comment: None,
        })
    }

    fn index_key(&self, relation: &RelationDef, key: &ast::IndexKey) -> Result<IndexKey> {
        let nulls_first = key.nulls_first.unwrap_or(key.descending);
        if let ast::ExprKind::Column(name) = &key.expr.kind
            && name.qualifier().is_empty()
        {
            let column = super::column_named(super::table_of(relation), name.base()).ok_or_else(|| {
                let message = format!("column \"{}\" does not exist", name.base());
                SqlError::new(sqlstate::UNDEFINED_COLUMN, message).at(key.pos.0)
            })?;
            return Ok(IndexKey { descending: key.descending, nulls_first, ..plain_key(column) });
        }
        let env = self.env();
        let bound = bind::row_expression(&env.names(), &env, relation, &key.expr)?;
        if is_volatile(&bound) {
            return Err(mutable("index expression"));
        }
        let columns = &super::table_of(relation).columns;
        let source = KeySource::Expression(stored_text(&env.names(), &bound, &key.expr, columns), bound.ty);
        Ok(IndexKey { source, descending: key.descending, nulls_first })
    }

    fn predicate(&self, relation: &RelationDef, filter: &ast::Expr) -> Result<String> {
        let env = self.env();
        let bound = bind::row_expression(&env.names(), &env, relation, filter)?;
        if bound.ty != Type::BOOL && bound.ty != Type::UNKNOWN {
            return Err(SqlError::new(
                sqlstate::DATATYPE_MISMATCH,
                format!(
                    "argument of WHERE must be type boolean, not type {}",
                    bound.ty.sql_name(bound.typmod)
                ),
            )
            .at(filter.pos.0));
        }
        if is_volatile(&bound) {
            return Err(mutable("index predicate"));
        }
        Ok(stored_text(&env.names(), &bound, filter, &super::table_of(relation).columns))
    }

    /// An index like one of another table, with the constraint that it keeps.
    ///
    /// # Errors
    /// As for a new index.
    pub(super) fn add_copied_index(
        &mut self,
        relation: &mut RelationDef,
        mut index: IndexDef,
        keeps_constraint: Option<ConstraintTiming>,
    ) -> Result<()> {
        let columns: Vec<usize> = index
            .keys
            .iter()
            .filter_map(|key| match key.source {
                KeySource::Column(column) => Some(column),
                KeySource::Expression(..) => None,
            })
            .collect();
        let addition = super::column::column_addition(relation, &columns);
        let addition = if addition.is_empty() { "expr".to_owned() } else { addition };
        let (second, label) = match (index.primary, keeps_constraint) {
            (true, _) => (None, "pkey"),
            (false, Some(_)) => (Some(&*addition), "key"),
            (false, None) => (Some(&*addition), "idx"),
        };
        index.name = self.choose_relation_name(relation.dataset, &relation.name, second, label);
        let (name, primary) = (index.name.clone(), index.primary);
        let (_, index) = self.add_index(relation, index)?;
        if primary {
            self.add_constraint(
                relation,
                name,
                ConstraintKind::PrimaryKey { index },
                keeps_constraint.unwrap_or_default(),
            )?;
            super::constraint::forbid_null(relation, &columns);
        } else if let Some(timing) = keeps_constraint {
            self.add_constraint(relation, name, ConstraintKind::Unique { index }, timing)?;
        }
        Ok(())
    }
}

/// Whether the expression may have another value for the same row at another time.
pub(super) fn is_volatile(expr: &crate::plan::Expr) -> bool {
    expr.contains(&mut |part| match &part.kind {
        ExprKind::Call { function, .. } => function.volatility != crate::functions::Volatility::Immutable,
        _ => false,
    })
}

fn mutable(what: &str) -> SqlError {
    SqlError::new(
        sqlstate::INVALID_OBJECT_DEFINITION,
        format!("functions in {what} must be marked IMMUTABLE"),
    )
}

fn refuse_method(method: &str, create: &CreateIndex) -> Result<()> {
    match method {
        "btree" => Ok(()),
        "hash" if create.unique => Err(SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            "access method \"hash\" does not support unique indexes",
        )),
        "hash" | "brin" => Ok(()),
        "gin" | "gist" | "spgist" => Err(SqlError::unsupported(format!("access method \"{method}\""))),
        _ => Err(SqlError::new(
            sqlstate::UNDEFINED_OBJECT,
            format!("access method \"{method}\" does not exist"),
        )),
    }
}
