//! Every spec, on a server in this process that keeps its data in memory.

use clap::Parser;
use spec_test::{Target, run, specs};
use strata_server::{Config, Server, listener};

#[test]
fn strata_answers_as_the_specs_say() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(listener::STACK_LEN)
        .enable_all()
        .build()
        .unwrap();
    let config = Config::parse_from(["strata-server", "--listen", "127.0.0.1:0", "--data-dir", ":memory:"]);
    let server = runtime.block_on(Server::bind(&config)).unwrap();
    let port = server.local_addr().unwrap().port();
    runtime.spawn(server.run(std::future::pending()));

    let user = std::env::var("USER").unwrap_or_else(|_| "postgres".to_owned());
    let target = Target { host: "127.0.0.1".to_owned(), port, user };
    let failures: Vec<String> = specs()
        .iter()
        .filter_map(|spec| Some(format!("{}\n{}", spec.display(), run(&target, spec).err()?)))
        .collect();
    assert!(failures.is_empty(), "{} specs differ:\n\n{}", failures.len(), failures.join("\n\n"));
}
