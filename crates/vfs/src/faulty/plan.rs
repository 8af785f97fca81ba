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

/// A stretch of calls that want room and are refused it.
#[derive(Debug)]
struct Full {
    after: u64,
    count: u64,
}

/// The calls that are to fail, and the room on the disk.
#[derive(Debug)]
pub(super) struct Plan {
    failures: Vec<Failure>,
    /// Calls until the machine goes down.
    pub(super) crash_in: Option<u64>,
    /// Bytes that all files together may have.
    pub(super) room: Option<u64>,
    /// When there is no room for anything.
    full: Option<Full>,
    /// A call has met that.
    pub(super) has_run_full: bool,
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
    /// The system's reason: EIO unless told otherwise.
    kind: Option<io::ErrorKind>,
}

impl Plan {
    pub(super) fn new() -> Plan {
        Plan {
            failures: Vec::new(),
            crash_in: None,
            room: None,
            full: None,
            has_run_full: false,
            short_transfers: true,
            calls: 0,
        }
    }

    /// The `nth` call of its kind from here on fails; the first is 1.
    pub(super) fn fail(&mut self, call: Call, nth: u64, kind: Option<io::ErrorKind>) {
        self.failures.push(Failure { call, after: nth.saturating_sub(1), kind });
    }

    pub(super) fn heal(&mut self) {
        self.failures.clear();
        self.crash_in = None;
        self.room = None;
        self.full = None;
    }

    /// Behind `after` calls that want room, the next `count` of them find none.
    pub(super) fn run_full(&mut self, after: u64, count: u64) {
        self.full = (count > 0).then_some(Full { after, count });
    }

    /// Counts a call that wants room. Whether there is some.
    pub(super) fn has_room(&mut self) -> bool {
        let Some(full) = &mut self.full else { return true };
        if full.after > 0 {
            full.after -= 1;
            return true;
        }
        self.has_run_full = true;
        full.count -= 1;
        if full.count == 0 {
            self.full = None;
        }
        false
    }

    /// Counts a call. `Err` if it is one that is to fail.
    pub(super) fn pass(&mut self, call: Call) -> io::Result<()> {
        self.calls += 1;
        let mut failed = None;
        self.failures.retain_mut(|failure| {
            if failure.call != call {
                return true;
            }
            let due = failure.after == 0;
            if due {
                failed = Some(failure.kind);
            }
            failure.after = failure.after.saturating_sub(1);
            !due
        });
        match failed {
            None => Ok(()),
            Some(Some(kind)) => Err(kind.into()),
            // EIO, as the operating system would say it.
            Some(None) => Err(io::Error::from_raw_os_error(5)),
        }
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
