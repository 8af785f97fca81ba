//! Operators that a session has run to their end, for when it runs the same plan again: making those of a short
//! statement takes as long as running them.

use crate::error::Result;
use crate::exec::{self, Running};
use crate::plan::PhysicalPlan;
use std::sync::Arc;

/// Plans whose operators are kept.
const KEPT_MAX: usize = 16;

/// See the module.
#[derive(Default)]
pub(super) struct Idle {
    /// At their start, with the plan that they are of: which keeps another from lying in its place.
    kept: Vec<(Arc<PhysicalPlan>, Running)>,
}

impl Idle {
    /// The operators of a plan, ready to run.
    ///
    /// # Errors
    /// If the plan holds something that cannot run.
    pub(super) fn operators(&mut self, plan: &Arc<PhysicalPlan>) -> Result<Running> {
        match self.kept.iter().position(|(kept, _)| Arc::ptr_eq(kept, plan)) {
            Some(at) => Ok(self.kept.swap_remove(at).1),
            None => exec::build(plan),
        }
    }

    /// A plan has come to its end.
    pub(super) fn give_back(&mut self, plan: &Arc<PhysicalPlan>, running: Running) {
        let Some(renewed) = running.renewed() else { return };
        if self.kept.len() == KEPT_MAX {
            self.kept.swap_remove(0);
        }
        self.kept.push((plan.clone(), renewed));
    }
}
