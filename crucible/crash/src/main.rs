//! `kill -9` on the real server, over and over: every acknowledged commit is there afterwards, and no half one.
//!
//! ```text
//! start ──▶ 4 writers commit pairs ──▶ kill -9 at a random moment ──▶ start ──▶ check ──▶ …
//! ```
//! A commit of a writer is two rows of one number. A number that was acknowledged must have both; a number
//! that was not may have both or neither, but never one.

mod server;
mod writer;

use clap::Parser;
use server::Server;
use std::collections::HashSet;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Connections that write at the same time.
const WRITERS: u64 = 4;

/// Kills the server again and again, and looks whether it kept its word.
#[derive(Debug, Parser)]
struct Args {
    /// How many kills.
    #[arg(long, default_value_t = 100)]
    cycles: u64,

    /// The server's binary; built if it is not said.
    #[arg(long)]
    strata_bin: Option<PathBuf>,

    /// An empty directory for the data.
    #[arg(long)]
    data_dir: Option<PathBuf>,

    /// Decides when the kills come.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crash: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let binary = args.strata_bin.clone().map_or_else(server::build, Ok)?;
    let scratch = std::env::temp_dir().join(format!("strata-crash-{}", std::process::id()));
    let dir = args.data_dir.clone().unwrap_or(scratch);
    let mut acknowledged = HashSet::new();
    let mut chance = args.seed;
    for cycle in 0..args.cycles {
        let server = Server::start(&binary, &dir)?;
        check(&server, &acknowledged)?;
        let port = server.port();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| std::thread::spawn(move || writer::write(port, (cycle * WRITERS + writer) << 32)))
            .collect();
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(50 + (chance >> 33) % 950));
        server.kill()?;
        for writer in writers {
            acknowledged.extend(writer.join().map_err(|_| "a writer panicked")?);
        }
        println!("cycle {}: {} commits acknowledged so far", cycle + 1, acknowledged.len());
    }
    let server = Server::start(&binary, &dir)?;
    check(&server, &acknowledged)?;
    server.kill()?;
    if acknowledged.is_empty() {
        return Err("no commit was acknowledged at all, so nothing is proven".into());
    }
    println!("{} kills, {} commits, none lost, none halved", args.cycles, acknowledged.len());
    if args.data_dir.is_none() {
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}

/// Looks at every number that is there.
fn check(server: &Server, acknowledged: &HashSet<u64>) -> Result<(), Box<dyn Error>> {
    let mut client = server.connect()?;
    writer::prepare(&mut client)?;
    let mut whole = HashSet::new();
    for (number, rows) in writer::numbers(&mut client)? {
        if rows != 2 {
            return Err(format!("commit {number} is half there: {rows} rows of 2").into());
        }
        whole.insert(number);
    }
    match acknowledged.difference(&whole).next() {
        Some(lost) => Err(format!("commit {lost} was acknowledged and is gone").into()),
        None => Ok(()),
    }
}
