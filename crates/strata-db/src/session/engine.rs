//! The engine: all sessions of a server over one store, one job at a time.

use super::activity::Parked;
use super::outbox::Outbox;
use super::request::Request;
use super::session::Session;
use super::shared::Shared;
use super::startup::{Authentication, Startup};
use super::waits;
use crate::catalog;
use crate::error::{Result, SqlError};
use crate::exec::RunQueue;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use strata_store::{Lsn, Store, StoreOptions, TxnId};
use strata_types::sqlstate;

/// A session's number in its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// What is kept of a password that a client gave in clear: its SCRAM-SHA-256 verifier, made with a fresh salt.
pub type PasswordVerifier = fn(password: &str, salt: [u8; 16]) -> String;

/// How an engine is set up.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// Of the store beneath.
    pub store: StoreOptions,
    /// A further superuser to create in a new data directory: the operating-system user's name.
    pub first_user: Option<String>,
    /// Without it, passwords can only be set by their verifier.
    pub password_verifier: Option<PasswordVerifier>,
}

/// What a session does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Every request is answered: it waits for its client.
    Idle,
    /// Its slice is used up: run it again after others.
    Yield,
    /// It waits for a lock: run it again when [`Engine::take_woken`] names it.
    Lock,
    /// Its outbox is full: run it again when the client has read.
    Output,
    /// It is over: after the answers so far the connection ends.
    End,
}

/// All sessions of a server over one store. One thread at a time uses it; it moves between threads freely.
pub struct Engine {
    shared: Shared,
    sessions: BTreeMap<SessionId, Box<Session>>,
    next_session: u64,
    waiting: HashMap<TxnId, SessionId>,
    woken: Vec<TxnId>,
}

impl Engine {
    /// Opens a data directory, recovering it if need be, or makes a new one.
    ///
    /// # Errors
    /// Of the store: damage (XX001), a second process, an unknown format.
    pub fn open(env: vfs::Env, dir: &Path, options: EngineOptions) -> Result<Engine> {
        // Sessions wait for each other with advisory locks too: rings are looked for among all of that.
        let store = StoreOptions { finds_deadlocks: false, ..options.store };
        let store = Store::open(env.clone(), dir, store)?;
        let catalog = {
            let txn = store.begin();
            catalog::rows::load(&txn, txn.newest_view())?
        };
        let engine = Engine {
            shared: Shared::new(env, store, catalog, options.password_verifier)?,
            sessions: BTreeMap::new(),
            next_session: 1,
            waiting: HashMap::new(),
            woken: Vec::new(),
        };
        engine.found(options.first_user.as_deref())?;
        Ok(engine)
    }

    /// A new data directory gets its first projects and roles.
    fn found(&self, first_user: Option<&str>) -> Result<()> {
        let changes = catalog::founding::changes(&self.shared.catalog(), first_user);
        if changes.is_empty() {
            return Ok(());
        }
        let mut txn = self.shared.store.begin();
        for change in &changes {
            catalog::rows::write(&mut txn, change)?;
        }
        let commit = txn.commit()?;
        self.shared.store.wait_durable(commit.lsn)?;
        self.shared.publish(&changes, commit.seq);
        Ok(())
    }

    /// The store beneath: durability, checkpoint, verification.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// What a role must show before its session starts.
    pub fn authentication(&self, user: &str) -> Authentication {
        self.shared.keep_to_durable();
        match self.shared.catalog().role_named(user) {
            Some(role) if role.login => match &role.password {
                Some(verifier) => Authentication::Scram(verifier.clone()),
                None => Authentication::NoPassword { superuser: role.superuser },
            },
            _ => Authentication::Unknown {
                secret: self.shared.catalog().roles().any(|role| role.password.is_some()),
            },
        }
    }

    /// Whether some superuser that may log in has no password.
    pub fn has_open_superuser(&self) -> bool {
        self.shared.catalog().roles().any(|role| role.superuser && role.login && role.password.is_none())
    }

    /// Starts a session for a role that has been let in.
    ///
    /// # Errors
    /// 3D000 for an unknown project, 28000 for an unknown role, and bad settings.
    pub fn start(&mut self, startup: &Startup, cancel: Arc<AtomicBool>) -> Result<SessionId> {
        self.shared.keep_to_durable();
        let id = SessionId(self.next_session);
        let session = Session::start(&self.shared, id, startup, cancel)?;
        self.next_session += 1;
        self.sessions.insert(id, Box::new(session));
        Ok(id)
    }

    /// Every reported setting of a session that starts, as (name, value).
    pub fn reported(&self, id: SessionId) -> Vec<(&'static str, String)> {
        self.sessions.get(&id).map(|session| session.reported()).unwrap_or_default()
    }

    /// Ends a session: its transaction is rolled back.
    pub fn end(&mut self, id: SessionId) {
        if let Some(mut session) = self.sessions.remove(&id) {
            self.waiting.retain(|_, waiting| *waiting != id);
            session.end(&self.shared);
        }
    }

    /// Lets a session work on its requests for at most a slice.
    pub fn run(&mut self, id: SessionId, inbox: &mut VecDeque<Request>, out: &mut dyn Outbox) -> Turn {
        let Some(session) = self.sessions.get_mut(&id) else {
            inbox.clear();
            let gone = SqlError::new(sqlstate::CONNECTION_DOES_NOT_EXIST, "the session has ended");
            out.error("FATAL", &gone);
            return Turn::Idle;
        };
        self.shared.activities.park(id, None);
        self.shared.keep_to_durable();
        self.shared.slice.begin(&*self.shared.env.clock);
        loop {
            let turn = session.run(&self.shared, inbox, out);
            match turn {
                Turn::Lock => {
                    let parked = if session.sleeps() { Parked::Sleep } else { Parked::Lock };
                    self.shared.activities.park(id, Some(parked));
                }
                Turn::Output => self.shared.activities.park(id, Some(Parked::Output)),
                Turn::Idle | Turn::Yield | Turn::End => {}
            }
            if turn != Turn::Lock {
                return turn;
            }
            if let Some(refused) = waits::deadlock(&self.shared, id) {
                session.refuse_wait(refused);
                continue;
            }
            if let Some(txn) = session.txn_id() {
                self.waiting.insert(txn, id);
            }
            return turn;
        }
    }

    /// The sessions whose wait is over, or that are to be told something: each is to be run again.
    pub fn take_woken(&mut self, into: &mut Vec<SessionId>) {
        self.shared.take_woken(into);
        self.shared.store.take_woken(&mut self.woken);
        for txn in self.woken.drain(..) {
            into.extend(self.waiting.remove(&txn));
        }
    }

    /// A session that waits for nobody any more since it was cancelled or timed out: to be run again.
    pub fn wake(&mut self, id: SessionId) {
        self.waiting.retain(|_, waiting| *waiting != id);
    }

    /// Where whoever hands out the engine counts the sessions that are ready: who works at length gives way
    /// to them.
    pub fn queue(&self) -> &RunQueue {
        &self.shared.slice.queue
    }

    /// Position up to which commits are on disk.
    pub fn durable(&self) -> Lsn {
        self.shared.store.durable()
    }

    /// Microseconds of the session's next timeout from now, if it is waiting and has one.
    pub fn deadline(&self, id: SessionId) -> Option<u64> {
        self.sessions.get(&id)?.deadline(&self.shared)
    }

    /// Ends every session and closes the store with a checkpoint.
    ///
    /// # Errors
    /// Of the store.
    pub fn close(mut self) -> Result<()> {
        for (_, mut session) in std::mem::take(&mut self.sessions) {
            session.end(&self.shared);
        }
        self.shared.store.close()?;
        Ok(())
    }
}
