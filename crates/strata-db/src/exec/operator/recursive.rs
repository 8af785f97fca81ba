//! `WITH RECURSIVE`: the base's rows, then the step's over the rows of the last round, until a round yields none.

use super::distinct::unseen;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::KeyTable;
use crate::exec::spill::Kept;
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use strata_types::Batch;

/// See the module.
pub(in crate::exec) struct Recursive {
    id: usize,
    distinct: bool,
    base: Input,
    step: Input,
    seen: KeyTable,
    /// Rows of the round at work.
    round: Kept,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Base,
    /// A round has ended; the next one has not begun.
    Between,
    Step,
    Done,
}

impl Recursive {
    pub(in crate::exec) fn new(id: usize, distinct: bool, base: Input, step: Input) -> Recursive {
        Recursive {
            id,
            distinct,
            base,
            step,
            seen: KeyTable::default(),
            round: Kept::default(),
            phase: Phase::Base,
        }
    }

    /// Takes a batch of the round in; what of it is new.
    fn take(&mut self, batch: Batch, run: &Run<'_>) -> Result<Option<Batch>> {
        let batch = if self.distinct { unseen(&mut self.seen, batch) } else { batch };
        if batch.is_empty() {
            return Ok(None);
        }
        self.round.push(batch.clone(), &run.workspace)?;
        Ok(Some(batch))
    }

    /// Makes the rows of the last round those that the step reads.
    fn begin_round(&mut self, run: &mut Run<'_>) {
        if self.round.is_empty() {
            self.phase = Phase::Done;
            return;
        }
        let table = &mut run.state.ctes[self.id];
        table.rows = std::mem::take(&mut self.round);
        table.done = true;
        self.step.rewind();
        self.phase = Phase::Step;
    }
}

impl Operator for Recursive {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            let batch = match self.phase {
                Phase::Done => return Ok(Step::Done),
                Phase::Base => pull!(self.base, run, {
                    self.phase = Phase::Between;
                    continue;
                }),
                Phase::Between => {
                    if run.must_yield()? {
                        return Ok(Step::Pending(Wait::Slice));
                    }
                    self.begin_round(run);
                    continue;
                }
                Phase::Step => pull!(self.step, run, {
                    self.phase = Phase::Between;
                    continue;
                }),
            };
            run.charge(batch.rows);
            if let Some(batch) = self.take(batch, run)? {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rewind(&mut self) {
        self.base.rewind();
        self.seen.clear();
        self.round = Kept::default();
        self.phase = Phase::Base;
    }
}
