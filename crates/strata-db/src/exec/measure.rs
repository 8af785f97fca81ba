//! EXPLAIN ANALYZE: an operator that counts what another one does.

use super::context::Run;
use super::spill::Space;
use super::step::{Input, Operator, Step};
use crate::error::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was measured of one operator, all its loops together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Microseconds to the first rows.
    pub startup_us: u64,
    /// Microseconds in all.
    pub total_us: u64,
    /// Rows.
    pub rows: u64,
    /// How often it was started.
    pub loops: u64,
    /// What it took for the rows that it gathered, at most.
    pub space: Space,
}

/// The counters of one operator. Only the thread that runs the plan touches them; they are atomic since
/// plans move between threads.
#[derive(Default)]
pub(super) struct Counters {
    startup_us: AtomicU64,
    total_us: AtomicU64,
    rows: AtomicU64,
    loops: AtomicU64,
    memory: AtomicU64,
    disk: AtomicU64,
    parts: AtomicU64,
}

impl Counters {
    /// What they stand at.
    pub(super) fn read(&self) -> Measured {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Measured {
            startup_us: get(&self.startup_us),
            total_us: get(&self.total_us),
            rows: get(&self.rows),
            loops: get(&self.loops),
            space: Space { memory: get(&self.memory), disk: get(&self.disk), parts: get(&self.parts) },
        }
    }
}

/// Hands out counters, in the order in which operators are built: each before its inputs.
#[derive(Default)]
pub(super) struct Meters {
    /// `None`: nothing is measured.
    counters: Option<Vec<Arc<Counters>>>,
}

impl Meters {
    /// Measures nothing.
    pub(super) fn off() -> Meters {
        Meters::default()
    }

    /// Measures everything.
    pub(super) fn on() -> Meters {
        Meters { counters: Some(Vec::new()) }
    }

    /// The counters of the next operator.
    pub(super) fn next(&mut self) -> Option<Arc<Counters>> {
        let counters = self.counters.as_mut()?;
        counters.push(Arc::default());
        counters.last().cloned()
    }

    /// Every operator's counters.
    pub(super) fn finish(self) -> Vec<Arc<Counters>> {
        self.counters.unwrap_or_default()
    }
}

/// The operator, measured if there are counters for it.
pub(super) fn measured(operator: Input, counters: Option<Arc<Counters>>) -> Input {
    match counters {
        None => operator,
        Some(counters) => Box::new(Metered { operator, counters, started: false, has_rows: false }),
    }
}

struct Metered {
    operator: Input,
    counters: Arc<Counters>,
    /// It has been pulled since its start.
    started: bool,
    /// It has yielded rows since its start.
    has_rows: bool,
}

impl Operator for Metered {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let add = |counter: &AtomicU64, by| counter.fetch_add(by, Ordering::Relaxed);
        if !self.started {
            self.started = true;
            add(&self.counters.loops, 1);
        }
        let before = run.now_us();
        let step = self.operator.next(run)?;
        let space = self.operator.space();
        self.counters.memory.fetch_max(space.memory, Ordering::Relaxed);
        self.counters.disk.fetch_max(space.disk, Ordering::Relaxed);
        self.counters.parts.fetch_max(space.parts, Ordering::Relaxed);
        let taken = run.now_us() - before;
        add(&self.counters.total_us, taken);
        if !self.has_rows {
            add(&self.counters.startup_us, taken);
        }
        if let Step::Batch(batch) = &step {
            self.has_rows = true;
            add(&self.counters.rows, batch.rows as u64);
        }
        Ok(step)
    }

    fn rewind(&mut self) {
        self.started = false;
        self.has_rows = false;
        self.operator.rewind();
    }
}
