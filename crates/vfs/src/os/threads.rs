//! Jobs on threads: one for each, asleep until woken.

use crate::{Job, JobHandle, Jobs, Progress};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Runs every job on a thread of its own.
#[derive(Debug, Default)]
pub struct Threads {
    steps: Arc<Steps>,
}

/// Counts finished steps of all jobs, so that a waiter can look again after each.
#[derive(Debug, Default)]
struct Steps {
    count: Mutex<u64>,
    finished: Condvar,
}

struct Handle {
    signal: Arc<Signal>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    woken: bool,
    stopped: bool,
}

impl Threads {
    /// Without jobs.
    pub fn new() -> Threads {
        Threads::default()
    }
}

impl Steps {
    fn finish(&self) {
        *self.count.lock() += 1;
        self.finished.notify_all();
    }
}

impl Signal {
    fn wake(&self) {
        self.state.lock().woken = true;
        self.changed.notify_one();
    }

    fn stop(&self) {
        self.state.lock().stopped = true;
        self.changed.notify_one();
    }

    fn is_stopped(&self) -> bool {
        self.state.lock().stopped
    }

    /// Sleeps until woken; `false` when stopped.
    fn sleep(&self) -> bool {
        let mut state = self.state.lock();
        while !state.woken && !state.stopped {
            self.changed.wait(&mut state);
        }
        state.woken = false;
        !state.stopped
    }

    /// Sleeps until woken, but no longer than this; `false` when stopped.
    fn doze(&self, longest: Duration) -> bool {
        let mut state = self.state.lock();
        if !state.woken && !state.stopped {
            self.changed.wait_for(&mut state, longest);
        }
        state.woken = false;
        !state.stopped
    }

    /// A wake from here on must make the job step again.
    fn clear(&self) {
        self.state.lock().woken = false;
    }
}

impl Jobs for Threads {
    fn spawn(&self, name: &'static str, mut job: Box<dyn Job>) -> Arc<dyn JobHandle> {
        let signal = Arc::new(Signal::default());
        let steps = self.steps.clone();
        let run = {
            let signal = signal.clone();
            move || {
                loop {
                    signal.clear();
                    let progress = job.step();
                    steps.finish();
                    let goes_on = match progress {
                        Progress::More => !signal.is_stopped(),
                        Progress::Later(us) => signal.doze(Duration::from_micros(us)),
                        Progress::Idle => signal.sleep(),
                        Progress::Done => false,
                    };
                    if !goes_on {
                        break;
                    }
                }
                drop(job);
                steps.finish();
            }
        };
        // Without a thread for the journal nothing could ever become durable: there is no going on.
        let thread = match thread::Builder::new().name(name.to_owned()).spawn(run) {
            Ok(thread) => thread,
            Err(error) => panic!("cannot start the thread of job {name}: {error}"),
        };
        Arc::new(Handle { signal, thread: Mutex::new(Some(thread)) })
    }

    fn wait_until(&self, ready: &dyn Fn() -> bool) -> bool {
        loop {
            let seen = *self.steps.count.lock();
            // Asked without the latch: `ready` may take latches of its own.
            if ready() {
                return true;
            }
            let mut count = self.steps.count.lock();
            while *count == seen {
                self.steps.finished.wait(&mut count);
            }
        }
    }
}

impl JobHandle for Handle {
    fn wake(&self) {
        self.signal.wake();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.signal.stop();
        if let Some(thread) = self.thread.lock().take()
            && thread.thread().id() != thread::current().id()
        {
            // A job that panicked has said so already; its loss shows where it is waited for.
            let _ = thread.join();
        }
    }
}
