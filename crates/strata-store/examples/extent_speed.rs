//! Rows a second, read in the order of keys and in the order of the disk: three columns into vectors.
//!
//! ```text
//! cargo run --release -p strata-store --example extent_speed -- DIR [ROWS]
//! ```
//! The rows are loaded in no order of their keys; a tuple takes 100 bytes, and all of it is in memory.

use std::ops::Bound::Unbounded;
use std::path::Path;
use strata_store::{KeyspaceId, Result, Store, StoreOptions, Txn, View};

const TABLE: KeyspaceId = KeyspaceId::table(1);
/// Key, three numbers, padding: 100 bytes with the two of the key's length.
const VALUE_LEN: usize = 90;
const ROUNDS: usize = 3;

/// Three columns.
#[derive(Default)]
struct Columns {
    quantity: Vec<i64>,
    price: Vec<f64>,
    kind: Vec<i32>,
}

impl Columns {
    fn add(&mut self, row: &[u8]) {
        let Some((quantity, rest)) = row.split_first_chunk() else { return };
        let Some((price, rest)) = rest.split_first_chunk() else { return };
        let Some((kind, _)) = rest.split_first_chunk() else { return };
        self.quantity.push(i64::from_le_bytes(*quantity));
        self.price.push(f64::from_le_bytes(*price));
        self.kind.push(i32::from_le_bytes(*kind));
    }

    /// What a query does with a batch; then it is filled again.
    fn consume(&mut self, sum: &mut f64) {
        let rows = self.quantity.iter().zip(&self.price).zip(&self.kind);
        *sum += rows
            .map(|((quantity, price), kind)| *quantity as f64 * *price * f64::from(*kind & 1))
            .sum::<f64>();
        self.quantity.clear();
        self.price.clear();
        self.kind.clear();
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(dir) = args.next() else {
        println!("extent_speed DIR [ROWS]");
        return Ok(());
    };
    let rows = args.next().and_then(|rows| rows.parse().ok()).unwrap_or(2_000_000);
    let env = vfs::os::env();
    let options = StoreOptions { memory: 4 << 30, ..StoreOptions::default() };
    let store = Store::open(env.clone(), Path::new(&dir), options)?;
    load(&store, rows)?;
    store.checkpoint()?;
    let mut txn = store.begin();
    let view = txn.statement_view();
    let mut best = [0.0f64; 2];
    for _ in 0..ROUNDS {
        for (best, read) in best.iter_mut().zip([by_key, by_extent]) {
            let before = env.clock.monotonic_us();
            let (count, sum) = read(&txn, view)?;
            let seconds = (env.clock.monotonic_us() - before) as f64 / 1e6;
            assert_eq!(count, rows, "every row is read once");
            std::hint::black_box(sum);
            *best = best.max(rows as f64 / seconds);
        }
    }
    let [by_key, by_extent] = best;
    println!("by key    {by_key:>12.0} rows/s");
    println!("by extent {by_extent:>12.0} rows/s, {:.1} times", by_extent / by_key);
    Ok(())
}

fn load(store: &Store, rows: u64) -> Result<()> {
    let mut number = 0u64;
    let mut value = [7; VALUE_LEN];
    for from in (0..rows).step_by(10_000) {
        let mut txn = store.begin();
        for row in from..rows.min(from + 10_000) {
            number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
            value[..8].copy_from_slice(&(row as i64 % 50).to_le_bytes());
            value[8..16].copy_from_slice(&(row as f64 / 100.0).to_le_bytes());
            value[16..20].copy_from_slice(&(row as i32).to_le_bytes());
            txn.put(TABLE, &number.to_be_bytes(), &value)?;
        }
        txn.commit()?;
    }
    store.wait_durable(store.begin_after(store.last_seq()).commit()?.lsn)
}

fn by_key(txn: &Txn, view: View) -> Result<(u64, f64)> {
    let (mut columns, mut count, mut sum) = (Columns::default(), 0, 0.0);
    let mut scan = txn.scan(view, TABLE, Unbounded, Unbounded, false)?;
    while let Some(entry) = scan.next(txn)? {
        columns.add(&entry.value);
        count += 1;
        if count % 1024 == 0 {
            columns.consume(&mut sum);
        }
    }
    columns.consume(&mut sum);
    Ok((count, sum))
}

fn by_extent(txn: &Txn, view: View) -> Result<(u64, f64)> {
    let (mut columns, mut count, mut sum) = (Columns::default(), 0, 0.0);
    let mut scan = txn.scan_extent(view, TABLE)?;
    loop {
        let goes_on = scan.next(txn, &mut |_, row| {
            columns.add(row);
            count += 1;
        })?;
        columns.consume(&mut sum);
        if !goes_on {
            return Ok((count, sum));
        }
    }
}
