//! A client's connection: socket, inbox, outbox, and the task that reads.
//!
//! Whoever runs the session's work writes the answer to the socket at once, without waiting; what the
//! socket does not take, the connection's own task writes when there is room. The task and those who serve meet at two
//! latches. The inbox's is held for a moment only. The outbox's is held while the socket is written to, and so the
//! task asks for it only when it has to write itself.

use crate::lender::Lender;
use crate::standing::Standing;
use crate::wire::{WireOutbox, decode, frame};
use bytes::BytesMut;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use strata_db::SqlError;
use strata_db::session::{Engine, Outbox, Request, SessionId, Turn};
use strata_store::Lsn;
use strata_types::sqlstate;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

/// Requests that may wait for a session before its socket is read no further.
const INBOX_MAX: usize = 1024;
/// Bytes of COPY input that may so wait.
const INBOX_BYTES_MAX: usize = 4 << 20;

/// Bytes that a read has room for.
const READ_LEN: usize = 8 * 1024;

/// A client's connection, from its session's start to its end.
pub struct Connection {
    session: SessionId,
    socket: OwnedWriteHalf,
    inbox: Mutex<Inbox>,
    out: Mutex<WireOutbox>,
    /// Where it is with the lender.
    pub(crate) standing: Standing,
    /// The socket takes no more of the answers at present.
    blocked: AtomicBool,
    /// It has used its last slice up.
    yielded: AtomicBool,
    /// The portal at work waits for the client to read.
    full: AtomicBool,
    /// When the session must be looked at again, in microseconds from the time of setting; 0 is never.
    deadline: AtomicU64,
    /// Something that the connection's task must look at.
    notify: Notify,
    /// After the answers so far, the connection ends.
    closing: AtomicBool,
    ended: AtomicBool,
}

/// What a session has answered in a slice.
pub struct Answers {
    out: WireOutbox,
    /// With what the socket has not taken of the answers before; if not, somebody was sending just then.
    is_whole: bool,
}

/// What waits for the session.
#[derive(Default)]
struct Inbox {
    requests: VecDeque<Request>,
    bytes: usize,
}

impl Inbox {
    /// So much that the socket is read no further.
    fn is_stuffed(&self) -> bool {
        self.requests.len() >= INBOX_MAX || self.bytes >= INBOX_BYTES_MAX
    }
}

impl Connection {
    /// A connection whose session has started, and what it [reads](Self::serve). `out` holds the answers so far.
    pub fn new(session: SessionId, stream: TcpStream, out: WireOutbox) -> (Arc<Connection>, OwnedReadHalf) {
        let (incoming, socket) = stream.into_split();
        let connection = Connection {
            session,
            socket,
            inbox: Mutex::default(),
            out: Mutex::new(out),
            standing: Standing::default(),
            blocked: AtomicBool::new(false),
            yielded: AtomicBool::new(false),
            full: AtomicBool::new(false),
            deadline: AtomicU64::new(0),
            notify: Notify::new(),
            closing: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        };
        (Arc::new(connection), incoming)
    }

    /// Its session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Lets the session work for a slice. No latch is held meanwhile: the work may wait for the journal,
    /// whose thread looks at this connection to let gated answers out. Nor is one waited for that is held by
    /// somebody who sends.
    pub fn run(&self, engine: &mut Engine) -> (Turn, Answers) {
        let (mut requests, mut stuffed) = {
            let mut inbox = self.inbox.lock();
            let stuffed = inbox.is_stuffed();
            inbox.bytes = 0;
            (std::mem::take(&mut inbox.requests), stuffed)
        };
        let kept = self.out.try_lock().map(|mut out| std::mem::take(&mut *out));
        let is_whole = kept.is_some();
        let mut out = kept.unwrap_or_default();
        let ran = catch_unwind(AssertUnwindSafe(|| engine.run(self.session, &mut requests, &mut out)));
        let turn = ran.unwrap_or_else(|_| {
            // A bug: it costs this session its life, and its transaction, but nobody else theirs.
            let _ = catch_unwind(AssertUnwindSafe(|| engine.end(self.session)));
            out.error("FATAL", &SqlError::new(sqlstate::INTERNAL_ERROR, "internal error: the session ends"));
            requests.clear();
            self.closing.store(true, Ordering::Release);
            Turn::Idle
        });
        let mut inbox = self.inbox.lock();
        stuffed |= inbox.is_stuffed();
        // What has arrived meanwhile comes behind what is left.
        requests.append(&mut inbox.requests);
        inbox.bytes = requests.iter().map(request_len).sum();
        inbox.requests = requests;
        if turn == Turn::End {
            self.closing.store(true, Ordering::Release);
            inbox.requests.clear();
        }
        self.full.store(turn == Turn::Output, Ordering::Release);
        // The task may have stopped reading before the work or during it.
        if stuffed && !inbox.is_stuffed() {
            self.notify.notify_one();
        }
        (turn, Answers { out, is_whole })
    }

    /// [Sends](Self::flush) what the session has answered, behind what it has answered before.
    pub fn answer(&self, mut answers: Answers, durable: Lsn) -> bool {
        let mut out = self.out.lock();
        if answers.is_whole {
            std::mem::swap(&mut *out, &mut answers.out);
        }
        out.append(&mut answers.out);
        self.send(&mut out, durable)
    }

    /// Sends what may be sent, as far as the socket takes it. `false` if the disk must be waited for.
    pub fn flush(&self, durable: Lsn) -> bool {
        self.send(&mut self.out.lock(), durable)
    }

    fn send(&self, out: &mut WireOutbox, durable: Lsn) -> bool {
        if !out.pending().is_empty() && out.gated_on() > durable {
            self.blocked.store(false, Ordering::Release);
            return false;
        }
        while !out.pending().is_empty() {
            match self.socket.try_write(out.pending()) {
                Ok(count) => out.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked.store(true, Ordering::Release);
                    self.notify.notify_one();
                    return true;
                }
                Err(_) => {
                    self.end();
                    return true;
                }
            }
        }
        self.blocked.store(false, Ordering::Release);
        if self.full.load(Ordering::Acquire) || self.closing.load(Ordering::Acquire) {
            self.notify.notify_one();
        }
        true
    }

    /// Its slice is used up. `true` if the one before was too: this is a long statement, and not one that the system
    /// has kept from running.
    pub fn is_long(&self) -> bool {
        self.yielded.swap(true, Ordering::AcqRel)
    }

    /// It is served, and its answer sent. `true` if there is something to do for it again.
    pub fn finish(&self) -> bool {
        self.yielded.store(false, Ordering::Release);
        let again = self.standing.finish();
        if self.closing.load(Ordering::Acquire) {
            self.notify.notify_one();
        }
        again
    }

    /// The position that its answers wait for.
    pub fn gated_on(&self) -> Lsn {
        self.out.lock().gated_on()
    }

    /// The session must be looked at again after so many microseconds.
    pub fn set_deadline(&self, deadline: Option<u64>) {
        self.deadline.store(deadline.map_or(0, |us| us.max(1)), Ordering::Release);
        if deadline.is_some() {
            self.notify.notify_one();
        }
    }

    /// Nothing more is read or written.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    /// Drops the answers that can never be true and says why the connection ends.
    pub fn abort(&self, error: &SqlError) {
        let mut out = WireOutbox::default();
        out.error("FATAL", error);
        *self.out.lock() = out;
        self.closing.store(true, Ordering::Release);
        self.inbox.lock().requests.clear();
        self.notify.notify_one();
    }

    /// Reads and serves until the client or the server ends the connection. `input` has come already.
    pub async fn serve(
        self: &Arc<Self>,
        lender: &Arc<Lender>,
        mut socket: OwnedReadHalf,
        mut input: BytesMut,
    ) {
        // Frames may have come with the start-up message's.
        let mut is_done = !self.take_frames(&mut input) || lender.serve(self);
        while !self.ended.load(Ordering::Acquire) {
            let (writes, reads, closing) = self.wants(lender);
            if closing {
                break;
            }
            let deadline = self.deadline.load(Ordering::Acquire);
            input.reserve(READ_LEN);
            tokio::select! {
                biased;
                read = socket.read_buf(&mut input), if reads => match read {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {
                        if self.take_frames(&mut input) {
                            is_done = lender.serve(self);
                        }
                    }
                },
                ready = self.socket.writable(), if writes => {
                    if ready.is_err() {
                        break;
                    }
                    self.write(lender);
                }
                () = self.notify.notified() => {}
                () = tokio::time::sleep(Duration::from_micros(deadline)), if deadline > 0 => {
                    self.deadline.store(0, Ordering::Release);
                    is_done = lender.serve(self);
                }
                // Whatever else this thread has to do comes first.
                () = tokio::task::yield_now(), if !is_done => is_done = lender.work(),
            }
        }
        self.end();
    }

    /// What the task waits for: room to write, something to read, or the end.
    fn wants(self: &Arc<Self>, lender: &Arc<Lender>) -> (bool, bool, bool) {
        let closing = self.closing.load(Ordering::Acquire);
        let (is_stuffed, has_requests) = {
            let inbox = self.inbox.lock();
            (inbox.is_stuffed(), !inbox.requests.is_empty())
        };
        let is_over =
            closing && !has_requests && self.standing.is_idle() && self.out.lock().pending().is_empty();
        if self.full.load(Ordering::Acquire) && self.out.lock().has_room() {
            self.full.store(false, Ordering::Release);
            lender.submit(self);
        }
        (self.blocked.load(Ordering::Acquire), !closing && !is_stuffed, is_over)
    }

    fn write(self: &Arc<Self>, lender: &Arc<Lender>) {
        self.flush(lender.durable());
    }

    /// Moves whole frames into the inbox; `true` if there were any.
    fn take_frames(&self, input: &mut BytesMut) -> bool {
        let mut inbox = self.inbox.lock();
        let before = inbox.requests.len();
        while !self.closing.load(Ordering::Acquire) {
            match frame::cut(input) {
                Ok(Some(frame)) if frame.kind == b'X' => self.closing.store(true, Ordering::Release),
                // A password message after the start means nothing.
                Ok(Some(frame)) if frame.kind == b'p' => {}
                Ok(Some(frame)) => {
                    let request = decode::request(frame);
                    inbox.bytes += request_len(&request);
                    inbox.requests.push_back(request);
                }
                Ok(None) => break,
                Err(broken) => {
                    inbox.requests.clear();
                    self.refuse(broken);
                }
            }
        }
        inbox.requests.len() > before
    }

    /// What the client sends is not the protocol.
    fn refuse(&self, broken: frame::FrameError) {
        let message = match broken {
            frame::FrameError::Length => "invalid message length".to_owned(),
            frame::FrameError::Kind(kind) => format!("invalid frontend message type {kind}"),
        };
        self.out.lock().error("FATAL", &SqlError::new(sqlstate::PROTOCOL_VIOLATION, message));
        // Nobody serves it for this: its task writes.
        self.blocked.store(true, Ordering::Release);
        self.closing.store(true, Ordering::Release);
    }
}

/// Bytes that a waiting request holds.
fn request_len(request: &Request) -> usize {
    match request {
        Request::CopyData(bytes) => bytes.len(),
        Request::Query(sql) | Request::Parse { sql, .. } => sql.len(),
        Request::Bind { params, .. } => params.iter().flatten().map(|param| param.len()).sum(),
        _ => 0,
    }
}
