//! Common table expressions: computed once, as far as they are read, and read any number of times.
//!
//! The operator and the rows that it has yielded so far are the statement's ([`CteState`]); each reader has its own
//! place among the rows. Those that change data run to their end when the body has.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::spill::Kept;
use crate::exec::step::{Input, Operator, Step, Wait, pull};

/// A common table expression at work.
#[derive(Default)]
pub(in crate::exec) struct CteState {
    /// `None` before it is started, and while it is being pulled.
    pub(super) operator: Option<Input>,
    pub(super) rows: Kept,
    pub(super) done: bool,
    /// Rows of enclosing queries where it was defined. A reader may stand deeper.
    depth: usize,
}

/// The expressions around a body.
pub(in crate::exec) struct With {
    /// Number, operator until it is handed to the statement, and whether it changes data.
    parts: Vec<(usize, Option<Input>, bool)>,
    body: Input,
    started: bool,
    rewound: bool,
    body_done: bool,
}

impl With {
    pub(in crate::exec) fn new(parts: Vec<(usize, Input, bool)>, body: Input) -> With {
        let parts =
            parts.into_iter().map(|(id, operator, modifies)| (id, Some(operator), modifies)).collect();
        With { parts, body, started: false, rewound: false, body_done: false }
    }

    fn start(&mut self, run: &mut Run<'_>) {
        for (id, operator, _) in &mut self.parts {
            let depth = run.state.outer.len();
            let state = &mut run.state.ctes[*id];
            state.depth = depth;
            if let Some(operator) = operator.take() {
                state.operator = Some(operator);
            }
            if self.rewound {
                state.rows = Kept::default();
                state.done = false;
                if let Some(operator) = &mut state.operator {
                    operator.rewind();
                }
            }
        }
        self.started = true;
    }
}

impl Operator for With {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if !self.started {
            self.start(run);
        }
        if !self.body_done {
            let batch = pull!(self.body, run, {
                self.body_done = true;
                return self.next(run);
            });
            return Ok(Step::Batch(batch));
        }
        for (id, _, modifies) in &self.parts {
            while *modifies && !run.state.ctes[*id].done {
                if let Step::Pending(wait) = advance(*id, run)? {
                    return Ok(Step::Pending(wait));
                }
            }
        }
        Ok(Step::Done)
    }

    fn rewind(&mut self) {
        self.body.rewind();
        self.started = false;
        self.rewound = true;
        self.body_done = false;
    }
}

/// Adds the next rows of expression `id` to those that are there.
fn advance(id: usize, run: &mut Run<'_>) -> Result<Step> {
    let Some(mut operator) = run.state.ctes[id].operator.take() else {
        unreachable!("common table expression {id} reads itself or was not started");
    };
    let depth = run.state.ctes[id].depth.min(run.state.outer.len());
    let deeper = run.state.outer.split_off(depth);
    let step = operator.next(run);
    run.state.outer.extend(deeper);
    let state = &mut run.state.ctes[id];
    state.operator = Some(operator);
    match step? {
        Step::Batch(batch) => {
            state.rows.push(batch.clone(), &run.workspace)?;
            Ok(Step::Batch(batch))
        }
        Step::Pending(wait) => Ok(Step::Pending(wait)),
        Step::Done => {
            state.done = true;
            Ok(Step::Done)
        }
    }
}

/// A reader of a common table expression, or of the last round of a recursive one.
pub(in crate::exec) struct CteScan {
    id: usize,
    at: usize,
}

impl CteScan {
    pub(in crate::exec) fn new(id: usize) -> CteScan {
        CteScan { id, at: 0 }
    }
}

impl Operator for CteScan {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if run.must_yield()? {
            return Ok(Step::Pending(Wait::Slice));
        }
        let state = &run.state.ctes[self.id];
        if let Some(batch) = state.rows.get(self.at)? {
            self.at += 1;
            run.charge(batch.rows);
            return Ok(Step::Batch(batch));
        }
        if state.done {
            return Ok(Step::Done);
        }
        let step = advance(self.id, run)?;
        if matches!(step, Step::Batch(_)) {
            self.at += 1;
        }
        Ok(step)
    }

    fn rewind(&mut self) {
        self.at = 0;
    }
}
