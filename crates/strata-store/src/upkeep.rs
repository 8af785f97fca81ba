//! The job that writes what is only in memory, so that neither a recovery nor a reader has to wait for it.
//!
//! It keeps pace with the journal and not with a clock. When the journal has grown by `every` since the last
//! checkpoint, the next one begins; it writes its pages while the journal grows by half as much again, a batch
//! at a time, so that commits beside it hardly notice. Beside that, pages are written whenever so many are
//! dirty that a reader might have to write one before it can read. Should the disk not keep up at all,
//! commits are held back at [`LAG_MAX`] times `every`: the journal stays bounded. And the files of dropped
//! keyspaces go as soon as no snapshot sees them, without a checkpoint.
//!
//! A large commit that is being made ready holds checkpoints back at its first part: while it lasts the journal
//! grows with it.

use crate::checkpoint::{Checkpoint, checkpoint, lag};
use crate::engine::Engine;
use crate::{Error, Result, vacuum};
use journal::Lsn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use vfs::{Job, Progress};

/// Pages of a write-back step.
const BATCH: usize = 128;
/// Times `every` that the journal may be ahead of the last checkpoint.
const LAG_MAX: u64 = 4;

/// When the job has something to do.
pub(crate) struct Schedule {
    every: u64,
    /// The journal's end from which on there is something to do.
    due: AtomicU64,
    /// Keyspaces were dropped whose files are still there.
    has_drops: AtomicBool,
}

impl Schedule {
    /// After a recovery from a checkpoint at this position.
    pub(crate) fn new(every: u64, checkpoint: Lsn) -> Self {
        let due = AtomicU64::new(checkpoint.0.saturating_add(every));
        Schedule { every, due, has_drops: AtomicBool::new(false) }
    }

    /// Whether the job has something to look at once the journal is durable up to `end`.
    pub(crate) fn is_due(&self, end: Lsn) -> bool {
        self.is_checkpoint_due(end) || self.has_drops.load(Ordering::Relaxed)
    }

    fn is_checkpoint_due(&self, end: Lsn) -> bool {
        end.0 >= self.due.load(Ordering::Relaxed)
    }

    /// A keyspace was dropped: its file goes as soon as nobody sees it any more.
    pub(crate) fn note_drop(&self) {
        self.has_drops.store(true, Ordering::Relaxed);
    }

    fn set_due(&self, position: Lsn, later: u64) {
        self.due.store(position.0.saturating_add(later), Ordering::Relaxed);
    }
}

impl Engine {
    /// Wakes the job if readers may soon have to wait for writes, or others for memory.
    pub(crate) fn relieve_cache(&self) {
        if (self.heap.is_crowded() || self.heap.owes_memory())
            && let Some(job) = self.upkeep.get().and_then(Weak::upgrade)
        {
            job.wake();
        }
    }

    /// Makes a checkpoint on the calling thread if the job falls behind the journal.
    pub(crate) fn bound_journal(&self) -> Result<()> {
        let max = self.schedule.every.saturating_mul(LAG_MAX);
        if lag(self.checkpoint_limit(), &self.checkpointed) < max { Ok(()) } else { checkpoint(self) }
    }
}

/// Writes pages back and makes checkpoints.
pub(crate) struct Upkeep {
    engine: Arc<Engine>,
    running: Option<Checkpoint>,
}

impl Upkeep {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Upkeep { engine, running: None }
    }

    fn work(&mut self) -> Result<Progress> {
        let engine = &*self.engine;
        engine.check_health()?;
        if engine.awaits_room.load(Ordering::Acquire) {
            return Ok(Progress::RETRY);
        }
        if engine.heap.owes_memory() && engine.heap.give_memory_back() {
            return Ok(Progress::More);
        }
        if engine.heap.is_crowded() {
            let written = engine.heap.write_back(BATCH).or_else(|error| engine.judge(error.into()))?;
            if written > 0 {
                return Ok(Progress::More);
            }
        }
        if engine.schedule.has_drops.load(Ordering::Relaxed) {
            release_drops(engine)?;
        }
        if engine.heap.give_memory_to_system() {
            return Ok(Progress::More);
        }
        if !engine.schedule.is_checkpoint_due(engine.checkpoint_limit()) {
            return Ok(Progress::Idle);
        }
        self.advance()?;
        Ok(Progress::More)
    }

    /// One step of the checkpoint under way, or the first of the next. Notes when the one after it is due.
    fn advance(&mut self) -> Result<()> {
        let engine = &*self.engine;
        let schedule = &*engine.schedule;
        let checkpointed = Lsn(engine.checkpointed.load(Ordering::Relaxed));
        match self.running.take() {
            Some(mut running) if running.position() > checkpointed && !running.is_swept() => {
                running.step(engine)?;
                schedule.set_due(running.position(), running.share_of(schedule.every / 2));
                self.running = Some(running);
            }
            Some(running) if running.position() > checkpointed => {
                schedule.set_due(running.position(), schedule.every);
                running.end(engine)?;
            }
            // Somebody has asked for a checkpoint meanwhile.
            _ if lag(engine.checkpoint_limit(), &engine.checkpointed) < schedule.every => {
                schedule.set_due(checkpointed, schedule.every);
            }
            _ => {
                let begun = Checkpoint::begin(engine)?;
                schedule.set_due(begun.position(), 0);
                self.running = Some(begun);
            }
        }
        Ok(())
    }
}

/// Gives back the files of dropped keyspaces that nobody sees any more.
fn release_drops(engine: &Engine) -> Result<()> {
    let schedule = &*engine.schedule;
    // Taken back first: a drop that comes meanwhile is noted again.
    schedule.has_drops.store(false, Ordering::Relaxed);
    while vacuum::discard(engine)? {}
    if engine.heap.has_much_to_release() {
        engine.heap.release().or_else(|error| engine.judge(error.into()))?;
    }
    if !engine.turn.lock().dropped.is_empty() {
        schedule.note_drop();
    }
    Ok(())
}

impl Job for Upkeep {
    fn step(&mut self) -> Progress {
        // The checkpoint before holds; the next one begins anew. A full disk tells nobody when it has room again.
        self.work().unwrap_or_else(|error| {
            self.running = None;
            match error {
                Error::Full { .. } | Error::OutOfMemory { .. } => Progress::RETRY,
                _ => Progress::Idle,
            }
        })
    }
}
