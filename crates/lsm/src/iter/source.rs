//! What a merge merges: a memtable, a table, or a run of disjoint tables.

use crate::key::Tag;
use crate::memtable::{Cursor, Memtable};
use crate::sstable::{Reading, Table, TableCursor};
use crate::version::Version;
use crate::{Result, Seq};
use std::ops::{Bound, Range};
use std::sync::Arc;

/// One ordered sequence of versions. An enum and not a trait object: every step of every scan
/// dispatches here.
#[expect(clippy::large_enum_variant, reason = "few sources an iterator; a box would cost a hop a step")]
pub(crate) enum Source {
    Memtable(Cursor),
    Run(RunCursor),
}

impl Source {
    pub(crate) fn memtable(memtable: Arc<Memtable>) -> Self {
        Source::Memtable(Cursor::new(memtable))
    }

    /// What may hold keys between the bounds: each table of level 0, the newest first, then each run.
    pub(crate) fn tables<'a>(
        version: &'a Arc<Version>,
        lower: Bound<&'a [u8]>,
        upper: Bound<&'a [u8]>,
        reading: Reading,
    ) -> impl Iterator<Item = Source> + 'a {
        let (level0, runs) = version.levels.split_at(1);
        let level0 = level0.iter().flatten().enumerate();
        let level0 = level0.filter(move |(_, table)| !is_below(table, lower) && !is_above(table, upper));
        let level0 = level0.map(|(index, _)| (0, index..index + 1));
        let runs = runs.iter().enumerate().map(move |(index, run)| {
            let from = run.partition_point(|table| is_below(table, lower));
            (index + 1, from..run.partition_point(|table| !is_above(table, upper)))
        });
        level0
            .chain(runs)
            .filter_map(move |(level, range)| Source::run(version.clone(), level, range, reading))
    }

    /// The tables of `level` at `range`, which must be disjoint and in order; `None` if there are none.
    fn run(version: Arc<Version>, level: usize, range: Range<usize>, reading: Reading) -> Option<Self> {
        let first = version.levels[level].get(range.clone())?.first()?.clone();
        let cursor = TableCursor::new(first, reading);
        Some(Source::Run(RunCursor { version, level, range, index: 0, cursor }))
    }

    #[inline]
    pub(crate) fn is_valid(&self) -> bool {
        match self {
            Source::Memtable(cursor) => cursor.is_valid(),
            Source::Run(run) => run.cursor.is_valid(),
        }
    }

    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        match self {
            Source::Memtable(cursor) => cursor.key(),
            Source::Run(run) => run.cursor.key(),
        }
    }

    #[inline]
    pub(crate) fn tag(&self) -> Tag {
        match self {
            Source::Memtable(cursor) => cursor.tag(),
            Source::Run(run) => run.cursor.tag(),
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> &[u8] {
        match self {
            Source::Memtable(cursor) => cursor.value(),
            Source::Run(run) => run.cursor.value(),
        }
    }

    pub(crate) fn first(&mut self) -> Result<()> {
        match self {
            Source::Memtable(cursor) => cursor.first(),
            Source::Run(run) => run.first()?,
        }
        Ok(())
    }

    pub(crate) fn last(&mut self) -> Result<()> {
        match self {
            Source::Memtable(cursor) => cursor.last(),
            Source::Run(run) => run.last()?,
        }
        Ok(())
    }

    /// To the first version at or behind `(key, seq)`.
    pub(crate) fn seek(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        match self {
            Source::Memtable(cursor) => cursor.seek(key, seq),
            Source::Run(run) => run.seek(key, seq)?,
        }
        Ok(())
    }

    /// To the last version before `(key, seq)`.
    pub(crate) fn seek_before(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        match self {
            Source::Memtable(cursor) => cursor.seek_before(key, seq),
            Source::Run(run) => run.seek_before(key, seq)?,
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Result<()> {
        match self {
            Source::Memtable(cursor) => cursor.next(),
            Source::Run(run) => run.next()?,
        }
        Ok(())
    }

    pub(crate) fn prev(&mut self) -> Result<()> {
        match self {
            Source::Memtable(cursor) => cursor.prev(),
            Source::Run(run) => run.prev()?,
        }
        Ok(())
    }
}

/// Whether all keys of the table lie before the bound.
fn is_below(table: &Table, lower: Bound<&[u8]>) -> bool {
    match lower {
        Bound::Unbounded => false,
        Bound::Included(bound) | Bound::Excluded(bound) => *table.meta.properties.largest < *bound,
    }
}

/// Whether all keys of the table lie behind the bound.
fn is_above(table: &Table, upper: Bound<&[u8]>) -> bool {
    match upper {
        Bound::Unbounded => false,
        Bound::Included(bound) | Bound::Excluded(bound) => *table.meta.properties.smallest > *bound,
    }
}

/// A position in a run; opens one table at a time. Holds the version and not the tables, of which
/// there may be thousands.
pub(crate) struct RunCursor {
    version: Arc<Version>,
    level: usize,
    range: Range<usize>,
    /// Counted from the beginning of the range.
    index: usize,
    cursor: TableCursor,
}

impl RunCursor {
    fn tables(&self) -> &[Arc<Table>] {
        &self.version.levels[self.level][self.range.clone()]
    }

    fn first(&mut self) -> Result<()> {
        self.enter(0);
        self.cursor.first()
    }

    fn last(&mut self) -> Result<()> {
        self.enter(self.tables().len() - 1);
        self.cursor.last()
    }

    fn seek(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        let after = self.tables().partition_point(|table| *table.meta.properties.largest < *key);
        self.enter(after.min(self.tables().len() - 1));
        self.cursor.seek(key, seq)?;
        // The sought version may be older than all of its key in this table.
        if self.cursor.is_valid() { Ok(()) } else { self.next_table() }
    }

    fn seek_before(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        let after = self.tables().partition_point(|table| *table.meta.properties.largest < *key);
        self.enter(after.min(self.tables().len() - 1));
        self.cursor.seek_before(key, seq)?;
        if self.cursor.is_valid() { Ok(()) } else { self.table_before() }
    }

    fn next(&mut self) -> Result<()> {
        self.cursor.next()?;
        if self.cursor.is_valid() { Ok(()) } else { self.next_table() }
    }

    fn prev(&mut self) -> Result<()> {
        self.cursor.prev()?;
        if self.cursor.is_valid() { Ok(()) } else { self.table_before() }
    }

    fn next_table(&mut self) -> Result<()> {
        if self.index + 1 < self.tables().len() {
            self.index += 1;
            let table = self.tables()[self.index].clone();
            self.cursor.go_on_in(table)?;
        }
        Ok(())
    }

    fn table_before(&mut self) -> Result<()> {
        if self.index > 0 {
            self.enter(self.index - 1);
            self.cursor.last()?;
        }
        Ok(())
    }

    fn enter(&mut self, index: usize) {
        if index != self.index {
            self.index = index;
            let table = self.tables()[index].clone();
            self.cursor.enter(table);
        }
    }
}
