//! What a pull on an operator yields.

use super::context::Run;
use super::spill::Space;
use crate::error::Result;
use strata_types::Batch;

/// Rows that an operator aims to put into a batch.
pub(super) const BATCH_ROWS: usize = 1024;

/// A running node of the plan.
pub(super) trait Operator: Send {
    /// The next batch (never empty), or why there is none. After `Pending` the call is repeated once the wait
    /// is over; after `Done` only [`rewind`](Self::rewind) may follow.
    ///
    /// Who hands out rows without pulling them first looks whether the slice is used up: operators above may pass
    /// over any number of them within one pull of their own.
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step>;

    /// Back to the start: the next pull computes everything anew, under the outer rows of then.
    fn rewind(&mut self);

    /// What it takes for rows that it gathers.
    fn space(&self) -> Space {
        Space::default()
    }
}

/// A boxed operator.
pub(super) type Input = Box<dyn Operator>;

/// The outcome of a pull.
#[derive(Debug)]
pub enum Step {
    /// Some rows, at least one.
    Batch(Batch),
    /// None at present.
    Pending(Wait),
    /// No more.
    Done,
}

/// What a parked statement waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A lock that another transaction holds: until the store names this transaction as woken.
    Lock,
    /// Its next turn: the slice is used up.
    Slice,
    /// Room in the client's outbox.
    Output,
    /// Rows from whoever runs the statement.
    Input,
}

/// The batch of a step; returns from the function around for `Pending`, and runs `$done` at the end.
macro_rules! pull {
    ($input:expr, $run:expr, $done:expr) => {
        match $input.next($run)? {
            $crate::exec::step::Step::Batch(batch) => batch,
            $crate::exec::step::Step::Pending(wait) => return Ok($crate::exec::step::Step::Pending(wait)),
            $crate::exec::step::Step::Done => $done,
        }
    };
}
pub(super) use pull;
