//! A server in this process.

use clap::Parser;
use postgres::{Client, NoTls};
use std::net::SocketAddr;
use strata_server::{Config, Server, listener};
use tokio::sync::oneshot;

/// A server on a free port, shut down when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Starts one with these flags beside the address.
    pub(crate) fn start(flags: &[&str]) -> Running {
        let config =
            Config::parse_from(["strata-server", "--listen", "127.0.0.1:0"].iter().chain(flags).copied());
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .thread_stack_size(listener::STACK_LEN)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let server = Server::bind(&config).await.unwrap();
                tell.send(server.local_addr().unwrap()).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                server.run(stopped).await.unwrap();
            });
        });
        Running { address: told.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// A session on it.
    pub(crate) fn connect(&self) -> Client {
        let (host, port) = (self.address.ip(), self.address.port());
        Client::connect(&format!("host={host} port={port} user=postgres dbname=postgres"), NoTls).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(
            std::thread::panicking() || matches!(ended, Some(Ok(()))),
            "the server did not shut down well"
        );
    }
}
