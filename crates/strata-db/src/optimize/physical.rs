//! Logical nodes to physical ones: the planner and its dispatch.

use super::expressions::{conjuncts, reads};
use super::rules::RULES;
use super::{Statistics, estimate};
use crate::error::Result;
use crate::functions::Environment;
use crate::plan::{
    Expr, ExprKind, Logical, Physical, PhysicalCte, PhysicalPlan, SetOpKind, SortKey, SubPlan, Subquery,
};
use std::collections::BTreeSet;

/// What is gathered while a statement is planned.
pub(super) struct Planner<'a> {
    pub(super) statistics: &'a dyn Statistics,
    pub(super) env: &'a dyn Environment,
    subplans: Vec<SubPlan>,
    /// Estimated rows of common table expressions, by id.
    cte_rows: Vec<f64>,
    /// Common table expressions that read a row around them.
    correlated_ctes: BTreeSet<usize>,
    /// How many scans of those have been planned.
    correlated_scans: usize,
}

/// A physical plan and about how many rows it yields.
pub(super) struct Planned {
    pub(super) plan: Physical,
    pub(super) rows: f64,
}

impl Planned {
    pub(super) fn new(plan: Physical, rows: f64) -> Planned {
        Planned { plan, rows: rows.max(1.0) }
    }

    /// A node around this one that yields the share `factor` of its rows.
    fn wrap(self, factor: f64, node: impl FnOnce(Box<Physical>) -> Physical) -> Planned {
        Planned::new(node(Box::new(self.plan)), self.rows * factor)
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(statistics: &'a dyn Statistics, env: &'a dyn Environment) -> Planner<'a> {
        Planner {
            statistics,
            env,
            subplans: Vec::new(),
            cte_rows: Vec::new(),
            correlated_ctes: BTreeSet::new(),
            correlated_scans: 0,
        }
    }

    /// Plans a statement.
    pub(super) fn plan(mut self, logical: Logical) -> Result<PhysicalPlan> {
        let schema = logical.schema().clone();
        let root = self.query(logical)?.plan;
        Ok(PhysicalPlan { root, subplans: self.subplans, schema, cte_count: self.cte_rows.len() })
    }

    /// Rewrites and plans a query.
    pub(super) fn query(&mut self, logical: Logical) -> Result<Planned> {
        let logical = self.rewritten(logical);
        self.node(logical)
    }

    /// A query after all the rules.
    pub(super) fn rewritten(&self, logical: Logical) -> Logical {
        RULES.iter().fold(logical, |logical, rule| rule(logical, self.env))
    }

    /// Plans a node of a query that has been rewritten.
    pub(super) fn node(&mut self, logical: Logical) -> Result<Planned> {
        Ok(match logical {
            Logical::Values { rows, schema } => {
                let count = rows.len() as f64;
                let rows = rows.into_iter().map(|row| self.exprs(row)).collect::<Result<_>>()?;
                let types = schema.iter().map(|field| field.ty).collect();
                Planned::new(Physical::Values { rows, types }, count)
            }
            Logical::Scan { relation, columns, .. } => self.scan(relation, columns, Vec::new())?,
            Logical::SystemScan { relation, name, columns, schema } => {
                let types = schema.iter().map(|field| field.ty).collect();
                Planned::new(Physical::SystemScan { relation, name, columns, types }, 200.0)
            }
            Logical::FunctionScan { calls, ordinality, schema } => {
                let mut planned = Vec::with_capacity(calls.len());
                for (call, width) in calls {
                    planned.push((self.expr(call)?, width));
                }
                let types = schema.iter().map(|field| field.ty).collect();
                Planned::new(Physical::FunctionScan { calls: planned, ordinality, types }, 1000.0)
            }
            Logical::Filter { input, predicate } => self.filter(*input, predicate)?,
            Logical::Project { input, exprs, .. } => {
                let input = self.node(*input)?;
                self.project(input, exprs)?
            }
            Logical::ProjectSet { input, exprs, .. } => {
                let exprs = self.exprs(exprs)?;
                self.node(*input)?.wrap(10.0, |input| Physical::ProjectSet { input, exprs })
            }
            Logical::Join { .. } => self.join(logical, Vec::new())?,
            Logical::Aggregate { input, groups, sets, calls, grouping_calls, .. } => {
                let input = self.node(*input)?;
                let groups = self.exprs(groups)?;
                let mut calls = calls;
                for call in &mut calls {
                    for expr in call.args.iter_mut().chain(&mut call.filter) {
                        self.expr_in_place(expr)?;
                    }
                    self.keys_in_place(&mut call.order_by)?;
                }
                let factor = if groups.is_empty() { 0.0 } else { 0.1 };
                input.wrap(factor, |input| Physical::Aggregate { input, groups, sets, calls, grouping_calls })
            }
            Logical::Window { input, calls, .. } => self.window(*input, calls)?,
            Logical::Sort { input, mut keys } => {
                if let Some(ordered) = self.in_order(&input, &keys, None)? {
                    return Ok(ordered);
                }
                let input = self.node(*input)?;
                self.keys_in_place(&mut keys)?;
                input.wrap(1.0, |input| Physical::Sort { input, keys })
            }
            Logical::Limit { input, offset, count, ties } => self.limit(*input, offset, count, ties)?,
            Logical::Distinct { input, on } => {
                let on = on.map(|on| self.exprs(on)).transpose()?;
                self.node(*input)?.wrap(0.5, |input| Physical::Distinct { input, on })
            }
            Logical::SetOp { kind, all, left, right, .. } => self.set_op(kind, all, *left, *right)?,
            Logical::With { ctes, body } => {
                let mut planned = Vec::with_capacity(ctes.len());
                for cte in ctes {
                    if !reads(&cte.plan).is_empty() {
                        self.correlated_ctes.insert(cte.id);
                    }
                    let query = self.query(cte.plan)?;
                    self.know_cte(cte.id, query.rows);
                    let modifies = query.plan.modifies();
                    planned.push(PhysicalCte { id: cte.id, name: cte.name, plan: query.plan, modifies });
                }
                self.query(*body)?.wrap(1.0, |body| Physical::With { ctes: planned, body })
            }
            Logical::CteScan { id, name, schema } => {
                let types = schema.iter().map(|field| field.ty).collect();
                let rows = self.cte_rows.get(id).copied().unwrap_or(100.0);
                self.know_cte(id, rows);
                self.correlated_scans += usize::from(self.correlated_ctes.contains(&id));
                Planned::new(Physical::CteScan { id, name, types }, rows)
            }
            Logical::Recursive { id, distinct, base, step, .. } => {
                let base = self.query(*base)?;
                self.know_cte(id, base.rows);
                let step = Box::new(self.query(*step)?.plan);
                base.wrap(10.0, |base| Physical::Recursive { id, distinct, base, step })
            }
            Logical::LockRows { input, keys, lock, wait } => self.lock_rows(*input, keys, lock, wait)?,
            Logical::Insert(node) => self.insert(*node)?,
            Logical::Update(node) => self.update(*node)?,
            Logical::Delete(node) => self.delete(*node)?,
        })
    }

    fn know_cte(&mut self, id: usize, rows: f64) {
        if self.cte_rows.len() <= id {
            self.cte_rows.resize(id + 1, 100.0);
        }
        self.cte_rows[id] = rows;
    }

    fn filter(&mut self, input: Logical, predicate: Expr) -> Result<Planned> {
        let parts = conjuncts(predicate);
        match input {
            Logical::Scan { relation, columns, .. } => self.scan(relation, columns, parts),
            Logical::Join { .. } => self.join(input, parts),
            other => {
                let input = self.node(other)?;
                self.filtered(input, parts)
            }
        }
    }

    /// A filter of these parts around a plan.
    pub(super) fn filtered(&mut self, input: Planned, parts: Vec<Expr>) -> Result<Planned> {
        let factor = estimate::selectivity(&parts);
        Ok(match super::expressions::conjunction(self.exprs(parts)?) {
            Some(predicate) => input.wrap(factor, |input| Physical::Filter { input, predicate }),
            None => input,
        })
    }

    /// A projection around a plan, unless it changes nothing.
    pub(super) fn project(&mut self, input: Planned, exprs: Vec<Expr>) -> Result<Planned> {
        let width = input.plan.types().len();
        let unchanged = exprs.len() == width
            && exprs.iter().enumerate().all(|(at, expr)| expr.kind == ExprKind::Column(at));
        if unchanged {
            return Ok(input);
        }
        let exprs = self.exprs(exprs)?;
        Ok(input.wrap(1.0, |input| Physical::Project { input, exprs }))
    }

    fn limit(
        &mut self,
        input: Logical,
        offset: Option<Expr>,
        count: Option<Expr>,
        mut ties: Option<Vec<SortKey>>,
    ) -> Result<Planned> {
        let offset = offset.map(|expr| self.expr(expr)).transpose()?;
        let count = count.map(|expr| self.expr(expr)).transpose()?;
        if let Some(keys) = &mut ties {
            self.keys_in_place(keys)?;
        }
        let wanted = estimate::limit(count.as_ref());
        let planned = match (input, count.clone(), &ties) {
            (Logical::Sort { input, mut keys }, Some(count), None) => {
                match self.in_order(&input, &keys, Some(wanted))? {
                    Some(ordered) => ordered,
                    None => {
                        let input = self.node(*input)?;
                        self.keys_in_place(&mut keys)?;
                        let rows = input.rows.min(wanted);
                        let plan = Physical::TopN { input: Box::new(input.plan), keys, offset, count };
                        return Ok(Planned::new(plan, rows));
                    }
                }
            }
            (input, ..) => self.node(input)?,
        };
        let rows = planned.rows.min(wanted);
        Ok(Planned::new(Physical::Limit { input: Box::new(planned.plan), offset, count, ties }, rows))
    }

    fn set_op(&mut self, kind: SetOpKind, all: bool, left: Logical, right: Logical) -> Result<Planned> {
        let (left, right) = (self.node(left)?, self.node(right)?);
        if kind != SetOpKind::Union {
            let rows = left.rows;
            let (left, right) = (Box::new(left.plan), Box::new(right.plan));
            return Ok(Planned::new(Physical::SetOp { kind, all, left, right }, rows));
        }
        let rows = left.rows + right.rows;
        let inputs = [left.plan, right.plan].into_iter().flat_map(|plan| match plan {
            Physical::Append { inputs } => inputs,
            other => vec![other],
        });
        let append = Planned::new(Physical::Append { inputs: inputs.collect() }, rows);
        Ok(if all { append } else { append.wrap(1.0, |input| Physical::Distinct { input, on: None }) })
    }

    /// Plans the subqueries of an expression.
    pub(super) fn expr(&mut self, mut expr: Expr) -> Result<Expr> {
        self.expr_in_place(&mut expr)?;
        Ok(expr)
    }

    /// As [`expr`](Self::expr), for several.
    pub(super) fn exprs(&mut self, exprs: Vec<Expr>) -> Result<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    /// As [`expr`](Self::expr), for sort keys.
    pub(super) fn keys_in_place(&mut self, keys: &mut [SortKey]) -> Result<()> {
        keys.iter_mut().try_for_each(|key| self.expr_in_place(&mut key.expr))
    }

    pub(super) fn expr_in_place(&mut self, expr: &mut Expr) -> Result<()> {
        for child in expr.children_mut() {
            self.expr_in_place(child)?;
        }
        if matches!(expr.kind, ExprKind::Subquery(_))
            && let ExprKind::Subquery(subquery) = std::mem::replace(&mut expr.kind, ExprKind::Row(Vec::new()))
        {
            expr.kind = self.subplan(*subquery)?;
        }
        Ok(())
    }

    fn subplan(&mut self, subquery: Subquery) -> Result<ExprKind> {
        let reads: Vec<_> = reads(&subquery.plan).into_iter().collect();
        // One that reads nothing of the rows around is computed once, whatever it calls: PostgreSQL's InitPlan.
        let is_volatile = !reads.is_empty() && super::expressions::is_volatile_plan(&subquery.plan);
        let scans_before = self.correlated_scans;
        let plan = self.query(subquery.plan)?.plan;
        // What a common table expression reads of the rows around is not among what its reader reads.
        let volatile = is_volatile || self.correlated_scans > scans_before;
        self.subplans.push(SubPlan { plan, reads, volatile });
        Ok(ExprKind::SubPlan { index: self.subplans.len() - 1, kind: subquery.kind })
    }
}
