//! The two background jobs: flush, and compaction, which a flush wakes.

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
            // The tree remembers why; the next wake tries again.
            Err(_) => Progress::Idle,
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
            Ok(Step::Idle) | Err(_) => Progress::Idle,
        }
    }
}
