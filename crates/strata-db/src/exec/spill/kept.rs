//! Batches to come back to, by their number: in memory while they fit, in a scratch file from then on.

use super::form::batch_of;
use super::{RowForm, SpillFile, Tape, TapeWriter, Workspace};
use crate::error::Result;
use std::collections::VecDeque;
use std::sync::Arc;
use strata_types::{Batch, Type};

/// See the module.
#[derive(Default)]
pub(crate) struct Kept {
    /// Batches before the first of these have been dropped.
    dropped: usize,
    /// The first batches.
    in_memory: VecDeque<Batch>,
    /// Bytes of memory that they take.
    held: usize,
    /// The batches behind them.
    in_file: VecDeque<Written>,
    file: Option<SpillFile>,
}

/// A batch in the file.
struct Written {
    form: Arc<RowForm>,
    tape: Tape,
}

impl Kept {
    /// There are no batches.
    pub(crate) fn is_empty(&self) -> bool {
        self.in_memory.is_empty() && self.in_file.is_empty()
    }

    /// Keeps another batch.
    ///
    /// # Errors
    /// 53100 and others of the scratch file.
    pub(crate) fn push(&mut self, batch: Batch, workspace: &Workspace<'_>) -> Result<()> {
        if self.in_file.is_empty() && self.held <= workspace.memory() {
            self.held += batch.byte_len();
            self.in_memory.push_back(batch);
            return Ok(());
        }
        let form = self.form_of(&batch);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(workspace.file()?),
        };
        let mut tape = TapeWriter::new(workspace.chunk_len());
        for row in 0..batch.rows {
            tape.push(file, |out| form.write(&batch.columns, row, out))?;
        }
        self.in_file.push_back(Written { form, tape: tape.finish(file)? });
        Ok(())
    }

    /// Drops the first batch. The others keep their numbers.
    pub(crate) fn drop_first(&mut self) {
        if let Some(batch) = self.in_memory.pop_front() {
            self.held = self.held.saturating_sub(batch.byte_len());
        } else if self.in_file.pop_front().is_none() {
            return;
        }
        self.dropped += 1;
        if self.in_file.is_empty() {
            self.file = None;
        }
    }

    /// The batch of this number, from 0; `None` if it has been dropped, or has not come.
    ///
    /// # Errors
    /// XX001 if the file does not hold what was written; 58030.
    pub(crate) fn get(&self, number: usize) -> Result<Option<Batch>> {
        let Some(at) = number.checked_sub(self.dropped) else { return Ok(None) };
        if let Some(batch) = self.in_memory.get(at) {
            return Ok(Some(batch.clone()));
        }
        let written = at.checked_sub(self.in_memory.len()).and_then(|at| self.in_file.get(at));
        let (Some(written), Some(file)) = (written, &self.file) else { return Ok(None) };
        let (mut reader, mut builders, mut rows) = (written.tape.reader(), written.form.builders(), 0);
        while let Some(record) = reader.next(file)? {
            written.form.read(record, &mut builders)?;
            rows += 1;
        }
        Ok(Some(batch_of(builders, rows)))
    }

    /// How rows of the batch are written.
    fn form_of(&self, batch: &Batch) -> Arc<RowForm> {
        let types = || batch.columns.iter().map(|column| column.ty);
        match self.in_file.back() {
            Some(last) if last.form.types().iter().copied().eq(types()) => last.form.clone(),
            _ => Arc::new(RowForm::new(&types().collect::<Vec<Type>>())),
        }
    }
}
