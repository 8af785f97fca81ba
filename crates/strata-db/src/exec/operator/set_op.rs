//! INTERSECT and EXCEPT: the right rows are counted in a hash table, the left rows are matched against it.

use super::distinct::unseen;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::keys::{KeyTable, encode_row};
use crate::exec::step::{Input, Operator, Step, pull};
use strata_types::Batch;

/// See the module.
pub(in crate::exec) struct SetOp {
    except: bool,
    all: bool,
    left: Input,
    right: Input,
    /// How often each right row is still unmatched.
    counts: Vec<u64>,
    table: KeyTable,
    built: bool,
    /// Rows yielded, unless duplicates are kept.
    yielded: KeyTable,
}

impl SetOp {
    pub(in crate::exec) fn new(except: bool, all: bool, left: Input, right: Input) -> SetOp {
        let (table, yielded) = (KeyTable::default(), KeyTable::default());
        SetOp { except, all, left, right, counts: Vec::new(), table, built: false, yielded }
    }

    fn count(&mut self, batch: &Batch) {
        let mut key = Vec::new();
        for row in 0..batch.rows {
            key.clear();
            encode_row(batch.columns.iter().map(|column| &**column), row, &mut key);
            let (id, new) = self.table.insert(&key);
            if new {
                self.counts.push(0);
            }
            self.counts[id as usize] += 1;
        }
    }

    /// The rows of a left batch that belong to the answer.
    fn keep(&mut self, batch: Batch) -> Batch {
        let mut key = Vec::new();
        let mut kept = Vec::new();
        for row in 0..batch.rows {
            key.clear();
            encode_row(batch.columns.iter().map(|column| &**column), row, &mut key);
            let count = self.table.find(&key).map(|id| &mut self.counts[id as usize]);
            let matched = count.is_some_and(|count| {
                let matched = *count > 0;
                if self.all {
                    *count = count.saturating_sub(1);
                }
                matched
            });
            if matched != self.except {
                kept.push(row as u32);
            }
        }
        let batch = batch.take(&kept);
        if self.all { batch } else { unseen(&mut self.yielded, batch) }
    }
}

impl Operator for SetOp {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while !self.built {
            let batch = pull!(self.right, run, {
                self.built = true;
                break;
            });
            self.count(&batch);
        }
        loop {
            let batch = pull!(self.left, run, return Ok(Step::Done));
            let batch = self.keep(batch);
            if !batch.is_empty() {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rewind(&mut self) {
        self.left.rewind();
        self.right.rewind();
        self.counts.clear();
        self.table.clear();
        self.yielded.clear();
        self.built = false;
    }
}
