//! What conflicts with what, who waits, and who is the victim.

use super::LockMode::{KeyShare, NoKeyUpdate, Share, Update};
use super::*;

/// A lock table and three transactions, A, B and C.
struct Scene {
    table: LockTable,
    gained: [Vec<Gained>; 3],
}

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

impl Default for Scene {
    fn default() -> Self {
        Scene { table: LockTable::new(MemoryPool::new(1 << 20), true), gained: Default::default() }
    }
}

impl Scene {
    fn lock(&mut self, who: usize, key: &str, mode: LockMode) -> Result<Lock> {
        let key = LockKey::row(KeyspaceId(1), key.as_bytes());
        self.table.lock(TxnId(who as u64), key, mode.into(), &mut self.gained[who])
    }

    fn try_lock(&mut self, who: usize, key: &str, mode: LockMode) -> bool {
        let key = LockKey::row(KeyspaceId(1), key.as_bytes());
        self.table.try_lock(TxnId(who as u64), &key, mode.into(), &mut self.gained[who]).unwrap()
    }

    fn is_taken(&self, who: usize, key: &str, mode: LockMode) -> bool {
        let key = LockKey::row(KeyspaceId(1), key.as_bytes());
        self.table.is_taken(TxnId(who as u64), &key, mode.into())
    }

    fn end(&mut self, who: usize) {
        self.table.release(TxnId(who as u64), &mut self.gained[who], 0);
    }

    fn woken(&mut self) -> Vec<usize> {
        let mut woken = Vec::new();
        self.table.take_woken(&mut woken);
        woken.iter().map(|txn| txn.0 as usize).collect()
    }
}

fn granted(answer: Result<Lock>) -> bool {
    answer.unwrap() == Lock::Granted
}

#[test]
fn waiters_are_served_in_order_and_newcomers_do_not_pass_them() {
    let mut scene = Scene::default();
    assert!(granted(scene.lock(A, "x", Share)));
    assert!(!granted(scene.lock(B, "x", Update)));
    assert!(!granted(scene.lock(C, "x", Share)), "B came first");
    assert!(!scene.try_lock(C, "x", KeyShare));
    scene.end(A);
    assert_eq!(scene.woken(), [B]);
    assert!(granted(scene.lock(B, "x", Update)));
    scene.end(B);
    assert_eq!(scene.woken(), [C]);
    assert!(granted(scene.lock(C, "x", Share)));
    scene.end(C);
    assert!(scene.table.queues.is_empty() && scene.table.waiting.is_empty());
}

#[test]
fn what_is_taken_is_what_would_be_waited_for() {
    let mut scene = Scene::default();
    assert!(!scene.is_taken(A, "x", Update));
    assert!(granted(scene.lock(A, "x", Share)));
    assert!(!scene.is_taken(A, "x", Update) && scene.is_taken(B, "x", Update));
    assert!(!scene.is_taken(B, "x", KeyShare));
    assert!(!granted(scene.lock(B, "x", Update)));
    assert!(scene.is_taken(C, "x", KeyShare), "B waits for it");
    assert!(!scene.is_taken(A, "x", Share));
    scene.end(A);
    assert!(!scene.is_taken(B, "x", Update), "it was handed to B");
}

#[test]
fn a_holder_that_wants_more_goes_before_those_who_wait_for_it() {
    let mut scene = Scene::default();
    assert!(granted(scene.lock(A, "x", KeyShare)));
    assert!(!granted(scene.lock(B, "x", Update)));
    assert!(granted(scene.lock(A, "x", NoKeyUpdate)));
    scene.end(A);
    assert_eq!(scene.woken(), [B]);
}

#[test]
fn a_ring_is_refused_at_once() {
    let mut scene = Scene::default();
    assert!(granted(scene.lock(A, "x", Update)));
    assert!(granted(scene.lock(B, "y", Update)));
    assert!(granted(scene.lock(C, "z", Update)));
    assert!(!granted(scene.lock(A, "y", Update)));
    assert!(!granted(scene.lock(B, "z", Update)));
    assert!(matches!(scene.lock(C, "x", KeyShare), Err(Error::Deadlock)));
    scene.end(C);
    assert_eq!(scene.woken(), [B]);
}

#[test]
fn two_sharers_that_both_want_to_update_are_a_ring() {
    let mut scene = Scene::default();
    assert!(granted(scene.lock(A, "x", Share)));
    assert!(granted(scene.lock(B, "x", Share)));
    assert!(!granted(scene.lock(A, "x", Update)));
    assert!(matches!(scene.lock(B, "x", Update), Err(Error::Deadlock)));
    scene.end(B);
    assert_eq!(scene.woken(), [A]);
}

#[test]
fn going_back_to_a_savepoint_weakens_what_was_strengthened() {
    let mut scene = Scene::default();
    assert!(granted(scene.lock(A, "x", KeyShare)));
    let keep = scene.gained[A].len();
    assert!(granted(scene.lock(A, "x", Update)));
    assert!(granted(scene.lock(A, "y", Update)));
    assert!(!granted(scene.lock(B, "x", KeyShare)));
    scene.table.release(TxnId(A as u64), &mut scene.gained[A], keep);
    assert_eq!(scene.woken(), [B]);
    assert!(granted(scene.lock(C, "y", Update)));
    assert!(!granted(scene.lock(C, "x", Update)), "A still shares the key");
}

#[test]
fn a_cancelled_waiter_gives_back_what_was_handed_to_it() {
    let mut scene = Scene::default();
    assert!(granted(scene.lock(A, "x", Update)));
    assert!(!granted(scene.lock(B, "x", Update)));
    assert!(!granted(scene.lock(C, "x", Update)));
    scene.end(A);
    assert_eq!(scene.woken(), [B]);
    scene.table.cancel_wait(TxnId(B as u64));
    assert_eq!(scene.woken(), [C]);
    assert!(granted(scene.lock(C, "x", Update)));
    scene.end(C);
    scene.end(B);
    assert!(scene.table.queues.is_empty());
}

#[test]
fn a_mass_of_locks_is_as_good_as_each() {
    let mut scene = Scene { table: LockTable::new(MemoryPool::new(64 << 20), true), ..Scene::default() };
    for n in 0..40_000 {
        assert!(granted(scene.lock(A, &n.to_string(), Update)));
    }
    assert!(scene.gained[A].len() < 20_000 && scene.table.queues.len() < 20_000);
    assert!(!scene.try_lock(B, "39000", KeyShare));
    assert!(!granted(scene.lock(B, "39001", Share)));
    assert!(granted(scene.lock(A, "39001", Update)), "it is its own");
    scene.end(A);
    assert!(granted(scene.lock(B, "39000", Update)));
    scene.end(B);
    assert!(scene.table.queues.is_empty() && scene.table.masses.is_empty());
}

#[test]
fn locks_are_counted_in_the_pool() {
    let pool = MemoryPool::new(1 << 20);
    let mut scene = Scene { table: LockTable::new(pool.clone(), true), ..Scene::default() };
    let refused = (0..10_000).find_map(|n| {
        scene
            .table
            .lock(
                TxnId(0),
                LockKey::row(KeyspaceId(1), &[n as u8, (n >> 8) as u8]),
                Update.into(),
                &mut scene.gained[A],
            )
            .err()
    });
    assert!(matches!(refused, Some(Error::OutOfMemory { .. })));
    assert!(pool.used() > 900_000);
    scene.end(A);
    assert!(pool.used() < 300_000);
}
