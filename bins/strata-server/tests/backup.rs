//! A backup asked for in SQL is a store that can be verified and opened, while others go on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use clap::Parser;
use postgres::{Client, NoTls};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use strata_server::{Config, Server, listener};
use strata_store::{Store, StoreOptions};
use tokio::sync::oneshot;

/// A directory of this process that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("strata-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Directory(path)
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a server on a directory while `work` talks to it.
fn with_server(dir: &Directory, work: impl FnOnce(SocketAddr)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(listener::STACK_LEN)
        .enable_all()
        .build()
        .unwrap();
    let flags = ["strata-server", "--listen", "127.0.0.1:0", "--data-dir", dir.text(), "--memory", "64"];
    let (stop, stopped) = oneshot::channel::<()>();
    let server = runtime.block_on(Server::bind(&Config::parse_from(flags))).unwrap();
    let address = server.local_addr().unwrap();
    let running = runtime.spawn(server.run(async {
        let _ = stopped.await;
    }));
    work(address);
    stop.send(()).unwrap();
    runtime.block_on(running).unwrap().unwrap();
}

fn connect(address: SocketAddr) -> Client {
    let (host, port) = (address.ip(), address.port());
    Client::connect(&format!("host={host} port={port} user=postgres dbname=postgres"), NoTls).unwrap()
}

fn count(address: SocketAddr) -> i64 {
    connect(address).query_one("SELECT count(*) FROM t", &[]).unwrap().get(0)
}

#[test]
fn a_backup_in_sql_is_a_store() {
    let (data, copy) = (Directory::new("data"), Directory::new("copy"));
    let backup =
        format!("SELECT table_bytes, kept_bytes, pages, journal_bytes FROM strata_backup('{}')", copy.text());
    with_server(&data, |address| {
        let mut client = connect(address);
        client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, v text)").unwrap();
        let insert = "INSERT INTO t SELECT n, repeat('v', 100) FROM generate_series(1, 2000) n";
        client.batch_execute(insert).unwrap();
        let first = client.query_one(&backup, &[]).unwrap();
        assert!(first.get::<_, i64>(2) > 20, "two thousand rows take some pages");
        assert_eq!(first.get::<_, i64>(1), 0);
        // Another is working meanwhile, and the copy has its commits up to some point.
        let writer = std::thread::spawn(move || {
            let mut client = connect(address);
            for number in 2001..2200 {
                client.execute("INSERT INTO t VALUES ($1, 'later')", &[&number]).unwrap();
            }
        });
        let second = client.query_one(&backup, &[]).unwrap();
        assert!(second.get::<_, i64>(0) + second.get::<_, i64>(1) > 0, "tables that are copied or kept");
        writer.join().unwrap();
        assert!(client.query("SELECT * FROM strata_verify()", &[]).unwrap().is_empty());
        // A store is not overwritten by another's backup, and not by its own.
        let own = format!("SELECT * FROM strata_backup('{}')", data.text());
        assert!(client.query(&own, &[]).is_err());
    });
    let store =
        Store::open_read_only(&vfs::os::env(), Path::new(copy.text()), StoreOptions::default()).unwrap();
    assert!(store.verify().unwrap().is_sound());
    drop(store);
    with_server(&copy, |address| assert!((2000..2200).contains(&count(address))));
}
