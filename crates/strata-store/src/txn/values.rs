//! Where a transaction keeps the values that it has put: in memory while they are few, in a scratch
//! file once the memory pool refuses more.
//!
//! ```text
//!      0            spilled                    end
//!      ├── scratch ────┼────── memory ─────────┤
//! ```
//! The log is addressed by one running offset. Spilling moves the whole memory part behind the scratch
//! part and changes no offset. Values of index keyspaces are small and lie with their keys.

use crate::{Error, Result};
use filesystem::{MemoryPool, Reservation, ScratchFile};
use std::path::PathBuf;
use std::sync::Arc;
use vfs::Env;

/// A transaction holds this much without asking the pool.
const FREE_LEN: usize = 64 << 10;
/// Memory is asked for in steps of this size.
const STEP: usize = 256 << 10;
/// The memory part is spilled only when it has at least this much; less would make tiny writes.
const SPILL_LEN_MIN: usize = 1 << 20;
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
    memory: Vec<u8>,
    /// What the owner keeps in memory beside the log.
    beside: usize,
    reservation: Option<Reservation>,
}

impl ValueLog {
    pub(crate) fn new(scratch: Arc<Scratch>) -> Self {
        ValueLog { scratch, file: None, spilled: 0, memory: Vec::new(), beside: 0, reservation: None }
    }

    /// Keeps a value.
    pub(crate) fn append(&mut self, value: &[u8]) -> Result<ValueRef> {
        let len = value.len() as u32;
        if self.memory.len() + value.len() > MEMORY_LEN_MAX || self.reserve(value.len()).is_err() {
            self.spill()?;
            self.reserve(value.len())?;
        }
        let at = self.spilled + self.memory.len() as u64;
        self.memory.extend_from_slice(value);
        Ok(ValueRef { at, len })
    }

    /// Accounts for what the owner keeps beside the log.
    pub(crate) fn reserve_beside(&mut self, len: usize) -> Result<()> {
        self.beside = len;
        if self.reserve(0).is_ok() {
            return Ok(());
        }
        self.spill()?;
        self.reserve(0)
    }

    /// Bytes of values, those that were taken back included.
    pub(crate) fn len(&self) -> u64 {
        self.spilled + self.memory.len() as u64
    }

    fn reserve(&mut self, more: usize) -> Result<()> {
        let wanted = self.memory.len() + self.beside + more;
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
        let wanted = self.memory.len() + self.beside;
        if let Some(reservation) = &mut self.reservation {
            reservation.shrink(reservation.bytes().saturating_sub(wanted));
        }
    }

    fn spill(&mut self) -> Result<()> {
        if self.memory.len() < SPILL_LEN_MIN {
            return Ok(());
        }
        if self.file.is_none() {
            self.file = Some(ScratchFile::create(&self.scratch.env, &self.scratch.dir)?);
        }
        if let Some(file) = &mut self.file {
            file.append(&self.memory)?;
        }
        self.spilled += self.memory.len() as u64;
        let freed = self.memory.len();
        self.memory = Vec::new();
        if let Some(reservation) = &mut self.reservation {
            reservation.shrink(freed);
        }
        Ok(())
    }

    /// Appends a value to `into`.
    pub(crate) fn read(&self, value: ValueRef, into: &mut Vec<u8>) -> Result<()> {
        if value.at >= self.spilled {
            let at = (value.at - self.spilled) as usize;
            into.extend_from_slice(self.memory.get(at..at + value.len()).unwrap_or_default());
            return Ok(());
        }
        let from = into.len();
        into.resize(from + value.len(), 0);
        match &self.file {
            Some(file) => Ok(file.read_at(&mut into[from..], value.at)?),
            None => unreachable!("{} bytes were spilled, but there is no scratch file", self.spilled),
        }
    }
}
