//! Whether a group waits for more commits before it is written.
//!
//! Writers that commit again and again fall into two camps: while the group of one is synced, the others append, and
//! when it is durable they are written at once, without those who have just been told. Every commit then waits for two
//! syncs, and every sync serves half of the writers. So a group waits a little, for as many as there were in the group
//! before: a part of what a sync takes, as the last one took.
//!
//! Nobody waits for himself: a lone writer's group is as large as the one before. And nobody waits in vain for long:
//! when no one came, the next groups are written at once.

/// The wait is one part in so many of a sync,
const SHARE: u64 = 4;
/// but no longer than this,
const WAIT_US_MAX: u64 = 2_000;
/// and none at all if it were shorter than it takes to fall asleep and wake up.
const WAIT_US_MIN: u64 = 50;
/// After a wait in vain so many groups are written at once.
const IMPATIENT_GROUPS: u32 = 16;

/// See the module's text.
#[derive(Default)]
pub(crate) struct Gathering {
    /// Commits of the last group, and those that waited when it was durable.
    expected: u32,
    /// What the last write and sync took.
    sync_us: u64,
    /// Commits that were there when the wait began, if there was one.
    began_with: Option<u32>,
    /// Groups to be written at once.
    impatient: u32,
}

/// A wait: until so many commits are there, but no longer than so many microseconds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) commits: u32,
    pub(crate) us: u64,
}

impl Gathering {
    /// Whether a group of so many commits, about to be written, waits for more. It waits once.
    pub(crate) fn wait(&mut self, commits: u32) -> Option<Wait> {
        let us = (self.sync_us / SHARE).min(WAIT_US_MAX);
        let pays = (1..self.expected).contains(&commits) && us >= WAIT_US_MIN;
        if !pays || self.impatient > 0 || self.began_with.is_some() {
            return None;
        }
        self.began_with = Some(commits);
        Some(Wait { commits: self.expected, us })
    }

    /// A group of so many commits was written in so many microseconds, and others are waiting now.
    pub(crate) fn wrote(&mut self, commits: u32, others: u32, us: u64) {
        let in_vain = self.began_with.take().is_some_and(|before| commits <= before);
        self.impatient = if in_vain { IMPATIENT_GROUPS } else { self.impatient.saturating_sub(1) };
        self.expected = commits.saturating_add(others);
        self.sync_us = us;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_writer_never_waits() {
        let mut gathering = Gathering::default();
        for _ in 0..100 {
            assert_eq!(gathering.wait(1), None);
            gathering.wrote(1, 0, 4_000);
        }
    }

    #[test]
    fn two_camps_become_one() {
        let mut gathering = Gathering::default();
        // Three are durable, and five have appended meanwhile: they wait for the three.
        gathering.wrote(3, 5, 4_000);
        assert_eq!(gathering.wait(5), Some(Wait { commits: 8, us: 1_000 }));
        assert_eq!(gathering.wait(8), None);
        gathering.wrote(8, 0, 4_000);
        assert_eq!(gathering.wait(2), Some(Wait { commits: 8, us: 1_000 }));
        // One is late, and the others go without him.
        assert_eq!(gathering.wait(7), None);
        gathering.wrote(7, 1, 4_000);
        assert_eq!(gathering.wait(1), Some(Wait { commits: 8, us: 1_000 }));
    }

    #[test]
    fn who_waits_in_vain_does_not_wait_again_soon() {
        let mut gathering = Gathering::default();
        let mut waits = 0;
        for _ in 0..10 * (IMPATIENT_GROUPS + 1) {
            // The others never come back while one waits, and have always appended when he is durable.
            gathering.wrote(1, 1, 4_000);
            waits += u32::from(gathering.wait(1).is_some());
        }
        assert_eq!(waits, 10);
    }

    #[test]
    fn no_wait_is_longer_than_it_pays() {
        let mut gathering = Gathering::default();
        gathering.wrote(4, 4, 100);
        assert_eq!(gathering.wait(4), None, "the disk is as fast as the writers");
        gathering.wrote(4, 4, 1_000_000);
        assert_eq!(gathering.wait(4), Some(Wait { commits: 8, us: WAIT_US_MAX }));
    }
}
