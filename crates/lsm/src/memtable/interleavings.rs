//! A writer and a reader of the skip list in every order in which their steps can fall, with every value that a load may
//! see then: `RUSTFLAGS="--cfg loom" cargo test --release -p lsm --lib interleavings`.

use super::skiplist::{NodeRef, SkipList};
use crate::{Op, Seq};
use loom::thread::{JoinHandle, spawn};
use std::iter::successors;
use std::sync::Arc;

/// What the skip list is made of here, in place of its own `sync`.
pub(super) mod sync {
    pub(in super::super) use loom::sync::MutexGuard;
    pub(in super::super) use loom::sync::atomic::{AtomicUsize, Ordering};

    loom::lazy_static! {
        static ref STEPS: AtomicUsize = AtomicUsize::new(0);
    }

    /// A link. Loom changes threads where a step meets the last one before it on the same atomic, and a writer that
    /// loads what it then stores meets itself. A count of all steps makes each meet every other; relaxed, it orders nothing.
    pub(in super::super) struct AtomicPtr<T>(loom::sync::atomic::AtomicPtr<T>);

    impl<T> AtomicPtr<T> {
        pub(in super::super) fn load(&self, order: Ordering) -> *mut T {
            STEPS.fetch_add(1, Ordering::Relaxed);
            self.0.load(order)
        }

        pub(in super::super) fn store(&self, to: *mut T, order: Ordering) {
            STEPS.fetch_add(1, Ordering::Relaxed);
            self.0.store(to, order);
        }
    }

    impl<T> Default for AtomicPtr<T> {
        fn default() -> Self {
            AtomicPtr(Default::default())
        }
    }

    /// With the face of the other one.
    pub(in super::super) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in super::super) fn new(value: T) -> Self {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub(in super::super) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }

        pub(in super::super) fn get_mut(&mut self) -> &mut T {
            self.0.get_mut().unwrap()
        }
    }

    /// Written when it is made: a read that does not come after that by some happens-before is a race, and reported.
    pub(in super::super) struct Witness(loom::cell::UnsafeCell<()>);

    impl Witness {
        pub(in super::super) fn write() -> Witness {
            Witness(loom::cell::UnsafeCell::new(()))
        }

        pub(in super::super) fn read(&self) {
            self.0.with(|_| ());
        }
    }
}

/// Tries every order with up to two changes of thread in the midst of one's work.
fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(run);
}

fn insert(list: &SkipList, key: &str, seq: usize) {
    list.writer().insert(key.as_bytes(), Seq(seq as u64), Op::Put(key.as_bytes()));
}

/// A list with some entries in order, to which a thread adds others. The number of an entry is its seq.
fn list_and_writer(there: &'static [&str], added: &'static [&str]) -> (Arc<SkipList>, JoinHandle<()>) {
    let list = Arc::new(SkipList::new(1));
    there.iter().enumerate().for_each(|(number, key)| insert(&list, key, number));
    assert!(there.is_empty() || list.first().is_some());
    let written = list.clone();
    let add = move || added.iter().zip(there.len()..).for_each(|(key, number)| insert(&written, key, number));
    (list, spawn(add))
}

fn key(list: &SkipList, node: NodeRef) -> String {
    assert_eq!(list.key(node), list.value(node), "an entry is whole");
    String::from_utf8_lossy(list.key(node)).into_owned()
}

fn forwards(list: &SkipList) -> String {
    successors(list.first(), |node| list.next(*node)).map(|node| key(list, node)).collect()
}

fn backwards(list: &SkipList) -> String {
    successors(list.last(), |node| list.before(*node)).map(|node| key(list, node)).collect()
}

#[test]
fn a_scan_sees_entries_in_order_and_none_without_those_before_it() {
    model(|| {
        let (list, writer) = list_and_writer(&["b"], &["c", "a"]);
        let seen = forwards(&list);
        assert!(["b", "bc", "abc"].contains(&&*seen), "{seen}");
        writer.join().unwrap();
        assert_eq!(forwards(&list), "abc");
    });
}

#[test]
fn a_scan_backwards_reaches_the_front() {
    model(|| {
        let (list, writer) = list_and_writer(&["b"], &["b", "c"]);
        let seen = backwards(&list);
        assert!(["b", "bb", "cb", "cbb"].contains(&&*seen), "{seen}");
        writer.join().unwrap();
        assert_eq!(backwards(&list), "cbb");
    });
}

#[test]
fn a_lookup_sees_the_newest_version_of_its_snapshot() {
    let version =
        |list: &SkipList, snapshot| list.get(b"k", Seq(snapshot)).map(|node| list.tag(node).seq().0);
    model(move || {
        let (list, writer) = list_and_writer(&["k"], &["k"]);
        assert_eq!(version(&list, 0), Some(0), "a snapshot does not change");
        let (first, second) = (version(&list, 9), version(&list, 9));
        assert!(first <= second, "time does not run backwards");
        let sought = list.seek(b"k", Seq(0)).map(|node| list.tag(node).seq().0);
        assert_eq!(sought, Some(0));
        writer.join().unwrap();
        assert_eq!(version(&list, 9), Some(1));
    });
}

#[test]
fn a_search_while_towers_grow_ends_at_its_entry() {
    model(|| {
        // The dice give the fourth and the fifth entry towers of two and three levels.
        let (list, writer) = list_and_writer(&["a", "b", "c"], &["e", "g"]);
        let found = list.seek(b"c", Seq(2)).map(|node| key(&list, node));
        assert_eq!(found.as_deref(), Some("c"));
        let before = list.seek_before(b"x", Seq(0)).map(|node| key(&list, node));
        assert!(["c", "e", "g"].map(Some).contains(&before.as_deref()), "{before:?}");
        writer.join().unwrap();
        assert_eq!(forwards(&list), "abceg");
    });
}
