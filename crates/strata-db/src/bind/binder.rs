//! What is carried along while a statement is bound.

use super::coerce::Context;
use super::recursion::SelfReference;
use super::scope::Scope;
use crate::catalog::Names;
use crate::error::{Result, SqlError};
use crate::functions::Environment;
use crate::parse::ast;
use crate::plan::{AggregateCall, Expr, Logical, Schema, WindowCall};
use crate::schema::{Oid, RelationDef};
use strata_types::{Type, Typmod, sqlstate};

/// How deep expressions and queries may nest: each level takes a few kilobytes of the engine's stack.
const DEPTH_MAX: usize = 8_000;

/// Columns at and above this number stand for aggregates until the grouping is built.
pub(super) const AGGREGATE_BASE: usize = 1 << 40;
/// Columns at and above this number stand for window calls until the windows are built.
pub(super) const WINDOW_BASE: usize = 1 << 41;

/// Binds one statement.
pub(super) struct Binder<'a> {
    pub(super) names: Names<'a>,
    pub(super) env: &'a dyn Environment,
    /// Types of parameters; UNKNOWN until something says otherwise.
    pub(super) params: Vec<Type>,
    /// Rows that expressions may look at, the innermost last.
    pub(super) levels: Vec<Level>,
    /// Common table expressions in sight, the innermost last.
    pub(super) ctes: Vec<CteBinding>,
    pub(super) next_cte: usize,
    /// Common table expressions that are MATERIALIZED.
    pub(super) materialized: Vec<usize>,
    /// Row locks that reach into the FROM at hand.
    pub(super) reaching: Vec<ast::Locking>,
    pub(super) relations: Vec<Oid>,
    /// The outermost level that has been referred to since it was last reset; for "correlated".
    pub(super) lowest_reference: usize,
    pub(super) depth: usize,
}

/// A row that expressions may look at, and what has been found in them.
#[derive(Default)]
pub(super) struct Level {
    pub(super) scope: Scope,
    pub(super) aggregates: Vec<AggregateCall>,
    /// Arguments of GROUPING calls, as bound expressions.
    pub(super) groupings: Vec<Vec<Expr>>,
    pub(super) windows: Vec<WindowCall>,
    /// Named windows of the WINDOW clause.
    pub(super) named_windows: Vec<(String, ast::WindowSpec)>,
    /// Why aggregates are refused here, if they are: "WHERE", "JOIN conditions" …
    pub(super) no_aggregates: Option<&'static str>,
    /// Why window functions are refused here.
    pub(super) no_windows: Option<&'static str>,
    /// Within the arguments of an aggregate.
    pub(super) in_aggregate: bool,
}

/// A common table expression in sight.
#[derive(Clone)]
pub(super) struct CteBinding {
    pub(super) name: String,
    pub(super) schema: Schema,
    pub(super) source: CteSource,
    /// How many levels there were where it was defined: an inlined query refers to them.
    pub(super) level: usize,
    /// It is an INSERT, UPDATE or DELETE.
    pub(super) writes: bool,
    /// Of a recursive query whose binding goes on.
    pub(super) itself: Option<SelfReference>,
}

/// How a reference to a common table expression is answered.
#[derive(Clone)]
pub(super) enum CteSource {
    /// By its query itself.
    Inline(Logical),
    /// By reading what was computed once.
    Shared(usize),
}

impl<'a> Binder<'a> {
    pub(super) fn new(names: Names<'a>, env: &'a dyn Environment, declared: &[Type]) -> Binder<'a> {
        Binder {
            names,
            env,
            params: declared.to_vec(),
            levels: Vec::new(),
            ctes: Vec::new(),
            next_cte: 0,
            materialized: Vec::new(),
            reaching: Vec::new(),
            relations: Vec::new(),
            lowest_reference: usize::MAX,
            depth: 0,
        }
    }

    /// Does something one level deeper.
    ///
    /// # Errors
    /// 54001 if that is too deep.
    pub(super) fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEPTH_MAX {
            return Err(SqlError::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded")
                .hint("The statement nests its expressions or queries too deeply."));
        }
        self.depth += 1;
        let outcome = work(self);
        self.depth -= 1;
        outcome
    }

    /// Does something with a further row in sight; returns the level with what was found in it.
    pub(super) fn with_level<T>(
        &mut self,
        level: Level,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Level)> {
        self.levels.push(level);
        let outcome = work(self);
        let level = self.levels.pop().unwrap_or_default();
        Ok((outcome?, level))
    }

    /// Does something where there is no row: expressions see only enclosing queries.
    pub(super) fn without_row<T>(
        &mut self,
        clause: &'static str,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let level = Level { no_aggregates: Some(clause), no_windows: Some(clause), ..Level::default() };
        Ok(self.with_level(level, work)?.0)
    }

    /// Does something in a clause that takes no aggregates and no window functions.
    pub(super) fn plain_clause<T>(
        &mut self,
        clause: &'static str,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let set = |binder: &mut Self, aggregates, windows| match binder.levels.last_mut() {
            Some(level) => {
                let before = (level.no_aggregates, level.no_windows);
                (level.no_aggregates, level.no_windows) = (aggregates, windows);
                before
            }
            None => (None, None),
        };
        let (aggregates, windows) = set(self, Some(clause), Some(clause));
        let outcome = work(self);
        set(self, aggregates, windows);
        outcome
    }

    /// The type of a parameter, which grows the list if need be.
    ///
    /// # Errors
    /// 42P02 for `$0` and numbers beyond 65,535.
    pub(super) fn param_type(&mut self, number: u32, pos: u32) -> Result<Type> {
        if number == 0 || number > 65_535 {
            return Err(SqlError::new(
                sqlstate::UNDEFINED_PARAMETER,
                format!("there is no parameter ${number}"),
            )
            .at(pos));
        }
        let index = number as usize;
        if self.params.len() < index {
            self.params.resize(index, Type::UNKNOWN);
        }
        Ok(self.params.get(index - 1).copied().unwrap_or(Type::UNKNOWN))
    }

    /// The parameters' types; those that nothing was said about are text.
    pub(super) fn finish_params(&self) -> Vec<Type> {
        self.params.iter().map(|ty| if *ty == Type::UNKNOWN { Type::TEXT } else { *ty }).collect()
    }

    /// An expression over the columns of a relation.
    pub(super) fn over_relation(&mut self, relation: &RelationDef, tree: &ast::Expr) -> Result<Expr> {
        let scope = Scope::of_table(relation, &relation.name)?;
        let clause = "index expressions and constraints";
        let level =
            Level { scope, no_aggregates: Some(clause), no_windows: Some(clause), ..Level::default() };
        Ok(self.with_level(level, |binder| binder.expr(tree))?.0)
    }

    /// An expression without columns, coerced to a type if one is given.
    pub(super) fn without_columns(
        &mut self,
        tree: &ast::Expr,
        target: Option<(Type, Typmod)>,
    ) -> Result<Expr> {
        self.without_row("DEFAULT expressions", |binder| {
            let bound = binder.expr(tree)?;
            match target {
                Some((ty, typmod)) => binder.coerce(bound, ty, typmod, Context::Assignment),
                None => Ok(bound),
            }
        })
    }
}
