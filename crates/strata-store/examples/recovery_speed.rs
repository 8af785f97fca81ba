//! What checkpoints cost while they run, and what a recovery takes without them.
//!
//! ```text
//! cargo run --release -p strata-store --example recovery_speed -- DIR load       rate and pauses, with checkpoints
//! cargo run --release -p strata-store --example recovery_speed -- DIR crash      a gigabyte of journal, then abort
//! cargo run --release -p strata-store --example recovery_speed -- DIR recover    opens it and says how long that took
//! ```

use std::path::Path;
use strata_store::{KeyspaceId, Result, Store, StoreOptions};
use vfs::Env;

const ROWS: KeyspaceId = KeyspaceId::table(1);
const GIB: u64 = 1 << 30;
/// So many rows that they are overwritten a few times.
const KEYS: u64 = 2_000_000;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (dir, what) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let (env, dir) = (vfs::os::env(), Path::new(&dir));
    match what.as_str() {
        "load" => load(&env, dir),
        "crash" => crash(&env, dir),
        "recover" => recover(&env, dir),
        _ => {
            println!("recovery_speed DIR load|crash|recover");
            Ok(())
        }
    }
}

/// Commits until the journal has grown by `len`; microseconds of each commit.
fn write(env: &Env, store: &Store, len: u64) -> Result<Vec<u32>> {
    let mut took = Vec::new();
    let mut number = 1u64;
    let start = store.durable().0;
    loop {
        let mut txn = store.begin();
        for _ in 0..4 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            txn.put(ROWS, &((number >> 33) % KEYS).to_be_bytes(), &[number as u8; 100])?;
        }
        txn.commit_may_wait();
        let before = env.clock.monotonic_us();
        let commit = txn.commit()?;
        took.push((env.clock.monotonic_us() - before) as u32);
        if commit.lsn.0 > start + len {
            store.wait_durable(commit.lsn)?;
            return Ok(took);
        }
    }
}

fn options(checkpoint_every: u64) -> StoreOptions {
    StoreOptions { checkpoint_every, ..StoreOptions::default() }
}

/// The same load without and with checkpoints, each on a store that it fills first.
fn load(env: &Env, dir: &Path) -> Result<()> {
    let mut both = Vec::new();
    for (what, every) in [("without", u64::MAX / 8), ("with", 64 << 20)] {
        let store = Store::open(env.clone(), &dir.join(what), options(every))?;
        write(env, &store, GIB / 8)?;
        let before = env.clock.monotonic_us();
        let mut took = write(env, &store, GIB / 2)?;
        let seconds = (env.clock.monotonic_us() - before) as f64 / 1e6;
        took.sort_unstable();
        let at =
            |share: f64| took.get(((took.len() - 1) as f64 * share) as usize).copied().unwrap_or_default();
        let (half, most, nearly_all, longest) = (at(0.5), at(0.99), at(0.9999), at(1.0));
        println!(
            "{what:<8} checkpoints: {:>8.0} commits/s, p50 {half} us, p99 {most} us, p99.99 {nearly_all} us, longest {longest} us",
            took.len() as f64 / seconds,
        );
        both.push(took);
    }
    println!("commits that took up to       without       with");
    for power in 0..24 {
        let up_to = 1u32 << power;
        let counts: Vec<usize> = both.iter().map(|took| count_between(took, up_to / 2, up_to)).collect();
        if let [without, with] = counts[..]
            && without + with > 0
        {
            println!("{up_to:>20} us {without:>13} {with:>10}");
        }
    }
    Ok(())
}

/// How many of the sorted numbers lie behind `low` and not behind `high`.
fn count_between(sorted: &[u32], low: u32, high: u32) -> usize {
    sorted.partition_point(|us| *us <= high)
        - if high == 1 { 0 } else { sorted.partition_point(|us| *us <= low) }
}

fn crash(env: &Env, dir: &Path) -> Result<()> {
    let store = Store::open(env.clone(), dir, options(u64::MAX / 8))?;
    let commits = write(env, &store, GIB)?.len();
    println!("{commits} commits; now the process dies");
    std::process::abort();
}

fn recover(env: &Env, dir: &Path) -> Result<()> {
    let before = env.clock.monotonic_us();
    let store = Store::open(env.clone(), dir, options(256 << 20))?;
    println!("recovered {} commits in {} ms", store.last_seq().0, (env.clock.monotonic_us() - before) / 1000);
    Ok(())
}
