//! One thread changes the heap, one writes back and checkpoints, others read; the cache is small.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use filesystem::heap::Unlogged;
use filesystem::{Error, Heap, HeapOptions, MemoryPool, Packed, SpaceId, TupleLoc};
use journal::Lsn;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const SPACE: SpaceId = SpaceId(1);

/// Tuples say which seq made them.
fn tuple_of(seq: u64) -> Vec<u8> {
    vec![seq as u8; 20 + (seq % 700) as usize]
}

#[test]
fn readers_a_writer_and_a_checkpointer_share_a_heap() {
    let env = vfs::mem::env();
    let options = HeapOptions { cache_len_max: None, write_batch_pages: 16 };
    let pool = MemoryPool::new(800 << 10);
    let heap = Heap::open(&env, Path::new("/db"), pool, Arc::new(Unlogged), options).unwrap();
    let (done, live, reads) = (AtomicBool::new(false), Mutex::new(Vec::new()), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            write(&heap, &live);
            done.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                heap.write_back(10).unwrap();
                heap.checkpoint().unwrap();
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let some = live.lock().unwrap().iter().rev().step_by(37).copied().collect::<Vec<_>>();
                reads.fetch_add(some.len() as u64, Ordering::Relaxed);
                some.into_iter().for_each(|(loc, seq)| read(&heap, loc, seq));
            }
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let check = &mut |_, seq, _, bytes: &[u8]| {
                    assert!(bytes == tuple_of(seq));
                    ControlFlow::Continue(())
                };
                heap.scan(SPACE, 0, u32::MAX, check).unwrap();
            }
        });
    });
    assert!(reads.into_inner() > 0);
    for (loc, seq) in live.into_inner().unwrap() {
        assert!(heap.read(SPACE, loc).unwrap()[..] == tuple_of(seq));
    }
}

/// A tuple that was freed meanwhile may be gone or replaced, but never be wrong.
fn read(heap: &Heap, loc: TupleLoc, seq: u64) {
    match heap.read(SPACE, loc) {
        Ok(tuple) => assert!(tuple.created() >= seq && tuple[..] == tuple_of(tuple.created())),
        Err(error) => assert!(matches!(error, Error::NoTuple { .. }), "{error}"),
    }
}

/// Writes many tuples and frees an old one now and then, so that blocks with room are opened again.
fn write(heap: &Heap, live: &Mutex<Vec<(TupleLoc, u64)>>) {
    for seq in 1..=8_000 {
        let tuple = tuple_of(seq);
        let packed = Packed::new(&tuple);
        let placement = heap.place(SPACE, &packed).unwrap();
        heap.write(SPACE, placement, seq, packed.bytes(), Lsn(seq * 10)).unwrap();
        let freed = {
            let mut live = live.lock().unwrap();
            live.push((placement.loc, seq));
            let at = (seq as usize * 7919) % live.len();
            (seq % 3 == 0).then(|| live.swap_remove(at))
        };
        if let Some((loc, created)) = freed {
            heap.free(SPACE, loc, created, Lsn(seq * 10 + 1)).unwrap();
        }
    }
}
