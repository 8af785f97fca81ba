//! Accepting connections, and shutting down in order.

use crate::cancel::Registry;
use crate::config::Config;
use crate::handshake;
use crate::lender::Lender;
use crate::scram;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use strata_db::session::{Engine, EngineOptions};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes of stack of every thread that may run the engine: the depth guards count on it.
pub const STACK_LEN: usize = 64 << 20;
/// Connections that may be on their way in at the same time.
const HANDSHAKES_MAX: usize = 256;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    shutdown: watch::Sender<bool>,
}

/// What every connection's task knows.
pub(crate) struct Shared {
    pub(crate) lender: Arc<Lender>,
    pub(crate) cancels: Registry,
    pub(crate) env: vfs::Env,
    pub(crate) connections: AtomicUsize,
    pub(crate) max_connections: usize,
    pub(crate) auth_timeout: Duration,
    handshakes: AtomicUsize,
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl Server {
    /// Opens the data directory and binds the address.
    ///
    /// # Errors
    /// Of the disk, of the address; and for an address beyond loopback while a superuser has no password.
    pub async fn bind(config: &Config) -> io::Result<Server> {
        let env = if config.in_memory() { vfs::mem::env() } else { vfs::os::env() };
        let mut options = EngineOptions {
            first_user: whoami::fallible::username().ok(),
            password_verifier: Some(scram::verifier_of),
            ..EngineOptions::default()
        };
        options.store.memory = config.memory << 20;
        options.store.checkpoint_every = config.checkpoint_every << 20;
        let dir = if config.in_memory() { "/strata" } else { &config.data_dir };
        let engine = Engine::open(env.clone(), Path::new(dir), options)
            .map_err(|error| io::Error::other(error.to_string()))?;
        if !config.listen.ip().is_loopback() && !config.insecure && engine.has_open_superuser() {
            return Err(io::Error::other(
                "a superuser has no password: set one (ALTER ROLE … PASSWORD …) before listening beyond loopback, \
                 or say --insecure",
            ));
        }
        let lender = Lender::start(engine, env.clock.clone())?;
        let (shutdown, watch) = watch::channel(false);
        let shared = Arc::new(Shared {
            lender,
            cancels: Registry::new(),
            env,
            connections: AtomicUsize::new(0),
            max_connections: config.max_connections,
            auth_timeout: Duration::from_secs(config.auth_timeout.max(1)),
            handshakes: AtomicUsize::new(0),
            shutdown: watch,
        });
        Ok(Server { listener: TcpListener::bind(config.listen).await?, shared, shutdown })
    }

    /// Where it listens: the port chosen, if none was named.
    ///
    /// # Errors
    /// Of the socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done, then ends every session and closes the store.
    ///
    /// # Errors
    /// Of closing the store.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, address)) => self.admit(stream, address),
                    Err(error) => {
                        // Out of file descriptors: others must end before there is room again.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        tracing::info!("shutting down");
        // Without receivers there are no connections to tell.
        let _ = self.shutdown.send(true);
        drop(self.listener);
        tokio::time::sleep(Duration::from_millis(50)).await;
        match self.shared.lender.stop() {
            Some(engine) => engine.close().map_err(|error| io::Error::other(error.to_string())),
            None => Ok(()),
        }
    }

    fn admit(&self, stream: TcpStream, address: SocketAddr) {
        let shared = self.shared.clone();
        if shared.handshakes.fetch_add(1, Ordering::Relaxed) >= HANDSHAKES_MAX {
            shared.handshakes.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        // A reply is one write; holding it back for more would only delay it.
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let entered = handshake::enter(&shared, stream, address).await;
            shared.handshakes.fetch_sub(1, Ordering::Relaxed);
            if let Some(entered) = entered {
                entered.serve(&shared).await;
            }
        });
    }
}
