//! A position in an SSTable: a partition of the index, a place in it and one in a data block.

use super::ahead::{ReadAhead, Streak};
use super::block::{Block, BlockCursor, Malformed};
use super::{Handle, Table};
use crate::key::{Tag, compare};
use crate::{Error, Result, Seq};
use std::sync::Arc;

/// No block is empty, so this is the place of none.
const NOWHERE: Handle = Handle { offset: 0, len: 0 };

/// How a cursor gets at data blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Through the block cache; ahead of it when it lacks what is read in order.
    Cached,
    /// In long pieces, past the cache: for who reads everything once.
    Ahead,
}

/// See the module's text. Keeps its table alive.
pub(crate) struct TableCursor {
    table: Arc<Table>,
    /// Which partition; as many as there are for none.
    partition: usize,
    index: BlockCursor,
    data: BlockCursor,
    index_at: Handle,
    data_at: Handle,
    ahead: Option<Box<ReadAhead>>,
    streak: Streak,
}

impl TableCursor {
    pub(crate) fn new(table: Arc<Table>, reading: Reading) -> Self {
        TableCursor {
            partition: table.partitions().len(),
            table,
            index: BlockCursor::default(),
            data: BlockCursor::default(),
            index_at: NOWHERE,
            data_at: NOWHERE,
            ahead: (reading == Reading::Ahead).then(|| Box::new(ReadAhead::long())),
            streak: Streak::default(),
        }
    }

    /// Moves to another table, positioned nowhere, and keeps the buffers.
    pub(crate) fn enter(&mut self, table: Arc<Table>) {
        self.partition = table.partitions().len();
        self.data.enter(Default::default());
        self.index.enter(Default::default());
        (self.index_at, self.data_at) = (NOWHERE, NOWHERE);
        self.streak.leave_table();
        if let Some(ahead) = &mut self.ahead {
            ahead.clear();
        }
        self.table = table;
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.data.is_valid()
    }

    pub(crate) fn key(&self) -> &[u8] {
        self.data.key()
    }

    pub(crate) fn tag(&self) -> Tag {
        self.data.tag()
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.data.value()
    }

    pub(crate) fn first(&mut self) -> Result<()> {
        self.streak.end();
        self.begin()
    }

    /// To the first entry of the table that follows.
    pub(crate) fn go_on_in(&mut self, table: Arc<Table>) -> Result<()> {
        self.enter(table);
        self.begin()
    }

    fn begin(&mut self) -> Result<()> {
        self.partition = 0;
        if self.enter_index()? {
            self.in_index(|index| index.first())?;
        }
        if self.enter_data()? { self.in_data(|data| data.first()) } else { Ok(()) }
    }

    pub(crate) fn last(&mut self) -> Result<()> {
        self.partition = self.table.partitions().len().wrapping_sub(1);
        if self.enter_index()? {
            self.in_index(|index| index.last())?;
        }
        if self.leap()? { self.in_data(|data| data.last()) } else { Ok(()) }
    }

    /// To the first entry at or behind `(key, seq)`.
    pub(crate) fn seek(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        self.partition = self.table.partitions().find(key, seq);
        if let Some(partition) = self.table.partitions().get(self.partition) {
            self.table.pin(partition)?;
        }
        if self.enter_index()? {
            self.in_index(|index| index.seek(key, seq))?;
        }
        if self.leap()? { self.in_data(|data| data.seek(key, seq)) } else { Ok(()) }
    }

    /// To the last entry before `(key, seq)`.
    pub(crate) fn seek_before(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        self.seek(key, seq)?;
        if self.is_valid() { self.prev() } else { self.last() }
    }

    pub(crate) fn next(&mut self) -> Result<()> {
        self.in_data(|data| data.next())?;
        if self.data.is_valid() {
            return Ok(());
        }
        self.in_index(|index| index.next())?;
        if !self.index.is_valid() {
            self.partition = self.partition.saturating_add(1);
            if self.enter_index()? {
                self.in_index(|index| index.first())?;
            }
        }
        if self.enter_data()? { self.in_data(|data| data.first()) } else { Ok(()) }
    }

    pub(crate) fn prev(&mut self) -> Result<()> {
        self.in_data(|data| data.prev())?;
        if self.data.is_valid() {
            return Ok(());
        }
        self.in_index(|index| index.prev())?;
        if !self.index.is_valid() {
            // Before the first there is none, as behind the last.
            self.partition = self.partition.wrapping_sub(1);
            if self.enter_index()? {
                self.in_index(|index| index.last())?;
            }
        }
        if self.leap()? { self.in_data(|data| data.last()) } else { Ok(()) }
    }

    /// Loads the index of the partition. `false`: there is no such partition, and the others are nowhere.
    fn enter_index(&mut self) -> Result<bool> {
        let Some(partition) = self.table.partitions().get(self.partition) else {
            self.index.enter(Default::default());
            self.index_at = NOWHERE;
            return Ok(false);
        };
        let index_at = partition.index_at;
        if index_at != self.index_at {
            self.index_at = NOWHERE;
            self.index.enter(self.table.index(partition)?);
            self.index_at = index_at;
        }
        Ok(true)
    }

    /// Loads the data block that `index` is at, which need not follow the one before.
    fn leap(&mut self) -> Result<bool> {
        self.streak.end();
        self.enter_data()
    }

    /// Loads the data block that `index` is at. `false`: `index` is nowhere, and so is `data`.
    fn enter_data(&mut self) -> Result<bool> {
        if !self.index.is_valid() {
            self.data.enter(Default::default());
            self.data_at = NOWHERE;
            return Ok(false);
        }
        let data_at = self.table.data_at(self.index.value(), self.index_at)?;
        if data_at != self.data_at {
            self.data_at = NOWHERE;
            let block = match &mut self.ahead {
                None => self.table.block_in_order(data_at, &mut self.streak)?,
                Some(ahead) => {
                    let bytes = ahead.block(&self.table, data_at)?;
                    let parsed = Block::parse(bytes, self.table.meta.seq_offset);
                    parsed.map_err(|_| self.table.malformed(data_at))?
                }
            };
            self.data.enter(block);
            self.data_at = data_at;
        }
        Ok(true)
    }

    fn in_index(
        &mut self,
        go: impl FnOnce(&mut BlockCursor) -> std::result::Result<(), Malformed>,
    ) -> Result<()> {
        go(&mut self.index).map_err(|_| self.table.malformed(self.index_at))
    }

    fn in_data(
        &mut self,
        go: impl FnOnce(&mut BlockCursor) -> std::result::Result<(), Malformed>,
    ) -> Result<()> {
        go(&mut self.data).map_err(|_| self.table.malformed(self.data_at))
    }
}

/// Walks a whole table, checks the order of its versions, and counts them.
pub(crate) fn verify_order(mut cursor: TableCursor) -> Result<u64> {
    let mut count = 0;
    let mut last: Option<(Vec<u8>, Seq)> = None;
    cursor.first()?;
    while cursor.is_valid() {
        let here = (cursor.key(), cursor.tag().seq());
        if last.as_ref().is_some_and(|(key, seq)| compare((key, *seq), here).is_ge()) {
            return Err(Error::corrupt(
                cursor.table.path(),
                cursor.data_at.offset,
                "versions are out of order",
            ));
        }
        last = Some((here.0.to_vec(), here.1));
        count += 1;
        cursor.next()?;
    }
    if count == cursor.table.meta.properties.entry_count {
        return Ok(count);
    }
    Err(Error::corrupt(cursor.table.path(), 0, "the number of versions is not what the manifest says"))
}
