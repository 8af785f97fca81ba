//! What is to go wrong, and when.

use std::io;

/// The kinds of calls that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opening or creating a file.
    Open,
    /// Reading from a file.
    Read,
    /// Writing to a file; cutting, extending and allocating too.
    Write,
    /// Syncing a file.
    Sync,
    /// Syncing a directory.
    SyncDir,
    /// Renaming or removing, and making directories.
    Name,
}

/// The calls that are to fail, and the room on the disk.
#[derive(Debug)]
pub(super) struct Plan {
    failures: Vec<Failure>,
    /// Calls until the machine goes down.
    pub(super) crash_in: Option<u64>,
    /// Bytes that all files together may have.
    pub(super) room: Option<u64>,
    /// Transfers stop short at random places.
    pub(super) short_transfers: bool,
    /// Calls made so far.
    pub(super) calls: u64,
}

#[derive(Debug)]
struct Failure {
    call: Call,
    /// How many calls of the kind pass before it.
    after: u64,
}

impl Plan {
    pub(super) fn new() -> Plan {
        Plan { failures: Vec::new(), crash_in: None, room: None, short_transfers: true, calls: 0 }
    }

    /// The `nth` call of its kind from here on fails; the first is 1.
    pub(super) fn fail(&mut self, call: Call, nth: u64) {
        self.failures.push(Failure { call, after: nth.saturating_sub(1) });
    }

    pub(super) fn heal(&mut self) {
        self.failures.clear();
        self.crash_in = None;
        self.room = None;
    }

    /// Counts a call. `Err` if it is one that is to fail.
    pub(super) fn pass(&mut self, call: Call) -> io::Result<()> {
        self.calls += 1;
        let mut failed = false;
        self.failures.retain_mut(|failure| {
            if failure.call != call {
                return true;
            }
            let due = failure.after == 0;
            failed |= due;
            failure.after = failure.after.saturating_sub(1);
            !due
        });
        // EIO, as the operating system would say it.
        if failed { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }

    /// Whether the machine goes down in this call.
    pub(super) fn is_last(&mut self) -> bool {
        match &mut self.crash_in {
            Some(calls) => {
                *calls = calls.saturating_sub(1);
                *calls == 0
            }
            None => false,
        }
    }
}
