//! A world for tests: memory files, and background jobs that run only when the test says so.

#![allow(dead_code, reason = "each test file uses a part of it")]

use parking_lot::Mutex;
use std::sync::Arc;
use vfs::{Env, Job, JobHandle, Jobs, Progress};

/// Memory files and the jobs by hand.
pub(crate) fn env() -> (Env, Arc<ManualJobs>) {
    let jobs = Arc::new(ManualJobs::default());
    (Env { jobs: jobs.clone(), ..vfs::mem::env() }, jobs)
}

/// Jobs that are stepped by [`ManualJobs::work`] and dropped with their handle.
#[derive(Default)]
pub(crate) struct ManualJobs {
    jobs: Mutex<Vec<std::sync::Weak<Handle>>>,
}

struct Handle {
    job: Mutex<Option<Box<dyn Job>>>,
}

impl ManualJobs {
    /// Steps every job until all are idle, or would wait for time to pass.
    pub(crate) fn work(&self) {
        while self.step_each() {}
    }

    /// Lets time pass until all jobs are idle.
    pub(crate) fn rest(&self) {
        while self.step_while(|step| matches!(step, Progress::More | Progress::Later(_))) {}
    }

    /// Steps every job once; `false` if none has more to do at once.
    pub(crate) fn step_each(&self) -> bool {
        self.step_while(|step| step == Progress::More)
    }

    fn step_while(&self, goes_on: impl Fn(Progress) -> bool) -> bool {
        let handles: Vec<_> = self.jobs.lock().iter().filter_map(|job| job.upgrade()).collect();
        handles.iter().fold(false, |worked, handle| {
            let step = handle.job.lock().as_mut().map(|job| job.step());
            worked | step.is_some_and(&goes_on)
        })
    }
}

impl Jobs for ManualJobs {
    fn spawn(&self, _: &'static str, job: Box<dyn Job>) -> Arc<dyn JobHandle> {
        let handle = Arc::new(Handle { job: Mutex::new(Some(job)) });
        self.jobs.lock().push(Arc::downgrade(&handle));
        handle
    }

    fn wait_until(&self, ready: &dyn Fn() -> bool) -> bool {
        while !ready() && self.step_each() {}
        ready()
    }
}

impl JobHandle for Handle {
    fn wake(&self) {}
}
