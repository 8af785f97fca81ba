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
use crate::plan::{Cte, Expr, Field, Logical, Schema, SetOpKind, SortKey};
use strata_types::{Type, Typmod, sqlstate};

impl Binder<'_> {
    /// Binds a query. The second value is how many columns it has.
    pub(super) fn query(&mut self, query: &ast::Query) -> Result<(Logical, usize)> {
        // What is locked of the query around reaches into this one by its own clauses only.
        let reaching = std::mem::take(&mut self.reaching);
        let in_sight = self.ctes.len();
        let ctes = match &query.with {
            Some(with) => self.with_clause(with)?,
            None => Vec::new(),
        };
        let body = self.query_body(query);
        self.ctes.truncate(in_sight);
        self.reaching = reaching;
        let plan = body?;
        let width = plan.schema().len();
        Ok((surround(ctes, plan, &self.materialized), width))
    }

    fn query_body(&mut self, query: &ast::Query) -> Result<Logical> {
        let bound = match &query.body {
            ast::QueryBody::Select(select) if !query.locking.is_empty() => {
                self.locking_select(select, query)?
            }
            ast::QueryBody::Select(select) => self.select(select, &query.order_by, &[])?,
            other => {
                if let Some(locking) = query.locking.first() {
                    let what = match other {
                        ast::QueryBody::Values(_) => "cannot be applied to VALUES",
                        _ => "is not allowed with UNION/INTERSECT/EXCEPT",
                    };
                    return Err(super::locking::refused(locking, what));
                }
                let plan = self.set_body(other)?;
                let order = self.order_over(&query.order_by, plan.schema())?;
                let visible = plan.schema().len();
                BoundSelect { plan, visible, order, row_keys: Vec::new() }
            }
        };
        let BoundSelect { mut plan, visible, order, row_keys } = bound;
        let is_sorted = matches!(&plan, Logical::Distinct { on: Some(_), .. });
        if !query.locking.is_empty() {
            plan = super::locking::lock_beneath(plan, &order, &query.locking, &row_keys)?;
        } else if !order.is_empty() && !is_sorted {
            plan = Logical::Sort { input: Box::new(plan), keys: order.clone() };
        }
        plan = self.limit(plan, query, order)?;
        Ok(cut(plan, visible))
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

    pub(super) fn set_body(&mut self, body: &ast::QueryBody) -> Result<Logical> {
        match body {
            ast::QueryBody::Select(select) => {
                let bound = self.select(select, &[], &[])?;
                Ok(cut(bound.plan, bound.visible))
            }
            ast::QueryBody::Nested(query) => Ok(self.deeper(|binder| binder.query(query))?.0),
            ast::QueryBody::Values(values) => self.values(&values.rows, values.pos.0),
            ast::QueryBody::SetOperation(operation) => self.deeper(|binder| binder.set_operation(operation)),
        }
    }

    fn set_operation(&mut self, operation: &ast::SetOperation) -> Result<Logical> {
        let (in_left, in_right) = match (operation.op, operation.all) {
            (ast::SetOperator::Union, _) | (ast::SetOperator::Intersect, false) => (None, None),
            (ast::SetOperator::Intersect, true) => (Some("INTERSECT"), Some("INTERSECT")),
            (ast::SetOperator::Except, all) => (all.then_some("EXCEPT"), Some("EXCEPT")),
        };
        let left = self.without_self_reference(in_left, |binder| binder.set_body(&operation.left))?;
        let right = self.without_self_reference(in_right, |binder| binder.set_body(&operation.right))?;
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
        if !matches!(cte.body, ast::CteBody::Query(_)) && self.depth > 0 {
            let message = "WITH clause containing a data-modifying statement must be at the top level";
            return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).at(cte.name.pos.0));
        }
        let (plan, writes) = match &cte.body {
            ast::CteBody::Query(query) if recursive && super::recursion::refers_to_itself(query, &name) => {
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
        self.ctes.push(CteBinding { name, schema, source, level: self.levels.len(), writes, itself: None });
        Ok(())
    }
}

fn shared_name(shared: &[Cte], name: &str) -> bool {
    shared.iter().any(|cte| cte.name == name)
}

pub(super) fn renamed(schema: &Schema, names: &[ast::Ident], table: &str) -> Result<Schema> {
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
