//! A machine that goes wrong by seed: it crashes, tears writes, loses what was not synced, fails calls.
//!
//! ```text
//! Faulty::new(seed) ── env() ──▶ a world of one thread: jobs step only while somebody waits
//!    │
//!    ├─ crash_after(calls), crash()   the machine goes down: every handle is dead from then on
//!    └─ restart() ──▶ the next world, over what the disk kept
//! ```
//!
//! # What survives a crash
//! * What was synced. A file's bytes by [`File::sync`](crate::File::sync), its name by
//!   [`FileSystem::sync_dir`](crate::FileSystem::sync_dir) of the directory: one without the other loses the file.
//! * Of what was not synced: any subset of the 512-byte sectors, lengths and names, as the seed decides. A rename is
//!   one change: it has happened or not.
//!
//! # What else goes wrong
//! Any call can be told to fail ([`Faulty::fail`]); a failed sync loses the file's dirty bytes as Linux does: they are
//! still read, and gone after the next crash even if a later sync succeeds. Room can run out
//! ([`Faulty::limit_room`], [`Faulty::run_full`]), bits flip ([`Faulty::flip`]), sectors become unreadable ([`Faulty::make_unreadable`]).
//! Transfers stop short now and then, which [`File`](crate::File)'s methods must hide.

mod chance;
mod content;
mod files;
mod jobs;
mod machine;
mod names;
mod plan;

use crate::Env;
use chance::{Chance, SeededRandom, SimulatedClock};
use jobs::Scheduler;
use machine::Machine;
use parking_lot::Mutex;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use plan::Call;

/// A simulated machine. Everything it does follows from its seed and the calls made.
pub struct Faulty {
    seed: u64,
    machine: Arc<Mutex<Machine>>,
    clock: Arc<SimulatedClock>,
    world: Mutex<World>,
}

/// What belongs to one life of the machine.
struct World {
    env: Env,
    scheduler: Arc<Scheduler>,
}

impl Faulty {
    /// A machine with an empty disk.
    pub fn new(seed: u64) -> Faulty {
        let machine = Arc::new(Mutex::new(Machine::new(Chance::new(seed, 1))));
        let clock = Arc::new(SimulatedClock::default());
        let world = Mutex::new(World::new(seed, 0, &machine, &clock));
        Faulty { seed, machine, clock, world }
    }

    /// The world as it is since the last restart.
    pub fn env(&self) -> Env {
        self.world.lock().env.clone()
    }

    /// The machine goes down: every call fails from here on.
    pub fn crash(&self) {
        self.machine.lock().down = true;
    }

    /// The machine goes down in the `calls`th call from here on: its effect may be lost, and it does not return `Ok`.
    pub fn crash_after(&self, calls: u64) {
        self.machine.lock().plan.crash_in = Some(calls.max(1));
    }

    /// Whether the machine is down.
    pub fn is_down(&self) -> bool {
        self.machine.lock().down
    }

    /// Takes the machine down if it is up, and brings it up again with what the disk has kept. Planned
    /// failures are forgotten; damage stays.
    pub fn restart(&self) -> Env {
        let life = {
            let mut machine = self.machine.lock();
            machine.restart();
            machine.plan.heal();
            machine.life
        };
        let world = World::new(self.seed, life, &self.machine, &self.clock);
        let env = world.env.clone();
        // The old world is dropped without the latch: jobs may call into it on their way out.
        let old = std::mem::replace(&mut *self.world.lock(), world);
        drop(old);
        env
    }

    /// Fails the `nth` call of a kind from here on (the first is 1) with EIO.
    pub fn fail(&self, call: Call, nth: u64) {
        self.machine.lock().plan.fail(call, nth, None);
    }

    /// Fails the `nth` call of a kind from here on (the first is 1) for this reason.
    pub fn fail_with(&self, call: Call, nth: u64, kind: io::ErrorKind) {
        self.machine.lock().plan.fail(call, nth, Some(kind));
    }

    /// Forgets what is yet to fail and how much room there is. Damage stays.
    pub fn forget_plan(&self) {
        self.machine.lock().plan.heal();
    }

    /// Bytes that all files together may have, from here on; `None` for no limit.
    pub fn limit_room(&self, bytes: Option<u64>) {
        self.machine.lock().plan.room = bytes;
    }

    /// Behind `after` calls from here on that want room on the disk (writes, also over what is there, allocations, new
    /// files), the next `count` of them find none. As on a file system that writes nothing in place.
    pub fn run_full(&self, after: u64, count: u64) {
        self.machine.lock().plan.run_full(after, count);
    }

    /// Whether a call was refused room by [`Self::run_full`].
    pub fn has_run_full(&self) -> bool {
        self.machine.lock().plan.has_run_full
    }

    /// Whether transfers stop short now and then. They do unless told otherwise.
    pub fn short_transfers(&self, short: bool) {
        self.machine.lock().plan.short_transfers = short;
    }

    /// Flips a bit of a file, on the disk itself.
    ///
    /// # Errors
    /// There is no such file.
    pub fn flip(&self, path: &Path, bit: u64) -> io::Result<()> {
        self.machine.lock().flip(path, bit)
    }

    /// Makes the sector of a file that holds byte `offset` unreadable, for good.
    ///
    /// # Errors
    /// There is no such file.
    pub fn make_unreadable(&self, path: &Path, offset: u64) -> io::Result<()> {
        self.machine.lock().make_unreadable(path, offset)
    }

    /// Calls made so far: what [`Self::crash_after`] counts.
    pub fn calls(&self) -> u64 {
        self.machine.lock().plan.calls
    }

    /// Steps jobs that can make progress, `count` times at most; returns how many steps were made.
    pub fn step_jobs(&self, count: usize) -> usize {
        let scheduler = self.world.lock().scheduler.clone();
        (0..count).take_while(|_| scheduler.step_one()).count()
    }

    /// Lets time pass.
    pub fn advance_clock(&self, us: u64) {
        self.clock.advance(us);
    }
}

impl World {
    fn new(seed: u64, life: u64, machine: &Arc<Mutex<Machine>>, clock: &Arc<SimulatedClock>) -> World {
        let scheduler = Scheduler::new(Chance::new(seed, 2 + life * 2));
        let random = SeededRandom(Mutex::new(Chance::new(seed, 3 + life * 2)));
        let env = Env {
            fs: Arc::new(files::Disk { machine: machine.clone(), life }),
            clock: clock.clone(),
            random: Arc::new(random),
            jobs: scheduler.clone(),
        };
        World { env, scheduler }
    }
}
