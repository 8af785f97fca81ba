//! A client that is still sending when its session is ended reads why, and then the end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use server::Running;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Opens a session under this application name, without reading what the server says to it.
fn enter(server: &Running, name: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let body = format!("\0\x03\0\0user\0postgres\0application_name\0{name}\0\0");
    let mut start = (body.len() as u32 + 4).to_be_bytes().to_vec();
    start.extend_from_slice(body.as_bytes());
    stream.write_all(&start).unwrap();
    stream
}

fn query(sql: &str) -> Vec<u8> {
    let mut frame = vec![b'Q'];
    frame.extend_from_slice(&(sql.len() as u32 + 5).to_be_bytes());
    frame.extend_from_slice(sql.as_bytes());
    frame.push(0);
    frame
}

/// Sends queries until the server reads no further.
fn stuff(stream: &mut TcpStream) {
    let frame = query(&format!("SELECT 1 -- {}", "x".repeat(60_000)));
    stream.set_nonblocking(true).unwrap();
    let (mut at, mut refused) = (0, 0);
    while refused < 20 {
        match stream.write(&frame[at..]) {
            Ok(count) => (at, refused) = ((at + count) % frame.len(), 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                refused += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
    stream.set_nonblocking(false).unwrap();
}

#[test]
fn who_is_terminated_amid_its_sending_reads_why() {
    let server = Running::start(&["--data-dir", ":memory:"]);
    let mut stream = enter(&server, "sender");
    stream.write_all(&query("SELECT pg_sleep(600)")).unwrap();
    stuff(&mut stream);
    let terminate =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sender'";
    assert!(server.connect().query_one(terminate, &[]).unwrap().get::<_, bool>(0));
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("57P01"), "no reason was given: {said}");
}
