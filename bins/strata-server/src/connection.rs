//! A client's connection: socket, inbox, outbox, and the task that reads.
//!
//! Whoever runs the session's work writes the answer to the socket at once, without waiting; what the
//! socket does not take, the connection's own task writes when there is room. Between the two stands one
//! latch, around inbox and outbox, held for no longer than a slice.

use crate::lender::Lender;
use crate::linger::linger;
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
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

/// Requests that may wait for a session before its socket is read no further.
const INBOX_MAX: usize = 1024;
/// Bytes of COPY input that may so wait.
const INBOX_BYTES_MAX: usize = 4 << 20;
/// Bytes that a read may take at least.
const READ_LEN: usize = 8 * 1024;

/// A client's connection, from its session's start to its end.
pub struct Connection {
    session: SessionId,
    socket: OwnedWriteHalf,
    state: Mutex<State>,
    /// It stands in one of the lender's queues.
    enlisted: AtomicBool,
    /// The portal at work waits for the client to read.
    full: AtomicBool,
    /// When the session must be looked at again, in microseconds from the time of setting; 0 is never.
    deadline: AtomicU64,
    /// Something that the connection's task must look at.
    notify: Notify,
    ended: AtomicBool,
}

#[derive(Default)]
struct State {
    inbox: VecDeque<Request>,
    inbox_bytes: usize,
    out: WireOutbox,
    /// After the answers so far, the connection ends.
    closing: bool,
}

impl State {
    /// So much waits for the session that its socket is read no further.
    fn is_stuffed(&self) -> bool {
        self.inbox.len() >= INBOX_MAX || self.inbox_bytes >= INBOX_BYTES_MAX
    }
}

impl Connection {
    /// A connection whose session has started. `out` holds the answers so far.
    pub fn new(session: SessionId, socket: OwnedWriteHalf, out: WireOutbox) -> Arc<Connection> {
        Arc::new(Connection {
            session,
            socket,
            state: Mutex::new(State { out, ..State::default() }),
            enlisted: AtomicBool::new(false),
            full: AtomicBool::new(false),
            deadline: AtomicU64::new(0),
            notify: Notify::new(),
            ended: AtomicBool::new(false),
        })
    }

    /// Its session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// `true` if it did not stand in a queue and is to be put into one now.
    pub fn enlist(&self) -> bool {
        !self.enlisted.swap(true, Ordering::AcqRel)
    }

    /// It has been taken off its queue.
    pub fn discharge(&self) {
        self.enlisted.store(false, Ordering::Release);
    }

    /// Lets the session work for a slice. The latch is not held meanwhile: the work may wait for the journal,
    /// whose thread looks at this connection to let gated answers out.
    pub fn run(&self, engine: &mut Engine) -> Turn {
        let (mut inbox, mut out, mut stuffed) = {
            let mut state = self.state.lock();
            let stuffed = state.is_stuffed();
            state.inbox_bytes = 0;
            (std::mem::take(&mut state.inbox), std::mem::take(&mut state.out), stuffed)
        };
        let ran = catch_unwind(AssertUnwindSafe(|| engine.run(self.session, &mut inbox, &mut out)));
        let mut state = self.state.lock();
        let turn = ran.unwrap_or_else(|_| {
            // A bug: it costs this session its life, and its transaction, but nobody else theirs.
            let _ = catch_unwind(AssertUnwindSafe(|| engine.end(self.session)));
            out.error("FATAL", &SqlError::new(sqlstate::INTERNAL_ERROR, "internal error: the session ends"));
            inbox.clear();
            state.closing = true;
            Turn::Idle
        });
        stuffed |= state.is_stuffed();
        // What has arrived meanwhile comes behind what is left.
        inbox.append(&mut state.inbox);
        out.append(&mut state.out);
        state.inbox_bytes = inbox.iter().map(request_len).sum();
        state.inbox = inbox;
        state.out = out;
        if turn == Turn::End {
            state.closing = true;
            state.inbox.clear();
        }
        self.full.store(turn == Turn::Output, Ordering::Release);
        // The task may have stopped reading before the work or during it.
        if stuffed && !state.is_stuffed() {
            self.notify.notify_one();
        }
        turn
    }

    /// Sends what may be sent, as far as the socket takes it. `false` if the disk must be waited for.
    pub fn flush(&self, durable: Lsn) -> bool {
        let mut state = self.state.lock();
        if state.out.pending().is_empty() {
            if state.closing {
                self.notify.notify_one();
            }
            return true;
        }
        if state.out.gated_on() > durable {
            return false;
        }
        loop {
            let pending = state.out.pending();
            if pending.is_empty() {
                if state.closing || self.full.load(Ordering::Acquire) {
                    self.notify.notify_one();
                }
                return true;
            }
            match self.socket.try_write(pending) {
                Ok(count) => state.out.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.notify.notify_one();
                    return true;
                }
                Err(_) => {
                    self.end();
                    return true;
                }
            }
        }
    }

    /// The position that its answers wait for.
    pub fn gated_on(&self) -> Lsn {
        self.state.lock().out.gated_on()
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
        let mut state = self.state.lock();
        let mut out = WireOutbox::default();
        out.error("FATAL", error);
        state.out = out;
        state.closing = true;
        state.inbox.clear();
        self.notify.notify_one();
    }

    /// Reads and serves until the client or the server ends the connection.
    pub async fn serve(
        self: &Arc<Self>,
        lender: &Arc<Lender>,
        mut socket: OwnedReadHalf,
        mut input: BytesMut,
    ) {
        // Frames may have come with the start-up message's.
        if self.take_frames(&mut input) {
            lender.submit(self);
        }
        while !self.ended.load(Ordering::Acquire) {
            let (writes, reads, closing) = self.wants(lender);
            if closing {
                break;
            }
            let deadline = self.deadline.load(Ordering::Acquire);
            input.reserve(READ_LEN);
            tokio::select! {
                biased;
                // A read that leaves room has emptied the socket: the next one waits for epoll, with no call in vain.
                read = socket.read_buf(&mut input), if reads => {
                    if matches!(read, Ok(0) | Err(_)) {
                        break;
                    }
                    if self.take_frames(&mut input) {
                        lender.submit(self);
                    }
                }
                ready = self.socket.writable(), if writes => {
                    if ready.is_err() {
                        break;
                    }
                    self.write(lender);
                }
                () = self.notify.notified() => {}
                () = tokio::time::sleep(Duration::from_micros(deadline)), if deadline > 0 => {
                    self.deadline.store(0, Ordering::Release);
                    lender.submit(self);
                }
            }
        }
        self.end();
    }

    /// Lets the client read the last answer, once the session has ended.
    pub(crate) async fn linger(&self) {
        linger(self.socket.as_ref()).await;
    }

    /// What the task waits for: room to write, something to read, or the end.
    fn wants(self: &Arc<Self>, lender: &Arc<Lender>) -> (bool, bool, bool) {
        let state = self.state.lock();
        let pending = !state.out.pending().is_empty();
        let may_write = pending && state.out.gated_on() <= lender.durable();
        let reads = !state.closing && !state.is_stuffed();
        let closing = state.closing && !pending && state.inbox.is_empty();
        let stalled = self.full.load(Ordering::Acquire) && state.out.has_room();
        drop(state);
        if stalled {
            self.full.store(false, Ordering::Release);
            lender.submit(self);
        }
        (may_write, reads, closing)
    }

    fn write(self: &Arc<Self>, lender: &Arc<Lender>) {
        self.flush(lender.durable());
    }

    /// Moves whole frames into the inbox; `true` if there were any.
    fn take_frames(&self, input: &mut BytesMut) -> bool {
        let mut state = self.state.lock();
        let before = state.inbox.len();
        while !state.closing {
            match frame::cut(input) {
                Ok(Some(frame)) if frame.kind == b'X' => state.closing = true,
                // A password message after the start means nothing.
                Ok(Some(frame)) if frame.kind == b'p' => {}
                Ok(Some(frame)) => {
                    let request = decode::request(frame);
                    state.inbox_bytes += request_len(&request);
                    state.inbox.push_back(request);
                }
                Ok(None) => break,
                Err(broken) => {
                    let message = match broken {
                        frame::FrameError::Length => "invalid message length".to_owned(),
                        frame::FrameError::Kind(kind) => format!("invalid frontend message type {kind}"),
                    };
                    state.out.error("FATAL", &SqlError::new(sqlstate::PROTOCOL_VIOLATION, message));
                    state.closing = true;
                    state.inbox.clear();
                }
            }
        }
        state.inbox.len() > before
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
