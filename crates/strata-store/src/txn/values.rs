//! Where a transaction keeps the values that it has put: in memory while they are few, in a scratch
//! file once the memory pool refuses more.
//!
//! ```text
//!      0            spilled                          end
//!      ├── scratch ────┼── chunk │ chunk │ … │ tail ──┤
//! ```
//! The log is addressed by one running offset. Spilling moves the first chunk of the memory part behind the
//! scratch part and changes no offset; one at a time, so that nobody waits long for it. Values of index keyspaces are small and lie with their keys.

use crate::{Error, Result};
use filesystem::{MemoryPool, Reservation, ScratchFile};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use vfs::Env;

/// A transaction holds this much without asking the pool.
const FREE_LEN: usize = 64 << 10;
/// Memory is asked for in steps of this size.
const STEP: usize = 256 << 10;
/// What is spilled at once.
const CHUNK_LEN: usize = 1 << 20;
/// The memory part of one transaction never grows beyond this, however much the pool has.
const MEMORY_LEN_MAX: usize = 64 << 20;

/// Where values are spilled to.
pub(crate) struct Scratch {
    pub(crate) env: Env,
    pub(crate) dir: PathBuf,
    pub(crate) pool: MemoryPool,
}

/// Where a value lies in its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueRef {
    at: u64,
    len: u32,
}

impl ValueRef {
    pub(crate) fn new(at: u64, len: u32) -> Self {
        ValueRef { at, len }
    }

    pub(crate) fn at(self) -> u64 {
        self.at
    }

    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&self.at.to_le_bytes());
        bytes[8..].copy_from_slice(&self.len.to_le_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; 12]) -> Self {
        let [at @ .., a, b, c, d] = bytes;
        ValueRef { at: u64::from_le_bytes(at), len: u32::from_le_bytes([a, b, c, d]) }
    }
}

pub(crate) struct ValueLog {
    scratch: Arc<Scratch>,
    file: Option<ScratchFile>,
    spilled: u64,
    /// Full ones.
    chunks: VecDeque<Vec<u8>>,
    /// What is behind them, less than a chunk.
    tail: Vec<u8>,
    /// What the owner keeps in memory beside the log.
    beside: usize,
    reservation: Option<Reservation>,
}

impl ValueLog {
    pub(crate) fn new(scratch: Arc<Scratch>) -> Self {
        ValueLog {
            scratch,
            file: None,
            spilled: 0,
            chunks: VecDeque::new(),
            tail: Vec::new(),
            beside: 0,
            reservation: None,
        }
    }

    /// Keeps a value.
    pub(crate) fn append(&mut self, value: &[u8]) -> Result<ValueRef> {
        while self.memory_len() + value.len() > MEMORY_LEN_MAX && self.spill()? {}
        while let Err(full) = self.reserve(value.len()) {
            if !self.spill()? {
                return Err(full);
            }
        }
        let kept = ValueRef { at: self.len(), len: value.len() as u32 };
        let mut rest = value;
        while self.tail.len() + rest.len() >= CHUNK_LEN {
            let (first, behind) = rest.split_at(CHUNK_LEN - self.tail.len());
            self.tail.extend_from_slice(first);
            self.chunks.push_back(std::mem::take(&mut self.tail));
            rest = behind;
        }
        self.tail.extend_from_slice(rest);
        Ok(kept)
    }

    /// Accounts for what the owner keeps beside the log.
    pub(crate) fn reserve_beside(&mut self, len: usize) -> Result<()> {
        self.beside = len;
        while let Err(full) = self.reserve(0) {
            if !self.spill()? {
                return Err(full);
            }
        }
        Ok(())
    }

    /// Bytes of values, those that were taken back included.
    pub(crate) fn len(&self) -> u64 {
        self.spilled + self.memory_len() as u64
    }

    fn memory_len(&self) -> usize {
        self.chunks.len() * CHUNK_LEN + self.tail.len()
    }

    fn reserve(&mut self, more: usize) -> Result<()> {
        let wanted = self.memory_len() + self.beside + more;
        let held = FREE_LEN + self.reservation.as_ref().map_or(0, Reservation::bytes);
        if wanted <= held {
            return Ok(());
        }
        let step = (wanted - held).next_multiple_of(STEP);
        let granted = match &mut self.reservation {
            Some(reservation) => reservation.grow(step),
            None => {
                self.reservation = self.scratch.pool.try_reserve(step);
                self.reservation.is_some()
            }
        };
        if granted { Ok(()) } else { Err(Error::OutOfMemory { held, wanted: wanted - held }) }
    }

    pub(crate) fn scratch(&self) -> &Arc<Scratch> {
        &self.scratch
    }

    /// Gives back what the owner, who now keeps so much beside the log, does not need.
    pub(crate) fn shrink_beside(&mut self, len: usize) {
        self.beside = len;
        let wanted = self.memory_len() + self.beside;
        if let Some(reservation) = &mut self.reservation {
            reservation.shrink(reservation.bytes().saturating_sub(wanted));
        }
    }

    /// Spills the first chunk; `false` if there is none.
    fn spill(&mut self) -> Result<bool> {
        let Some(chunk) = self.chunks.front() else { return Ok(false) };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(ScratchFile::create(&self.scratch.env, &self.scratch.dir)?),
        };
        file.append(chunk)?;
        self.chunks.pop_front();
        self.spilled += CHUNK_LEN as u64;
        if let Some(reservation) = &mut self.reservation {
            reservation.shrink(CHUNK_LEN);
        }
        Ok(true)
    }

    /// Appends a value to `into`.
    pub(crate) fn read(&self, value: ValueRef, into: &mut Vec<u8>) -> Result<()> {
        let (mut at, end) = (value.at, value.at + u64::from(value.len));
        if at < self.spilled {
            let from = into.len();
            into.resize(from + (end.min(self.spilled) - at) as usize, 0);
            match &self.file {
                Some(file) => file.read_at(&mut into[from..], at)?,
                None => unreachable!("{} bytes were spilled, but there is no scratch file", self.spilled),
            }
            at = end.min(self.spilled);
        }
        while at < end {
            let offset = (at - self.spilled) as usize;
            let chunk = self.chunks.get(offset / CHUNK_LEN).unwrap_or(&self.tail);
            let rest = chunk.get(offset % CHUNK_LEN..).unwrap_or_default();
            let part = &rest[..rest.len().min((end - at) as usize)];
            assert!(!part.is_empty(), "a value beyond the end of its log");
            into.extend_from_slice(part);
            at += part.len() as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn values_read_back_wherever_they_lie() {
        let env = vfs::mem::env();
        env.fs.create_dir_all(Path::new("/scratch")).unwrap();
        let scratch = Scratch { env, dir: "/scratch".into(), pool: MemoryPool::new(4 << 20) };
        let mut log = ValueLog::new(Arc::new(scratch));
        // Their lengths do not divide a chunk, so that many lie in two, and some partly in the file.
        let values: Vec<Vec<u8>> =
            (0..300_usize).map(|at| vec![at as u8; [0, 1, 29_989, 70_001][at % 4]]).collect();
        let mut kept = Vec::new();
        for value in &values {
            kept.push(log.append(value).unwrap());
            for (value, kept) in values.iter().zip(&kept).rev().take(80) {
                let mut read = Vec::new();
                log.read(*kept, &mut read).unwrap();
                assert!(read == *value);
            }
        }
        assert!(log.spilled > 0 && !log.chunks.is_empty());
    }
}
