//! `strata` — the REPL: a client of the wire protocol like any other.
//!
//! | module | |
//! |---|---|
//! | [`args`] | flags |
//! | [`client`] | the connection: runs text, hands back tables |
//! | [`splitter`] | where one statement ends and the next begins |
//! | [`repl`] | lines from a person: history, completion, prompts |
//! | [`command`] | `\d`, `\copy` and their kind |
//! | [`describe`] | what the catalog says |
//! | [`shell`] | what runs whatever is said |
//! | [`render`] | tables as text |

mod args;
mod client;
mod command;
mod describe;
mod render;
mod repl;
mod shell;
mod splitter;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match shell::run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("strata: {error}");
            ExitCode::from(2)
        }
    }
}
