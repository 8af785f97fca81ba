//! Row locks: `FOR UPDATE` and its kind.
//!
//! ```text
//! Limit ─ Project ─ LockRows ─ Sort ─ Filter ─ tables
//! ```
//! Rows are locked beneath the target list, where they are whole: what is asked again of a row that has changed, and
//! what is computed of it then, are of its newest version. They are locked in the order of ORDER BY, and no more of
//! them than LIMIT asks for.

use super::binder::Binder;
use super::select::BoundSelect;
use crate::error::{Result, SqlError};
use crate::parse::ast;
use crate::plan::{ExprKind, LockWait, Logical, RowLock, SortKey};
use crate::schema::RelationDef;
use std::sync::Arc;
use strata_types::sqlstate;

/// A table, the column with its row keys, and its name in the query.
type RowKey = (Arc<RelationDef>, usize, String);

impl Binder<'_> {
    /// A SELECT with locking clauses, which reach into the subqueries of its FROM.
    pub(super) fn locking_select(&mut self, select: &ast::Select, query: &ast::Query) -> Result<BoundSelect> {
        let mut select = select.clone();
        if !matches!(select.distinct, ast::Distinct::No)
            && let Some(locking) = query.locking.first()
        {
            return Err(refused(locking, "is not allowed with DISTINCT clause"));
        }
        for locking in &query.locking {
            select.from.iter_mut().for_each(|item| reach_into(item, locking));
        }
        self.select(&select, &query.order_by, true)
    }
}

/// What is locked of a subquery in FROM is locked in it.
fn reach_into(item: &mut ast::TableRef, locking: &ast::Locking) {
    match item {
        ast::TableRef::Subquery(derived) => {
            let is_named = |of: &ast::ObjectName| is_called(derived, of.base());
            if locking.of.is_empty() || locking.of.iter().any(is_named) {
                derived.query.locking.push(ast::Locking { of: Vec::new(), ..locking.clone() });
            }
        }
        ast::TableRef::Join(join) => {
            reach_into(&mut join.left, locking);
            reach_into(&mut join.right, locking);
        }
        ast::TableRef::Relation(_) | ast::TableRef::Function(_) => {}
    }
}

/// Whether a subquery under this name is in an item of FROM.
fn is_subquery(item: &ast::TableRef, name: &str) -> bool {
    match item {
        ast::TableRef::Subquery(derived) => is_called(derived, name),
        ast::TableRef::Join(join) => is_subquery(&join.left, name) || is_subquery(&join.right, name),
        ast::TableRef::Relation(_) | ast::TableRef::Function(_) => false,
    }
}

fn is_called(derived: &ast::DerivedTable, name: &str) -> bool {
    derived.alias.as_ref().is_some_and(|alias| &*alias.name.name == name)
}

/// 0A000.
pub(super) fn refused(locking: &ast::Locking, what: &str) -> SqlError {
    let message = format!("{} {what}", locking.strength.words());
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message).at(locking.pos.0)
}

/// Puts order and locks between a target list and its rows.
///
/// # Errors
/// 0A000 where the target list does not stand over rows of tables; 42P01 for a table that is not in FROM.
pub(super) fn lock_beneath(
    plan: Logical,
    order: &[SortKey],
    all: &[ast::Locking],
    row_keys: &[RowKey],
    from: &[ast::TableRef],
) -> Result<Logical> {
    let Logical::Project { input, exprs, schema } = plan else {
        unreachable!("a SELECT without DISTINCT ends with its target list")
    };
    let set_returning = "is not allowed with set-returning functions in the target list";
    match (&*input, all.first()) {
        (Logical::ProjectSet { .. }, Some(first)) => return Err(refused(first, set_returning)),
        (Logical::Window { .. }, Some(first)) => {
            return Err(refused(first, "is not allowed with window functions"));
        }
        _ => {}
    }
    let beneath = |at: usize| exprs.get(at).cloned();
    let mut rows = *input;
    if !order.is_empty() {
        let keys = order.iter().map(|key| match key.expr.kind {
            ExprKind::Column(at) => SortKey { expr: beneath(at).unwrap_or(key.expr.clone()), ..key.clone() },
            _ => unreachable!("ORDER BY over a target list names its columns"),
        });
        rows = Logical::Sort { keys: keys.collect(), input: Box::new(rows) };
    }
    for locking in all {
        let mut keys = Vec::new();
        for (relation, at, _) in chosen(locking, row_keys, from)? {
            if let Some(ExprKind::Column(column)) = beneath(*at).map(|expr| expr.kind) {
                keys.push((relation.clone(), column));
            }
        }
        if !keys.is_empty() {
            let (lock, wait) = (strength(locking.strength), wait(locking.wait));
            rows = Logical::LockRows { input: Box::new(rows), keys, lock, wait };
        }
    }
    Ok(Logical::Project { input: Box::new(rows), exprs, schema })
}

/// The tables that a clause is about.
fn chosen<'a>(
    locking: &ast::Locking,
    row_keys: &'a [RowKey],
    from: &[ast::TableRef],
) -> Result<Vec<&'a RowKey>> {
    for of in &locking.of {
        let is_known = row_keys.iter().any(|(_, _, name)| name == of.base());
        if !is_known && !from.iter().any(|item| is_subquery(item, of.base())) {
            let words = locking.strength.words();
            let message = format!("relation \"{}\" in {words} clause not found in FROM clause", of.base());
            return Err(SqlError::new(sqlstate::UNDEFINED_TABLE, message).at(of.pos().0));
        }
    }
    let is_named = |name: &str| locking.of.is_empty() || locking.of.iter().any(|of| of.base() == name);
    Ok(row_keys.iter().filter(|(_, _, name)| is_named(name)).collect())
}

fn strength(strength: ast::LockStrength) -> RowLock {
    match strength {
        ast::LockStrength::KeyShare => RowLock::KeyShare,
        ast::LockStrength::Share => RowLock::Share,
        ast::LockStrength::NoKeyUpdate => RowLock::NoKeyUpdate,
        ast::LockStrength::Update => RowLock::Update,
    }
}

fn wait(wait: ast::LockWait) -> LockWait {
    match wait {
        ast::LockWait::Block => LockWait::Block,
        ast::LockWait::NoWait => LockWait::NoWait,
        ast::LockWait::SkipLocked => LockWait::SkipLocked,
    }
}
