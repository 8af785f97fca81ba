//! A queue of jobs that survives crashes: `cargo run -p journal --example job_queue -- "send the invoice"` adds a
//! job, without an argument the oldest one is done.
//!
//! Two kinds of records say all there is to say: a job was added, a job was done. The queue itself is what
//! replaying them leaves in memory.

use journal::{Journal, Lsn, Options};
use std::collections::VecDeque;
use std::error::Error;
use std::ops::ControlFlow;

const ADDED: u8 = 1;
const DONE: u8 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::temp_dir().join("strata-job-queue");
    let journal = Journal::open(&vfs::os::env(), &dir, Options::default())?;

    let mut queue = VecDeque::new();
    journal.replay(Lsn(0), &mut |record| {
        match record.kind {
            ADDED => queue.push_back(String::from_utf8_lossy(record.payload).into_owned()),
            _ => drop(queue.pop_front()),
        }
        ControlFlow::Continue(())
    })?;

    let end = match (std::env::args().nth(1), queue.front()) {
        (Some(job), _) => {
            println!("added: {job}");
            journal.append(ADDED, &[job.as_bytes()])?
        }
        (None, Some(job)) => {
            println!("done: {job}, {} left", queue.len() - 1);
            journal.append(DONE, &[])?
        }
        (None, None) => {
            println!("nothing to do");
            return Ok(());
        }
    };
    // Until this returns a crash may take the record back, wholly.
    journal.wait_durable(end)?;
    Ok(())
}
