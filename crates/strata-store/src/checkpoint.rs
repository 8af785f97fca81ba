//! Checkpoints: the journal before them is not needed any more.
//!
//! ```text
//! begin   a position is noted at which every record before it is applied; memtables so far are sealed.
//!         Parts of a commit that is still being made ready are not applied: the position is before them
//! step    the pages dirty by then are written, batch by batch, while commits go on
//! end     tables and pages are complete and synced; the superblock names the position; the journal
//!         may use the segments before it again
//! ```
//! A failure at any step leaves the checkpoint before it true. A full disk passes; any other failure poisons
//! the store (I-4), for what a write or sync has left behind is unknown until the next recovery.

use crate::engine::Engine;
use crate::superblock::Superblock;
use crate::{Error, Result, vacuum};
use filesystem::Sweep;
use journal::Lsn;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes a checkpoint now, as fast as it goes.
pub(crate) fn checkpoint(engine: &Engine) -> Result<()> {
    let mut checkpoint = Checkpoint::begin(engine)?;
    while !checkpoint.is_swept() {
        checkpoint.step(engine)?;
    }
    checkpoint.end(engine)
}

/// Bytes of journal that a recovery would replay.
pub(crate) fn lag(end: Lsn, checkpointed: &AtomicU64) -> u64 {
    end.0.saturating_sub(checkpointed.load(Ordering::Relaxed))
}

/// A checkpoint under way. Dropping it gives it up, which harms nothing.
pub(crate) struct Checkpoint {
    next: Superblock,
    sweep: Sweep,
}

impl Checkpoint {
    pub(crate) fn begin(engine: &Engine) -> Result<Checkpoint> {
        engine.check_health()?;
        while vacuum::drain(engine)? > 0 {}
        let mut next = engine.superblock.lock().clone();
        {
            let turn = engine.turn.lock();
            next.checkpoint = engine.checkpoint_limit();
            next.last_seq = turn.last_seq;
            next.dropped = turn.dropped.iter().map(|(keyspace, _)| *keyspace).collect();
            engine.lsm.seal();
        }
        let sweep = engine.heap.begin_checkpoint().or_else(|error| engine.judge(error.into()))?;
        Ok(Checkpoint { next, sweep })
    }

    /// Everything before here is in its place once the checkpoint has ended.
    pub(crate) fn position(&self) -> Lsn {
        self.next.checkpoint
    }

    pub(crate) fn is_swept(&self) -> bool {
        self.sweep.is_over()
    }

    /// How much of `whole` belongs to the work that is done.
    pub(crate) fn share_of(&self, whole: u64) -> u64 {
        self.sweep.share_of(whole)
    }

    pub(crate) fn step(&mut self, engine: &Engine) -> Result<()> {
        engine.heap.sweep_some(&mut self.sweep).or_else(|error| engine.judge(error.into()))
    }

    pub(crate) fn end(mut self, engine: &Engine) -> Result<()> {
        self.write_the_rest(engine).or_else(|error| engine.judge(error))?;
        self.next.flushed = engine.lsm.flushed();
        let mut superblock = engine.superblock.lock();
        if self.next.checkpoint <= superblock.checkpoint {
            // Another one was faster, and began later.
            return Ok(());
        }
        self.next.store(&engine.env, &engine.dir).or_else(|error| engine.judge(error))?;
        let position = self.next.checkpoint;
        *superblock = self.next;
        engine.checkpointed.store(position.0, Ordering::Relaxed);
        // Somebody who still needs the journal leaves it to the next checkpoint.
        if let Some(_nobody_else) = engine.retained.try_lock() {
            engine.journal.recycle_before(position);
            engine.heap.replay_starts_at(position);
        }
        Ok(())
    }

    fn write_the_rest(&self, engine: &Engine) -> Result<()> {
        engine.lsm.flush_sealed()?;
        engine.heap.end_checkpoint()?;
        Ok(engine.journal.sync_to(self.next.checkpoint)?)
    }
}

impl Engine {
    /// What the failure of a write in the background means: a full disk and a full pool pass.
    pub(crate) fn judge<T>(&self, error: Error) -> Result<T> {
        match error {
            Error::Full { .. } | Error::OutOfMemory { .. } => Err(error),
            error => self.or_poison(Err(error)),
        }
    }
}
