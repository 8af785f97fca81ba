//! The two background jobs: flush, and compaction, which a flush wakes.
//!
//! When nothing is due and the tree is loose, compaction watches how much is written. As long as that is much it only looks
//! again later: merges that come seldom merge more at a time. Else it spends the calm on making the tree tight.

use crate::compaction::Bar;
use crate::flush::Step;
use crate::memtable::Memtable;
use crate::tree::{Patience, Tree};
use crate::{Error, Result};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use vfs::{Job, JobHandle, Progress};

pub(crate) struct FlushJob {
    pub(crate) tree: Arc<Tree>,
    pub(crate) compaction: Arc<dyn JobHandle>,
}

impl Job for FlushJob {
    fn step(&mut self) -> Progress {
        match self.tree.flush_step(Patience::Poll) {
            Ok(Step::Idle) => Progress::Idle,
            Ok(Step::Worked) => Progress::More,
            Ok(Step::Installed) => {
                self.compaction.wake();
                Progress::More
            }
            Err(error) => after(&error),
        }
    }
}

/// Microseconds between two looks at how much is written...
const WATCH_US: u64 = 250_000;
/// ...and the part of a memtable that is little in that time.
const CALM_PART: usize = 256;

pub(crate) struct CompactionJob {
    tree: Arc<Tree>,
    last_look: Option<Look>,
}

/// How far writers had come.
struct Look {
    active: Weak<Memtable>,
    len: usize,
}

impl CompactionJob {
    pub(crate) fn new(tree: Arc<Tree>) -> Self {
        CompactionJob { tree, last_look: None }
    }

    /// Nothing is due.
    fn spare_step(&mut self) -> Progress {
        if !self.tree.has_spare_work() {
            self.last_look = None;
            return Progress::Idle;
        }
        if !self.is_calm() {
            return Progress::Later(WATCH_US);
        }
        progress(self.tree.compaction_step(Bar::Spare)).unwrap_or(Progress::Idle)
    }

    /// Whether little was written since the last look, and nothing waits for the flush. Looks.
    fn is_calm(&mut self) -> bool {
        let state = self.tree.state();
        let look = Look { active: Arc::downgrade(&state.active), len: state.active.content_len() };
        let little = self.tree.options.memtable_len / CALM_PART;
        let is_calm = self.last_look.as_ref().is_some_and(|last| {
            state.sealed.is_empty() && last.active.ptr_eq(&look.active) && look.len - last.len <= little
        });
        self.last_look = Some(look);
        is_calm
    }

    /// Whether others come first, and no writer waits.
    fn is_put_off(&self) -> bool {
        let tree = &*self.tree;
        tree.puts_off_compactions.load(Ordering::Acquire)
            && tree.state().version.levels[0].len() < tree.level0_max()
    }
}

impl Job for CompactionJob {
    fn step(&mut self) -> Progress {
        if self.is_put_off() {
            return Progress::Idle;
        }
        progress(self.tree.compaction_step(Bar::Due)).unwrap_or_else(|| self.spare_step())
    }
}

/// How a job goes on after a step of compaction; `None` if that had nothing to do.
fn progress(stepped: Result<Step>) -> Option<Progress> {
    match stepped {
        Ok(Step::Worked | Step::Installed) => Some(Progress::More),
        Ok(Step::Idle) => None,
        Err(error) => Some(after(&error)),
    }
}

/// A full disk has room again without telling anybody. Whatever else is wrong, the tree remembers, and the next wake
/// tries again.
fn after(error: &Error) -> Progress {
    if error.is_full() { Progress::RETRY } else { Progress::Idle }
}
