//! Rows by the hash of their keys, so that equal keys meet in one part and a part fits memory.

use super::tape::TapeReader;
use super::{RowForm, SpillFile, Tape, TapeWriter, Workspace};
use crate::error::Result;
use std::sync::Arc;
use strata_types::{Batch, Column};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Parts being written.
pub(in crate::exec) struct Partitions {
    file: SpillFile,
    form: RowForm,
    tapes: Vec<TapeWriter>,
    level: u64,
}

/// The rows of one part.
pub(in crate::exec) struct Part {
    file: Arc<SpillFile>,
    form: RowForm,
    tape: Tape,
    level: u64,
}

/// Where somebody stands in a part.
pub(in crate::exec) struct PartReader {
    file: Arc<SpillFile>,
    form: RowForm,
    reader: TapeReader,
}

impl Partitions {
    /// As many parts as the memory allows. A part that is parted again is one `level` deeper, where other bits
    /// of the hash count.
    ///
    /// # Errors
    /// As [`Workspace::file`].
    pub(in crate::exec) fn new(form: RowForm, level: u64, workspace: &Workspace<'_>) -> Result<Partitions> {
        let ways = 1 << workspace.ways().ilog2();
        let tapes = (0..ways).map(|_| TapeWriter::new(workspace.chunk_len())).collect();
        Ok(Partitions { file: workspace.file()?, form, tapes, level })
    }

    /// Adds row `row` of these columns to the part of the hash.
    ///
    /// # Errors
    /// As [`SpillFile::append`].
    pub(in crate::exec) fn push(&mut self, hash: u64, columns: &[Arc<Column>], row: usize) -> Result<()> {
        let mixed = xxh3_64_with_seed(&hash.to_le_bytes(), self.level);
        let part = mixed as usize & (self.tapes.len() - 1);
        let form = &self.form;
        self.tapes[part].push(&mut self.file, |out| form.write(columns, row, out))
    }

    /// All parts, the empty ones too.
    ///
    /// # Errors
    /// As [`SpillFile::append`].
    pub(in crate::exec) fn finish(mut self) -> Result<Vec<Part>> {
        let mut tapes = Vec::with_capacity(self.tapes.len());
        for writer in self.tapes {
            tapes.push(writer.finish(&mut self.file)?);
        }
        let file = Arc::new(self.file);
        let part = |tape| Part { file: file.clone(), form: self.form.clone(), tape, level: self.level };
        Ok(tapes.into_iter().map(part).collect())
    }

    /// Bytes written.
    pub(in crate::exec) fn len(&self) -> u64 {
        self.file.len()
    }
}

impl Part {
    /// Number of rows.
    pub(in crate::exec) fn rows(&self) -> u64 {
        self.tape.records()
    }

    /// How often these rows have been parted before.
    pub(in crate::exec) fn level(&self) -> u64 {
        self.level
    }

    /// From its first row.
    pub(in crate::exec) fn reader(&self) -> PartReader {
        PartReader { file: self.file.clone(), form: self.form.clone(), reader: self.tape.reader() }
    }
}

impl PartReader {
    /// The next rows.
    ///
    /// # Errors
    /// As [`TapeReader::next`].
    pub(in crate::exec) fn next(&mut self) -> Result<Option<Batch>> {
        self.form.next_batch(&mut self.reader, &self.file)
    }

    /// Back to the first row.
    pub(in crate::exec) fn rewind(&mut self) {
        self.reader.rewind();
    }
}
