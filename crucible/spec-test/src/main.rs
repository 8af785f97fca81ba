//! Runs the specs against a server that is there: PostgreSQL, to prove them, or strata.

use clap::Parser;
use spec_test::{Target, record, record_scenario, rehearse, run, scenarios, specs};
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs every spec on a server and says which differ.
#[derive(Debug, Parser)]
struct Args {
    /// PostgreSQL, as HOST:PORT.
    #[arg(long, required_unless_present = "strata", conflicts_with = "strata")]
    postgres: Option<String>,

    /// strata, as HOST:PORT: what is marked `skipif strata` is left out.
    #[arg(long)]
    strata: Option<String>,

    /// The user.
    #[arg(long, default_value = "postgres")]
    user: String,

    /// Only specs whose path contains this.
    #[arg(long, default_value = "")]
    only: String,

    /// Write what the server answers into the specs, instead of comparing.
    #[arg(long)]
    record: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let is_strata = args.strata.is_some();
    let address = args.strata.or(args.postgres).unwrap_or_default();
    let Some((host, Ok(port))) = address.rsplit_once(':').map(|(host, port)| (host, port.parse())) else {
        eprintln!("{address} is no HOST:PORT");
        return ExitCode::FAILURE;
    };
    let target = Target { host: host.to_owned(), port, user: args.user, is_strata };
    let chosen = |path: &PathBuf| path.to_string_lossy().contains(&args.only);
    let mut failed = 0;
    let mut tell = |path: &PathBuf, outcome: Result<(), String>| match outcome {
        Ok(()) => println!("ok      {}", path.display()),
        Err(error) => {
            failed += 1;
            println!("FAILED  {}\n{error}", path.display());
        }
    };
    for spec in specs().iter().filter(|path| chosen(path)) {
        tell(
            spec,
            if args.record {
                record(&target, spec).map_err(|error| error.to_string())
            } else {
                run(&target, spec)
            },
        );
    }
    for scenario in scenarios().iter().filter(|path| chosen(path)) {
        let play = if args.record { record_scenario } else { rehearse };
        tell(scenario, play(&target, scenario));
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
