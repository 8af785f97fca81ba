//! The server under test: started, reached, killed.

use postgres::{Client, NoTls};
use std::error::Error;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Looks at the port before it is given up: half a minute.
const ATTEMPTS: usize = 300;

/// A server's process. It does not outlive this value.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

/// Builds the server, and says where it is.
pub(crate) fn build() -> Result<PathBuf, Box<dyn Error>> {
    let status = Command::new(env!("CARGO")).args(["build", "-p", "strata-server"]).status()?;
    if !status.success() {
        return Err("the server does not build".into());
    }
    let here = std::env::current_exe()?;
    let dir = here.parent().ok_or("a binary without a directory")?;
    Ok(dir.join("strata-server"))
}

impl Server {
    /// Starts it, and waits until it answers.
    pub(crate) fn start(binary: &Path, dir: &Path) -> Result<Server, Box<dyn Error>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(binary)
            .args(["--listen", &format!("127.0.0.1:{port}"), "--memory", "128", "--data-dir"])
            .arg(dir)
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Server { child, port };
        for _ in 0..ATTEMPTS {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server did not start: {status}").into());
            }
            if server.connect().is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("the server does not answer".into())
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A connection.
    pub(crate) fn connect(&self) -> Result<Client, postgres::Error> {
        connect(self.port)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> std::io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `kill` it has ended, and there is nobody left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection to a port of this machine.
pub(crate) fn connect(port: u16) -> Result<Client, postgres::Error> {
    let user = std::env::var("USER").unwrap_or_else(|_| "postgres".to_owned());
    let mut config = postgres::Config::new();
    config.host("127.0.0.1").port(port).user(&user).dbname("postgres").connect(NoTls)
}
