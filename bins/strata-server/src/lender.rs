//! The engine, lent to one thread at a time.
//!
//! ```text
//! submit ──▶ ready queue ──▶ whoever gets the engine drains it: run a slice, send the answer, next
//!                  ▲                     │ used up its slice
//!                  └── engine thread ◀── long queue
//! ```
//! A connection's thread that finds the engine free runs its own job at once and nobody is woken. If the
//! engine is taken, the job is queued and its holder, who looks at the queue again after letting the
//! engine go, sees to it: no job is lost between the two. A holder works for others only for
//! `LENT_US`; what is left then, and every statement that needs more than one slice, is run by the
//! engine's own thread. It works the ready queue off between two slices of long statements, but for no longer
//! than `READY_US`, so that neither starves; and a long statement's slice ends early when the ready
//! queue is not empty.

use crate::connection::Connection;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_db::SqlError;
use strata_db::session::{Engine, RunQueue, SessionId, Turn};
use strata_store::{Lsn, Store};
use strata_types::sqlstate;

/// Microseconds that a borrower works for others.
const LENT_US: u64 = 200;
/// Microseconds that long statements wait for short ones between two slices.
const READY_US: u64 = 1_000;

/// The engine and the jobs that wait for it.
pub struct Lender {
    /// `None` once the server has shut down.
    held: Mutex<Option<Held>>,
    ready: Mutex<VecDeque<Arc<Connection>>>,
    /// Counts what is in the ready queue, for the statement at work.
    run_queue: RunQueue,
    long: Mutex<VecDeque<Arc<Connection>>>,
    /// Wakes the engine's own thread.
    bell: Bell,
    /// Connections whose answers wait for the disk.
    gated: Mutex<Vec<Arc<Connection>>>,
    stopping: AtomicBool,
    store: Store,
    clock: Arc<dyn vfs::Clock>,
}

/// What the holder of the engine has in hand.
struct Held {
    engine: Engine,
    connections: HashMap<SessionId, Arc<Connection>>,
    woken: Vec<SessionId>,
}

#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock() = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let mut rung = self.rung.lock();
        while !*rung {
            self.changed.wait(&mut rung);
        }
        *rung = false;
    }
}

impl Lender {
    /// Takes charge of an engine, and starts its thread.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(engine: Engine, clock: Arc<dyn vfs::Clock>) -> std::io::Result<Arc<Lender>> {
        let (store, run_queue) = (engine.store().clone(), engine.queue().clone());
        let lender = Arc::new(Lender {
            held: Mutex::new(Some(Held { engine, connections: HashMap::new(), woken: Vec::new() })),
            ready: Mutex::default(),
            run_queue,
            long: Mutex::default(),
            bell: Bell::default(),
            gated: Mutex::default(),
            stopping: AtomicBool::new(false),
            store: store.clone(),
            clock,
        });
        let ear = Arc::downgrade(&lender);
        store.subscribe(Arc::new(move |durable| {
            if let Some(lender) = ear.upgrade() {
                lender.release(durable);
            }
        }));
        let runner = lender.clone();
        // Deep statements recurse: the stack must hold what the depth guards allow.
        std::thread::Builder::new()
            .name("engine".to_owned())
            .stack_size(crate::listener::STACK_LEN)
            .spawn(move || runner.run())?;
        Ok(lender)
    }

    /// Everything below is on disk.
    pub fn durable(&self) -> Lsn {
        self.store.durable()
    }

    /// Lends the engine for something short, waiting for it. `None` after shutdown.
    pub fn with<T>(&self, job: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        let mut held = self.held.lock();
        let outcome = held.as_mut().map(|held| job(&mut held.engine));
        drop(held);
        self.drain();
        outcome
    }

    /// From now on the session's turns come to this connection.
    pub fn attach(&self, session: SessionId, connection: &Arc<Connection>) {
        if let Some(held) = self.held.lock().as_mut() {
            held.connections.insert(session, connection.clone());
        }
        // Jobs may have been queued meanwhile.
        self.drain();
    }

    /// The connection is gone: its session ends.
    pub fn detach(&self, session: SessionId) {
        if let Some(held) = self.held.lock().as_mut() {
            held.connections.remove(&session);
            held.engine.end(session);
        }
        self.drain();
    }

    /// There is something for the connection's session to do.
    pub fn submit(&self, connection: &Arc<Connection>) {
        self.make_ready(connection);
        self.drain();
    }

    fn make_ready(&self, connection: &Arc<Connection>) {
        if connection.enlist() {
            self.run_queue.enter();
            self.ready.lock().push_back(connection.clone());
        }
    }

    /// Works off the ready queue if the engine is free. If it is not, its holder will.
    fn drain(&self) {
        if !self.drain_for(LENT_US) {
            self.bell.ring();
        }
    }

    /// `false` if the time was over before the queue was empty.
    fn drain_for(&self, limit_us: u64) -> bool {
        let started = self.clock.monotonic_us();
        while !self.ready.lock().is_empty() {
            let Some(mut held) = self.held.try_lock() else { return true };
            while let Some(connection) = self.next_ready() {
                self.run_one(&mut held, &connection);
                if self.clock.monotonic_us() - started > limit_us {
                    return false;
                }
            }
        }
        true
    }

    fn next_ready(&self) -> Option<Arc<Connection>> {
        let next = self.ready.lock().pop_front();
        next.inspect(|_| self.run_queue.leave())
    }

    /// Lets a connection's session work for a slice.
    fn run_one(&self, held: &mut MutexGuard<'_, Option<Held>>, connection: &Arc<Connection>) {
        let Some(held) = held.as_mut() else { return };
        connection.discharge();
        let turn = connection.run(&mut held.engine);
        match turn {
            // The connection's task submits it again when the client has read.
            Turn::Output | Turn::End => {}
            Turn::Idle | Turn::Lock => connection.set_deadline(held.engine.deadline(connection.session())),
            Turn::Yield => {
                if connection.enlist() {
                    self.long.lock().push_back(connection.clone());
                    self.bell.ring();
                }
            }
        }
        if !connection.flush(held.engine.durable()) {
            self.gate(connection, held.engine.store());
        }
        held.engine.take_woken(&mut held.woken);
        for session in held.woken.drain(..) {
            if let Some(woken) = held.connections.get(&session) {
                self.make_ready(woken);
            }
        }
    }

    /// The answer waits for the disk.
    fn gate(&self, connection: &Arc<Connection>, store: &Store) {
        self.gated.lock().push(connection.clone());
        // It may have become durable between the look and the listing, when nobody would be told.
        if connection.gated_on() <= store.durable() || store.poisoned().is_some() {
            self.release(store.durable());
        }
    }

    /// The journal is durable further: answers that waited for that are sent.
    fn release(&self, durable: Lsn) {
        let due: Vec<Arc<Connection>> = {
            let mut gated = self.gated.lock();
            gated.extract_if(.., |connection| connection.gated_on() <= durable).collect()
        };
        for connection in due {
            connection.flush(durable);
        }
        if self.store.poisoned().is_some() {
            self.refuse_gated();
        }
    }

    /// What waits for the disk will never be there: those commits must not be told as done.
    fn refuse_gated(&self) {
        let lost = SqlError::new(
            sqlstate::IO_ERROR,
            "the commit could not be written to disk: whether it survives is known after a restart",
        );
        for connection in std::mem::take(&mut *self.gated.lock()) {
            connection.abort(&lost);
            connection.flush(Lsn(u64::MAX));
        }
    }

    /// The engine's own thread: long statements in slices, and whatever borrowers have left.
    fn run(&self) {
        loop {
            self.bell.wait();
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            loop {
                let is_drained = self.drain_for(READY_US);
                let next = self.long.lock().pop_front();
                let Some(connection) = next else {
                    if is_drained {
                        break;
                    }
                    continue;
                };
                let mut held = self.held.lock();
                self.run_one(&mut held, &connection);
                // Whoever has waited for the engine meanwhile gets it before the next slice.
                MutexGuard::unlock_fair(held);
                if self.stopping.load(Ordering::Acquire) {
                    return;
                }
            }
        }
    }

    /// Takes the engine out: nothing runs any more.
    pub fn stop(&self) -> Option<Engine> {
        self.stopping.store(true, Ordering::Release);
        self.bell.ring();
        self.held.lock().take().map(|held| held.engine)
    }
}
