//! A store far larger than its memory: what it takes to load it, to read and scan it, and to clean up behind it.
//!
//! ```text
//! cargo run --release -p strata-store --example bounded_memory -- DIR GIB MIB
//! ```
//! Loads GIB gibibytes of rows with MIB mebibytes of memory, in random order of their keys, and says after each phase how long it
//! took and the most memory that the process has had in it (`VmHWM`). The directory must be empty; it is for you to remove.

use std::io;
use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{KeyspaceId, Result, Store, StoreOptions};
use vfs::{Env, OpenMode};

const ROWS: KeyspaceId = KeyspaceId::table(1);
const VALUE_LEN: usize = 1000;
/// Rows of a commit.
const GROUP: u64 = 100;

/// Works on so many rows, and says how many it met.
type Phase = fn(&Store, u64) -> Result<u64>;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().unwrap_or_default();
    let mut number = || args.next().and_then(|text| text.parse::<u64>().ok());
    let (Some(gib), Some(mib)) = (number(), number()) else {
        println!("bounded_memory DIR GIB MIB");
        return Ok(());
    };
    let env = vfs::os::env();
    let options = StoreOptions { memory: (mib as usize) << 20, ..StoreOptions::default() };
    let store = Store::open(env.clone(), Path::new(&dir), options)?;
    let rows = (gib << 30) / (VALUE_LEN as u64 + 16);
    let phases: [(&str, Phase); 6] = [
        ("load", load),
        ("read", read),
        ("scan by key", scan_by_key),
        ("scan by extent", scan_by_extent),
        ("overwrite a tenth", overwrite),
        ("vacuum and checkpoint", clean_up),
    ];
    for (name, phase) in phases {
        let started = env.clock.monotonic_us();
        forget_peak(&env);
        let count = phase(&store, rows)?;
        let seconds = (env.clock.monotonic_us() - started) as f64 / 1e6;
        let peak = peak_kib(&env).map_or_else(|error| error.to_string(), |kib| format!("{} MiB", kib >> 10));
        println!("{name:>22}: {count:>8} rows in {seconds:>6.1} s, peak {peak}");
    }
    store.close()
}

/// A key of 16 bytes; neighbours in number are far apart in order.
fn key(number: u64) -> [u8; 16] {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (u128::from(mixed) << 64 | u128::from(number)).to_be_bytes()
}

/// Bytes that do not compress.
fn value(number: u64, round: u64) -> Vec<u8> {
    let mut state = number << 8 | round | 1;
    let mut bytes = Vec::with_capacity(VALUE_LEN);
    while bytes.len() < VALUE_LEN {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

fn write(store: &Store, numbers: impl Iterator<Item = u64>, round: u64) -> Result<u64> {
    let (mut count, mut written) = (0, None);
    let mut numbers = numbers.peekable();
    while numbers.peek().is_some() {
        let mut txn = store.begin();
        for number in numbers.by_ref().take(GROUP as usize) {
            txn.put(ROWS, &key(number), &value(number, round))?;
            count += 1;
        }
        written = Some(txn.commit()?.lsn);
    }
    // A view shows what is durable.
    written.map_or(Ok(()), |lsn| store.wait_durable(lsn))?;
    Ok(count)
}

fn load(store: &Store, rows: u64) -> Result<u64> {
    write(store, 0..rows, 0)
}

fn overwrite(store: &Store, rows: u64) -> Result<u64> {
    write(store, (0..rows).step_by(10), 1)
}

fn read(store: &Store, rows: u64) -> Result<u64> {
    let mut txn = store.begin();
    let view = txn.statement_view();
    let (mut found, mut number) = (0, 1u64);
    for _ in 0..100_000 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        found += u64::from(txn.get(view, ROWS, &key((number >> 20) % rows))?.is_some());
    }
    Ok(found)
}

fn scan_by_key(store: &Store, _: u64) -> Result<u64> {
    let mut txn = store.begin();
    let view = txn.statement_view();
    let mut scan = txn.scan(view, ROWS, Unbounded, Unbounded, false)?;
    let mut count = 0;
    // A tenth is enough: each row is somewhere else in the heap.
    while count < 500_000 && scan.next(&txn)?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn scan_by_extent(store: &Store, _: u64) -> Result<u64> {
    let mut txn = store.begin();
    let view = txn.statement_view();
    let mut scan = txn.scan_extent(view, ROWS)?;
    let mut count = 0;
    while scan.next(&txn, &mut |_, _| count += 1)? {}
    Ok(count)
}

fn clean_up(store: &Store, _: u64) -> Result<u64> {
    let freed = store.vacuum()?.freed;
    store.checkpoint()?;
    Ok(freed)
}

/// The most memory that this process has had, in KiB.
fn peak_kib(env: &Env) -> io::Result<u64> {
    let mut bytes = vec![0; 16 << 10];
    let read = env.fs.open(Path::new("/proc/self/status"), OpenMode::Read)?.read_at(&mut bytes, 0)?;
    let text = String::from_utf8_lossy(bytes.get(..read).unwrap_or_default()).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::other("the system does not say"))
}

/// Begins the peak anew. Where the system does not allow it, later phases show the peak of all before.
fn forget_peak(env: &Env) {
    let file = env.fs.open(Path::new("/proc/self/clear_refs"), OpenMode::ReadWrite);
    let _ = file.and_then(|file| file.write_all_at(b"5", 0));
}
