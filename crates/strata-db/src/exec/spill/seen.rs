//! Each key once, however many there are.
//!
//! Keys that have come before are in a hash table. When that is full it learns no more: a row whose key is not in
//! it is put aside, in a part by its hash, and decided once the input has ended and the table is free.

use super::partitions::{Part, PartReader, Partitions};
use super::{RowForm, Space, Workspace};
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{KeyTable, encode_row, hash};
use std::sync::Arc;
use strata_types::{Batch, Column, Type};

/// See the module.
pub(in crate::exec) struct Seen {
    /// How rows are put aside.
    form: RowForm,
    /// The first columns of a row are its key.
    width: usize,
    table: KeyTable,
    level: u64,
    /// Rows put aside since the table is full.
    aside: Option<Partitions>,
    /// Parts to be decided, and the one at work.
    waiting: Vec<Part>,
    reading: Option<PartReader>,
    spent: Space,
}

impl Seen {
    /// Of rows of these types, the first `width` of which are the key.
    pub(in crate::exec) fn new(types: &[Type], width: usize) -> Seen {
        Seen {
            form: RowForm::new(types),
            width,
            table: KeyTable::default(),
            level: 0,
            aside: None,
            waiting: Vec::new(),
            reading: None,
            spent: Space::default(),
        }
    }

    /// Of rows that are their own keys.
    pub(in crate::exec) fn whole(types: &[Type]) -> Seen {
        Seen::new(types, types.len())
    }

    /// Nothing has been seen.
    pub(in crate::exec) fn clear(&mut self) {
        *self = Seen::new(self.form.types(), self.width);
    }

    /// The rows whose keys are new. `memory` is what the table may take.
    ///
    /// # Errors
    /// 53100 and others of the scratch file.
    pub(in crate::exec) fn fresh(
        &mut self,
        columns: &[Arc<Column>],
        rows: usize,
        memory: usize,
        workspace: &Workspace<'_>,
    ) -> Result<Vec<u32>> {
        if self.aside.is_none() && self.table.byte_len() > memory {
            self.aside = Some(Partitions::new(self.form.clone(), self.level, workspace)?);
        }
        let mut key = Vec::new();
        let mut fresh = Vec::new();
        for row in 0..rows {
            key.clear();
            encode_row(columns[..self.width].iter().map(|column| &**column), row, &mut key);
            match &mut self.aside {
                None if self.table.insert(&key).1 => fresh.push(row as u32),
                None => {}
                Some(aside) if self.table.find(&key).is_none() => aside.push(hash(&key), columns, row)?,
                Some(_) => {}
            }
        }
        Ok(fresh)
    }

    /// After the last row: some of those put aside, and which of them are new.
    ///
    /// # Errors
    /// 53100 and others of the scratch file.
    pub(in crate::exec) fn next_aside(
        &mut self,
        memory: usize,
        run: &mut Run<'_>,
    ) -> Result<Option<(Batch, Vec<u32>)>> {
        loop {
            if let Some(reading) = &mut self.reading
                && let Some(batch) = reading.next()?
            {
                run.charge(batch.rows);
                let fresh = self.fresh(&batch.columns, batch.rows, memory, &run.workspace)?;
                return Ok(Some((batch, fresh)));
            }
            self.reading = None;
            self.spent = self.space();
            if let Some(aside) = self.aside.take() {
                self.waiting.extend(aside.finish()?.into_iter().filter(|part| part.rows() > 0));
            }
            self.table.clear();
            let Some(part) = self.waiting.pop() else { return Ok(None) };
            self.spent.parts += 1;
            self.level = part.level() + 1;
            self.reading = Some(part.reader());
        }
    }

    /// What it has taken.
    pub(in crate::exec) fn space(&self) -> Space {
        let mut space = self.spent;
        space.memory = space.memory.max(self.table.byte_len() as u64);
        if let Some(aside) = &self.aside {
            space.disk = space.disk.max(aside.len());
        }
        space
    }
}
