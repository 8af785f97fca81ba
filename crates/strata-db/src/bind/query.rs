//! Queries: WITH, set operations, VALUES, ORDER BY, LIMIT, row locks.

use super::binder::{Binder, CteBinding, CteSource};
use super::call::sort_key;
use super::coerce::Context;
use super::group::output;
use super::inline::surround;
use super::scope::Scope;
use super::select::BoundSelect;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, ExprKind as Tree};
use crate::plan::{Cte, Expr, Field, LockWait, Logical, RowLock, Schema, SetOpKind, SortKey};
use strata_types::{Type, Typmod, sqlstate};

impl Binder<'_> {
    /// Binds a query. The second value is how many columns it has.
    pub(super) fn query(&mut self, query: &ast::Query) -> Result<(Logical, usize)> {
        let in_sight = self.ctes.len();
        let ctes = match &query.with {
            Some(with) => self.with_clause(with)?,
            None => Vec::new(),
        };
        let body = self.query_body(query);
        self.ctes.truncate(in_sight);
        let plan = body?;
        let width = plan.schema().len();
        Ok((surround(ctes, plan, &self.materialized), width))
    }

    fn query_body(&mut self, query: &ast::Query) -> Result<Logical> {
        let locks = !query.locking.is_empty();
        let bound = match &query.body {
            ast::QueryBody::Select(select) => self.select(select, &query.order_by, locks)?,
            other => {
                if let Some(locking) = query.locking.first() {
                    let message = "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT or VALUES";
                    return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).at(locking.pos.0));
                }
                let plan = self.set_body(other)?;
                let order = self.order_over(&query.order_by, plan.schema())?;
                let visible = plan.schema().len();
                BoundSelect { plan, visible, order, row_keys: Vec::new() }
            }
        };
        let BoundSelect { mut plan, visible, order, row_keys } = bound;
        let is_sorted = matches!(&plan, Logical::Distinct { on: Some(_), .. });
        if !order.is_empty() && !is_sorted {
            plan = Logical::Sort { input: Box::new(plan), keys: order.clone() };
        }
        for locking in &query.locking {
            plan = self.lock_rows(plan, locking, &row_keys)?;
        }
        plan = self.limit(plan, query, order)?;
        Ok(cut(plan, visible))
    }

    fn lock_rows(
        &mut self,
        plan: Logical,
        locking: &ast::Locking,
        row_keys: &[(std::sync::Arc<crate::schema::RelationDef>, usize, String)],
    ) -> Result<Logical> {
        let mut keys = Vec::new();
        for (relation, column, name) in row_keys {
            if locking.of.is_empty() || locking.of.iter().any(|of| of.base() == name) {
                keys.push((relation.clone(), *column));
            }
        }
        for of in &locking.of {
            if !row_keys.iter().any(|(_, _, name)| name == of.base()) {
                let message =
                    format!("relation \"{}\" in FOR UPDATE clause not found in FROM clause", of.base());
                return Err(SqlError::new(sqlstate::UNDEFINED_TABLE, message).at(of.pos().0));
            }
        }
        if keys.is_empty() {
            return Ok(plan);
        }
        let lock = match locking.strength {
            ast::LockStrength::KeyShare => RowLock::KeyShare,
            ast::LockStrength::Share => RowLock::Share,
            ast::LockStrength::NoKeyUpdate => RowLock::NoKeyUpdate,
            ast::LockStrength::Update => RowLock::Update,
        };
        let wait = match locking.wait {
            ast::LockWait::Block => LockWait::Block,
            ast::LockWait::NoWait => LockWait::NoWait,
            ast::LockWait::SkipLocked => LockWait::SkipLocked,
        };
        Ok(Logical::LockRows { input: Box::new(plan), keys, lock, wait })
    }

    fn limit(&mut self, plan: Logical, query: &ast::Query, order: Vec<SortKey>) -> Result<Logical> {
        let offset = query.offset.as_ref().map(|offset| self.row_count(offset, "OFFSET")).transpose()?;
        let (count, ties) = match query.limit.as_deref() {
            None | Some(ast::Limit::All) => (None, None),
            Some(ast::Limit::Count(count)) => (Some(self.row_count(count, "LIMIT")?), None),
            Some(ast::Limit::WithTies(count)) => {
                if order.is_empty() {
                    let message = "WITH TIES cannot be specified without ORDER BY clause";
                    return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(count.pos.0));
                }
                (Some(self.row_count(count, "LIMIT")?), Some(order))
            }
        };
        if offset.is_none() && count.is_none() {
            return Ok(plan);
        }
        Ok(Logical::Limit { input: Box::new(plan), offset, count, ties })
    }

    fn row_count(&mut self, tree: &ast::Expr, clause: &'static str) -> Result<Expr> {
        let bound = self.without_row(clause, |binder| {
            let bound = binder.expr(tree)?;
            binder.coerce(bound, Type::INT8, Typmod::NONE, Context::Assignment)
        });
        bound.map_err(|error| match error.sqlstate() {
            // There is no row here that a column could be of.
            sqlstate::UNDEFINED_COLUMN => SqlError::new(
                sqlstate::INVALID_COLUMN_REFERENCE,
                format!("argument of {clause} must not contain variables"),
            )
            .at(tree.pos.0),
            _ => error,
        })
    }

    /// ORDER BY over the output of a set operation: names and positions only.
    fn order_over(&mut self, keys: &[ast::SortKey], schema: &Schema) -> Result<Vec<SortKey>> {
        let mut order = Vec::with_capacity(keys.len());
        for key in keys {
            let pos = key.expr.pos.0;
            let at = match &key.expr.kind {
                Tree::Integer(position) => {
                    let at = usize::try_from(*position - 1).ok().filter(|at| *at < schema.len());
                    at.ok_or_else(|| {
                        let message = format!("ORDER BY position {position} is not in select list");
                        SqlError::new(sqlstate::INVALID_COLUMN_REFERENCE, message).at(pos)
                    })?
                }
                Tree::Column(name) if name.0.len() == 1 => {
                    schema.iter().position(|field| field.name == name.base()).ok_or_else(|| {
                        let message = format!("column \"{}\" does not exist", name.base());
                        SqlError::new(sqlstate::UNDEFINED_COLUMN, message).at(pos)
                    })?
                }
                _ => {
                    let message = "invalid UNION/INTERSECT/EXCEPT ORDER BY clause";
                    return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message)
                        .detail("Only result column names can be used, not expressions or functions.")
                        .hint("Add the expression/function to every SELECT, or move the UNION into a FROM clause.")
                        .at(pos));
                }
            };
            if let Some(field) = schema.get(at) {
                order.push(sort_key(key, output(at, field)));
            }
        }
        Ok(order)
    }

    fn set_body(&mut self, body: &ast::QueryBody) -> Result<Logical> {
        match body {
            ast::QueryBody::Select(select) => {
                let bound = self.select(select, &[], false)?;
                Ok(cut(bound.plan, bound.visible))
            }
            ast::QueryBody::Nested(query) => Ok(self.deeper(|binder| binder.query(query))?.0),
            ast::QueryBody::Values(values) => self.values(&values.rows, values.pos.0),
            ast::QueryBody::SetOperation(operation) => self.deeper(|binder| binder.set_operation(operation)),
        }
    }

    fn set_operation(&mut self, operation: &ast::SetOperation) -> Result<Logical> {
        let left = self.set_body(&operation.left)?;
        let right = self.set_body(&operation.right)?;
        let (kind, name) = match operation.op {
            ast::SetOperator::Union => (SetOpKind::Union, "UNION"),
            ast::SetOperator::Intersect => (SetOpKind::Intersect, "INTERSECT"),
            ast::SetOperator::Except => (SetOpKind::Except, "EXCEPT"),
        };
        self.combine(kind, name, operation.all, left, right, operation.pos.0)
    }

    fn combine(
        &mut self,
        kind: SetOpKind,
        name: &str,
        all: bool,
        left: Logical,
        right: Logical,
        pos: u32,
    ) -> Result<Logical> {
        let (lefts, rights) = (left.schema().clone(), right.schema().clone());
        if lefts.len() != rights.len() {
            let message = format!("each {name} query must have the same number of columns");
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(pos));
        }
        let mut types = Vec::with_capacity(lefts.len());
        for (at, (a, b)) in lefts.iter().zip(&rights).enumerate() {
            let pair = [Expr { pos, ..output(at, a) }, Expr { pos, ..output(at, b) }];
            types.push(self.common_type(&[&pair[0], &pair[1]], name)?);
        }
        let schema = lefts
            .iter()
            .zip(&rights)
            .zip(&types)
            .map(|((a, b), ty)| {
                let typmod = if a.ty == b.ty && a.typmod == b.typmod { a.typmod } else { Typmod::NONE };
                Field { typmod, ..Field::new(a.name.clone(), *ty) }
            })
            .collect();
        let left = self.coerce_outputs(left, &types)?;
        let right = self.coerce_outputs(right, &types)?;
        Ok(Logical::SetOp { kind, all, left: Box::new(left), right: Box::new(right), schema })
    }

    /// VALUES: columns take the type that their values have in common.
    pub(super) fn values(&mut self, rows: &[Vec<ast::Expr>], pos: u32) -> Result<Logical> {
        let width = rows.first().map_or(0, Vec::len);
        let bound = self.without_row("VALUES", |binder| {
            let mut bound = Vec::with_capacity(rows.len());
            for row in rows {
                if row.len() != width {
                    let message = "VALUES lists must all be the same length";
                    return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message)
                        .at(row.first().map_or(pos, |first| first.pos.0)));
                }
                bound.push(binder.exprs(row)?);
            }
            Ok(bound)
        })?;
        let mut types = Vec::with_capacity(width);
        for column in 0..width {
            let column: Vec<&Expr> = bound.iter().filter_map(|row| row.get(column)).collect();
            types.push(self.common_type(&column, "VALUES")?);
        }
        let mut rows = Vec::with_capacity(bound.len());
        for row in bound {
            let row = row.into_iter().zip(&types);
            rows.push(
                row.map(|(expr, ty)| self.coerce(expr, *ty, Typmod::NONE, Context::Implicit))
                    .collect::<Result<_>>()?,
            );
        }
        let named = types.iter().enumerate();
        let schema = named.map(|(at, ty)| Field::new(format!("column{}", at + 1), *ty)).collect();
        Ok(Logical::Values { rows, schema })
    }

    /// Binds WITH: the queries come into sight for what follows; those that are computed once are returned.
    pub(super) fn with_clause(&mut self, with: &ast::With) -> Result<Vec<Cte>> {
        let mut shared = Vec::new();
        for cte in &with.ctes {
            if cte.search.is_some() || cte.cycle.is_some() {
                return Err(SqlError::unsupported("SEARCH and CYCLE").at(with.pos.0));
            }
            if self.ctes.iter().rev().take(with.ctes.len()).any(|other| {
                other.name == *cte.name.name
                    && other.level == self.levels.len()
                    && shared_name(&shared, &other.name)
            }) {
                let message = format!("WITH query name \"{}\" specified more than once", cte.name.name);
                return Err(SqlError::new(sqlstate::DUPLICATE_ALIAS, message).at(cte.name.pos.0));
            }
            self.one_cte(cte, with.recursive, &mut shared)?;
        }
        Ok(shared)
    }

    fn one_cte(&mut self, cte: &ast::Cte, recursive: bool, shared: &mut Vec<Cte>) -> Result<()> {
        let name = cte.name.name.to_string();
        let (plan, writes) = match &cte.body {
            ast::CteBody::Query(query) if recursive && refers_to_itself(query, &name) => {
                (self.recursive(cte, query)?, false)
            }
            ast::CteBody::Query(query) => (self.query(query)?.0, false),
            ast::CteBody::Insert(insert) => (self.insert(insert)?, true),
            ast::CteBody::Update(update) => (self.update(update)?, true),
            ast::CteBody::Delete(delete) => (self.delete(delete)?, true),
        };
        let plan = self.resolve_unknown_outputs(plan)?;
        let schema = renamed(plan.schema(), &cte.columns, &name)?;
        // It is not known yet how often it is read: `inline` looks at that when the whole query is bound.
        let inline = !writes && cte.materialized == Some(false);
        let source = if inline {
            CteSource::Inline(plan)
        } else {
            let id = self.next_cte;
            self.next_cte += 1;
            shared.push(Cte { id, name: name.clone(), plan });
            if cte.materialized == Some(true) {
                self.materialized.push(id);
            }
            CteSource::Shared(id)
        };
        self.ctes.push(CteBinding { name, schema, source, level: self.levels.len() });
        Ok(())
    }

    fn recursive(&mut self, cte: &ast::Cte, query: &ast::Query) -> Result<Logical> {
        let name = cte.name.name.to_string();
        let pos = cte.name.pos.0;
        let ast::QueryBody::SetOperation(operation) = &query.body else {
            return Err(not_recursive(&name, pos));
        };
        if operation.op != ast::SetOperator::Union {
            return Err(not_recursive(&name, pos));
        }
        let base = self.set_body(&operation.left)?;
        let base = self.resolve_unknown_outputs(base)?;
        let schema = renamed(base.schema(), &cte.columns, &name)?;
        let id = self.next_cte;
        self.next_cte += 1;
        let source = CteSource::Shared(id);
        self.ctes.push(CteBinding {
            name: name.clone(),
            schema: schema.clone(),
            source,
            level: self.levels.len(),
        });
        let step = self.set_body(&operation.right);
        self.ctes.pop();
        let mut step = step?;
        if step.schema().len() != schema.len() {
            let message = "each UNION query must have the same number of columns";
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(operation.pos.0));
        }
        let types: Vec<Type> = schema.iter().map(|field| field.ty).collect();
        for (at, (field, ty)) in step.schema().iter().zip(&types).enumerate() {
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
        if aggregates_itself(&mut step, id) {
            let message = "aggregate functions are not allowed in a recursive query's recursive term";
            return Err(SqlError::new(sqlstate::INVALID_RECURSION, message).at(pos));
        }
        let step = self.coerce_outputs(step, &types)?;
        let plan = Logical::Recursive {
            id,
            distinct: !operation.all,
            base: Box::new(base),
            step: Box::new(step),
            schema,
        };
        let order = self.order_over(&query.order_by, plan.schema())?;
        self.limit(plan, query, order)
    }
}

fn shared_name(shared: &[Cte], name: &str) -> bool {
    shared.iter().any(|cte| cte.name == name)
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

fn not_recursive(name: &str, pos: u32) -> SqlError {
    let message = format!(
        "recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term"
    );
    SqlError::new(sqlstate::INVALID_RECURSION, message).at(pos)
}

/// Whether a query reads the name anywhere: found in its printed form's tree by looking at relations.
fn refers_to_itself(query: &ast::Query, name: &str) -> bool {
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

fn renamed(schema: &Schema, names: &[ast::Ident], table: &str) -> Result<Schema> {
    let mut scope = Scope::of_schema(table, schema);
    let names: Vec<String> = names.iter().map(|name| name.name.to_string()).collect();
    scope.rename_columns(&names)?;
    Ok(scope.visible.iter().map(|visible| visible.field()).collect())
}

/// The first columns only: hidden ones have served.
fn cut(plan: Logical, visible: usize) -> Logical {
    if plan.schema().len() == visible {
        return plan;
    }
    let schema: Schema = plan.schema().iter().take(visible).cloned().collect();
    let exprs = schema.iter().enumerate().map(|(at, field)| output(at, field)).collect();
    Logical::Project { input: Box::new(plan), exprs, schema }
}
