//! Cancel keys: how a client stops a statement of its own over another connection.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// What a running session can be cancelled by.
pub struct Registry {
    next_pid: AtomicI32,
    sessions: Mutex<HashMap<i32, Entry>>,
}

struct Entry {
    secret: i32,
    flag: Arc<AtomicBool>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Registry {
    /// Without sessions.
    pub fn new() -> Registry {
        Registry { next_pid: AtomicI32::new(1), sessions: Mutex::new(HashMap::new()) }
    }

    /// A number for a new session. Numbers come again only after two billion sessions.
    pub fn allocate(&self) -> i32 {
        let pid = self.next_pid.fetch_add(1, Ordering::Relaxed);
        if pid > 0 {
            return pid;
        }
        self.next_pid.store(2, Ordering::Relaxed);
        1
    }

    /// From now on `pid` with `secret` raises the flag and calls `wake`.
    pub fn add(&self, pid: i32, secret: i32, flag: Arc<AtomicBool>, wake: Arc<dyn Fn() + Send + Sync>) {
        self.sessions.lock().insert(pid, Entry { secret, flag, wake });
    }

    /// The session is over.
    pub fn remove(&self, pid: i32) {
        self.sessions.lock().remove(&pid);
    }

    /// Cancels what the session does, if the secret is right; nobody is told whether it was.
    pub fn cancel(&self, pid: i32, secret: i32) {
        let wake = match self.sessions.lock().get(&pid) {
            // The comparison of two machine words takes the same time whatever they are.
            Some(entry) if entry.secret ^ secret == 0 => {
                entry.flag.store(true, Ordering::Relaxed);
                entry.wake.clone()
            }
            _ => return,
        };
        wake();
    }
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}
