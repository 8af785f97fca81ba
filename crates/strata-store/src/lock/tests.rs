//! What conflicts with what, who waits, and who is the victim.

use super::LockMode::{KeyShare, NoKeyUpdate, Share, Update};
use super::*;

/// A lock table and three transactions, A, B and C.
#[derive(Default)]
struct Scene {
    table: LockTable,
    gained: [Vec<Gained>; 3],
}

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

impl Scene {
    fn lock(&mut self, who: usize, key: &str, mode: LockMode) -> Result<Lock> {
        let key = LockKey::row(KeyspaceId(1), key.as_bytes());
        self.table.lock(TxnId(who as u64), key, mode.into(), &mut self.gained[who])
    }

    fn try_lock(&mut self, who: usize, key: &str, mode: LockMode) -> bool {
        let key = LockKey::row(KeyspaceId(1), key.as_bytes());
        self.table.try_lock(TxnId(who as u64), &key, mode.into(), &mut self.gained[who])
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
