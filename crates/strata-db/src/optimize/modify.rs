//! Statements that change or lock rows.
//!
//! A row that has changed since the snapshot is looked at again in its newest version: the conditions that
//! chose it go along for that.

use super::expressions::{conditions, conjunction};
use super::physical::{Planned, Planner};
use crate::error::{Result, SqlError};
use crate::plan::{
    DeleteNode, Expr, ExprKind, IndexExprs, InsertNode, JoinKind, LockTarget, LockWait, Logical, Physical,
    PhysicalDelete, PhysicalInsert, PhysicalUpdate, RowLock, UpdateNode,
};
use crate::schema::RelationDef;
use std::sync::Arc;
use strata_types::sqlstate;

impl Planner<'_> {
    pub(super) fn lock_rows(
        &mut self,
        input: Logical,
        keys: Vec<(Arc<RelationDef>, usize)>,
        lock: RowLock,
        wait: LockWait,
    ) -> Result<Planned> {
        let recheck = self.recheck(&input)?;
        let origins = input.clone();
        let input = self.rewritten(input);
        // Not before the rules: a condition above may have made an inner join of an outer one.
        if keys.iter().any(|(_, key)| may_be_missing(&input, *key)) {
            let message = format!("{} cannot be applied to the nullable side of an outer join", lock.words());
            return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message));
        }
        let targets = keys
            .into_iter()
            .map(|(relation, key)| {
                let columns = columns_of(&origins, &relation, key);
                LockTarget { relation, key, columns }
            })
            .collect();
        let input = self.node(input)?;
        let rows = input.rows;
        let plan = Physical::LockRows { input: Box::new(input.plan), targets, recheck, lock, wait };
        Ok(Planned::new(plan, rows))
    }

    pub(super) fn insert(&mut self, node: InsertNode) -> Result<Planned> {
        let InsertNode {
            relation,
            input,
            mut checks,
            mut indexes,
            mut generated,
            mut conflict,
            returning,
            ..
        } = node;
        let input = self.query(input)?;
        self.row_exprs(&mut checks, &mut indexes, &mut generated)?;
        if let Some(conflict) = &mut conflict {
            for expr in conflict.exprs_mut() {
                self.expr_in_place(expr)?;
            }
        }
        let returning = returning.map(|exprs| self.exprs(exprs)).transpose()?;
        let rows = input.rows;
        let plan =
            PhysicalInsert { relation, input: input.plan, checks, indexes, generated, conflict, returning };
        Ok(Planned::new(Physical::Insert(Box::new(plan)), rows))
    }

    pub(super) fn update(&mut self, node: UpdateNode) -> Result<Planned> {
        let UpdateNode {
            relation,
            input,
            mut assignments,
            mut checks,
            mut indexes,
            mut generated,
            returning,
            ..
        } = node;
        let recheck = self.recheck(&input)?;
        let input = self.query(input)?;
        for (_, expr) in &mut assignments {
            self.expr_in_place(expr)?;
        }
        self.row_exprs(&mut checks, &mut indexes, &mut generated)?;
        let returning = returning.map(|exprs| self.exprs(exprs)).transpose()?;
        let rows = input.rows;
        let input = input.plan;
        let plan =
            PhysicalUpdate { relation, input, assignments, checks, indexes, generated, recheck, returning };
        Ok(Planned::new(Physical::Update(Box::new(plan)), rows))
    }

    pub(super) fn delete(&mut self, node: DeleteNode) -> Result<Planned> {
        let DeleteNode { relation, input, mut indexes, returning, .. } = node;
        let recheck = self.recheck(&input)?;
        let input = self.query(input)?;
        self.row_exprs(&mut [], &mut indexes, &mut [])?;
        let returning = returning.map(|exprs| self.exprs(exprs)).transpose()?;
        let rows = input.rows;
        let plan = PhysicalDelete { relation, input: input.plan, indexes, recheck, returning };
        Ok(Planned::new(Physical::Delete(Box::new(plan)), rows))
    }

    fn row_exprs(
        &mut self,
        checks: &mut [(String, Expr)],
        indexes: &mut [IndexExprs],
        generated: &mut [(usize, Expr)],
    ) -> Result<()> {
        checks.iter_mut().try_for_each(|(_, check)| self.expr_in_place(check))?;
        generated.iter_mut().try_for_each(|(_, expr)| self.expr_in_place(expr))?;
        for index in indexes {
            for expr in index.exprs_mut() {
                self.expr_in_place(expr)?;
            }
        }
        Ok(())
    }

    /// What is asked again of a row that has changed.
    fn recheck(&mut self, input: &Logical) -> Result<Option<Expr>> {
        conjunction(conditions(input)).map(|expr| self.expr(expr)).transpose()
    }
}

/// Whether a column of a plan may come from the side that an outer join fills up with NULLs.
fn may_be_missing(plan: &Logical, column: usize) -> bool {
    match plan {
        Logical::Filter { input, .. }
        | Logical::Sort { input, .. }
        | Logical::Limit { input, .. }
        | Logical::LockRows { input, .. } => may_be_missing(input, column),
        Logical::Project { input, exprs, .. } => match exprs.get(column).map(|expr| &expr.kind) {
            Some(ExprKind::Column(column)) => may_be_missing(input, *column),
            _ => false,
        },
        Logical::Join { kind, left, right, .. } => match column.checked_sub(left.schema().len()) {
            Some(of_right) => {
                matches!(kind, JoinKind::Left | JoinKind::Full) || may_be_missing(right, of_right)
            }
            None => matches!(kind, JoinKind::Right | JoinKind::Full) || may_be_missing(left, column),
        },
        _ => false,
    }
}

/// Which columns of a plan's output belong to the table whose row key is at `key`: (column of the output, column of
/// the table). They stand before it.
fn columns_of(plan: &Logical, relation: &RelationDef, key: usize) -> Vec<(usize, usize)> {
    let fields = plan.schema().iter().enumerate().take(key).rev();
    fields
        .map_while(|(at, field)| match field.origin {
            Some((table, column)) if table == relation.oid => Some((at, usize::from(column).checked_sub(1)?)),
            _ => None,
        })
        .collect()
}
