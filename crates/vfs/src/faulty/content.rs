//! A file of the simulated disk: what everybody reads, what would survive anything, and what lies between.

use super::chance::Chance;

/// Bytes that a disk writes wholly or not at all.
pub(super) const SECTOR: u64 = 512;

/// A file's bytes.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// What reads return.
    live: Vec<u8>,
    /// What survives any crash.
    synced: Vec<u8>,
    /// What leads from `synced` to `live`, in order.
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Zeros { from: u64, to: u64 },
    SetLen(u64),
}

/// How much of what was not synced a crash lets through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Survival {
    /// Chance of a sector, a length or a name, in percent.
    pub(super) percent: u64,
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        self.live.len() as u64
    }

    /// Copies what there is from `offset` on; returns how much that was.
    pub(super) fn read(&self, into: &mut [u8], offset: u64) -> usize {
        let start = index(offset).min(self.live.len());
        let from = self.live.get(start..).unwrap_or_default();
        let count = from.len().min(into.len());
        into.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        count
    }

    pub(super) fn write(&mut self, from: &[u8], offset: u64) {
        put(&mut self.live, from, offset);
        self.pending.push(Change::Write { offset, bytes: from.to_owned() });
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.live.resize(index(len), 0);
        self.pending.push(Change::SetLen(len));
    }

    /// Grows to `len`, the new bytes written out.
    pub(super) fn fill(&mut self, len: u64) {
        let from = self.len();
        self.live.resize(index(len), 0);
        self.pending.push(Change::Zeros { from, to: len });
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            apply(&mut self.synced, &change);
        }
    }

    /// What Linux does when a write-back fails: the dirty pages count as clean. They are still read, but some never
    /// reach the disk, whatever is synced later.
    pub(super) fn fail_sync(&mut self, survival: Survival, chance: &mut Chance) {
        for change in std::mem::take(&mut self.pending) {
            tear(&mut self.synced, &change, survival, chance);
        }
    }

    /// The file after a crash.
    pub(super) fn crash(&mut self, survival: Survival, chance: &mut Chance) {
        self.fail_sync(survival, chance);
        self.live = self.synced.clone();
    }

    /// Damages the disk itself.
    pub(super) fn flip(&mut self, bit: u64) {
        for image in [&mut self.live, &mut self.synced] {
            if let Some(byte) = image.get_mut(index(bit / 8)) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }
}

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn put(image: &mut Vec<u8>, from: &[u8], offset: u64) {
    let start = index(offset);
    let end = start + from.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    if let Some(to) = image.get_mut(start..end) {
        to.copy_from_slice(from);
    }
}

fn apply(image: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => put(image, bytes, *offset),
        Change::Zeros { from, to } => {
            let (from, to) = (index(*from), index(*to));
            if image.len() < to {
                image.resize(to, 0);
            }
            if let Some(zeroed) = image.get_mut(from..to) {
                zeroed.fill(0);
            }
        }
        Change::SetLen(len) => image.resize(index(*len), 0),
    }
}

/// Applies the parts of a change that chance lets through: sectors each for itself, lengths as a whole.
fn tear(image: &mut Vec<u8>, change: &Change, survival: Survival, chance: &mut Chance) {
    match change {
        Change::Write { offset, bytes } => {
            let mut at = *offset;
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let count = index(SECTOR - at % SECTOR).min(rest.len());
                let (piece, later) = rest.split_at(count);
                if chance.percent(survival.percent) {
                    put(image, piece, at);
                }
                at += count as u64;
                rest = later;
            }
        }
        Change::Zeros { .. } | Change::SetLen(_) => {
            if chance.percent(survival.percent) {
                apply(image, change);
            }
        }
    }
}
