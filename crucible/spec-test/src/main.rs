//! Runs the specs against a server that is there: PostgreSQL, to prove them, or strata.

use clap::Parser;
use spec_test::{Target, run, specs};
use std::process::ExitCode;

/// Runs every spec on a server and says which differ.
#[derive(Debug, Parser)]
struct Args {
    /// The server, as HOST:PORT.
    #[arg(long)]
    postgres: String,

    /// The user.
    #[arg(long, default_value = "postgres")]
    user: String,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let Some((host, Ok(port))) = args.postgres.rsplit_once(':').map(|(host, port)| (host, port.parse()))
    else {
        eprintln!("say --postgres HOST:PORT");
        return ExitCode::FAILURE;
    };
    let target = Target { host: host.to_owned(), port, user: args.user };
    let mut failed = 0;
    for spec in specs() {
        match run(&target, &spec) {
            Ok(()) => println!("ok      {}", spec.display()),
            Err(error) => {
                failed += 1;
                println!("FAILED  {}\n{error}", spec.display());
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
