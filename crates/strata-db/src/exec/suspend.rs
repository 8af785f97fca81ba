//! Expressions that are given up in the middle and computed again.
//!
//! A subquery within an expression may use up the slice, or meet a lock that another transaction holds. An operator
//! that can compute the expression again makes an attempt of it:
//!
//! ```text
//! operator ── attempt ──▶ expression ──▶ subquery ──▶ Pending
//!    │  ◀── Err(wait) ──── given up  ◀──────┘ keeps where it stands and its rows so far
//!    ▼
//! Step::Pending(wait), and when it is asked again: attempt ──▶ expression ──▶ subquery goes on
//! ```
//! Subqueries that have come to their end keep their last result, so that for a single row nothing runs twice.
//! What would not bear to run twice, because it is volatile, ends the chance to give up.

use super::context::Run;
use super::step::Wait;
use crate::error::{Result, SqlError};
use crate::functions::Volatility;
use crate::plan::{Expr, ExprKind};
use strata_types::sqlstate;

/// Whether the expression at work can be given up, and whether it was.
#[derive(Debug, Default)]
pub(super) struct Suspension {
    allowed: bool,
    wait: Option<Wait>,
}

impl Suspension {
    /// Begins a subquery, for whose expressions its own operators decide. Whether it may give up.
    pub(super) fn enter(&mut self) -> bool {
        std::mem::take(&mut self.allowed)
    }

    /// A subquery has ended, or given up.
    pub(super) fn leave(&mut self, allowed: bool) {
        self.allowed = allowed;
    }

    /// Gives the expression at work up. The error takes its way out of it and is not seen by anyone.
    pub(super) fn give_up(&mut self, wait: Wait) -> SqlError {
        self.wait = Some(wait);
        SqlError::new(sqlstate::INTERNAL_ERROR, "an expression was given up and not computed again")
    }
}

/// Computes what can be computed again; the wait if it was given up.
///
/// # Errors
/// What the expression raises.
pub(super) fn attempt<T>(
    run: &mut Run<'_>,
    work: impl FnOnce(&mut Run<'_>) -> Result<T>,
) -> Result<Result<T, Wait>> {
    let around = std::mem::replace(&mut run.state.suspension.allowed, true);
    let outcome = work(run);
    run.state.suspension.allowed = around;
    match run.state.suspension.wait.take() {
        Some(wait) => Ok(Err(wait)),
        None => outcome.map(Ok),
    }
}

/// Computes expressions that [can wait](can_wait), or others in one go; the wait if they were given up.
///
/// # Errors
/// What they raise.
pub(super) fn attempt_if<T>(
    can_wait: bool,
    run: &mut Run<'_>,
    work: impl FnOnce(&mut Run<'_>) -> Result<T>,
) -> Result<Result<T, Wait>> {
    if can_wait { attempt(run, work) } else { work(run).map(Ok) }
}

/// Whether some of the expressions has a subquery, for which it may have to wait, and all can be computed again.
pub(super) fn can_wait<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> bool {
    let mut has_subplan = false;
    let mut is_volatile = false;
    for expr in exprs {
        expr.walk(&mut |part| match &part.kind {
            ExprKind::SubPlan { .. } => has_subplan = true,
            ExprKind::Call { function, .. } => is_volatile |= function.volatility == Volatility::Volatile,
            _ => {}
        });
    }
    has_subplan && !is_volatile
}
