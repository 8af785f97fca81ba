//! Jobs without threads: the seed decides which steps next, and they step only while somebody waits.

use super::chance::Chance;
use crate::{Job, JobHandle, Jobs, Progress};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// The jobs of one life of the machine.
pub(super) struct Scheduler {
    state: Mutex<State>,
    this: Weak<Scheduler>,
}

struct State {
    slots: BTreeMap<u64, Slot>,
    next: u64,
    chance: Chance,
    stepping: bool,
}

struct Slot {
    /// Taken out while it is stepped.
    job: Option<Box<dyn Job>>,
    runnable: bool,
}

struct Handle {
    id: u64,
    scheduler: Arc<Scheduler>,
}

impl Scheduler {
    pub(super) fn new(chance: Chance) -> Arc<Scheduler> {
        let state = State { slots: BTreeMap::new(), next: 0, chance, stepping: false };
        Arc::new_cyclic(|this| Scheduler { state: Mutex::new(state), this: this.clone() })
    }

    /// Steps one job that can make progress; `false` if there is none.
    pub(super) fn step_one(&self) -> bool {
        let Some((id, mut job)) = self.choose() else { return false };
        let progress = job.step();
        let mut state = self.state.lock();
        state.stepping = false;
        let over = match state.slots.get_mut(&id) {
            Some(slot) if progress != Progress::Done => {
                slot.runnable |= matches!(progress, Progress::More | Progress::Later(_));
                slot.job = Some(job);
                None
            }
            Some(_) => state.slots.remove(&id).map(|slot| (slot, Some(job))),
            None => Some((Slot { job: Some(job), runnable: false }, None)),
        };
        // What a job owns may call back in here when it is dropped.
        drop(state);
        drop(over);
        true
    }

    fn choose(&self) -> Option<(u64, Box<dyn Job>)> {
        let mut state = self.state.lock();
        assert!(!state.stepping, "a job waits for jobs: with one thread for each this would be a deadlock");
        let runnable: Vec<u64> =
            state.slots.iter().filter(|(_, slot)| slot.runnable).map(|(id, _)| *id).collect();
        let count = runnable.len() as u64;
        if count == 0 {
            return None;
        }
        let index = state.chance.below(count) as usize;
        let id = *runnable.get(index)?;
        let slot = state.slots.get_mut(&id)?;
        slot.runnable = false;
        let job = slot.job.take()?;
        state.stepping = true;
        Some((id, job))
    }
}

impl Jobs for Scheduler {
    fn spawn(&self, _name: &'static str, job: Box<dyn Job>) -> Arc<dyn JobHandle> {
        let Some(scheduler) = self.this.upgrade() else { unreachable!("a scheduler is made in an Arc") };
        let mut state = self.state.lock();
        let id = state.next;
        state.next += 1;
        state.slots.insert(id, Slot { job: Some(job), runnable: true });
        Arc::new(Handle { id, scheduler })
    }

    fn wait_until(&self, ready: &dyn Fn() -> bool) -> bool {
        assert!(!self.state.lock().stepping, "wait_until is called from inside a job");
        while !ready() {
            if !self.step_one() {
                return ready();
            }
        }
        true
    }
}

impl JobHandle for Handle {
    fn wake(&self) {
        if let Some(slot) = self.scheduler.state.lock().slots.get_mut(&self.id) {
            slot.runnable = true;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let slot = self.scheduler.state.lock().slots.remove(&self.id);
        drop(slot);
    }
}
