//! The seam for background work: bounded steps that the world schedules.
//!
//! In production every job has a thread of its own that steps it while it reports [`Progress::More`]
//! and sleeps until woken otherwise. In simulation no thread exists: a seeded scheduler decides which
//! job steps next, and only while somebody waits or drives it.

use std::sync::Arc;

/// What a step of a job achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to do: step again.
    More,
    /// There is more to do, but it may wait: step again after so many microseconds, or when the job is woken. In
    /// simulation no time passes, and it is as good as `More`.
    Later(u64),
    /// Nothing to do until the job is woken.
    Idle,
    /// The job is over and is dropped.
    Done,
}

impl Progress {
    /// What the work needs is not there, room on the disk mostly, and nobody will say when it is: a tenth of a second
    /// later it is looked for again.
    pub const RETRY: Progress = Progress::Later(100_000);
}

/// Background work in bounded steps. A step may block on the disk, and on nothing else.
pub trait Job: Send {
    /// Does one bounded piece of work.
    fn step(&mut self) -> Progress;
}

/// A started job. Dropping the handle asks the job to stop after its current step and waits for that.
pub trait JobHandle: Send + Sync {
    /// Says that there may be work. Cheap, callable from any thread, never lost: a wake during a step
    /// makes the job step again.
    fn wake(&self);
}

/// Starts background jobs and waits for what they do.
pub trait Jobs: Send + Sync {
    /// Starts a job. It is stepped once soon even if nobody wakes it.
    fn spawn(&self, name: &'static str, job: Box<dyn Job>) -> Arc<dyn JobHandle>;
    /// Blocks until `ready()` holds. Production: parks the calling thread; `ready` is asked again after
    /// every finished step of any job. Simulation: steps jobs in seeded order on the calling thread.
    /// Must not be called from inside a job. Returns `false` if no job can make progress any more and
    /// `ready` still does not hold (simulation only).
    fn wait_until(&self, ready: &dyn Fn() -> bool) -> bool;
}
