//! A server to measure, in a directory of its own.

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server's process. It does not outlive this value.
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    port: u16,
}

impl Peer {
    /// PostgreSQL as it is configured out of the box, as another user if one is named.
    pub(crate) fn postgres(bin: &Path, user: Option<&str>, dir: &Path) -> Result<Peer, Box<dyn Error>> {
        let data = dir.join("postgres");
        std::fs::create_dir(&data)?;
        if let Some(user) = user {
            Command::new("chown").arg(user).arg(&data).status()?;
        }
        let made = as_user(user, &bin.join("initdb"))
            .args(["-A", "trust", "-U", "postgres", "-D"])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)).into());
        }
        let port = free_port()?;
        let mut command = as_user(user, &bin.join("postgres"));
        command.args(["-p", &port.to_string(), "-k", "", "-D"]).arg(&data);
        Peer::start("PostgreSQL", command, port)
    }

    /// strata as it is configured out of the box.
    pub(crate) fn strata(bin: &Path, dir: &Path) -> Result<Peer, Box<dyn Error>> {
        let port = free_port()?;
        let mut command = Command::new(bin);
        // The first user is named after $USER, and pgbench logs in as postgres.
        command.env("USER", "postgres").args(["--listen", &format!("127.0.0.1:{port}"), "--data-dir"]);
        command.arg(dir.join("strata"));
        Peer::start("strata", command, port)
    }

    fn start(name: &'static str, mut command: Command, port: u16) -> Result<Peer, Box<dyn Error>> {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut peer = Peer { name, child, port };
        for _ in 0..100 {
            if let Some(status) = peer.child.try_wait()? {
                return Err(format!("{name} did not start: {status}").into());
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                // It listens before it is ready.
                std::thread::sleep(Duration::from_secs(1));
                return Ok(peer);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("{name} does not answer").into())
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself, which its client has told already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program, run as another user if one is named.
fn as_user(user: Option<&str>, program: &Path) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(program);
    command
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
