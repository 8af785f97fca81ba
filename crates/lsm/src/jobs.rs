//! The two background jobs: flush, and compaction, which a flush wakes.

use crate::Error;
use crate::flush::Step;
use crate::tree::{Patience, Tree};
use std::sync::Arc;
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

pub(crate) struct CompactionJob {
    pub(crate) tree: Arc<Tree>,
}

impl Job for CompactionJob {
    fn step(&mut self) -> Progress {
        match self.tree.compaction_step() {
            Ok(Step::Worked | Step::Installed) => Progress::More,
            Ok(Step::Idle) => Progress::Idle,
            Err(error) => after(&error),
        }
    }
}

/// A full disk has room again without telling anybody. Whatever else is wrong, the tree remembers, and the next wake
/// tries again.
fn after(error: &Error) -> Progress {
    if error.is_full() { Progress::RETRY } else { Progress::Idle }
}
