//! DELETE. Rows are locked and looked at again as by UPDATE.

use super::Returning;
use super::target::Target;
use super::update::{Changed, lock_newest, may_repeat};
use crate::error::Result;
use crate::exec::build::Role;
use crate::exec::context::Run;
use crate::exec::step::{Input, Operator, Step, Wait, pull};
use crate::plan::{Expr, PhysicalDelete, RowLock};
use crate::table;
use std::collections::HashSet;
use strata_types::{Batch, Value};

/// See the module.
pub(in crate::exec) struct Delete {
    input: Input,
    target: Target,
    recheck: Option<Expr>,
    returning: Returning,
    role: Role,
    /// Keys of the rows deleted, if the input may bring a row more than once.
    deleted: Option<HashSet<Vec<u8>>>,
    current: Option<(Batch, usize)>,
    row: Option<Vec<Value>>,
    done: bool,
}

impl Delete {
    pub(in crate::exec) fn new(input: Input, node: &PhysicalDelete, role: Role) -> Result<Delete> {
        let target = Target::new(&node.relation, &[], &node.indexes, &[])?;
        let mut types = target.types();
        let others = types.len() + 1;
        types.extend(node.input.types().into_iter().skip(others));
        Ok(Delete {
            input,
            recheck: node.recheck.clone(),
            returning: Returning::new(node.returning.clone(), types),
            role,
            deleted: may_repeat(&node.input).then(HashSet::new),
            target,
            current: None,
            row: None,
            done: false,
        })
    }

    fn delete(&mut self, row: &mut [Value], run: &mut Run<'_>) -> Result<Changed> {
        let width = self.target.table().columns.len();
        let Value::Bytea(key) = row[width].clone() else { return Ok(Changed::No) };
        if self.deleted.as_ref().is_some_and(|deleted| deleted.contains(&key[..])) {
            return Ok(Changed::No);
        }
        match lock_newest(&self.target, RowLock::Update, &key, row, self.recheck.as_ref(), run)? {
            Changed::Yes => {}
            other => return Ok(other),
        }
        let indexes = self.target.index_rows(&row[..width], run)?;
        table::delete(run.txn, &self.target.relation, &key, &indexes)?;
        run.watch.written(self.target.relation.oid, Some(&row[..width]), None);
        if let Some(deleted) = &mut self.deleted {
            deleted.insert(key.to_vec());
        }
        self.returning.add(|| row[..width].iter().chain(&row[width + 1..]).cloned().collect());
        Ok(Changed::Yes)
    }
}

impl Operator for Delete {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        while !self.done {
            if run.must_yield()? {
                return Ok(Step::Pending(Wait::Slice));
            }
            if self.row.is_none() {
                match &mut self.current {
                    Some((batch, at)) if *at < batch.rows => {
                        self.row = Some(batch.row(*at));
                        *at += 1;
                    }
                    _ => {
                        let batch = pull!(self.input, run, {
                            self.done = true;
                            break;
                        });
                        self.current = Some((batch, 0));
                        continue;
                    }
                }
            }
            let Some(mut row) = self.row.take() else { continue };
            run.charge(1);
            match self.delete(&mut row, run)? {
                Changed::Wait(wait) => {
                    self.row = Some(row);
                    return Ok(Step::Pending(wait));
                }
                Changed::Yes if self.role == Role::Main => run.state.affected += 1,
                Changed::Yes | Changed::No => {}
            }
            if self.returning.is_full() {
                break;
            }
        }
        self.returning.flush(run)
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.deleted.iter_mut().for_each(HashSet::clear);
        self.returning.rows.clear();
        (self.current, self.row, self.done) = (None, None, false);
    }
}
