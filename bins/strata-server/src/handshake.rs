//! The way in: encryption requests, the start-up message, authentication, the session's start.
//!
//! ```text
//! SSLRequest, GSSENCRequest ──▶ N      CancelRequest ──▶ (cancels, closes)
//! StartupMessage ──▶ [SCRAM] ──▶ AuthenticationOk, ParameterStatus …, BackendKeyData, ReadyForQuery
//! ```
//! Until a client is in, little is believed: messages are at most `MESSAGE_MAX` bytes and everything must
//! have happened within `--auth-timeout`.

use crate::connection::Connection;
use crate::linger::linger;
use crate::listener::Shared;
use crate::scram;
use crate::wire::WireOutbox;
use crate::wire::decode::Body;
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_db::SqlError;
use strata_db::session::{Authentication, Outbox, Startup};
use strata_types::sqlstate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

/// Longest message before the client is in.
const MESSAGE_MAX: usize = 10_000;

const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;
/// Newest minor version of protocol 3 that is spoken.
const MINOR: u32 = 0;

/// A client that is in.
pub(crate) struct Entered {
    connection: Arc<Connection>,
    socket: OwnedReadHalf,
    input: BytesMut,
    pid: i32,
}

/// A client on its way in.
struct Arrival<'a> {
    shared: &'a Shared,
    stream: TcpStream,
    input: BytesMut,
    address: SocketAddr,
}

/// Why a client does not get in.
enum Refusal {
    /// It is told.
    Error(SqlError),
    /// It has gone, or there is nothing to say.
    Silent,
}

impl From<io::Error> for Refusal {
    fn from(_: io::Error) -> Self {
        Refusal::Silent
    }
}

impl From<SqlError> for Refusal {
    fn from(error: SqlError) -> Self {
        Refusal::Error(error)
    }
}

/// Lets a client in, or not.
pub(crate) async fn enter(shared: &Arc<Shared>, stream: TcpStream, address: SocketAddr) -> Option<Entered> {
    let mut arrival = Arrival { shared, stream, input: BytesMut::new(), address };
    let outcome = tokio::time::timeout(shared.auth_timeout, arrival.start()).await;
    match outcome {
        Ok(Ok((startup, out, flag, secret))) => match arrival.open(startup, out, flag, secret, shared) {
            Ok(entered) => Some(entered),
            Err((mut stream, error)) => {
                refuse(&mut stream, &error).await;
                None
            }
        },
        Ok(Err(Refusal::Error(error))) => {
            refuse(&mut arrival.stream, &error).await;
            None
        }
        Ok(Err(Refusal::Silent)) | Err(_) => None,
    }
}

async fn refuse(stream: &mut TcpStream, error: &SqlError) {
    let mut out = WireOutbox::default();
    out.error("FATAL", error);
    // The client may have gone already.
    if stream.write_all(out.pending()).await.is_ok() {
        linger(stream).await;
    }
}

type Prepared = (Startup, WireOutbox, Arc<AtomicBool>, i32);

impl Arrival<'_> {
    async fn start(&mut self) -> Result<Prepared, Refusal> {
        let mut body = loop {
            let mut message = self.untyped().await?;
            match message.try_get_u32().map_err(|_| Refusal::Silent)? {
                // Encryption is not offered; what follows the request must be sent anew, in clear.
                SSL_REQUEST | GSSENC_REQUEST => {
                    if !self.input.is_empty() {
                        return Err(violation("received unencrypted data after SSL request").into());
                    }
                    self.stream.write_all(b"N").await?;
                }
                CANCEL_REQUEST => {
                    let pid = message.try_get_i32().map_err(|_| Refusal::Silent)?;
                    let secret = message.try_get_i32().map_err(|_| Refusal::Silent)?;
                    self.shared.cancels.cancel(pid, secret);
                    return Err(Refusal::Silent);
                }
                version if version >> 16 == 3 => break (version & 0xFFFF, Body(message)),
                version => {
                    return Err(SqlError::new(
                        sqlstate::FEATURE_NOT_SUPPORTED,
                        format!(
                            "unsupported frontend protocol {}.{}: server supports 3.0 to 3.0",
                            version >> 16,
                            version & 0xFFFF
                        ),
                    )
                    .into());
                }
            }
        };
        let mut out = WireOutbox::default();
        let (startup, unknown) = startup_message(&mut body.1)?;
        if body.0 > MINOR || !unknown.is_empty() {
            out.negotiate(MINOR as i32, &unknown);
        }
        self.authenticate(&startup, &mut out).await?;
        out.authentication_ok();
        let secret = self.shared.env.random.next_u64() as i32;
        Ok((startup, out, Arc::new(AtomicBool::new(false)), secret))
    }

    /// A message without type byte: length and body.
    async fn untyped(&mut self) -> Result<Bytes, Refusal> {
        self.fill(4).await?;
        let len = self.input.get_u32() as usize;
        let len = len.checked_sub(4).filter(|len| *len <= MESSAGE_MAX);
        let Some(len) = len else { return Err(violation("invalid length of startup packet").into()) };
        self.fill(len).await?;
        Ok(self.input.split_to(len).freeze())
    }

    /// A password message's body.
    async fn password(&mut self) -> Result<Bytes, Refusal> {
        self.fill(5).await?;
        if self.input.get_u8() != b'p' {
            return Err(violation("expected password response").into());
        }
        self.untyped().await
    }

    async fn fill(&mut self, len: usize) -> Result<(), Refusal> {
        while self.input.len() < len {
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(Refusal::Silent);
            }
        }
        Ok(())
    }

    async fn send(&mut self, out: &mut WireOutbox) -> Result<(), Refusal> {
        self.stream.write_all(out.pending()).await?;
        out.advance(out.pending().len());
        Ok(())
    }

    async fn authenticate(&mut self, startup: &Startup, out: &mut WireOutbox) -> Result<(), Refusal> {
        let authentication =
            self.shared.lender.with(|engine| engine.authentication(&startup.user)).ok_or(Refusal::Silent)?;
        let local = self.address.ip().is_loopback();
        let verifier = match authentication {
            Authentication::NoPassword { superuser } if local || !superuser => return Ok(()),
            Authentication::NoPassword { .. } => return Err(wrong_password(&startup.user).into()),
            Authentication::Scram(verifier) => verifier,
            Authentication::Unknown { secret: false } if local => {
                return Err(SqlError::new(
                    sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
                    format!("role \"{}\" does not exist", startup.user),
                )
                .into());
            }
            Authentication::Unknown { .. } => self.verifier_for_nobody(),
        };
        out.authentication(10, format!("{}\0\0", scram::MECHANISM).as_bytes());
        self.send(out).await?;
        let mut first = Body(self.password().await?);
        if first.text()? != scram::MECHANISM {
            return Err(violation("client selected an invalid SASL authentication mechanism").into());
        }
        // A length, then the client's first message.
        first.0.try_get_i32().map_err(|_| violation("malformed SCRAM message"))?;
        let begun = scram::begin(&verifier, &first.0);
        let (message, exchange) = begun.ok_or_else(|| violation("malformed SCRAM message"))?;
        out.authentication(11, message.as_bytes());
        self.send(out).await?;
        let last = self.password().await?;
        let message = exchange.finish(&last).ok_or_else(|| wrong_password(&startup.user))?;
        out.authentication(12, message.as_bytes());
        Ok(())
    }

    fn verifier_for_nobody(&self) -> String {
        let (mut salt, mut key) = ([0; 16], [0; 32]);
        self.shared.env.random.fill(&mut salt);
        self.shared.env.random.fill(&mut key);
        scram::verifier_for_nobody(salt, key)
    }

    /// Starts the session and hands the socket over to its connection.
    fn open(
        self,
        mut startup: Startup,
        mut out: WireOutbox,
        flag: Arc<AtomicBool>,
        secret: i32,
        shared: &Arc<Shared>,
    ) -> Result<Entered, (TcpStream, SqlError)> {
        let count = shared.connections.fetch_add(1, Ordering::AcqRel);
        let leave = |stream, error| {
            shared.connections.fetch_sub(1, Ordering::AcqRel);
            Err((stream, error))
        };
        if count >= shared.max_connections {
            let full = SqlError::new(sqlstate::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
            return leave(self.stream, full);
        }
        let pid = shared.cancels.allocate();
        startup.pid = pid;
        startup.client = Some(self.address.to_string());
        let started = shared.lender.with(|engine| {
            let session = engine.start(&startup, flag.clone())?;
            Ok((session, engine.reported(session)))
        });
        let (session, reported) = match started {
            Some(Ok(started)) => started,
            Some(Err(error)) => return leave(self.stream, error),
            None => {
                let down =
                    SqlError::new(sqlstate::CANNOT_CONNECT_NOW, "the database system is shutting down");
                return leave(self.stream, down);
            }
        };
        for (name, value) in reported {
            out.parameter_status(name, &value);
        }
        out.backend_key(pid, secret);
        out.ready(b'I');
        let (socket, writes) = self.stream.into_split();
        let connection = Connection::new(session, writes, out);
        shared.lender.attach(session, &connection);
        let (lender, woken) = (Arc::downgrade(&shared.lender), Arc::downgrade(&connection));
        let wake = move || {
            if let (Some(lender), Some(connection)) = (lender.upgrade(), woken.upgrade()) {
                lender.submit(&connection);
            }
        };
        shared.cancels.add(pid, secret, flag, Arc::new(wake));
        Ok(Entered { connection, socket, input: self.input, pid })
    }
}

impl Entered {
    /// Serves the client to the end.
    pub(crate) async fn serve(self, shared: &Arc<Shared>) {
        self.connection.flush(shared.lender.durable());
        let mut shutdown = shared.shutdown.clone();
        tokio::select! {
            () = self.connection.serve(&shared.lender, self.socket, self.input) => {}
            _ = shutdown.wait_for(|stop| *stop) => {
                let ended = SqlError::new(
                    sqlstate::ADMIN_SHUTDOWN,
                    "terminating connection due to administrator command",
                );
                self.connection.abort(&ended);
                self.connection.flush(strata_store::Lsn(u64::MAX));
            }
        }
        shared.cancels.remove(self.pid);
        shared.lender.detach(self.connection.session());
        shared.connections.fetch_sub(1, Ordering::AcqRel);
        self.connection.linger().await;
    }
}

fn violation(message: &str) -> SqlError {
    SqlError::new(sqlstate::PROTOCOL_VIOLATION, message)
}

fn wrong_password(user: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_PASSWORD, format!("password authentication failed for user \"{user}\""))
}

/// Parameters of the start-up message, and the protocol options that are not known.
fn startup_message(body: &mut Body) -> Result<(Startup, Vec<String>), SqlError> {
    let mut startup = Startup::default();
    let mut unknown = Vec::new();
    loop {
        let name = body.text()?;
        if name.is_empty() {
            break;
        }
        let value = body.text()?;
        match name.as_str() {
            "user" => startup.user = value,
            "database" => startup.database = Some(value),
            "options" => startup.settings.extend(options(&value)?),
            "replication" => {
                if !matches!(value.as_str(), "false" | "off" | "no" | "0") {
                    return Err(SqlError::unsupported("replication"));
                }
            }
            _ if name.starts_with("_pq_.") => unknown.push(name),
            _ => startup.settings.push((name, value)),
        }
    }
    if !body.0.is_empty() {
        return Err(violation("invalid startup packet layout: expected terminator as last byte"));
    }
    if startup.user.is_empty() {
        return Err(SqlError::new(
            sqlstate::INVALID_AUTHORIZATION_SPECIFICATION,
            "no PostgreSQL user name specified in startup packet",
        ));
    }
    Ok((startup, unknown))
}

/// Settings in `options`: `-c name=value` and `--name=value`, a backslash quoting the next character.
fn options(text: &str) -> Result<Vec<(String, String)>, SqlError> {
    let mut words = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => chars.next().unwrap_or('\\'),
            c if c.is_whitespace() => {
                words.push(String::new());
                continue;
            }
            c => c,
        };
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let mut settings = Vec::new();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("-c") {
            Some("") => words.next().unwrap_or_default(),
            Some(rest) => rest.to_owned(),
            None => word.strip_prefix("--").unwrap_or_default().to_owned(),
        };
        let Some((name, value)) = setting.split_once('=') else {
            return Err(SqlError::new(
                sqlstate::SYNTAX_ERROR,
                format!("invalid command-line argument: {word}"),
            ));
        };
        settings.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_settings() {
        let found = options(r"-c search_path=a\ b --work-mem=4MB -cjit=off").unwrap();
        let expected = [("search_path", "a b"), ("work_mem", "4MB"), ("jit", "off")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, expected);
        assert!(options("nonsense").is_err());
    }

    #[test]
    fn a_startup_message_names_user_and_database() {
        let mut body = Body(Bytes::from_static(b"user\0me\0database\0db\0_pq_.x\x001\0\0"));
        let (startup, unknown) = startup_message(&mut body).unwrap();
        assert_eq!((startup.user.as_str(), startup.database.as_deref()), ("me", Some("db")));
        assert_eq!(unknown, ["_pq_.x"]);
        assert!(startup_message(&mut Body(Bytes::from_static(b"user\0me"))).is_err());
    }
}
