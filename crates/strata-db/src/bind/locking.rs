//! Row locks: `FOR UPDATE` and its kind.
//!
//! ```text
//! Limit ─ Project ─ LockRows ─ Sort ─ Filter ─ tables
//! ```
//! Rows are locked beneath the target list, where they are whole: what is asked again of a row that has changed, and
//! what is computed of it then, are of its newest version. They are locked in the order of ORDER BY, and no more of
//! them than LIMIT asks for.

use super::binder::Binder;
use super::from::Source;
use super::scope::{Item, Scope, Visible};
use super::select::BoundSelect;
use crate::error::{Result, SqlError};
use crate::functions::Volatility;
use crate::parse::ast;
use crate::plan::{Expr, ExprKind, LockWait, Logical, RowLock, Schema, SortKey};
use crate::schema::{RelationDef, RelationKind};
use std::sync::Arc;
use strata_types::sqlstate;

/// A table, the column with its row keys, and its name in the query.
type RowKey = (Arc<RelationDef>, usize, String);

impl Binder<'_> {
    /// A SELECT with locking clauses, which reach into the subqueries and views of its FROM.
    pub(super) fn locking_select(&mut self, select: &ast::Select, query: &ast::Query) -> Result<BoundSelect> {
        if !matches!(select.distinct, ast::Distinct::No)
            && let Some(locking) = query.locking.first()
        {
            return Err(refused(locking, "is not allowed with DISTINCT clause"));
        }
        self.select(select, &query.order_by, &query.locking)
    }

    /// The clauses that reach into the item of FROM of this name.
    fn reaching(&self, name: &str) -> Vec<ast::Locking> {
        let reaching = self.reaching.iter().filter(|locking| is_about(locking, name));
        reaching.map(|locking| ast::Locking { of: Vec::new(), ..locking.clone() }).collect()
    }

    /// A subquery or view of FROM whose rows are locked with those around it; `None` if they are not. The rows
    /// of one that does no more than choose and compute join those around it, so that only those are
    /// locked which the query around chooses. Of any other the rows are locked in it.
    pub(super) fn locked_subquery(
        &mut self,
        query: &ast::Query,
        name: &str,
        lateral: bool,
    ) -> Result<Option<Source>> {
        let reaching = self.reaching(name);
        if reaching.is_empty() {
            return Ok(None);
        }
        if let (Some(select), false) = (plain_select(query), lateral)
            && let Some(source) = self.rows_beneath(select, name, &reaching)?
        {
            return Ok(Some(source));
        }
        if matches!(query.body, ast::QueryBody::Values(_)) {
            return Ok(None);
        }
        let mut query = query.clone();
        query.locking.extend(reaching);
        let (plan, _) = self.query(&query)?;
        let plan = self.resolve_unknown_outputs(plan)?;
        let scope = Scope::of_schema(name, plan.schema());
        Ok(Some((plan, scope)))
    }

    /// The rows under a target list that can be computed above them just as well.
    fn rows_beneath(
        &mut self,
        select: &ast::Select,
        name: &str,
        reaching: &[ast::Locking],
    ) -> Result<Option<Source>> {
        let around = std::mem::take(&mut self.reaching);
        let bound = self.select(select, &[], reaching)?;
        self.reaching = around;
        let BoundSelect { plan, visible, row_keys, .. } = bound;
        let (rows, exprs, schema) = target_list(plan, reaching)?;
        if !exprs.iter().all(moves) {
            return Ok(None);
        }
        let place = |at: usize| match exprs.get(at).map(|expr| &expr.kind) {
            Some(ExprKind::Column(column)) => Some(*column),
            _ => None,
        };
        let beneath = row_keys.iter().filter_map(|(table, at, _)| Some((table.oid, place(*at)?))).collect();
        let mut columns = Vec::with_capacity(visible);
        for (expr, field) in exprs.iter().zip(&schema).take(visible) {
            columns.push(Visible {
                name: field.name.clone(),
                expr: self.known(expr.clone())?,
                origin: field.origin,
                record: field.record,
            });
        }
        let item = Item { beneath, ..Item::over(name, columns.clone()) };
        let width = rows.schema().len();
        Ok(Some((rows, Scope { items: vec![item], visible: columns, width })))
    }

    /// What a clause is about must be in FROM, and have rows that can be locked.
    ///
    /// # Errors
    /// 42601, 42P01, 0A000.
    pub(super) fn check_locked_names(
        &self,
        all: &[ast::Locking],
        scope: &Scope,
        from: &[ast::TableRef],
    ) -> Result<()> {
        for (locking, of) in all.iter().flat_map(|locking| locking.of.iter().map(move |of| (locking, of))) {
            let words = locking.strength.words();
            let refusal = if of.0.len() > 1 {
                Some((sqlstate::SYNTAX_ERROR, format!("{words} must specify unqualified relation names")))
            } else if scope.item(of.base()).is_none() {
                let message =
                    format!("relation \"{}\" in {words} clause not found in FROM clause", of.base());
                Some((sqlstate::UNDEFINED_TABLE, message))
            } else {
                let unlockable = from.iter().find_map(|item| self.unlockable(item, of.base()));
                unlockable.map(|what| {
                    (sqlstate::FEATURE_NOT_SUPPORTED, format!("{words} cannot be applied to {what}"))
                })
            };
            if let Some((code, message)) = refusal {
                return Err(SqlError::new(code, message).at(of.pos().0));
            }
        }
        Ok(())
    }

    /// What the item of this name is, if it has no rows of its own.
    fn unlockable(&self, item: &ast::TableRef, name: &str) -> Option<&'static str> {
        let is_called =
            |alias: &Option<ast::TableAlias>| alias.as_ref().is_some_and(|alias| &*alias.name.name == name);
        match item {
            ast::TableRef::Join(join) if is_called(&join.alias) => Some("a join"),
            ast::TableRef::Join(join) => {
                self.unlockable(&join.left, name).or_else(|| self.unlockable(&join.right, name))
            }
            ast::TableRef::Function(function) => is_called(&function.alias).then_some("a function"),
            ast::TableRef::Relation(relation) => {
                let is_named = is_called(&relation.alias) || relation.name.base() == name;
                let is_query = matches!(relation.name.0.as_slice(), [only] if self.has_cte(&only.name));
                (is_named && is_query).then_some("a WITH query")
            }
            ast::TableRef::Subquery(_) => None,
        }
    }

    /// # Errors
    /// 42809 for a relation whose rows are nobody's to lock.
    pub(super) fn refuse_unlockable(&self, relation: &RelationDef, alias: &str) -> Result<()> {
        let what = match &relation.kind {
            RelationKind::Table(table) if table.materialized.is_some() => "materialized view",
            RelationKind::Sequence(_) => "sequence",
            _ => return Ok(()),
        };
        if !self.reaching.iter().any(|locking| is_about(locking, alias)) {
            return Ok(());
        }
        let message = format!("cannot lock rows in {what} \"{}\"", relation.name);
        Err(SqlError::new(sqlstate::WRONG_OBJECT_TYPE, message))
    }
}

fn is_about(locking: &ast::Locking, name: &str) -> bool {
    locking.of.is_empty() || locking.of.iter().any(|of| of.base() == name)
}

/// The SELECT of a query that is nothing else, and neither sorts nor cuts off nor locks.
fn plain_select(query: &ast::Query) -> Option<&ast::Select> {
    match &query.body {
        ast::QueryBody::Select(select)
            if query.is_body_only() && matches!(select.distinct, ast::Distinct::No) =>
        {
            Some(select)
        }
        _ => None,
    }
}

/// The value is the same wherever above its row it is computed.
fn moves(expr: &Expr) -> bool {
    !expr.contains(&mut |part| match &part.kind {
        ExprKind::Subquery(_) | ExprKind::SubPlan { .. } => true,
        ExprKind::Call { function, .. } => function.volatility == Volatility::Volatile,
        _ => false,
    })
}

/// 0A000.
pub(super) fn refused(locking: &ast::Locking, what: &str) -> SqlError {
    let message = format!("{} {what}", locking.strength.words());
    SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message)
}

/// A SELECT's rows and the target list over them.
///
/// # Errors
/// 0A000 where these are not rows of tables.
fn target_list(plan: Logical, locking: &[ast::Locking]) -> Result<(Logical, Vec<Expr>, Schema)> {
    let Logical::Project { input, exprs, schema } = plan else {
        unreachable!("a SELECT without DISTINCT ends with its target list")
    };
    let why = match &*input {
        Logical::ProjectSet { .. } => "is not allowed with set-returning functions in the target list",
        Logical::Window { .. } => "is not allowed with window functions",
        _ => return Ok((*input, exprs, schema)),
    };
    match locking.first() {
        Some(first) => Err(refused(first, why)),
        None => Ok((*input, exprs, schema)),
    }
}

/// Puts order and locks between a target list and its rows.
///
/// # Errors
/// 0A000 where the target list does not stand over rows of tables.
pub(super) fn lock_beneath(
    plan: Logical,
    order: &[SortKey],
    all: &[ast::Locking],
    row_keys: &[RowKey],
) -> Result<Logical> {
    let (mut rows, exprs, schema) = target_list(plan, all)?;
    let beneath = |at: usize| exprs.get(at).cloned();
    if !order.is_empty() {
        let keys = order.iter().map(|key| match key.expr.kind {
            ExprKind::Column(at) => SortKey { expr: beneath(at).unwrap_or(key.expr.clone()), ..key.clone() },
            _ => unreachable!("ORDER BY over a target list names its columns"),
        });
        rows = Logical::Sort { keys: keys.collect(), input: Box::new(rows) };
    }
    for locking in all {
        let mut keys = Vec::new();
        for (relation, at, _) in chosen(locking, row_keys) {
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
fn chosen<'a>(locking: &'a ast::Locking, row_keys: &'a [RowKey]) -> impl Iterator<Item = &'a RowKey> {
    row_keys.iter().filter(|(_, _, name)| is_about(locking, name))
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
