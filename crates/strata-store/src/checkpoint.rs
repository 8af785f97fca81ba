//! Checkpoints: the journal before them is not needed any more.
//!
//! A position is noted when every record before it is applied. Then everything in memory is written, by
//! the tree into tables and by the heap into pages, while commits go on. Then the superblock names the
//! position, and the journal may use the segments before it again. A failure at any step leaves the
//! checkpoint before it true. A full disk passes; any other failure poisons the store (I-4), for what a
//! write or sync has left behind is unknown until the next recovery.

use crate::engine::Engine;
use crate::{Error, Result, vacuum};
use journal::Lsn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    write_everything(engine, next.checkpoint).or_else(|error| judge(engine, error))?;
    next.store(&engine.env, &engine.dir).or_else(|error| judge(engine, error))?;
    engine.checkpointed.store(next.checkpoint.0, Ordering::Relaxed);
    engine.journal.recycle_before(next.checkpoint);
    *superblock = next;
    Ok(())
}

fn write_everything(engine: &Engine, up_to: Lsn) -> Result<()> {
    engine.lsm.flush()?;
    engine.heap.checkpoint()?;
    Ok(engine.journal.sync_to(up_to)?)
}

fn judge(engine: &Engine, error: Error) -> Result<()> {
    match error {
        Error::Full { .. } | Error::OutOfMemory { .. } => Err(error),
        error => engine.or_poison(Err(error)),
    }
}

/// Bytes of journal that a recovery would replay.
pub(crate) fn lag(durable: Lsn, checkpointed: &AtomicU64) -> u64 {
    durable.0.saturating_sub(checkpointed.load(Ordering::Relaxed))
}

/// Makes a checkpoint whenever the journal has grown by so much.
pub(crate) struct CheckpointJob {
    pub(crate) engine: Arc<Engine>,
    pub(crate) every: u64,
}

impl Job for CheckpointJob {
    fn step(&mut self) -> Progress {
        let journal = &self.engine.journal;
        if lag(journal.durable(), &self.engine.checkpointed) < self.every {
            return Progress::Idle;
        }
        match checkpoint(&self.engine) {
            Ok(()) => Progress::More,
            // The checkpoint before holds; the next sync tries again.
            Err(_) => Progress::Idle,
        }
    }
}
