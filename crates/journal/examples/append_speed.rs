//! What an append and a group commit cost on this machine: `cargo run --release -p journal --example append_speed`.

use journal::{Journal, Options};

const RECORDS: usize = 1_000_000;

fn main() -> Result<(), journal::Error> {
    let dir = std::env::temp_dir().join(format!("journal-speed-{}", std::process::id()));
    let env = vfs::os::env();
    let journal = Journal::open(&env, &dir, Options::default())?;
    let payload = [7u8; 128];
    let mut nanoseconds = Vec::with_capacity(RECORDS / 16);
    let start = env.clock.monotonic_us();
    for _ in 0..RECORDS / 16 {
        let before = env.clock.monotonic_us();
        for _ in 0..16 {
            journal.append(1, &[&payload])?;
        }
        nanoseconds.push((env.clock.monotonic_us() - before) * 1000 / 16);
    }
    journal.wait_durable(journal.end())?;
    let total_us = env.clock.monotonic_us() - start;
    nanoseconds.sort_unstable();
    let at = |percent: usize| nanoseconds.get(nanoseconds.len() * percent / 100).copied().unwrap_or_default();
    println!(
        "append of 128 B: p50 {} ns, p99 {} ns; {} records/s durable",
        at(50),
        at(99),
        RECORDS as u64 * 1_000_000 / total_us
    );

    let start = env.clock.monotonic_us();
    for _ in 0..1000 {
        let end = journal.append(1, &[&payload])?;
        journal.wait_durable(end)?;
    }
    println!("append and wait: {} us", (env.clock.monotonic_us() - start) / 1000);
    drop(journal);
    let start = env.clock.monotonic_us();
    let journal = Journal::open(&env, &dir, Options::default())?;
    println!("open over {} MiB: {} ms", journal.end().0 >> 20, (env.clock.monotonic_us() - start) / 1000);
    drop(journal);
    let _ = env.fs.remove_dir_all(&dir);
    Ok(())
}
