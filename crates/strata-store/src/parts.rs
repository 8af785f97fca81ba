//! The parts of a large commit: in the journal already, and kept aside until they are applied.
//!
//! | changes of the commit        | parts are kept in | and go to the tree through |
//! |------------------------------|-------------------|----------------------------|
//! | more than a part             | memory            | the memtable               |
//! | more than the bulk length    | a scratch file    | tables that are built meanwhile |
//!
//! So the memory of a commit is bounded by the bulk length. Changes come in key order, which is what the tables
//! need; a bulk load neither fills the memtable nor waits for it.

use crate::engine::Engine;
use crate::keyspace::keyspace_of;
use crate::record::{Change, Changes};
use crate::{KeyspaceId, Result, redo};
use filesystem::ScratchFile;
use journal::Lsn;
use lsm::{Ingestion, Seq};

/// The parts so far.
pub(crate) struct Parts {
    /// End of the first part's record.
    pub(crate) first: Lsn,
    kept: Kept,
}

enum Kept {
    Memory(Vec<Vec<u8>>),
    Scratch { file: ScratchFile, lens: Vec<usize>, bulk: Box<Bulk> },
}

impl Parts {
    /// None so far, of a commit whose changes take about `len` bytes.
    pub(crate) fn begin(engine: &Engine, seq: Seq, len: u64, first: Lsn) -> Result<Self> {
        let kept = if len < engine.bulk_len {
            Kept::Memory(Vec::new())
        } else {
            let file = ScratchFile::create(&engine.scratch.env, &engine.scratch.dir)?;
            Kept::Scratch { file, lens: Vec::new(), bulk: Box::new(Bulk::begin(engine, seq)) }
        };
        Ok(Parts { first, kept })
    }

    /// Keeps another part.
    pub(crate) fn keep(&mut self, changes: Changes<'_>) -> Result<()> {
        let bytes = changes.as_bytes();
        match &mut self.kept {
            Kept::Memory(parts) => parts.push(bytes.to_vec()),
            Kept::Scratch { file, lens, bulk } => {
                file.append(bytes)?;
                lens.push(bytes.len());
                bulk.add(changes)?;
            }
        }
        Ok(())
    }

    /// Does before the commit point what may want room on the disk. `last` is the part that is in the
    /// commit's own record.
    pub(crate) fn prepare(&mut self, last: Changes<'_>) -> Result<()> {
        match &mut self.kept {
            Kept::Memory(_) => Ok(()),
            Kept::Scratch { bulk, .. } => {
                bulk.add(last)?;
                bulk.prepare()
            }
        }
    }

    /// Shows the parts, one after the other.
    pub(crate) fn each(&self, mut visit: impl FnMut(Changes<'_>) -> Result<()>) -> Result<()> {
        match &self.kept {
            Kept::Memory(parts) => parts.iter().try_for_each(|part| visit(Changes::new(part))),
            Kept::Scratch { file, lens, .. } => {
                let (mut part, mut at) = (Vec::new(), 0);
                for len in lens {
                    part.resize(*len, 0);
                    file.read_at(&mut part, at)?;
                    at += *len as u64;
                    visit(Changes::new(&part))?;
                }
                Ok(())
            }
        }
    }

    /// Applies all parts to the tree.
    pub(crate) fn install(self, engine: &Engine, seq: Seq, lsn: Lsn, last: Changes<'_>) -> Result<()> {
        match self.kept {
            Kept::Memory(parts) => {
                let all = parts.iter().map(|part| Changes::new(part)).chain([last]);
                redo::tree(engine, seq, lsn, &mut all.flatten())
            }
            Kept::Scratch { bulk, .. } => bulk.install(lsn),
        }
    }
}

/// Tables in the making. Dropped before they are installed, they leave nothing behind.
pub(crate) struct Bulk {
    ingestion: Ingestion,
    keyspace: Option<KeyspaceId>,
}

impl Bulk {
    pub(crate) fn begin(engine: &Engine, seq: Seq) -> Self {
        Bulk { ingestion: engine.lsm.begin_ingest(seq), keyspace: None }
    }

    /// Adds what changes mean to the tree.
    pub(crate) fn add(&mut self, changes: Changes<'_>) -> Result<()> {
        for (key, op) in changes.flatten().filter_map(Change::tree_op) {
            let keyspace = Some(keyspace_of(key));
            if self.keyspace != keyspace {
                self.ingestion.cut()?;
                self.keyspace = keyspace;
            }
            self.ingestion.add(key, op)?;
        }
        Ok(())
    }

    fn prepare(&mut self) -> Result<()> {
        Ok(self.ingestion.prepare()?)
    }

    /// Makes the changes visible, once the journal is durable up to `lsn`.
    pub(crate) fn install(self, lsn: Lsn) -> Result<()> {
        Ok(self.ingestion.install(lsn)?)
    }
}
