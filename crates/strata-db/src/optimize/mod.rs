//! Logical plan to physical plan.
//!
//! ```text
//! Logical ── rules, in order ──▶ Logical ── physical ──▶ Physical
//!            (rules/, RULES)                (access paths, join order and algorithms, sorts)
//! ```

mod access;
mod comparison;
mod estimate;
mod expressions;
mod join;
mod modify;
mod order;
mod partial;
mod physical;
mod rules;

pub(crate) use comparison::{compare_op, swapped};
pub(crate) use estimate::selectivity;
pub(crate) use expressions::{conjunction, has_subquery};

use crate::error::Result;
use crate::functions::Environment;
use crate::plan::{Expr, Logical, PhysicalPlan};
use crate::schema::{Oid, RelationDef};

/// What is known of the data.
pub trait Statistics {
    /// About how many rows a table has.
    fn row_count(&self, table: Oid) -> f64;

    /// What the rows in a table's partial indexes have in common: place of the index, and the condition over the
    /// table's columns.
    fn index_predicates(&self, _relation: &RelationDef) -> Vec<(usize, Expr)> {
        Vec::new()
    }
}

/// Nothing is known: every table has a thousand rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStatistics;

impl Statistics for NoStatistics {
    fn row_count(&self, _table: Oid) -> f64 {
        1000.0
    }
}

/// Chooses how to compute a plan. `env` is for folding calls of immutable functions.
///
/// # Errors
/// If the plan asks for something that cannot run.
pub fn plan(logical: Logical, statistics: &dyn Statistics, env: &dyn Environment) -> Result<PhysicalPlan> {
    physical::Planner::new(statistics, env).plan(logical)
}
