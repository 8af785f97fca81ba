//! A server in this process, and `strata` beside it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use strata_server::{Config, Server, listener};
use tokio::runtime::{Builder, Runtime};

/// A server that keeps its data in memory.
pub(crate) struct TestServer {
    port: u16,
    _runtime: Runtime,
}

impl TestServer {
    /// Starts one on a free port.
    pub(crate) fn start() -> TestServer {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(listener::STACK_LEN)
            .enable_all()
            .build()
            .unwrap();
        let args = ["strata-server", "--listen", "127.0.0.1:0", "--data-dir", ":memory:"];
        let server = runtime.block_on(Server::bind(&Config::parse_from(args))).unwrap();
        let port = server.local_addr().unwrap().port();
        runtime.spawn(server.run(std::future::pending()));
        TestServer { port, _runtime: runtime }
    }

    /// `strata` with what leads to this server, in a home directory of its own.
    pub(crate) fn strata(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
        command
            .args(["--host", "localhost", "--port", &self.port.to_string(), "--user", "postgres"])
            .args(["--dbname", "postgres"])
            .env("HOME", scratch("home", ""))
            .env("TERM", "dumb")
            .env("PAGER", "cat");
        command
    }

    /// Runs `strata` with arguments and something to read; returns what it wrote.
    pub(crate) fn run(&self, args: &[&str], said: &str) -> Said {
        let mut child = self
            .strata()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(said.as_bytes()).unwrap();
        Said::from(child.wait_with_output().unwrap())
    }
}

/// What a run wrote and how it ended.
pub(crate) struct Said {
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }
}

/// A file of this test run, holding `text`.
pub(crate) fn scratch(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if text.is_empty() {
        std::fs::create_dir_all(&path).unwrap();
    } else {
        std::fs::write(&path, text).unwrap();
    }
    path
}
