//! Flush: the oldest sealed memtable becomes tables of level 0, in bounded steps.

use crate::compaction::{Output, Retention};
use crate::iter::{Merge, Source};
use crate::memtable::Memtable;
use crate::tree::{Patience, Tree};
use crate::version::{Edit, Version};
use crate::{Error, Result};
use std::sync::Arc;

/// A memtable on its way to disk.
pub(crate) struct RunningFlush {
    memtable: Arc<Memtable>,
    version: Arc<Version>,
    output: Output,
}

/// What a step of background work achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is nothing to do, or it must wait for the journal or for somebody else's step.
    Idle,
    Worked,
    /// A new version is in place.
    Installed,
}

impl Tree {
    /// Does one bounded piece of the flush of the oldest sealed memtable.
    pub(crate) fn flush_step(&self, patience: Patience) -> Result<Step> {
        let slot = match patience {
            Patience::Wait => Some(self.flush.lock()),
            Patience::Poll => self.flush.try_lock(),
        };
        let Some(mut slot) = slot else { return Ok(Step::Idle) };
        self.check_poison()?;
        let stepped = self.step_in(&mut slot, patience);
        // Only a new file may be tried after a failure: what a failed one holds is uncertain.
        stepped.map_err(|error| {
            *slot = None;
            self.judge(error)
        })
    }

    fn step_in(&self, slot: &mut Option<RunningFlush>, patience: Patience) -> Result<Step> {
        let running = match &mut *slot {
            Some(running) => running,
            none => match self.start_flush(patience)? {
                Some(started) => none.insert(started),
                None => return Ok(Step::Idle),
            },
        };
        let version = &running.version;
        if !running.output.step(&|key| version.levels[0].is_empty() && version.is_bottom_for(0, key))? {
            return Ok(Step::Worked);
        }
        self.install_flush(running)?;
        *slot = None;
        *self.stalled.lock() = None;
        Ok(Step::Installed)
    }

    fn start_flush(&self, patience: Patience) -> Result<Option<RunningFlush>> {
        let state = self.state();
        let Some(memtable) = state.sealed.last() else { return Ok(None) };
        if !self.is_journal_durable(memtable.max_lsn(), patience)? {
            return Ok(None);
        }
        let mut merge = Merge::new(vec![Source::memtable(memtable.clone())]);
        merge.first()?;
        let tombstones = vec![memtable.tombstones(), state.version.tombstones.clone()];
        let retention = Retention::new(self.oldest_snapshot(), tombstones);
        let output = Output::new(self.files.clone(), &self.options, 0, merge, retention, memtable.min_seq());
        Ok(Some(RunningFlush { memtable: memtable.clone(), version: state.version.clone(), output }))
    }

    fn install_flush(&self, running: &mut RunningFlush) -> Result<()> {
        let memtable = &running.memtable;
        let edit = Edit {
            added: running.output.tables()?.into_iter().map(|meta| (0, meta)).collect(),
            tombstones_added: memtable.tombstones().iter().cloned().collect(),
            flushed: Some((memtable.max_seq(), memtable.max_lsn())),
            ..Edit::default()
        };
        self.install(&mut running.output, &edit, Some(memtable))
    }

    /// Commits `edit`, whose tables are `output`'s, and then tells the sink what was dropped.
    pub(crate) fn install(
        &self,
        output: &mut Output,
        edit: &Edit,
        flushed: Option<&Arc<Memtable>>,
    ) -> Result<()> {
        let committed = self.commit(edit, |state| {
            state.sealed.retain(|sealed| flushed.is_none_or(|flushed| !Arc::ptr_eq(sealed, flushed)));
        });
        // Unless it was refused outright, the manifest may name the new files: they must stay.
        if !matches!(committed, Err(Error::NoSpace { .. })) {
            output.set_installed();
        }
        committed?;
        let sink = self.sink.read().clone();
        if let Some(sink) = sink.filter(|_| output.dropped().count() > 0) {
            output.dropped().tell(&*sink);
        }
        Ok(())
    }
}
