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
//! [`LENT_US`]; what is left then, and every statement that needs more than one slice, is run by the
//! engine's own thread, which gives short jobs precedence and long ones at least every second slice.

use crate::connection::Connection;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strata_db::SqlError;
use strata_db::session::{Engine, SessionId, Turn};
use strata_store::{Lsn, Store};
use strata_types::sqlstate;

/// Microseconds that a borrower works for others.
const LENT_US: u64 = 200;

/// The engine and the jobs that wait for it.
pub struct Lender {
    /// `None` once the server has shut down.
    held: Mutex<Option<Held>>,
    ready: Mutex<VecDeque<Arc<Connection>>>,
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
        let store = engine.store().clone();
        let lender = Arc::new(Lender {
            held: Mutex::new(Some(Held { engine, connections: HashMap::new(), woken: Vec::new() })),
            ready: Mutex::default(),
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
        if connection.enlist() {
            self.ready.lock().push_back(connection.clone());
        }
        self.drain();
    }

    /// Works off the ready queue if the engine is free. If it is not, its holder will.
    fn drain(&self) {
        let started = self.clock.monotonic_us();
        while !self.ready.lock().is_empty() {
            let Some(mut held) = self.held.try_lock() else { return };
            while let Some(connection) = self.next_ready() {
                self.run_one(&mut held, &connection);
                if self.clock.monotonic_us() - started > LENT_US {
                    drop(held);
                    self.bell.ring();
                    return;
                }
            }
        }
    }

    fn next_ready(&self) -> Option<Arc<Connection>> {
        self.ready.lock().pop_front()
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
            if let Some(woken) = held.connections.get(&session)
                && woken.enlist()
            {
                self.ready.lock().push_back(woken.clone());
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
                self.drain();
                let next = self.long.lock().pop_front();
                let Some(connection) = next else { break };
                let mut held = self.held.lock();
                self.run_one(&mut held, &connection);
                // Whoever has waited for the engine meanwhile gets it before the next slice.
                MutexGuard::unlock_fair(held);
                if self.stopping.load(Ordering::Acquire) {
                    return;
                }
            }
            self.drain();
        }
    }

    /// Takes the engine out: nothing runs any more.
    pub fn stop(&self) -> Option<Engine> {
        self.stopping.store(true, Ordering::Release);
        self.bell.ring();
        self.held.lock().take().map(|held| held.engine)
    }
}
