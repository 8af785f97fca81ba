//! What a store is made of, and the reads that go through all of it.

use crate::discard::Discarded;
use crate::keyspace::key_of;
use crate::lock::LockTable;
use crate::serializable::Serializable;
use crate::snapshots::Snapshots;
use crate::superblock::Superblock;
use crate::tuple::Tuple;
use crate::txn::values::Scratch;
use crate::underway::Underway;
use crate::upkeep::Schedule;
use crate::vacuum::{Dropped, Frees};
use crate::{Error, KeyspaceId, Result, location};
use filesystem::{Heap, NotDurable, TupleLoc, WriteAhead};
use journal::{Journal, Lsn};
use lsm::{Lsm, Pressure, Seq};
use parking_lot::Mutex;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use vfs::{Env, File, Job, JobHandle, Progress};

/// The parts of a store. Latches are taken in the order in which they stand here.
pub(crate) struct Engine {
    pub(crate) env: Env,
    pub(crate) dir: PathBuf,
    /// One checkpoint at a time.
    pub(crate) superblock: Mutex<Superblock>,
    /// The superblock's checkpoint, for those who only ask how far behind it is.
    pub(crate) checkpointed: AtomicU64,
    /// Where the first part of the oldest draft under way lies; `u64::MAX` if there is none.
    pub(crate) underway_from: AtomicU64,
    pub(crate) schedule: Arc<Schedule>,
    /// The job that writes in the background. It owns this.
    pub(crate) upkeep: OnceLock<Weak<dyn JobHandle>>,
    pub(crate) discarded: Arc<Discarded>,
    pub(crate) serializable: Mutex<Serializable>,
    /// Who holds it may append to the journal.
    pub(crate) turn: Mutex<Turn>,
    pub(crate) locks: Mutex<LockTable>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) lsm: Lsm,
    pub(crate) heap: Heap,
    pub(crate) journal: Arc<Journal>,
    /// A commit of more bytes goes to the tree as tables.
    pub(crate) bulk_len: u64,
    pub(crate) scratch: Arc<Scratch>,
    pub(crate) next_txn: AtomicU64,
    pub(crate) poison: Mutex<Option<String>>,
    /// Whoever has the turn waits for room on the disk: jobs that want the turn would wait for ever.
    pub(crate) awaits_room: AtomicBool,
    /// Held while the journal must stay from the last checkpoint on. Taken before all others.
    pub(crate) retained: Mutex<()>,
    /// No commits: what is written goes nowhere.
    pub(crate) is_read_only: bool,
    /// Keeps other processes out.
    pub(crate) _directory_lock: Arc<dyn File>,
}

/// What only the one who appends to the journal may touch.
pub(crate) struct Turn {
    pub(crate) last_seq: Seq,
    /// The record being written; kept for its capacity.
    pub(crate) record: Vec<u8>,
    pub(crate) frees: Frees,
    /// Large commits that are being made ready.
    pub(crate) underway: Underway,
    /// Keyspaces that are dropped but whose heap a snapshot may still read. Whoever adds one tells the schedule.
    pub(crate) dropped: Vec<(KeyspaceId, Seq)>,
    pub(crate) freed: u64,
    pub(crate) refused: u64,
}

/// A record buffer that has grown beyond this is not kept.
const RECORD_KEPT_MAX: usize = 1 << 20;

impl Turn {
    pub(crate) fn new(last_seq: Seq, dropped_by_tree: Arc<Dropped>) -> Self {
        Turn {
            last_seq,
            record: Vec::new(),
            frees: Frees::new(dropped_by_tree),
            underway: Underway::default(),
            dropped: Vec::new(),
            freed: 0,
            refused: 0,
        }
    }

    pub(crate) fn next_seq(&self) -> Seq {
        Seq(self.last_seq.0 + 1)
    }

    /// Commit `seq` is applied; its buffer may be used again.
    pub(crate) fn settle(&mut self, seq: Seq, record: Vec<u8>) {
        self.last_seq = seq;
        if record.capacity() <= RECORD_KEPT_MAX {
            self.record = record;
        }
    }
}

impl Engine {
    /// The value of a stored key at a snapshot.
    pub(crate) fn read(&self, snapshot: Seq, keyspace: KeyspaceId, stored: &[u8]) -> Result<Option<Tuple>> {
        match self.lsm.get(stored, snapshot)? {
            None => Ok(None),
            Some((_, value)) if keyspace.is_index() => Ok(Some(Tuple::of_tree(value))),
            Some((seq, value)) => self.heap_tuple(keyspace, stored, seq, &value).map(Some),
        }
    }

    /// The value that an entry of the tree stands for.
    pub(crate) fn tuple_of(
        &self,
        keyspace: KeyspaceId,
        stored: &[u8],
        seq: Seq,
        value: &[u8],
    ) -> Result<Tuple> {
        if keyspace.is_index() {
            return Ok(Tuple::copy_of(value));
        }
        self.heap_tuple(keyspace, stored, seq, value)
    }

    /// The tuple that an entry names. Entry and tuple must agree on commit and key (I-6).
    fn heap_tuple(&self, keyspace: KeyspaceId, stored: &[u8], seq: Seq, value: &[u8]) -> Result<Tuple> {
        let loc = self.loc_of(keyspace, seq, value)?;
        let tuple = match self.heap.read(keyspace.space(), loc) {
            Err(filesystem::Error::NoTuple { .. }) => {
                return Err(Error::Disagree { keyspace, seq, what: format!("nothing at {loc}") });
            }
            read => read?,
        };
        let created = tuple.created();
        if created != seq.0 {
            let what = format!("the version at {loc} is of commit {created}");
            return Err(Error::Disagree { keyspace, seq, what });
        }
        let other_key =
            || Error::Disagree { keyspace, seq, what: format!("the tuple at {loc} has another key") };
        Tuple::of_page(tuple, key_of(stored)).ok_or_else(other_key)
    }

    /// The location that an entry of a table keyspace is.
    pub(crate) fn loc_of(&self, keyspace: KeyspaceId, seq: Seq, value: &[u8]) -> Result<TupleLoc> {
        let what = || format!("an entry of {} bytes is no location", value.len());
        location::decode(value).ok_or_else(|| Error::Disagree { keyspace, seq, what: what() })
    }

    /// Whether `snapshot` sees that `keyspace` was dropped, although its heap is still there.
    pub(crate) fn is_dropped(&self, keyspace: KeyspaceId, snapshot: Seq) -> bool {
        let dropped = &self.turn.lock().dropped;
        dropped.iter().any(|(other, at)| *other == keyspace && *at <= snapshot)
    }

    /// The table keyspaces that have a heap, in order.
    pub(crate) fn table_keyspaces(&self) -> Result<Vec<KeyspaceId>> {
        let dir = self.dir.join("heap");
        let files = self.env.fs.list(&dir).map_err(|source| Error::disk("list", &dir, &source))?;
        let number = |file: &PathBuf| file.file_name()?.to_str()?.strip_suffix(".heap")?.parse().ok();
        let mut keyspaces: Vec<_> = files.iter().filter_map(number).map(KeyspaceId).collect();
        keyspaces.sort();
        Ok(keyspaces)
    }

    /// A draft has begun or ended.
    pub(crate) fn note_underway(&self, turn: &Turn) {
        let from = turn.underway.began().map_or(u64::MAX, |began| began.0);
        self.underway_from.store(from, Ordering::Relaxed);
    }

    /// How far a checkpoint could get now: the journal's end, but not beyond parts that are not applied yet.
    pub(crate) fn checkpoint_limit(&self) -> Lsn {
        Lsn(self.journal.end().0.min(self.underway_from.load(Ordering::Relaxed)))
    }

    /// A large commit is cut into records of about this many bytes.
    pub(crate) fn part_len(&self) -> usize {
        (self.bulk_len / 16).clamp(4 << 10, 1 << 20) as usize
    }

    /// An error if an earlier failure has made it unsafe to go on (I-4).
    pub(crate) fn check_health(&self) -> Result<()> {
        if let Some(reason) = self.poison.lock().clone() {
            return Err(Error::Poisoned { reason, is_full: false });
        }
        self.journal.poisoned().map_or(Ok(()), |error| Err(error.into()))
    }

    /// Waits while background work is so far behind that more writes would only make it worse.
    pub(crate) fn hold_back(&self) -> Result<()> {
        self.bound_journal()?;
        self.await_tree()
    }

    /// Waits until the tree takes more.
    pub(crate) fn await_tree(&self) -> Result<()> {
        if self.lsm.pressure() != Pressure::Stop {
            return Ok(());
        }
        // Forgets what kept the tree so far: it is asked anew.
        self.lsm.wake();
        let goes_on = || self.lsm.pressure() != Pressure::Stop || self.lsm.stalled().is_some();
        self.env.jobs.wait_until(&|| goes_on() || self.check_health().is_err());
        match self.lsm.stalled() {
            Some(error) if self.lsm.pressure() == Pressure::Stop => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Does what cannot be given up any more: while the disk is full, again and again.
    pub(crate) fn insist<T>(&self, work: impl FnMut() -> Result<T>) -> Result<T> {
        let mut work = work;
        let mut outcome = work();
        if !matches!(outcome, Err(Error::Full { .. })) {
            return outcome;
        }
        let (work, again) = (RefCell::new(work), RefCell::new(outcome));
        self.awaits_room.store(true, Ordering::Release);
        let clockwork = self.env.jobs.spawn("room", Box::new(Clockwork));
        self.env.jobs.wait_until(&|| {
            let outcome = (work.borrow_mut())();
            let is_over = !matches!(outcome, Err(Error::Full { .. })) || self.check_health().is_err();
            *again.borrow_mut() = outcome;
            is_over
        });
        drop(clockwork);
        self.awaits_room.store(false, Ordering::Release);
        outcome = again.into_inner();
        outcome
    }

    /// What failed here cannot be taken back: memory and journal no longer say the same.
    pub(crate) fn or_poison<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            let reason = error.to_string();
            self.poison.lock().get_or_insert_with(|| reason.clone());
            Error::Poisoned { reason, is_full: false }
        })
    }
}

/// Ticks, for who waits for something that tells nobody when it comes.
struct Clockwork;

impl Job for Clockwork {
    fn step(&mut self) -> Progress {
        Progress::RETRY
    }
}

/// The journal, as heap and tree see it: nothing is written before the record that explains it (I-1).
pub(crate) struct JournalFirst(pub(crate) Arc<Journal>);

impl WriteAhead for JournalFirst {
    fn durable(&self) -> Lsn {
        self.0.durable()
    }

    fn ensure_durable(&self, lsn: Lsn) -> Result<(), NotDurable> {
        // Not a wait for the journal's job: who needs this may be a job itself.
        Ok(self.0.sync_to(lsn)?)
    }
}
