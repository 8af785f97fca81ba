//! The public handle.

use crate::compaction::DropSink;
use crate::copy::Copied;
use crate::ingest::Ingestion;
use crate::iter::{DeadRun, Iter, Source};
use crate::jobs::{CompactionJob, FlushJob};
use crate::key::{Kind, check_lens};
use crate::memtable::Memtable;
use crate::sstable::{Reading, TableCursor, filter};
use crate::stats::{LevelStats, Pressure, Stats};
use crate::tombstone::RangeTombstone;
use crate::tree::{Patience, State, Tree};
use crate::{Error, Op, Options, Result, Seq, Value};
use filesystem::MemoryPool;
use journal::Lsn;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use vfs::{Env, JobHandle};

/// An ordered map of bytes in many versions. One thread writes, any number read.
pub struct Lsm {
    // The jobs stop when their handles are dropped, before the tree goes; flush holds compaction's.
    flush_job: Arc<dyn JobHandle>,
    compaction_job: Arc<dyn JobHandle>,
    tree: Arc<Tree>,
}

impl Lsm {
    /// Opens the tree in `dir`, or begins one there, and starts its background jobs.
    pub fn open(env: &Env, dir: &Path, pool: MemoryPool, options: Options) -> Result<Lsm> {
        let tree = Arc::new(crate::open::open(env, dir, pool, options)?);
        let compaction_job = env.jobs.spawn("lsm-compaction", Box::new(CompactionJob::new(tree.clone())));
        let flush = FlushJob { tree: tree.clone(), compaction: compaction_job.clone() };
        let flush_job = env.jobs.spawn("lsm-flush", Box::new(flush));
        Ok(Lsm { flush_job, compaction_job, tree })
    }

    /// Adds the changes of commit `seq`, which the journal holds up to `lsn`. Touches memory only.
    /// Of two changes of one key the later holds. After an error for a key or value that is too long,
    /// the changes before it are in.
    pub fn apply<'a>(
        &self,
        seq: Seq,
        lsn: Lsn,
        ops: &mut dyn Iterator<Item = (&'a [u8], Op<'a>)>,
    ) -> Result<()> {
        self.apply_many(seq, lsn, &mut ops.map(|(key, op)| (key, seq, op)))
    }

    /// As [`apply`](Self::apply), for many commits at once, the last of which is `last`. Changes of one key come
    /// in the order of their commits, others in any; in the order of keys it costs least. Versions that no
    /// snapshot will see may be left out.
    pub fn apply_many<'a>(
        &self,
        last: Seq,
        lsn: Lsn,
        ops: &mut dyn Iterator<Item = (&'a [u8], Seq, Op<'a>)>,
    ) -> Result<()> {
        let tree = &*self.tree;
        let _writing = tree.writing.lock();
        tree.check_poison()?;
        let active = tree.state().active.clone();
        let writing = tree.gaps.writing();
        let mut refused = Ok(());
        let mut fitting = ops.map_while(|(key, seq, op)| {
            let mut value = &[][..];
            if let Op::Put(put) = op {
                value = put;
                writing.put(key);
            }
            refused = check_lens(key, value);
            refused.is_ok().then_some((key, seq, op))
        });
        active.apply(last, lsn, &mut fitting);
        self.after_write(&active);
        refused
    }

    /// Deletes every version below `seq` of the keys in `lower..upper`; what commit `seq` itself writes
    /// there stays. Costs the same however many there are.
    pub fn delete_range(&self, seq: Seq, lsn: Lsn, lower: &[u8], upper: Bound<&[u8]>) -> Result<()> {
        check_lens(lower, &[])?;
        let tree = &*self.tree;
        let _writing = tree.writing.lock();
        tree.check_poison()?;
        let end = match upper {
            Bound::Unbounded => None,
            Bound::Excluded(key) => Some(key.to_vec()),
            Bound::Included(key) => Some([key, &[0]].concat()),
        };
        let active = tree.state().active.clone();
        active.delete_range(RangeTombstone { start: lower.to_vec(), end, seq }, lsn);
        self.after_write(&active);
        Ok(())
    }

    /// Begins a bulk load: the changes of one commit become SSTables at once.
    pub fn begin_ingest(&self) -> Ingestion {
        Ingestion::new(self.tree.clone())
    }

    /// Adds a stream of puts in strictly ascending key order by a bulk load; durable and visible, all or
    /// nothing, on return. `seq` must be above that of every commit so far.
    pub fn ingest(&self, seq: Seq, sorted: &mut dyn Iterator<Item = (Vec<u8>, Vec<u8>)>) -> Result<()> {
        let mut ingestion = self.begin_ingest();
        for (key, value) in sorted {
            ingestion.add(&key, Op::Put(&value))?;
        }
        ingestion.install(seq, Lsn(0))?;
        self.wake();
        Ok(())
    }

    /// The newest version of `key` that `snapshot` sees, unless it is deleted there.
    pub fn get(&self, key: &[u8], snapshot: Seq) -> Result<Option<(Seq, Value)>> {
        Ok(self.version_of(key, snapshot)?.and_then(|(seq, value)| value.map(|value| (seq, value))))
    }

    /// The newest version of `key`; no value if it is a deletion. Old deletions may be forgotten.
    pub fn newest(&self, key: &[u8]) -> Result<Option<(Seq, Option<Value>)>> {
        self.version_of(key, Seq::MAX)
    }

    fn version_of(&self, key: &[u8], snapshot: Seq) -> Result<Option<(Seq, Option<Value>)>> {
        let state = self.tree.state();
        let tombstone = newest_tombstone(&state, key, snapshot);
        for memtable in state.memtables() {
            if let Some(entry) = memtable.get(key, snapshot) {
                let value = (entry.tag.kind() == Kind::Put).then(|| Value::copy_of(entry.value));
                return Ok(Some(unless_covered(entry.tag.seq(), value, tombstone)));
            }
        }
        let found = state.version.get(key, filter::hash(key), snapshot)?;
        Ok(match found {
            Some((tag, value)) => {
                let value = (tag.kind() == Kind::Put).then_some(value);
                Some(unless_covered(tag.seq(), value, tombstone))
            }
            None => tombstone.map(|seq| (seq, None)),
        })
    }

    /// Iterates over what `snapshot` sees between the bounds.
    pub fn iter(&self, lower: Bound<&[u8]>, upper: Bound<&[u8]>, snapshot: Seq) -> Result<Iter> {
        let dead = DeadRun::new(self.tree.gaps.clone());
        let state = self.tree.state();
        let mut sources: Vec<Source> = state.memtables().cloned().map(Source::memtable).collect();
        sources.extend(Source::tables(&state.version, lower, upper, Reading::Cached));
        let memory = state.memtables().map(|memtable| memtable.tombstones());
        let tombstones = memory.chain([state.version.tombstones.clone()]).filter(|set| !set.is_empty());
        Ok(Iter::new(sources, tombstones.collect(), dead, snapshot, (lower, upper)))
    }

    /// Closes the active memtable and lets the flush job write it out.
    pub fn seal(&self) {
        self.seal_active();
        self.wake();
    }

    /// Every commit up to here is in SSTables that survive a crash; replay begins behind it.
    pub fn flushed(&self) -> Seq {
        self.tree.state().version.flushed
    }

    /// The journal position that belongs to [`Self::flushed`].
    pub fn flushed_lsn(&self) -> Lsn {
        self.tree.state().version.flushed_lsn
    }

    /// Writes everything in memory to SSTables, on the calling thread; on success all of it survives a
    /// crash. Waits for the journal (I-1), so it must not be called from a background job: use
    /// [`Self::seal`] and watch [`Self::flushed`] there.
    pub fn flush(&self) -> Result<()> {
        self.seal_active();
        self.flush_sealed()
    }

    /// Writes the memtables that are sealed by now to SSTables, as [`flush`](Self::flush) does.
    pub fn flush_sealed(&self) -> Result<()> {
        let newest = self.tree.state().sealed.first().cloned();
        let is_left = |newest: &Arc<Memtable>| {
            self.tree.state().sealed.iter().any(|memtable| Arc::ptr_eq(memtable, newest))
        };
        while newest.as_ref().is_some_and(is_left) {
            self.tree.flush_step(Patience::Wait)?;
        }
        self.tree.check_poison()?;
        self.compaction_job.wake();
        Ok(())
    }

    /// Merges everything in SSTables into the last level, on the calling thread.
    pub fn compact(&self) -> Result<()> {
        self.tree.compact_everything()
    }

    /// Says that background work may go on: there may be room on the disk again, or the journal has become durable.
    /// What kept it so far counts no more, until it is met again. Cheap.
    pub fn wake(&self) {
        *self.tree.stalled.lock() = None;
        self.flush_job.wake();
        self.compaction_job.wake();
    }

    /// Whether the compaction job leaves the processor and the disk to others, as long as no writer has to wait for it
    /// ([`Pressure::Stop`]).
    pub fn put_off_compactions(&self, puts_off: bool) {
        self.tree.puts_off_compactions.store(puts_off, Ordering::Release);
        if !puts_off {
            self.compaction_job.wake();
        }
    }

    /// What is to be called when the journal has become durable up to some position. Cheap: nobody is woken
    /// who does not wait for that. It does not keep the tree alive.
    pub fn journal_listener(&self) -> impl Fn(Lsn) + Send + Sync + 'static {
        let (awaited, flush_job) = (self.tree.awaited.clone(), Arc::downgrade(&self.flush_job));
        move |durable| {
            fence(Ordering::SeqCst);
            let awaited = awaited.load(Ordering::Relaxed);
            if awaited != 0
                && awaited <= durable.0
                && let Some(job) = flush_job.upgrade()
            {
                job.wake();
            }
        }
    }

    /// Versions that no snapshot at or above `seq` can see may be dropped from now on. Never goes back.
    pub fn set_oldest_snapshot(&self, seq: Seq) {
        self.tree.set_oldest_snapshot(seq);
    }

    /// `sink` is told of each put that flush or compaction drops, once it is durably gone; after a
    /// crash it may be told again, or not at all. It is called from background jobs and from
    /// [`Self::flush`] and [`Self::compact`], and must not call those.
    pub fn set_drop_sink(&self, sink: Arc<DropSink>) {
        *self.tree.sink.write() = Some(sink);
    }

    /// How much the writer should hold back.
    pub fn pressure(&self) -> Pressure {
        let state = self.tree.state();
        let trigger = self.tree.options.level0_tables.max(1);
        let level0 = state.version.levels[0].len();
        let short = self.tree.is_short_of_memory.load(Ordering::Relaxed) && !state.sealed.is_empty();
        let sealed = state.sealed.len() + usize::from(short);
        if level0 >= self.tree.level0_max() || sealed >= 4 {
            return Pressure::Stop;
        }
        // Rises with the square of the backlog: gently first, near a stop only just before it.
        let excess = level0.saturating_sub(3 * trigger) as u32 + 4 * sealed.saturating_sub(1) as u32;
        if excess == 0 { Pressure::None } else { Pressure::Slow(20 * excess * excess) }
    }

    /// Why background work does not get on, if it does not.
    pub fn stalled(&self) -> Option<Error> {
        self.tree.stalled.lock().clone()
    }

    /// A description of the tree.
    pub fn stats(&self) -> Stats {
        let state = self.tree.state();
        let mut stats = Stats {
            active_len: state.active.used(),
            sealed_count: state.sealed.len(),
            sealed_len: state.sealed.iter().map(|memtable| memtable.used()).sum(),
            range_tombstone_count: state.version.tombstones.iter().count(),
            flushed: state.version.flushed,
            cache_len: self.tree.files.cache.used(),
            stalled: self.tree.stalled.lock().as_ref().map(ToString::to_string),
            ..Stats::default()
        };
        (stats.cache_hits, stats.cache_misses) = self.tree.files.cache.counts();
        for (level, table) in state.version.tables() {
            let LevelStats { table_count, len, entry_count } = &mut stats.levels[level];
            *table_count += 1;
            *len += table.meta.len;
            *entry_count += table.meta.properties.entry_count;
        }
        stats
    }

    /// Reads every byte of every table and checks it; returns the number of versions.
    pub fn verify(&self) -> Result<u64> {
        let state = self.tree.state();
        let mut count = 0;
        for (_, table) in state.version.tables() {
            table.verify_file()?;
            count += crate::sstable::cursor::verify_order(TableCursor::new(table.clone(), Reading::Ahead))?;
        }
        Ok(count)
    }

    /// Copies what is in SSTables to another directory, which is a tree then: all of [`Self::flushed`] at some
    /// moment during the call. Tables that an earlier copy has left there are kept.
    pub fn copy(&self, dir: &Path) -> Result<Copied> {
        crate::copy::copy(&self.tree, dir)
    }

    /// One line a table, as scripts and people read it: level, id, entries, keys.
    pub fn describe_levels(&self) -> Vec<String> {
        let state = self.tree.state();
        let line = |(level, table): (usize, &Arc<crate::sstable::Table>)| {
            let properties = &table.meta.properties;
            format!(
                "L{level}  {}:[{}..{}] {} entries, {} deletes, seq {}..{}",
                table.meta.id,
                properties.smallest.escape_ascii(),
                properties.largest.escape_ascii(),
                properties.entry_count,
                properties.delete_count,
                properties.min_seq.0,
                properties.max_seq.0,
            )
        };
        state.version.tables().map(line).collect()
    }

    fn seal_active(&self) {
        let _writing = self.tree.writing.lock();
        if !self.tree.state().active.is_empty() {
            self.tree.rotate();
        }
    }

    /// Seals the memtable if it is full, or if the pool has no more memory for it.
    fn after_write(&self, active: &Memtable) {
        let tree = &*self.tree;
        let granted = active.reserve();
        tree.is_short_of_memory.store(!granted, Ordering::Relaxed);
        let is_full = active.content_len() >= tree.options.memtable_len;
        // Many tiny memtables would not help against a full pool.
        let yields = !granted && active.content_len() >= tree.options.memtable_len / 8;
        if is_full || yields {
            tree.rotate();
            self.flush_job.wake();
        }
    }
}

impl std::fmt::Debug for Lsm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lsm").field("dir", &self.tree.files.dir).finish_non_exhaustive()
    }
}

fn newest_tombstone(state: &State, key: &[u8], snapshot: Seq) -> Option<Seq> {
    let in_memory = state.memtables().filter_map(|memtable| memtable.tombstone_over(key, snapshot)).max();
    in_memory.max(state.version.tombstones.newest_over(key, snapshot))
}

fn unless_covered(seq: Seq, value: Option<Value>, tombstone: Option<Seq>) -> (Seq, Option<Value>) {
    match tombstone {
        Some(tombstone) if seq < tombstone => (tombstone, None),
        _ => (seq, value),
    }
}
