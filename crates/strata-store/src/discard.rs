//! The job that takes apart what large transactions leave behind when they end: keys and versions in memory, runs and
//! values in scratch files. That takes seconds for millions of rows, and whoever ends the transaction need not wait.

use crate::txn::private::Private;
use parking_lot::Mutex;
use std::sync::{Arc, OnceLock, Weak};
use vfs::{Job, JobHandle, Progress};

/// Entries that a step frees.
const ENTRIES: usize = 4096;

/// What is yet to be taken apart.
#[derive(Default)]
pub(crate) struct Discarded {
    left: Mutex<Vec<Private>>,
    job: OnceLock<Weak<dyn JobHandle>>,
}

impl Discarded {
    /// The job that is to be woken.
    pub(crate) fn set_job(&self, job: Weak<dyn JobHandle>) {
        let _ = self.job.set(job);
    }

    /// Leaves a transaction's writes to the job.
    pub(crate) fn take(&self, private: Private) {
        if let Some(job) = self.job.get().and_then(Weak::upgrade) {
            self.left.lock().push(private);
            job.wake();
        }
    }
}

/// See the module.
pub(crate) struct Discard {
    discarded: Arc<Discarded>,
    at_work: Option<Private>,
}

impl Discard {
    pub(crate) fn new(discarded: Arc<Discarded>) -> Self {
        Discard { discarded, at_work: None }
    }
}

impl Job for Discard {
    fn step(&mut self) -> Progress {
        if self.at_work.is_none() {
            self.at_work = self.discarded.left.lock().pop();
        }
        let Some(private) = &mut self.at_work else { return Progress::Idle };
        if !private.forget_some(ENTRIES) {
            // What is left is files.
            self.at_work = None;
        }
        Progress::More
    }
}
