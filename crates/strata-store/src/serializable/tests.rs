//! Which overlaps of serializable transactions are refused, and which are not.

use super::*;
use crate::keyspace::stored_key;

const K: KeyspaceId = KeyspaceId::table(1);

/// A table of transactions, and the commits so far.
struct Scene {
    table: Serializable,
    last: Seq,
}

impl Scene {
    fn new() -> Scene {
        Scene { table: Serializable::new(MemoryPool::new(1 << 20)), last: Seq(10) }
    }

    fn begin(&mut self, txn: u64) {
        assert!(self.table.enter(TxnId(txn), self.last, false));
    }

    fn read(&mut self, txn: u64, key: &str) -> Result<bool> {
        self.table.read_key(TxnId(txn), &stored_key(K, key.as_bytes()))
    }

    fn write(&mut self, txn: u64, key: &str) -> Result<()> {
        self.table.write_key(TxnId(txn), &stored_key(K, key.as_bytes()))
    }

    fn commit(&mut self, txn: u64) -> Result<()> {
        self.table.check_commit(TxnId(txn))?;
        self.last = Seq(self.last.0 + 1);
        self.table.committed(TxnId(txn), self.last, self.last);
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.table.graph.iter().next().is_none() && self.table.reads.len() + self.table.writes.len() == 0
    }
}

fn reason<T: std::fmt::Debug>(outcome: Result<T>) -> Reason {
    match outcome {
        Err(Error::Serialization { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_two_that_read_what_the_other_writes_one_is_refused() {
    let mut scene = Scene::new();
    scene.begin(1);
    scene.begin(2);
    for txn in [1, 2] {
        scene.read(txn, "a").expect("read");
        scene.read(txn, "b").expect("read");
    }
    scene.write(1, "a").expect("write");
    scene.write(2, "b").expect("write");
    scene.commit(1).expect("commit");
    assert_eq!(reason(scene.commit(2)), Reason::PivotInCommit);
    scene.table.rolled_back(TxnId(2), scene.last);
    assert!(scene.is_empty());
}

#[test]
fn a_write_into_what_was_read_as_empty_conflicts() {
    let mut scene = Scene::new();
    for txn in [1, 2] {
        scene.begin(txn);
        scene.table.read_everything(TxnId(txn), K).expect("read");
    }
    scene.write(1, "x").expect("write");
    scene.commit(1).expect("commit");
    assert_eq!(reason(scene.write(2, "y")), Reason::PivotInWrite);
}

#[test]
fn one_after_the_other_never_conflicts() {
    let mut scene = Scene::new();
    for txn in 1..100 {
        scene.begin(txn);
        scene.read(txn, "a").expect("read");
        scene.write(txn, "a").expect("write");
        scene.commit(txn).expect("commit");
    }
    assert!(scene.is_empty(), "nobody is left whom they overlap");
}

/// Fekete, O'Neil and O'Neil, "A Read-Only Transaction Anomaly Under Snapshot Isolation" (SIGMOD Record 2004).
#[test]
fn a_reader_alone_can_make_a_history_unserializable() {
    let mut scene = Scene::new();
    scene.begin(1);
    scene.read(1, "checking").expect("read");
    scene.read(1, "savings").expect("read");
    scene.begin(2);
    scene.read(2, "savings").expect("read");
    scene.write(2, "savings").expect("write");
    scene.commit(2).expect("commit");
    scene.begin(3);
    scene.read(3, "checking").expect("read");
    scene.read(3, "savings").expect("read");
    scene.commit(3).expect("commit");
    assert_eq!(reason(scene.write(1, "checking")), Reason::PivotInWrite);
}

#[test]
fn a_reader_is_safe_once_the_writers_before_it_have_ended_without_harm() {
    let mut scene = Scene::new();
    assert!(!scene.table.enter(TxnId(9), scene.last, true), "nobody writes: nothing to watch");
    scene.begin(1);
    assert!(scene.table.enter(TxnId(2), scene.last, true));
    assert_eq!(scene.table.safety(TxnId(2)), Some(Lock::Wait));
    assert!(scene.read(2, "a").expect("read"));
    scene.write(1, "b").expect("write");
    scene.commit(1).expect("commit");
    assert_eq!(scene.table.safety(TxnId(2)), Some(Lock::Granted));
    let mut woken = Vec::new();
    scene.table.take_woken(&mut woken);
    assert_eq!(woken, [TxnId(2)]);
    assert!(!scene.read(2, "a").expect("read"), "it is watched no more");
}

#[test]
fn a_reader_is_unsafe_if_a_writer_must_precede_a_commit_that_the_reader_sees() {
    let mut scene = Scene::new();
    scene.begin(1);
    scene.read(1, "a").expect("read");
    scene.begin(2);
    scene.write(2, "a").expect("write");
    scene.commit(2).expect("commit");
    assert!(scene.table.enter(TxnId(3), scene.last, true));
    scene.write(1, "b").expect("write");
    scene.commit(1).expect("commit");
    assert_eq!(scene.table.safety(TxnId(3)), None);
}

#[test]
fn a_prepared_pivot_is_not_doomed_but_refuses_others() {
    let mut scene = Scene::new();
    (1..=3).for_each(|txn| scene.begin(txn));
    scene.read(1, "a").expect("read");
    scene.write(2, "a").expect("write");
    scene.read(2, "b").expect("read");
    scene.table.check_commit(TxnId(2)).expect("nothing against it");
    scene.table.prepared(TxnId(2), Seq(scene.last.0 + 1));
    scene.write(3, "b").expect("write");
    assert_eq!(reason(scene.commit(3)), Reason::PreparedPivot);
}

#[test]
fn without_memory_the_oldest_are_summed_up_and_nothing_is_missed() {
    let mut scene = Scene::new();
    scene.table.pool = MemoryPool::new(4096);
    scene.begin(1);
    scene.read(1, "a").expect("read");
    for txn in 2..200 {
        scene.begin(txn);
        scene.read(txn, &format!("key {txn}")).expect("read");
        scene.write(txn, if txn == 2 { "a" } else { "other" }).expect("write");
        scene.commit(txn).expect("commit");
    }
    assert!(scene.table.reads.len() < 100, "{} entries", scene.table.reads.len());
    assert_eq!(reason(scene.write(1, "key 2")), Reason::PivotInWrite);
}
