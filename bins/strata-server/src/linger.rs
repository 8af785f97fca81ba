//! Closing a socket so that the last words are heard.
//!
//! A socket that is closed while input lies unread in it is reset, and a client that meets a reset need not find
//! what it has not read so far: the FATAL error that says why. So the server stops sending first, and
//! reads until the client has closed its side or has had time to.

use socket2::SockRef;
use std::io;
use std::net::Shutdown;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a client may take to close its side.
const LINGER: Duration = Duration::from_secs(2);

/// Nothing more is sent; what still comes is thrown away, to its end or for a while.
pub(crate) async fn linger(stream: &TcpStream) {
    if SockRef::from(stream).shutdown(Shutdown::Write).is_ok() {
        // Who has not closed by then is cut off.
        let _ = timeout(LINGER, drain(stream)).await;
    }
}

async fn drain(stream: &TcpStream) {
    let mut thrown_away = [0; 4096];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut thrown_away) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
