//! Embedded stores side by side, in the manner of db_bench: 16-byte keys, 100-byte values, one key a commit.
//!
//! ```text
//! cargo run --release -p bench --bin kv --features peers,rocksdb -- --count 5000000
//! ```
//! Every store does the same work, one after the other in one process; what is printed of each is its rate, the
//! CPU time of an operation (the steadier figure on a machine that others use, background threads included),
//! how long operations took, and at the end how each stands to the first.

mod engines;
mod measure;
mod workload;

use clap::Parser;
use engines::Sizes;
use measure::Figures;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use workload::{Scale, WORKLOADS};

/// Measures embedded stores side by side.
#[derive(Debug, Parser)]
struct Args {
    /// The stores, the one that others are compared with first.
    #[arg(long, value_delimiter = ',', default_values_t = engines::names())]
    engines: Vec<String>,

    /// Workloads; all if none is named.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// Keys.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,

    /// Seconds that a workload may take; the rest of a fill is loaded unmeasured.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,

    /// Megabytes of block cache, where a store has one.
    #[arg(long, default_value_t = 256)]
    cache: usize,

    /// Megabytes of memtable, where a store has one.
    #[arg(long, default_value_t = 64)]
    memtable: usize,

    /// Where the stores are made; a directory in the system's temporary one if not named.
    #[arg(long)]
    dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kv: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let dir = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = dir.join(format!("strata-kv-{}", std::process::id()));
    let sizes = Sizes { cache: args.cache << 20, memtable: args.memtable << 20 };
    let scale = Scale { count: args.count.max(1), seconds: args.seconds };
    let mut all: BTreeMap<(usize, &str), Vec<(String, Figures)>> = BTreeMap::new();
    println!("{}", Figures::HEAD);
    for engine in &args.engines {
        let place = dir.join(engine);
        let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|other| other == name);
        let measured = workload::run(&scale, &wanted, &mut || engines::open(engine, &place, &sizes), &place);
        if place.exists() {
            std::fs::remove_dir_all(&place)?;
        }
        for (name, figures) in measured.map_err(|error| format!("{engine}: {error}"))? {
            println!("{engine:<9} {name:<17} {figures}");
            let order = WORKLOADS.iter().position(|other| *other == name).unwrap_or_default();
            all.entry((order, name)).or_default().push((engine.clone(), figures));
        }
    }
    std::fs::remove_dir_all(&dir)?;
    compare(&all);
    Ok(())
}

/// How many times as good as the first each is: above 1 is better.
fn compare(all: &BTreeMap<(usize, &str), Vec<(String, Figures)>>) {
    for ((_, name), figures) in all {
        let Some(((first, base), others)) = figures.split_first() else { continue };
        for (engine, figures) in others {
            let (rate, cpu) = (figures.rate / base.rate, base.cpu_us / figures.cpu_us.max(0.001));
            println!("{name:<17} {engine}/{first}: rate {rate:.2}x, CPU {cpu:.2}x");
        }
    }
}
