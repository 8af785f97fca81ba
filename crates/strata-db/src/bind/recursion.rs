//! WITH RECURSIVE: a base, and a step that reads what the query has yielded so far.
//!
//! Where the step may read the query itself is restricted (PostgreSQL 15, section 7.8.2.1 and
//! `parse_cte.c`'s list of errors): once, not within a subquery of an expression, and not on the side of an outer join
//! that may come up with NULLs. The binder keeps that as the [`SelfReference`] of the name in sight.

use super::binder::{Binder, CteBinding, CteSource};
use super::coerce::Context;
use super::inline::surround;
use super::query::renamed;
use crate::error::{Result, SqlError};
use crate::parse::ast;
use crate::plan::{Cte, Logical, Schema};
use strata_types::{Type, Typmod, sqlstate};

/// Whether a recursive query may read itself at the place that is being bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelfReference {
    /// It may.
    Allowed,
    /// It has, and may not again.
    Taken,
    /// It may not, within this.
    Forbidden(&'static str),
}

impl Binder<'_> {
    /// Binds a query that may read itself.
    ///
    /// # Errors
    /// 42P19 for a reading where none may be, 42804 for a step of other types than the base.
    pub(super) fn recursive(&mut self, cte: &ast::Cte, query: &ast::Query) -> Result<Logical> {
        let name = cte.name.name.to_string();
        let pos = cte.name.pos.0;
        let operation = union_of(query, &name, pos)?;
        refuse_clauses(query)?;
        let id = self.next_cte;
        self.next_cte += 1;
        let level = self.levels.len();
        let in_sight = self.ctes.len();
        self.ctes.push(CteBinding {
            name: name.clone(),
            schema: Schema::default(),
            source: CteSource::Shared(id),
            level,
            writes: false,
            itself: Some(SelfReference::Forbidden("its non-recursive term")),
        });
        let sides = self.base_and_step(cte, query, operation, in_sight);
        self.ctes.truncate(in_sight);
        let (ctes, base, mut step) = sides?;
        let schema = renamed(base.schema(), &cte.columns, &name)?;
        if aggregates_itself(&mut step, id) {
            let message = "aggregate functions are not allowed in a recursive query's recursive term";
            return Err(SqlError::new(sqlstate::INVALID_RECURSION, message).at(pos));
        }
        let types: Vec<Type> = schema.iter().map(|field| field.ty).collect();
        refuse_other_types(&step, &types, &name, operation.pos.0, pos)?;
        let step = self.coerce_outputs(step, &types)?;
        let (base, step) = (Box::new(base), Box::new(step));
        let plan = Logical::Recursive { id, distinct: !operation.all, base, step, schema };
        Ok(surround(ctes, plan, &self.materialized))
    }

    /// The query's own WITH and the two sides of its UNION; its name is in sight as number `itself`.
    fn base_and_step(
        &mut self,
        cte: &ast::Cte,
        query: &ast::Query,
        operation: &ast::SetOperation,
        itself: usize,
    ) -> Result<(Vec<Cte>, Logical, Logical)> {
        let ctes = match &query.with {
            Some(with) => self.with_clause(with)?,
            None => Vec::new(),
        };
        let base = self.set_body(&operation.left)?;
        let base = self.resolve_unknown_outputs(base)?;
        let schema = renamed(base.schema(), &cte.columns, &cte.name.name)?;
        if let Some(itself) = self.ctes.get_mut(itself) {
            itself.schema = schema;
            itself.itself = Some(SelfReference::Allowed);
        }
        let step = self.set_body(&operation.right)?;
        Ok((ctes, base, step))
    }

    /// Binds what may not read any recursive query around it, since it is within `place`.
    pub(super) fn without_self_reference<T>(
        &mut self,
        place: Option<&'static str>,
        bind: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let Some(place) = place else { return bind(self) };
        let before: Vec<Option<SelfReference>> = self.ctes.iter().map(|cte| cte.itself).collect();
        for itself in self.ctes.iter_mut().filter_map(|cte| cte.itself.as_mut()) {
            if *itself == SelfReference::Allowed {
                *itself = SelfReference::Forbidden(place);
            }
        }
        let bound = bind(self);
        for (cte, itself) in self.ctes.iter_mut().zip(before) {
            cte.itself = itself;
        }
        bound
    }

    /// Notes that the query in sight under this name is read.
    ///
    /// # Errors
    /// 42P19 if it is recursive and may not be read here.
    pub(super) fn note_self_reference(&mut self, name: &str, pos: u32) -> Result<()> {
        let Some(cte) = self.ctes.iter_mut().rev().find(|cte| cte.name == name) else { return Ok(()) };
        let problem = match &mut cte.itself {
            None => return Ok(()),
            Some(itself @ SelfReference::Allowed) => {
                *itself = SelfReference::Taken;
                return Ok(());
            }
            Some(SelfReference::Taken) => "more than once".to_owned(),
            Some(SelfReference::Forbidden(place)) => format!("within {place}"),
        };
        let message = format!("recursive reference to query \"{name}\" must not appear {problem}");
        Err(SqlError::new(sqlstate::INVALID_RECURSION, message).at(pos))
    }
}

/// # Errors
/// 42P19 unless the query is a UNION.
fn union_of<'a>(query: &'a ast::Query, name: &str, pos: u32) -> Result<&'a ast::SetOperation> {
    match &query.body {
        ast::QueryBody::SetOperation(operation) if operation.op == ast::SetOperator::Union => Ok(operation),
        _ => {
            let message = format!(
                "recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term"
            );
            Err(SqlError::new(sqlstate::INVALID_RECURSION, message).at(pos))
        }
    }
}

/// # Errors
/// 0A000 for what would have to see all rows of the recursive query.
fn refuse_clauses(query: &ast::Query) -> Result<()> {
    let limit = query.limit.as_deref().and_then(|limit| match limit {
        ast::Limit::All => None,
        ast::Limit::Count(count) | ast::Limit::WithTies(count) => Some(count.pos.0),
    });
    let clauses = [
        ("ORDER BY", query.order_by.first().map(|key| key.expr.pos.0)),
        ("OFFSET", query.offset.as_ref().map(|offset| offset.pos.0)),
        ("LIMIT", limit),
        ("FOR UPDATE/SHARE", query.locking.first().map(|locking| locking.pos.0)),
    ];
    match clauses.into_iter().find_map(|(clause, pos)| Some((clause, pos?))) {
        Some((clause, pos)) => {
            let message = format!("{clause} in a recursive query is not implemented");
            Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).at(pos))
        }
        None => Ok(()),
    }
}

/// # Errors
/// 42601 for a step of other width than the base, 42804 for one of other types.
fn refuse_other_types(step: &Logical, types: &[Type], name: &str, union: u32, pos: u32) -> Result<()> {
    if step.schema().len() != types.len() {
        let message = "each UNION query must have the same number of columns";
        return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(union));
    }
    for (at, (field, ty)) in step.schema().iter().zip(types).enumerate() {
        if field.ty != *ty && !super::coerce::can_coerce(field.ty, *ty, Context::Implicit) {
            let message = format!(
                "recursive query \"{name}\" column {} has type {} in non-recursive term but type {} overall",
                at + 1,
                ty.sql_name(Typmod::NONE),
                field.ty.sql_name(Typmod::NONE)
            );
            return Err(SqlError::new(sqlstate::DATATYPE_MISMATCH, message)
                .hint("Cast the output of the non-recursive term to the correct type.")
                .at(pos));
        }
    }
    Ok(())
}

/// Whether an aggregate is computed over the rows of the recursive query itself: it would never come to rest.
fn aggregates_itself(plan: &mut Logical, id: usize) -> bool {
    match plan {
        Logical::Aggregate { input, .. } => reads_directly(input, id),
        _ => plan.inputs_mut().into_iter().any(|input| aggregates_itself(input, id)),
    }
}

/// Whether the rows come from the recursive query without a query in between.
fn reads_directly(plan: &mut Logical, id: usize) -> bool {
    match plan {
        Logical::CteScan { id: read, .. } => *read == id,
        Logical::Filter { .. } | Logical::Join { .. } => {
            plan.inputs_mut().into_iter().any(|input| reads_directly(input, id))
        }
        _ => false,
    }
}

/// Whether a query reads the name in a FROM clause of its own.
pub(super) fn refers_to_itself(query: &ast::Query, name: &str) -> bool {
    fn in_body(body: &ast::QueryBody, name: &str) -> bool {
        match body {
            ast::QueryBody::Select(select) => select.from.iter().any(|item| in_item(item, name)),
            ast::QueryBody::Values(_) => false,
            ast::QueryBody::SetOperation(operation) => {
                in_body(&operation.left, name) || in_body(&operation.right, name)
            }
            ast::QueryBody::Nested(query) => in_body(&query.body, name),
        }
    }
    fn in_item(item: &ast::TableRef, name: &str) -> bool {
        match item {
            ast::TableRef::Relation(relation) => relation.name.0.len() == 1 && relation.name.base() == name,
            ast::TableRef::Subquery(derived) => in_body(&derived.query.body, name),
            ast::TableRef::Function(_) => false,
            ast::TableRef::Join(join) => in_item(&join.left, name) || in_item(&join.right, name),
        }
    }
    in_body(&query.body, name)
}
