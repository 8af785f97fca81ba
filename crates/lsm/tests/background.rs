//! Background work: the journal goes first, pressure shows, threads see whole commits, large entries fit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use filesystem::{MemoryPool, NotDurable, WriteAhead};
use journal::Lsn;
use lsm::{Error, KEY_LEN_MAX, Lsm, Op, Options, Pressure, Seq};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const DIR: &str = "/lsm";

fn small() -> Options {
    Options {
        memtable_len: 16 << 10,
        table_len: 8 << 10,
        block_len: 512,
        base_level_len: 32 << 10,
        ..Options::default()
    }
}

fn put(lsm: &Lsm, seq: u64, key: &[u8], value: &[u8]) {
    lsm.apply(Seq(seq), Lsn(seq), &mut std::iter::once((key, Op::Put(value)))).unwrap();
}

/// A journal that is durable as far as the test says.
#[derive(Default)]
struct Journal(AtomicU64);

impl WriteAhead for Journal {
    fn durable(&self) -> Lsn {
        Lsn(self.0.load(Ordering::SeqCst))
    }

    fn ensure_durable(&self, lsn: Lsn) -> Result<(), NotDurable> {
        let gone = NotDurable { is_full: false, reason: "the journal's disk is gone".into() };
        if self.durable() >= lsn { Ok(()) } else { Err(gone) }
    }
}

#[test]
fn no_table_is_written_before_the_journal_is_durable() {
    let (env, jobs) = support::env();
    let journal = Arc::new(Journal::default());
    let options = Options { wal: Some(journal.clone()), ..Options::default() };
    let lsm = Lsm::open(&env, Path::new(DIR), MemoryPool::new(1 << 20), options).unwrap();
    put(&lsm, 1, b"a", b"1");
    put(&lsm, 2, b"b", b"2");
    lsm.seal();
    jobs.work();
    assert_eq!(lsm.flushed(), Seq(0), "a background job does not wait for the journal");
    let flushed = lsm.flush();
    assert!(matches!(flushed, Err(Error::JournalNotDurable { lsn: 2, .. })), "{flushed:?}");
    journal.0.store(2, Ordering::SeqCst);
    jobs.work();
    assert_eq!((lsm.flushed(), lsm.flushed_lsn()), (Seq(2), Lsn(2)));
}

#[test]
fn pressure_rises_before_it_stops_the_writer() {
    let (env, jobs) = support::env();
    let lsm = Lsm::open(&env, Path::new(DIR), MemoryPool::new(16 << 20), small()).unwrap();
    let mut seen = vec![lsm.pressure()];
    for seq in 1..=4 {
        put(&lsm, seq, b"k", b"v");
        lsm.seal();
        seen.push(lsm.pressure());
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!((seen[0], seen[4]), (Pressure::None, Pressure::Stop));
    assert!(matches!(seen[3], Pressure::Slow(_)));
    jobs.work();
    assert_eq!(lsm.pressure(), Pressure::None);
}

#[test]
fn compactions_that_are_put_off_are_made_when_a_writer_would_wait_for_them() {
    let (env, jobs) = support::env();
    let lsm = Lsm::open(&env, Path::new(DIR), MemoryPool::new(16 << 20), small()).unwrap();
    let tables = || lsm.stats().levels[0].table_count;
    let mut seq = 0;
    let mut write_tables = |count| {
        for _ in 0..count {
            seq += 1;
            put(&lsm, seq, b"k", b"v");
            lsm.seal();
            jobs.work();
        }
    };
    lsm.put_off_compactions(true);
    write_tables(31);
    assert_eq!(tables(), 31, "none is made");
    write_tables(1);
    assert!(tables() < 32, "the writer would wait");
    assert_ne!(lsm.pressure(), Pressure::Stop);
    write_tables(10);
    let before = tables();
    assert!(before >= 10, "none is made again");
    lsm.put_off_compactions(false);
    jobs.work();
    assert!(tables() < 4, "made up for");
}

#[test]
fn a_pool_that_refuses_seals_early_and_loses_nothing() {
    let (env, jobs) = support::env();
    let options = Options { memtable_len: 1 << 20, ..small() };
    let lsm = Lsm::open(&env, Path::new(DIR), MemoryPool::new(300 << 10), options).unwrap();
    for seq in 1..=4000u64 {
        put(&lsm, seq, &seq.to_be_bytes(), &[7; 100]);
        if lsm.pressure() == Pressure::Stop {
            jobs.work();
        }
    }
    assert!(lsm.flushed() > Seq(0));
    for seq in 1..=4000u64 {
        assert_eq!(lsm.get(&seq.to_be_bytes(), Seq::MAX).unwrap().unwrap().0, Seq(seq));
    }
}

#[test]
fn readers_see_whole_commits_while_all_jobs_run() {
    let env = vfs::mem::env();
    let lsm = Arc::new(Lsm::open(&env, Path::new(DIR), MemoryPool::new(64 << 20), small()).unwrap());
    let committed = Arc::new(AtomicU64::new(0));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (lsm, committed) = (lsm.clone(), committed.clone());
            std::thread::spawn(move || {
                let mut snapshot = 0;
                while snapshot < 600 {
                    snapshot = committed.load(Ordering::Acquire);
                    check_commit(&lsm, snapshot);
                }
            })
        })
        .collect();
    for seq in 1..=600u64 {
        let value = seq.to_le_bytes();
        let keys: Vec<_> = (0..20u64).map(|n| (n * 977 % 1000).to_be_bytes()).collect();
        let mut ops = keys.iter().map(|key| (&key[..], Op::Put(&value)));
        lsm.apply(Seq(seq), Lsn(seq), &mut ops).unwrap();
        lsm.set_oldest_snapshot(Seq(seq.saturating_sub(150)));
        committed.store(seq, Ordering::Release);
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    lsm.flush().unwrap();
    assert!(lsm.stats().levels.iter().any(|level| level.table_count > 0));
    check_commit(&lsm, 600);
    lsm.verify().unwrap();
}

/// Every key of commit `snapshot` has that commit's value.
fn check_commit(lsm: &Lsm, snapshot: u64) {
    let mut iter = lsm.iter(Bound::Unbounded, Bound::Unbounded, Seq(snapshot)).unwrap();
    let mut count = 0;
    while iter.next().unwrap() {
        // A reader that fell behind the oldest snapshot may see less than it should; never more.
        assert!(iter.seq().0 <= snapshot);
        assert_eq!(iter.value(), iter.seq().0.to_le_bytes());
        count += 1;
    }
    assert!(count <= 20);
}

#[test]
fn large_keys_and_values_fit_and_larger_ones_are_refused() {
    let (env, _) = support::env();
    let lsm = Lsm::open(&env, Path::new(DIR), MemoryPool::new(64 << 20), Options::default()).unwrap();
    let key = |n: u8| [&vec![b'k'; KEY_LEN_MAX - 1][..], &[n]].concat();
    for n in 0..20u8 {
        put(&lsm, u64::from(n) + 1, &key(n), &[n; 64 << 10]);
    }
    lsm.flush().unwrap();
    for n in 0..20u8 {
        assert_eq!(&*lsm.get(&key(n), Seq::MAX).unwrap().unwrap().1, [n; 64 << 10]);
    }
    let mut iter = lsm.iter(Bound::Unbounded, Bound::Unbounded, Seq::MAX).unwrap();
    for n in (0..20u8).rev() {
        assert!(iter.prev().unwrap());
        assert_eq!((iter.key(), iter.value()), (&key(n)[..], &[n; 64 << 10][..]));
    }
    let long = vec![0; KEY_LEN_MAX + 1];
    let refused = lsm.apply(Seq(99), Lsn(99), &mut std::iter::once((&long[..], Op::Delete)));
    assert!(matches!(refused, Err(Error::KeyTooLong { .. })));
}
