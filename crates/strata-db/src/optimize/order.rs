//! Orders that an index yields by itself, and the sorts beneath window functions.

use super::access::{Order, Target};
use super::expressions::{conjuncts, through_projection};
use super::physical::{Planned, Planner};
use crate::error::Result;
use crate::plan::{Expr, ExprKind, Logical, Physical, SortKey, WindowCall};

impl Planner<'_> {
    /// The input by an index that yields it in the order of the keys, if that is cheaper than sorting. `limit`
    /// is how many rows will be asked for.
    pub(super) fn in_order(
        &mut self,
        input: &Logical,
        keys: &[SortKey],
        limit: Option<f64>,
    ) -> Result<Option<Planned>> {
        match input {
            Logical::Project { input, exprs, .. } => {
                let mut below = keys.to_vec();
                for key in &mut below {
                    match through_projection(&key.expr, exprs) {
                        Some(expr) => key.expr = expr,
                        None => return Ok(None),
                    }
                }
                match self.in_order(input, &below, limit)? {
                    Some(planned) => Ok(Some(self.project(planned, exprs.clone())?)),
                    None => Ok(None),
                }
            }
            Logical::Filter { input, predicate } => match &**input {
                Logical::Scan { .. } => self.scan_in_order(input, conjuncts(predicate.clone()), keys, limit),
                _ => Ok(None),
            },
            Logical::Scan { .. } => self.scan_in_order(input, Vec::new(), keys, limit),
            _ => Ok(None),
        }
    }

    fn scan_in_order(
        &mut self,
        scan: &Logical,
        parts: Vec<Expr>,
        keys: &[SortKey],
        limit: Option<f64>,
    ) -> Result<Option<Planned>> {
        let Logical::Scan { relation, columns, .. } = scan else { return Ok(None) };
        let order: Option<Order> = keys
            .iter()
            .map(|key| match key.expr.kind {
                ExprKind::Column(column) => Some((*columns.get(column)?, key.descending, key.nulls_first)),
                _ => None,
            })
            .collect();
        let Some(order) = order else { return Ok(None) };
        let row_count = self.statistics.row_count(relation.oid).max(1.0);
        let partials = &self.partials(relation, columns, &parts);
        let target = Target { relation, columns, parts: &parts, row_count, partials };
        let Some(path) = target.ordered_path(&order) else { return Ok(None) };
        let by_itself = target.best_path().map_or(row_count, |best| best.cost);
        // Rows that the other conditions drop are read as well before the limit is reached.
        let yielded = (path.rows * super::estimate::selectivity(&parts)).max(1.0);
        let read = limit.map_or(1.0, |limit| (limit / yielded).min(1.0));
        if path.cost * read > by_itself * 1.5 + 10.0 {
            return Ok(None);
        }
        self.by_path(path, relation, columns.clone(), parts).map(Some)
    }

    /// Windows: calls with the same partition and order share a sort.
    pub(super) fn window(&mut self, input: Logical, calls: Vec<WindowCall>) -> Result<Planned> {
        let width = input.schema().len();
        let mut planned = self.node(input)?;
        let mut groups: Vec<(Vec<usize>, Vec<WindowCall>)> = Vec::new();
        for (at, mut call) in calls.into_iter().enumerate() {
            let exprs = call.args.iter_mut().chain(&mut call.filter).chain(&mut call.partition_by);
            exprs.chain(call.frame.exprs_mut()).try_for_each(|expr| self.expr_in_place(expr))?;
            self.keys_in_place(&mut call.order_by)?;
            let same = |group: &&mut (Vec<usize>, Vec<WindowCall>)| {
                group.1.first().is_some_and(|first| {
                    first.partition_by == call.partition_by && first.order_by == call.order_by
                })
            };
            match groups.iter_mut().find(same) {
                Some((places, calls)) => {
                    places.push(at);
                    calls.push(call);
                }
                None => groups.push((vec![at], vec![call])),
            }
        }
        let mut places: Vec<usize> = Vec::new();
        for (at, calls) in groups {
            places.extend(at);
            planned = windowed(planned, calls);
        }
        let types = planned.plan.types();
        let place = |call: usize| places.iter().position(|at| *at == call).unwrap_or(call);
        let order = (0..width).chain((0..places.len()).map(|call| width + place(call)));
        let exprs: Vec<Expr> =
            order.map(|column| Expr::column(column, types[column], strata_types::Typmod::NONE)).collect();
        self.project(planned, exprs)
    }
}

fn windowed(input: Planned, calls: Vec<WindowCall>) -> Planned {
    let rows = input.rows;
    let mut keys: Vec<SortKey> = Vec::new();
    if let Some(first) = calls.first() {
        let ascending = |expr: &Expr| SortKey { expr: expr.clone(), descending: false, nulls_first: false };
        keys.extend(first.partition_by.iter().map(ascending));
        keys.extend(first.order_by.iter().cloned());
    }
    let mut plan = input.plan;
    if !keys.is_empty() {
        plan = Physical::Sort { input: Box::new(plan), keys };
    }
    Planned::new(Physical::Window { input: Box::new(plan), calls }, rows)
}
