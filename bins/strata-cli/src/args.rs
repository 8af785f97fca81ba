//! Flags of the REPL.

use clap::Parser;
use std::path::PathBuf;

/// SQL from a terminal, for strata and every server that speaks PostgreSQL's protocol.
#[derive(Debug, Parser)]
#[command(name = "strata", version, about, disable_help_flag = true, args_override_self = true)]
pub(crate) struct Args {
    /// Where the server is.
    #[arg(short, long, default_value = "127.0.0.1")]
    pub(crate) host: String,

    /// Its port.
    #[arg(short, long, default_value_t = 5433)]
    pub(crate) port: u16,

    /// Who you are; your login name if it is not said.
    #[arg(short = 'U', long)]
    pub(crate) user: Option<String>,

    /// The database; the user's name if it is not said.
    #[arg(short, long)]
    pub(crate) dbname: Option<String>,

    /// Run this and leave. May be repeated.
    #[arg(short, long)]
    pub(crate) command: Vec<String>,

    /// Run a file and leave.
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,

    /// Print this help.
    #[arg(long, action = clap::ArgAction::Help)]
    pub(crate) help: Option<bool>,
}

impl Args {
    /// The user to log in as.
    pub(crate) fn login(&self) -> String {
        self.user.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "postgres".to_owned())
    }
}
