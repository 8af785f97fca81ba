//! How fast the heap is in memory: placing and writing, reading by location, scanning by extent.
//!
//! `cargo run --release -p filesystem --example heap_speed`

use filesystem::heap::Unlogged;
use filesystem::{Heap, HeapOptions, MemoryPool, Packed, Result, SpaceId, TupleLoc};
use journal::Lsn;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use vfs::Env;

const TUPLES: u64 = 1_000_000;
const SPACE: SpaceId = SpaceId(1);

fn main() -> Result<()> {
    let env = vfs::mem::env();
    let pool = MemoryPool::new(1 << 30);
    let heap = Heap::open(&env, Path::new("/db"), pool, Arc::new(Unlogged), HeapOptions::default())?;

    let start = env.clock.monotonic_us();
    let mut locs = load(&heap)?;
    report(&env, "place + write, 100 bytes", start);

    let mut sum = 0u64;
    let start = env.clock.monotonic_us();
    for loc in &locs {
        sum += heap.read(SPACE, *loc)?.len() as u64;
    }
    report(&env, "read by location, in order", start);

    shuffle(&mut locs);
    let start = env.clock.monotonic_us();
    for loc in &locs {
        sum += heap.read(SPACE, *loc)?.len() as u64;
    }
    report(&env, "read by location, at random", start);

    let start = env.clock.monotonic_us();
    for _ in 0..10 {
        heap.scan(SPACE, 0, u32::MAX, &mut |_, created, _, tuple| {
            sum += created + tuple.len() as u64;
            ControlFlow::Continue(())
        })?;
    }
    report(&env, "scan by extent, ten times", start);

    let start = env.clock.monotonic_us();
    for (n, loc) in (1..).zip(&locs) {
        heap.end(SPACE, *loc, 1, 2, Lsn(TUPLES * 150 + n))?;
    }
    report(&env, "end, at random", start);

    let start = env.clock.monotonic_us();
    heap.checkpoint()?;
    report(&env, "checkpoint of all", start);

    let (small, pool) = (Path::new("/small"), MemoryPool::new(32 << 20));
    let heap = Heap::open(&env, small, pool, Arc::new(Unlogged), HeapOptions::default())?;
    let start = env.clock.monotonic_us();
    load(&heap)?;
    report(&env, "load of eight times the cache", start);
    println!("({sum})");
    Ok(())
}

/// Writes [`TUPLES`] tuples of 100 bytes, one a record.
fn load(heap: &Heap) -> Result<Vec<TupleLoc>> {
    let tuple = [7; 100];
    let mut locs = Vec::with_capacity(TUPLES as usize);
    for n in 0..TUPLES {
        let packed = Packed::new(&tuple);
        let placement = heap.place(SPACE, &packed)?;
        heap.write(SPACE, placement, 1, packed.bytes(), Lsn(1 + n * 150))?;
        locs.push(placement.loc);
    }
    Ok(locs)
}

/// Prints the time for each of [`TUPLES`].
fn report(env: &Env, what: &str, start: u64) {
    let ns = (env.clock.monotonic_us() - start) as f64 * 1000.0 / TUPLES as f64;
    println!("{what:30} {ns:8.1} ns a tuple");
}

/// Any order that is not the order of the blocks.
fn shuffle(locs: &mut [TupleLoc]) {
    let mut at = 0usize;
    for n in 0..locs.len() {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        locs.swap(n, (at >> 33) % locs.len());
    }
}
