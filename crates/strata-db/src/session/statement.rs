//! Prepared statements: text bound and planned, good until the catalog or the search path changes.

use super::admission::{self, TableLocks};
use super::cursor;
use super::environment::StepEnvironment;
use super::references::{self, References};
use crate::bind::{self, BoundKind};
use crate::error::{Result, SqlError};
use crate::parse::ast;
use crate::plan::{Field, PhysicalPlan};
use std::sync::Arc;
use strata_types::{DateStyle, Format, IntervalStyle, Type, sqlstate};

/// A statement ready to run.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its text.
    pub(super) sql: Arc<str>,
    /// Its tree, for running it again under another catalog.
    pub(super) ast: Option<ast::Statement>,
    /// What runs.
    pub(super) work: Work,
    /// Parameter types.
    pub(super) params: Vec<Type>,
    /// Result columns; empty if it returns no rows.
    pub(super) fields: Vec<Field>,
    /// The foreign keys that its writes may break.
    pub(super) references: Arc<References>,
    /// The tables that its plan reads and writes.
    pub(super) locks: TableLocks,
    /// The catalog it was bound under.
    version: u64,
    search_path: Arc<[String]>,
    reading: Reading,
}

/// How literals were read when a statement was bound: the settings that their meaning depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    date_style: DateStyle,
    interval_style: IntervalStyle,
    time_zone: Arc<str>,
}

impl Reading {
    /// Of a session at present.
    pub(super) fn of(format: &Format) -> Reading {
        Reading {
            date_style: format.date_style,
            interval_style: format.interval_style,
            time_zone: format.time_zone_name.clone(),
        }
    }
}

/// What runs.
#[derive(Debug)]
pub(super) enum Work {
    /// Nothing: an empty query string.
    Empty,
    /// A plan.
    Plan(Arc<PhysicalPlan>, BoundKind),
    /// A utility statement, interpreted from its tree.
    Utility,
}

impl Statement {
    /// Binds and plans a parsed statement. `declared` are the parameter types that the client has named.
    ///
    /// # Errors
    /// Whatever is wrong with the statement.
    pub(super) fn prepare(
        env: &StepEnvironment<'_>,
        sql: Arc<str>,
        tree: Option<ast::Statement>,
        declared: &[Type],
    ) -> Result<Statement> {
        let mut statement = Statement {
            sql,
            ast: None,
            work: Work::Empty,
            params: declared.to_vec(),
            fields: Vec::new(),
            references: Arc::default(),
            locks: TableLocks::new(),
            version: env.catalog.version(),
            search_path: env.search_path.clone(),
            reading: Reading::of(&env.format),
        };
        let Some(tree) = tree else { return Ok(statement) };
        if cursor::is_current_of(&tree) {
            // Which row it is about is known when it runs.
            let bound = bind::statement(&env.names(), env, declared, &cursor::placeless(&tree))?;
            statement.params = bound.params;
            statement.fields = bound.fields;
            statement.work = Work::Utility;
        } else if is_plannable(&tree) {
            let names = env.names();
            let bound = bind::statement(&names, env, declared, &tree)?;
            statement.params = bound.params;
            let plan = crate::optimize::plan(bound.plan, env, env)?;
            statement.fields = bound.fields;
            statement.references = references::of_plan(&env.catalog, &plan);
            statement.locks = admission::table_locks(&plan);
            statement.work = Work::Plan(Arc::new(plan), bound.kind);
        } else {
            statement.fields = super::utility::fields(&tree)?;
            statement.work = Work::Utility;
        }
        statement.ast = Some(tree);
        Ok(statement)
    }

    /// Whether it may run as it is.
    pub(super) fn is_current(&self, env: &StepEnvironment<'_>) -> bool {
        match self.work {
            Work::Plan(..) => {
                self.was_prepared_under(env.catalog.version(), &env.search_path, &Reading::of(&env.format))
            }
            Work::Empty | Work::Utility => true,
        }
    }

    /// The version of the catalog that it was bound under.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Whether names and literals meant then what they mean under this catalog, search path and settings.
    pub(super) fn was_prepared_under(&self, version: u64, search_path: &[String], reading: &Reading) -> bool {
        self.version == version && *self.search_path == *search_path && self.reading == *reading
    }

    /// The same text under today's catalog.
    ///
    /// # Errors
    /// 0A000 if its columns are no longer those that were described.
    pub(super) fn renewed(&self, env: &StepEnvironment<'_>) -> Result<Statement> {
        let renewed = self.rebound(env)?;
        let same = renewed.fields.len() == self.fields.len()
            && renewed
                .fields
                .iter()
                .zip(&self.fields)
                .all(|(new, old)| new.ty == old.ty && new.name == old.name);
        if same {
            Ok(renewed)
        } else {
            // Drivers that see this routine prepare the statement again.
            Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, "cached plan must not change result type")
                .routine("RevalidateCachedQuery"))
        }
    }

    /// The same text under today's catalog, whatever its columns are now: nobody has been told of any.
    ///
    /// # Errors
    /// What is wrong with it under that catalog.
    pub(super) fn rebound(&self, env: &StepEnvironment<'_>) -> Result<Statement> {
        Statement::prepare(env, self.sql.clone(), self.ast.clone(), &self.params)
    }

    /// May it run in a failed transaction block?
    pub(super) fn ends_failed_block(&self) -> bool {
        self.ast.as_ref().is_none_or(ends_failed_block)
    }
}

/// May the statement run in a failed transaction block?
pub(super) fn ends_failed_block(tree: &ast::Statement) -> bool {
    use ast::Transaction::{Commit, Prepare, Rollback, RollbackTo};
    match tree {
        ast::Statement::Transaction(transaction) => {
            matches!(**transaction, Commit { .. } | Rollback { .. } | RollbackTo(_) | Prepare(_))
        }
        _ => false,
    }
}

/// Whether a statement has a plan, as against being interpreted.
fn is_plannable(tree: &ast::Statement) -> bool {
    use ast::Statement::{Delete, Insert, Merge, Query, Update};
    matches!(tree, Query(_) | Insert(_) | Update(_) | Delete(_) | Merge(_))
}
