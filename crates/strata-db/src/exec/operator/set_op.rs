//! INTERSECT and EXCEPT: the right rows are counted in a hash table, the left rows are matched against it.
//!
//! When the right rows are too many for memory, the counts and the left rows are written to scratch files in parts,
//! by the hash of the row, and the parts are matched one after the other:
//!
//! ```text
//! Count ─▶ Match ─▶ next part: Count, or Aside ─▶ the end
//!   └ full ─▶ PartRight ─▶ PartLeft ─┘
//! ```

use super::distinct::chosen;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{KeyTable, encode_row, hash};
use crate::exec::spill::{Part, PartReader, Partitions, RowForm, Seen, Space};
use crate::exec::step::{BATCH_ROWS, Input, Operator, Step, Wait};
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, ColumnData, Type};

/// How often rows are parted at most.
const LEVEL_MAX: u64 = 8;
/// A count as it is written: the bytes of the row, and the number.
const COUNT_TYPES: [Type; 2] = [Type::BYTEA, Type::INT8];

/// See the module.
pub(in crate::exec) struct SetOp {
    except: bool,
    all: bool,
    left: Input,
    right: Input,
    types: Vec<Type>,
    counts: Counts,
    /// Rows yielded, unless duplicates are kept.
    yielded: Seen,
    phase: Phase,
    /// Counts and left rows being written.
    parting: Option<Box<(Partitions, Partitions)>>,
    /// Counts and left rows to be matched, and those being matched in the place of the inputs.
    waiting: Vec<(Part, Part)>,
    pair: Option<Box<Pair>>,
    spent: Space,
}

struct Pair {
    counts: PartReader,
    left: PartReader,
    level: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Count,
    PartRight,
    PartLeft,
    Match,
    /// Rows of which it is not known whether they have been yielded.
    Aside,
}

/// How often each right row is still unmatched.
#[derive(Default)]
struct Counts {
    table: KeyTable,
    counts: Vec<i64>,
}

impl SetOp {
    pub(in crate::exec) fn new(
        except: bool,
        all: bool,
        (left, right): (Input, Input),
        types: Vec<Type>,
    ) -> SetOp {
        SetOp {
            except,
            all,
            left,
            right,
            counts: Counts::default(),
            yielded: Seen::whole(&types),
            types,
            phase: Phase::Count,
            parting: None,
            waiting: Vec::new(),
            pair: None,
            spent: Space::default(),
        }
    }

    /// Bytes that each of its tables may take.
    fn share(&self, run: &Run<'_>) -> usize {
        run.workspace.memory() / if self.all { 1 } else { 2 }
    }

    /// Takes the next right rows in; `Done` at the last, `None` while there are more.
    fn count(&mut self, run: &mut Run<'_>) -> Result<Option<Step>> {
        let Some(pair) = &mut self.pair else {
            return Ok(match self.right.next(run)? {
                Step::Batch(batch) => {
                    self.counts.add_rows(&batch);
                    None
                }
                other => Some(other),
            });
        };
        let Some(batch) = pair.counts.next()? else { return Ok(Some(Step::Done)) };
        run.charge(batch.rows);
        self.counts.add_counts(&batch);
        Ok(None)
    }

    fn is_full(&self, run: &Run<'_>) -> bool {
        let level = self.pair.as_ref().map_or(0, |pair| pair.level);
        level < LEVEL_MAX && self.counts.table.len() > 1 && self.counts.byte_len() > self.share(run)
    }

    fn begin_parting(&mut self, run: &Run<'_>) -> Result<()> {
        let level = self.pair.as_ref().map_or(0, |pair| pair.level);
        let part = |types: &[Type]| Partitions::new(RowForm::new(types), level, &run.workspace);
        self.parting = Some(Box::new((part(&COUNT_TYPES)?, part(&self.types)?)));
        self.phase = Phase::PartRight;
        self.write_counts()
    }

    /// Writes the counts in memory to their parts.
    fn write_counts(&mut self) -> Result<()> {
        self.spent.memory = self.spent.memory.max(self.counts.byte_len() as u64);
        let counts = std::mem::take(&mut self.counts);
        if let Some(parting) = &mut self.parting {
            counts.write(&mut parting.0)?;
        }
        Ok(())
    }

    fn next_left(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let Some(pair) = &mut self.pair else { return self.left.next(run) };
        let batch = pair.left.next()?;
        run.charge(batch.as_ref().map_or(0, |batch| batch.rows));
        Ok(batch.map_or(Step::Done, Step::Batch))
    }

    /// Writes left rows to their parts.
    fn part_left(&mut self, batch: &Batch) -> Result<()> {
        let Some(parting) = &mut self.parting else { unreachable!("parts are being written") };
        let mut key = Vec::new();
        for row in 0..batch.rows {
            key.clear();
            encode_row(batch.columns.iter().map(|column| &**column), row, &mut key);
            parting.1.push(hash(&key), &batch.columns, row)?;
        }
        Ok(())
    }

    fn end_parting(&mut self) -> Result<()> {
        if let Some(parting) = self.parting.take() {
            let (counts, left) = *parting;
            self.spent.disk = self.spent.disk.max(counts.len() + left.len());
            let pairs = counts.finish()?.into_iter().zip(left.finish()?);
            let wanted =
                |(counts, left): &(Part, Part)| left.rows() > 0 && (self.except || counts.rows() > 0);
            self.waiting.extend(pairs.filter(wanted));
        }
        self.next_pair();
        Ok(())
    }

    /// The next parts take the place of the inputs.
    fn next_pair(&mut self) {
        self.spent.memory = self.spent.memory.max(self.counts.byte_len() as u64);
        self.counts = Counts::default();
        self.phase = match self.waiting.pop() {
            Some((counts, left)) => {
                let level = left.level() + 1;
                self.pair = Some(Box::new(Pair { counts: counts.reader(), left: left.reader(), level }));
                Phase::Count
            }
            None => Phase::Aside,
        };
    }

    /// The rows of a left batch that belong to the answer.
    fn keep(&mut self, batch: Batch, run: &Run<'_>) -> Result<Batch> {
        let mut key = Vec::new();
        let mut kept = Vec::new();
        for row in 0..batch.rows {
            key.clear();
            encode_row(batch.columns.iter().map(|column| &**column), row, &mut key);
            if self.counts.matches(&key, self.all) != self.except {
                kept.push(row as u32);
            }
        }
        let batch = chosen(batch, &kept);
        if self.all {
            return Ok(batch);
        }
        let fresh = self.yielded.fresh(&batch.columns, batch.rows, self.share(run), &run.workspace)?;
        Ok(chosen(batch, &fresh))
    }
}

impl Counts {
    fn add(&mut self, key: &[u8], count: i64) {
        let (id, new) = self.table.insert(key);
        if new {
            self.counts.push(0);
        }
        self.counts[id as usize] += count;
    }

    fn add_rows(&mut self, batch: &Batch) {
        let mut key = Vec::new();
        for row in 0..batch.rows {
            key.clear();
            encode_row(batch.columns.iter().map(|column| &**column), row, &mut key);
            self.add(&key, 1);
        }
    }

    /// Adds counts that were written.
    fn add_counts(&mut self, batch: &Batch) {
        let [keys, counts] = &batch.columns[..] else { unreachable!("a key and a count") };
        let (ColumnData::Bytea(keys), ColumnData::Int8(counts)) = (&keys.data, &counts.data) else {
            unreachable!("a key and a count")
        };
        for (key, count) in keys.iter().zip(counts) {
            self.add(key, *count);
        }
    }

    /// Whether a row has a partner, which it takes away if `all` are to be matched one by one.
    fn matches(&mut self, key: &[u8], all: bool) -> bool {
        let Some(count) = self.table.find(key).map(|id| &mut self.counts[id as usize]) else { return false };
        let matched = *count > 0;
        if all && matched {
            *count -= 1;
        }
        matched
    }

    fn write(&self, into: &mut Partitions) -> Result<()> {
        for from in (0..self.counts.len()).step_by(BATCH_ROWS) {
            let to = self.counts.len().min(from + BATCH_ROWS);
            let mut keys = ColumnBuilder::new(Type::BYTEA);
            (from..to).for_each(|id| keys.push_bytes(self.table.key(id as u32)));
            let counts = Column::new(Type::INT8, ColumnData::Int8(self.counts[from..to].to_vec()), None);
            let columns = [Arc::new(keys.finish()), Arc::new(counts)];
            for id in from..to {
                into.push(hash(self.table.key(id as u32)), &columns, id - from)?;
            }
        }
        Ok(())
    }

    fn byte_len(&self) -> usize {
        self.table.byte_len() + self.counts.len() * size_of::<i64>()
    }
}

impl Operator for SetOp {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        loop {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            match self.phase {
                Phase::Count | Phase::PartRight => match self.count(run)? {
                    None if !self.is_full(run) => {}
                    None if self.phase == Phase::PartRight => self.write_counts()?,
                    None => self.begin_parting(run)?,
                    Some(Step::Done) if self.phase == Phase::PartRight => {
                        self.write_counts()?;
                        self.phase = Phase::PartLeft;
                    }
                    Some(Step::Done) => self.phase = Phase::Match,
                    Some(other) => return Ok(other),
                },
                Phase::PartLeft => match self.next_left(run)? {
                    Step::Batch(batch) => self.part_left(&batch)?,
                    Step::Done => self.end_parting()?,
                    pending @ Step::Pending(_) => return Ok(pending),
                },
                Phase::Match => match self.next_left(run)? {
                    Step::Batch(batch) => {
                        let batch = self.keep(batch, run)?;
                        if !batch.is_empty() {
                            return Ok(Step::Batch(batch));
                        }
                    }
                    Step::Done => self.next_pair(),
                    pending @ Step::Pending(_) => return Ok(pending),
                },
                Phase::Aside => match self.yielded.next_aside(self.share(run), run)? {
                    None => return Ok(Step::Done),
                    Some((_, fresh)) if fresh.is_empty() => {}
                    Some((batch, fresh)) => return Ok(Step::Batch(chosen(batch, &fresh))),
                },
            }
        }
    }

    fn rewind(&mut self) {
        self.left.rewind();
        self.right.rewind();
        self.counts = Counts::default();
        self.yielded.clear();
        self.phase = Phase::Count;
        self.parting = None;
        self.waiting.clear();
        self.pair = None;
    }

    fn space(&self) -> Space {
        let (mut space, seen) = (self.spent, self.yielded.space());
        space.memory = space.memory.max(self.counts.byte_len() as u64) + seen.memory;
        space.disk += seen.disk;
        space
    }
}
