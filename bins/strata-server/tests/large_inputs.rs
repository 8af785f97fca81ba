//! Inputs and results of unusual size: each gets its answer or a clear error, and others are served meanwhile.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and measures how long it waits"
)]

mod server;

use server::Running;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn start() -> Running {
    Running::start(&["--data-dir", ":memory:"])
}

#[test]
fn a_row_of_many_megabytes_comes_back() {
    let server = start();
    let mut client = server.connect();
    client.batch_execute("CREATE TABLE t (id int PRIMARY KEY, v text)").unwrap();
    let value = "x".repeat(32 << 20);
    client.execute("INSERT INTO t VALUES (1, $1)", &[&value]).unwrap();
    let row = client.query_one("SELECT v FROM t WHERE id = 1", &[]).unwrap();
    assert_eq!(row.get::<_, &str>(0).len(), value.len());
}

#[test]
fn a_statement_of_ten_megabytes_is_answered() {
    let server = start();
    let mut client = server.connect();
    let sql = format!("SELECT length('{}')", "y".repeat(10 << 20));
    let row = client.query_one(sql.as_str(), &[]).unwrap();
    assert_eq!(row.get::<_, i32>(0), 10 << 20);
}

#[test]
fn a_list_of_ten_thousand_values_is_searched() {
    let server = start();
    let mut client = server.connect();
    let list: Vec<String> = (0..10_000).map(|number| (number * 2).to_string()).collect();
    let sql = format!("SELECT count(*) FROM generate_series(1, 1000) g WHERE g IN ({})", list.join(","));
    assert_eq!(client.query_one(sql.as_str(), &[]).unwrap().get::<_, i64>(0), 500);
}

#[test]
fn deep_nesting_is_a_value_or_54001() {
    let server = start();
    let mut client = server.connect();
    for (open, close) in [("(", ")"), ("abs(", ")"), ("- ", ""), ("not ", "")] {
        let leaf = if open == "not " { "true" } else { "1" };
        let sql = format!("SELECT {}{leaf}{}", open.repeat(5000), close.repeat(5000));
        if let Err(error) = client.simple_query(&sql) {
            assert_eq!(error.code().map(|code| code.code()), Some("54001"), "{open}: {error}");
        }
        client.simple_query("SELECT 1").unwrap();
    }
}

#[test]
fn a_client_that_stops_reading_holds_nobody_up() {
    let server = start();
    let mut stalled = TcpStream::connect(server.address).unwrap();
    let mut start = b"\0\0\0\0\0\x03\0\0user\0postgres\0\0".to_vec();
    let len = start.len() as u8;
    start[3] = len;
    let sql = b"SELECT repeat('x', 1000) FROM generate_series(1, 5000000)\0";
    start.extend_from_slice(b"Q\0\0\0");
    start.push(sql.len() as u8 + 4);
    start.extend_from_slice(sql);
    stalled.write_all(&start).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let mut client = server.connect();
    for _ in 0..20 {
        let asked = Instant::now();
        client.query_one("SELECT 1", &[]).unwrap();
        assert!(asked.elapsed() < Duration::from_secs(2), "answered after {:?}", asked.elapsed());
    }
    drop(stalled);
    client.query_one("SELECT 1", &[]).unwrap();
}
