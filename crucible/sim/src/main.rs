//! Runs seeds and says which failed.

use clap::Parser;
use std::process::ExitCode;

/// Runs the store on a simulated machine, one run a seed.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

fn main() -> ExitCode {
    let Arguments { seeds, from } = Arguments::parse();
    let mut total = sim::Summary::default();
    let mut failed = 0u64;
    for seed in from..from + seeds {
        let outcome = std::panic::catch_unwind(|| sim::run(seed));
        match outcome.unwrap_or_else(|_| Err("panicked".to_owned())) {
            Ok(summary) => {
                total.commits += summary.commits;
                total.lost += summary.lost;
                total.recoveries += summary.recoveries;
            }
            Err(finding) => {
                failed += 1;
                println!("seed {seed}: {finding}");
            }
        }
    }
    println!("{seeds} seeds, {failed} failed: {total:?}");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
