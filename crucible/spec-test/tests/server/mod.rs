//! A server in this process that keeps its data in memory.

use clap::Parser;
use spec_test::Target;
use strata_server::{Config, Server, listener};
use tokio::runtime::{Builder, Runtime};

/// Starts one on a free port; it ends with the runtime. `STRATA_SPEC_ON=HOST:PORT` names another to use instead,
/// which is how a test is proven on PostgreSQL.
pub(crate) fn start() -> (Target, Option<Runtime>) {
    if let Ok(address) = std::env::var("STRATA_SPEC_ON") {
        let (host, port) = address.rsplit_once(':').unwrap();
        return (target(host, port.parse().unwrap(), false), None);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(listener::STACK_LEN)
        .enable_all()
        .build()
        .unwrap();
    let config = Config::parse_from(["strata-server", "--listen", "127.0.0.1:0", "--data-dir", ":memory:"]);
    let server = runtime.block_on(Server::bind(&config)).unwrap();
    let port = server.local_addr().unwrap().port();
    runtime.spawn(server.run(std::future::pending()));
    (target("127.0.0.1", port, true), Some(runtime))
}

fn target(host: &str, port: u16, is_strata: bool) -> Target {
    Target { host: host.to_owned(), port, user: "postgres".to_owned(), is_strata }
}
