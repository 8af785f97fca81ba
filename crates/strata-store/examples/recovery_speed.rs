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

/// What one store's commits have taken.
struct Load {
    what: &'static str,
    store: Store,
    took: Vec<u32>,
    us: u64,
}

impl Load {
    fn begin(env: &Env, dir: &Path, what: &'static str, checkpoint_every: u64) -> Result<Load> {
        let store = Store::open(env.clone(), &dir.join(what), options(checkpoint_every))?;
        write(env, &store, GIB / 8)?;
        Ok(Load { what, store, took: Vec::new(), us: 0 })
    }

    fn go_on(&mut self, env: &Env) -> Result<()> {
        let before = env.clock.monotonic_us();
        self.took.append(&mut write(env, &self.store, GIB / 8)?);
        self.us += env.clock.monotonic_us() - before;
        Ok(())
    }

    fn print(&mut self) {
        self.took.sort_unstable();
        let rate = self.took.len() as f64 * 1e6 / self.us as f64;
        let at = |share: f64| self.took.get(((self.took.len() - 1) as f64 * share) as usize);
        let [half, most, nearly_all, longest] =
            [0.5, 0.99, 0.999, 1.0].map(|share| at(share).copied().unwrap_or_default());
        println!(
            "{:<8} checkpoints: {rate:>8.0} commits/s, p50 {half} us, p99 {most} us, p99.9 {nearly_all} us, longest {longest} us",
            self.what
        );
    }
}

/// The same load without and with checkpoints, a piece here and a piece there: what else the machine does meets
/// both alike.
fn load(env: &Env, dir: &Path) -> Result<()> {
    let mut loads =
        [Load::begin(env, dir, "without", u64::MAX / 8)?, Load::begin(env, dir, "with", 64 << 20)?];
    for _ in 0..6 {
        loads.iter_mut().try_for_each(|load| load.go_on(env))?;
    }
    loads.iter_mut().for_each(Load::print);
    println!("commits that took up to       without       with");
    for power in 0..24 {
        let up_to = 1u32 << power;
        let [without, with] = loads.each_ref().map(|load| count_between(&load.took, up_to / 2, up_to));
        if without + with > 0 {
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
