//! Checkpoints: the journal before them is not needed any more.
//!
//! A position is noted when every record before it is applied. Then everything in memory is written, by
//! the tree into tables and by the heap into pages, while commits go on. Then the superblock names the
//! position, and the journal may use the segments before it again. A failure at any step leaves the
//! checkpoint before it true.

use crate::engine::Engine;
use crate::{Error, Result, vacuum};
use std::sync::Arc;
use vfs::{Job, Progress};

/// Makes a checkpoint now.
pub(crate) fn checkpoint(engine: &Engine) -> Result<()> {
    let mut superblock = engine.superblock.lock();
    engine.check_health()?;
    while vacuum::drain(engine)? > 0 {}
    let mut next = superblock.clone();
    {
        let turn = engine.turn.lock();
        next.checkpoint = engine.journal.end();
        next.last_seq = turn.last_seq;
        next.dropped = turn.dropped.iter().map(|(keyspace, _)| *keyspace).collect();
    }
    engine.lsm.flush()?;
    engine.heap.checkpoint()?;
    engine.journal.wait_durable(next.checkpoint)?;
    next.store(&engine.env, &engine.dir)?;
    engine.journal.recycle_before(next.checkpoint);
    *superblock = next;
    Ok(())
}

/// Bytes of journal that a recovery would replay.
pub(crate) fn lag(engine: &Engine) -> u64 {
    // A checkpoint at work holds the latch, and is the answer.
    let done = engine.superblock.try_lock().map(|superblock| superblock.checkpoint);
    done.map_or(0, |done| engine.journal.durable().0.saturating_sub(done.0))
}

/// Makes a checkpoint whenever the journal has grown by so much, and frees what commits leave behind.
pub(crate) struct CheckpointJob {
    pub(crate) engine: Arc<Engine>,
    pub(crate) every: u64,
}

impl Job for CheckpointJob {
    fn step(&mut self) -> Progress {
        if lag(&self.engine) < self.every {
            return Progress::Idle;
        }
        match checkpoint(&self.engine) {
            Ok(()) => Progress::More,
            // Nothing is lost: the checkpoint before holds, and the next record tries again.
            Err(Error::Full { .. } | Error::Poisoned { .. } | Error::OutOfMemory { .. }) => Progress::Idle,
            Err(error) => {
                let _ = self.engine.or_poison::<()>(Err(error));
                Progress::Idle
            }
        }
    }
}
