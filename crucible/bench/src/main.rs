//! pgbench on strata beside PostgreSQL: its own scripts and a queue. Both are started here, measured in turn, and
//! printed as ratios.

mod peer;
mod queue;

use clap::Parser;
use peer::Peer;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What is measured: pgbench's script, how it sends statements, its clients.
const WORKLOADS: &[(&str, &str, u32)] = &[
    ("select-only", "simple", 8),
    ("select-only", "extended", 8),
    ("select-only", "prepared", 8),
    ("select-only", "prepared", 32),
    ("simple-update", "simple", 8),
    ("simple-update", "extended", 8),
    ("simple-update", "prepared", 8),
    ("tpcb-like", "simple", 8),
    ("tpcb-like", "extended", 8),
    ("tpcb-like", "prepared", 8),
    ("tpcb-like", "prepared", 32),
];

/// Measures strata beside PostgreSQL.
#[derive(Debug, Parser)]
struct Args {
    /// PostgreSQL's bin directory: initdb, postgres, pgbench.
    #[arg(long)]
    postgres_bin: PathBuf,

    /// The operating-system user that PostgreSQL runs as: it refuses to be root.
    #[arg(long)]
    postgres_user: Option<String>,

    /// strata's server, built for release.
    #[arg(long)]
    strata_bin: PathBuf,

    /// Seconds a workload.
    #[arg(long, default_value_t = 10)]
    seconds: u32,

    /// Only workloads whose name contains this.
    #[arg(long, default_value = "")]
    only: String,

    /// pgbench's scale: 100,000 accounts each.
    #[arg(long, default_value_t = 10)]
    scale: u32,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let pgbench = args.postgres_bin.join("pgbench");
    if !pgbench.exists() {
        println!("skipped: there is no pgbench in {}", args.postgres_bin.display());
        return ExitCode::SUCCESS;
    }
    match run(&args, &pgbench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args, pgbench: &Path) -> Result<(), Box<dyn Error>> {
    let dir = std::env::temp_dir().join(format!("strata-bench-{}", std::process::id()));
    std::fs::create_dir(&dir)?;
    let peers = [
        Peer::postgres(&args.postgres_bin, args.postgres_user.as_deref(), &dir)?,
        Peer::strata(&args.strata_bin, &dir)?,
    ];
    let chosen = |name: &str| name.contains(&args.only);
    let workloads: Vec<_> = WORKLOADS.iter().map(|workload| (name_of(workload), workload)).collect();
    if workloads.iter().any(|(name, _)| chosen(name)) {
        load(pgbench, &peers, args.scale)?;
    }
    println!("{:<36} {:>12} {:>12} {:>8}", "tps", "PostgreSQL", "strata", "ratio");
    for (name, (script, mode, clients)) in workloads.iter().filter(|(name, _)| chosen(name)) {
        let (clients, seconds) = (clients.to_string(), args.seconds.to_string());
        let flags = ["-n", "-M", mode, "-b", script, "-c", &clients, "-j", "2", "-T", &seconds];
        compare(name, &peers, |peer| rate(&pgbench_says(pgbench, peer, &flags)?))?;
    }
    for variant in queue::VARIANTS.iter().filter(|variant| chosen(variant.name)) {
        compare(variant.name, &peers, |peer| variant.run(pgbench, peer, &dir, args.seconds))?;
    }
    drop(peers);
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

fn name_of((script, mode, clients): &(&str, &str, u32)) -> String {
    format!("{script}, {mode}, {clients} clients")
}

/// Loads pgbench's tables.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn load(pgbench: &Path, peers: &[Peer; 2], scale: u32) -> Result<(), Box<dyn Error>> {
    let scale = scale.to_string();
    let mut seconds = [0.0; 2];
    for (peer, seconds) in peers.iter().zip(&mut seconds) {
        let started = std::time::Instant::now();
        pgbench_says(pgbench, peer, &["-q", "-i", "-s", &scale])?;
        *seconds = started.elapsed().as_secs_f64();
    }
    let [theirs, ours] = seconds;
    println!(
        "load, scale {scale}: PostgreSQL {theirs:.1} s, strata {ours:.1} s, {:.2}x as long",
        ours / theirs
    );
    Ok(())
}

/// Measures both and prints a line.
fn compare(
    name: &str,
    peers: &[Peer; 2],
    measure: impl Fn(&Peer) -> Result<f64, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut tps = [0.0; 2];
    for (peer, tps) in peers.iter().zip(&mut tps) {
        *tps = measure(peer)?;
    }
    let [theirs, ours] = tps;
    println!("{name:<36} {theirs:>12.0} {ours:>12.0} {:>7.2}x", ours / theirs);
    Ok(())
}

/// Runs pgbench on a peer.
fn pgbench_says(pgbench: &Path, peer: &Peer, flags: &[&str]) -> Result<String, Box<dyn Error>> {
    let port = peer.port().to_string();
    let output = Command::new(pgbench)
        .args(["-h", "127.0.0.1", "-U", "postgres", "-p", &port])
        .args(flags)
        .arg("postgres")
        .output()?;
    // A client that was thrown out is told of on stderr only.
    let complaints = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || complaints.contains("ERROR") || complaints.contains("aborted") {
        return Err(format!("pgbench on {}: {}", peer.name(), complaints).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The number behind `tps = `.
fn rate(text: &str) -> Result<f64, Box<dyn Error>> {
    let said = text.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench names no rate")?;
    Ok(said.split(' ').next().unwrap_or_default().parse()?)
}
