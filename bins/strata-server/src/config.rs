//! Flags of the server. None is needed.

use clap::Parser;
use std::net::SocketAddr;

/// A relational database in one binary, for any PostgreSQL client.
#[derive(Clone, Debug, Parser)]
#[command(name = "strata-server", version, about)]
pub struct Config {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:5433")]
    pub listen: SocketAddr,

    /// Where the data is; `:memory:` keeps it in memory only.
    #[arg(long, default_value = "./strata-data")]
    pub data_dir: String,

    /// Megabytes for caches, memtables and operators together.
    #[arg(long, default_value_t = 1024)]
    pub memory: usize,

    /// Megabytes of journal between two checkpoints. After a crash about as many are replayed, and four times as
    /// many if the disk did not keep up; fewer mean a faster start and more writing.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub checkpoint_every: u64,

    /// Connections at the same time.
    #[arg(long, default_value_t = 2000)]
    pub max_connections: usize,

    /// Seconds that a client may take to get in: from its connection to its password's proof.
    #[arg(long, default_value_t = 6)]
    pub auth_timeout: u64,

    /// Threads for sockets.
    #[arg(long, default_value_t = 2)]
    pub workers: usize,

    /// Check the data directory and end: every table, page, index entry and journal record. Changes nothing.
    #[arg(long)]
    pub verify: bool,

    /// Listen beyond loopback even though a superuser has no password.
    #[arg(long)]
    pub insecure: bool,
}

impl Config {
    /// Whether nothing is to be kept on disk.
    pub fn in_memory(&self) -> bool {
        self.data_dir == ":memory:"
    }
}
