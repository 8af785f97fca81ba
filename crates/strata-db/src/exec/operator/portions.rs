//! A batch computed in portions.
//!
//! All of it at once, unless an expression may make values far larger than those that it reads ([`Growth`]), or has
//! a subquery, which may take long or wait ([`suspend`](crate::exec::suspend)): then ever more rows at once, as long
//! as no attempt has to be given up.

use super::growth::Growth;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::step::{BATCH_ROWS, Input, Step, Wait, pull};
use crate::exec::suspend::{attempt_if, can_wait};
use crate::plan::Expr;
use strata_types::Batch;

/// See the module.
#[derive(Default)]
pub(super) struct Portions {
    growth: Option<Growth>,
    /// Rows of the next attempt; `None` if there is nothing to wait for.
    attempt: Option<usize>,
    /// A batch and how many of its rows are done with.
    current: Option<(Batch, usize)>,
}

impl Portions {
    /// For values of expressions.
    pub(super) fn of_values(exprs: &[Expr]) -> Portions {
        Portions { growth: Growth::of(exprs), ..Portions::of_condition(exprs) }
    }

    /// For conditions, which keep rows or drop them.
    pub(super) fn of_condition(exprs: &[Expr]) -> Portions {
        Portions { attempt: can_wait(exprs).then_some(1), ..Portions::default() }
    }

    /// The next rows that `work` makes of those of `input`.
    pub(super) fn next(
        &mut self,
        input: &mut Input,
        run: &mut Run<'_>,
        work: impl Fn(Batch, &mut Run<'_>) -> Result<Batch>,
    ) -> Result<Step> {
        loop {
            let made = if self.growth.is_none() && self.attempt.is_none() {
                work(pull!(input, run, return Ok(Step::Done)), run)?
            } else {
                match self.next_portion(input, run, &work)? {
                    Step::Batch(made) => made,
                    other => return Ok(other),
                }
            };
            if !made.is_empty() {
                return Ok(Step::Batch(made));
            }
        }
    }

    /// What becomes of the next portion, which may be nothing.
    fn next_portion(
        &mut self,
        input: &mut Input,
        run: &mut Run<'_>,
        work: impl Fn(Batch, &mut Run<'_>) -> Result<Batch>,
    ) -> Result<Step> {
        if self.attempt.is_some() && run.must_yield()? {
            return Ok(Step::Pending(Wait::Slice));
        }
        let (batch, done) = match self.current.take() {
            Some(current) => current,
            None => (pull!(input, run, return Ok(Step::Done)), 0),
        };
        let rows = self.rows(batch.rows - done);
        let portion = batch.slice(done, rows);
        let outcome = attempt_if(self.attempt.is_some(), run, |run| work(portion, run))?;
        Ok(match outcome {
            Ok(made) => {
                self.learn(rows, &made);
                if done + rows < batch.rows {
                    self.current = Some((batch, done + rows));
                }
                Step::Batch(made)
            }
            Err(wait) => {
                self.attempt = Some(1);
                self.current = Some((batch, done));
                Step::Pending(wait)
            }
        })
    }

    /// How many of so many rows to compute.
    fn rows(&self, left: usize) -> usize {
        let grown = self.growth.map_or(left, |growth| growth.rows(left));
        grown.min(self.attempt.unwrap_or(left))
    }

    /// Takes note of what some rows came to.
    fn learn(&mut self, rows: usize, made: &Batch) {
        if let Some(growth) = &mut self.growth {
            growth.learn(made.byte_len(), rows);
        }
        self.attempt = self.attempt.map(|attempt| (attempt * 2).min(BATCH_ROWS));
    }

    /// As the input is rewound.
    pub(super) fn rewind(&mut self) {
        self.current = None;
    }
}
