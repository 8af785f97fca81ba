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
    /// What stands in the commit's own record is in the tables.
    is_prepared: bool,
}

enum Kept {
    Memory(Vec<Vec<u8>>),
    /// Without tables if those stand already.
    Scratch {
        file: ScratchFile,
        lens: Vec<usize>,
        bulk: Option<Box<Bulk>>,
    },
}

impl Parts {
    /// None so far, of a commit whose changes take about `len` bytes.
    pub(crate) fn begin(engine: &Engine, len: u64, first: Lsn) -> Result<Self> {
        let kept = if len < engine.bulk_len {
            Kept::Memory(Vec::new())
        } else {
            let bulk = Some(Box::new(Bulk::begin(engine)));
            Kept::Scratch { file: scratch_file(engine)?, lens: Vec::new(), bulk }
        };
        Ok(Parts { first, kept, is_prepared: false })
    }

    /// None so far, of a commit that the tree has already.
    pub(crate) fn begin_for_heap(engine: &Engine, first: Lsn) -> Result<Self> {
        let kept = Kept::Scratch { file: scratch_file(engine)?, lens: Vec::new(), bulk: None };
        Ok(Parts { first, kept, is_prepared: false })
    }

    /// Keeps another part.
    pub(crate) fn keep(&mut self, changes: Changes<'_>) -> Result<()> {
        let bytes = changes.as_bytes();
        match &mut self.kept {
            Kept::Memory(parts) => parts.push(bytes.to_vec()),
            Kept::Scratch { file, lens, bulk } => {
                file.append(bytes)?;
                lens.push(bytes.len());
                bulk.as_mut().map_or(Ok(()), |bulk| bulk.add(changes))?;
            }
        }
        Ok(())
    }

    /// A bounded piece of what [`prepare`](Self::prepare) does; `true` once all of it is done.
    pub(crate) fn prepare_some(&mut self, last: Changes<'_>) -> Result<bool> {
        self.whole_bulk(last)?.map_or(Ok(true), Bulk::prepare_some)
    }

    /// Does before the commit point what may want room on the disk. `last` is the part that is in the
    /// commit's own record. May be called again, for what others have written meanwhile.
    pub(crate) fn prepare(&mut self, last: Changes<'_>) -> Result<()> {
        self.whole_bulk(last)?.map_or(Ok(()), Bulk::prepare)
    }

    /// The tables in the making, if there are any, with the last part in them.
    fn whole_bulk(&mut self, last: Changes<'_>) -> Result<Option<&mut Bulk>> {
        let Kept::Scratch { bulk: Some(bulk), .. } = &mut self.kept else { return Ok(None) };
        if !std::mem::replace(&mut self.is_prepared, true) {
            bulk.add(last)?;
        }
        Ok(Some(bulk))
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

    /// Applies all parts to the tree. After a full disk it may be called again.
    pub(crate) fn install(&mut self, engine: &Engine, seq: Seq, lsn: Lsn, last: Changes<'_>) -> Result<()> {
        match &mut self.kept {
            Kept::Memory(parts) => {
                let all = parts.iter().map(|part| Changes::new(part)).chain([last]);
                redo::tree(engine, seq, lsn, &mut all.flatten())
            }
            Kept::Scratch { bulk, .. } => bulk.as_mut().map_or(Ok(()), |bulk| bulk.install(seq, lsn)),
        }
    }
}

fn scratch_file(engine: &Engine) -> Result<ScratchFile> {
    Ok(ScratchFile::create(&engine.scratch.env, &engine.scratch.dir)?)
}

/// Tables in the making. Dropped before they are installed, they leave nothing behind.
pub(crate) struct Bulk {
    ingestion: Ingestion,
    keyspace: Option<KeyspaceId>,
}

impl Bulk {
    pub(crate) fn begin(engine: &Engine) -> Self {
        Bulk { ingestion: engine.lsm.begin_ingest(), keyspace: None }
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

    fn prepare_some(&mut self) -> Result<bool> {
        Ok(self.ingestion.prepare_some()?)
    }

    fn prepare(&mut self) -> Result<()> {
        Ok(self.ingestion.prepare()?)
    }

    /// Makes the changes visible as those of commit `seq`, once the journal is durable up to `lsn`.
    pub(crate) fn install(&mut self, seq: Seq, lsn: Lsn) -> Result<()> {
        Ok(self.ingestion.install(seq, lsn)?)
    }
}
