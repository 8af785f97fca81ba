//! How long the tree takes for what it is used for: a million 16-byte keys with 12-byte values.
//!
//! `cargo run --release -p lsm --example lsm_speed [directory]`; without a directory files are in memory.

use filesystem::MemoryPool;
use journal::Lsn;
use lsm::{Lsm, Op, Options, Pressure, Seq};
use std::ops::Bound;
use std::path::PathBuf;
use vfs::Env;

const COUNT: u64 = 1 << 20;
const READS: u64 = 1 << 19;

fn main() -> lsm::Result<()> {
    let (env, dir) = match std::env::args().nth(1) {
        Some(dir) => (vfs::os::env(), PathBuf::from(dir)),
        None => (vfs::mem::env(), PathBuf::from("/lsm_speed")),
    };
    let pool = MemoryPool::new(1 << 30);
    let big = Options { memtable_len: 512 << 20, ..Options::default() };
    let lsm = Lsm::open(&env, &dir.join("memtable"), pool.clone(), big)?;
    println!("one memtable");
    fill(&env, &lsm, "apply, ascending keys", |n| n)?;
    drop(lsm);
    let big = Options { memtable_len: 512 << 20, ..Options::default() };
    let lsm = Lsm::open(&env, &dir.join("memtable2"), pool.clone(), big)?;
    fill(&env, &lsm, "apply, random keys", shuffled)?;
    read(&env, &lsm)?;
    drop(lsm);

    println!("tree");
    let options = Options { memtable_len: 16 << 20, ..Options::default() };
    let lsm = Lsm::open(&env, &dir.join("tree"), pool, options)?;
    fill(&env, &lsm, "apply, random keys", shuffled)?;
    lsm.flush()?;
    read(&env, &lsm)?;
    let before = env.clock.monotonic_us();
    lsm.compact()?;
    println!("  compact everything       {:8.1} ms", (env.clock.monotonic_us() - before) as f64 / 1e3);
    println!("tree, one level");
    read(&env, &lsm)?;
    let stats = lsm.stats();
    let len: u64 = stats.levels.iter().map(|level| level.len).sum();
    println!("  {:.2} bytes on disk for one of data", len as f64 / (28 * COUNT) as f64);
    println!("  cache: {} hits, {} misses, {} bytes", stats.cache_hits, stats.cache_misses, stats.cache_len);
    Ok(())
}

/// A permutation of `0..COUNT`.
fn shuffled(n: u64) -> u64 {
    let mut x = n;
    for _ in 0..3 {
        x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15) & (COUNT - 1);
        x ^= x >> 9;
    }
    x
}

fn key(n: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[3] = 7;
    key[8..].copy_from_slice(&(n * 2).to_be_bytes());
    key
}

fn fill(env: &Env, lsm: &Lsm, what: &str, order: impl Fn(u64) -> u64) -> lsm::Result<()> {
    let start = lsm.flushed().0;
    let (mut worst, mut held_back) = (0, 0);
    let before = env.clock.monotonic_us();
    let mut last = before;
    for n in 0..COUNT {
        let (key, value) = (key(order(n)), [n as u8; 12]);
        let seq = start + n + 1;
        lsm.apply(Seq(seq), Lsn(seq), &mut std::iter::once((&key[..], Op::Put(&value))))?;
        if n % 64 == 0 {
            held_back += u64::from(lsm.pressure() > Pressure::None);
            let now = env.clock.monotonic_us();
            worst = worst.max(now - last);
            last = now;
        }
    }
    let ns = (env.clock.monotonic_us() - before) as f64 * 1e3 / COUNT as f64;
    println!("  {what:24} {ns:8.0} ns   worst 64 {worst} us, under pressure {held_back} times");
    Ok(())
}

fn read(env: &Env, lsm: &Lsm) -> lsm::Result<()> {
    // Warms the cache.
    let mut iter = lsm.iter(Bound::Unbounded, Bound::Unbounded, Seq::MAX)?;
    time(env, "scan, an entry", COUNT, |_| iter.next())?;
    iter.next()?;
    time(env, "scan back, an entry", COUNT, |_| iter.prev())?;
    time(env, "get, present", READS, |n| Ok(lsm.get(&key(shuffled(n)), Seq::MAX)?.is_some()))?;
    time(env, "get, present, again", READS, |n| Ok(lsm.get(&key(shuffled(n)), Seq::MAX)?.is_some()))?;
    let mut absent = key(0);
    time(env, "get, absent", READS, |n| {
        absent = key(shuffled(n));
        absent[15] |= 1;
        Ok(lsm.get(&absent, Seq::MAX)?.is_none())
    })?;
    time(env, "seek and ten next", READS / 4, |n| {
        let mut iter = lsm.iter(Bound::Included(&key(shuffled(n) / 2)), Bound::Unbounded, Seq::MAX)?;
        for _ in 0..10 {
            iter.next()?;
        }
        Ok(iter.is_valid())
    })
}

fn time(env: &Env, what: &str, count: u64, mut run: impl FnMut(u64) -> lsm::Result<bool>) -> lsm::Result<()> {
    let before = env.clock.monotonic_us();
    let mut right = 0;
    for n in 0..count {
        right += u64::from(run(n)?);
    }
    let ns = (env.clock.monotonic_us() - before) as f64 * 1e3 / count as f64;
    println!("  {what:24} {ns:8.0} ns   {}", if right == count { "" } else { "(some wrong)" });
    Ok(())
}
