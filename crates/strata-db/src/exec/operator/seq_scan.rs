//! The rows of a table in the order in which they lie.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::select;
use crate::exec::step::{BATCH_ROWS, Operator, Step, Wait};
use crate::plan::Expr;
use crate::schema::RelationDef;
use crate::table::TableScan;
use std::sync::Arc;
use strata_types::Batch;

/// See the module.
pub(in crate::exec) struct SeqScan {
    relation: Arc<RelationDef>,
    columns: Vec<usize>,
    filter: Option<Expr>,
    scan: Option<TableScan>,
}

impl SeqScan {
    pub(in crate::exec) fn new(
        relation: Arc<RelationDef>,
        columns: Vec<usize>,
        filter: Option<Expr>,
    ) -> SeqScan {
        SeqScan { relation, columns, filter, scan: None }
    }
}

impl Operator for SeqScan {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let scan = match &mut self.scan {
            Some(scan) => scan,
            None => self.scan.insert(TableScan::by_extent(run.txn, run.view, &self.relation, &self.columns)?),
        };
        next_filtered(scan, self.filter.as_ref(), run)
    }

    fn rewind(&mut self) {
        self.scan = None;
    }
}

/// The next rows of a scan for which the filter is true.
pub(super) fn next_filtered(scan: &mut TableScan, filter: Option<&Expr>, run: &mut Run<'_>) -> Result<Step> {
    loop {
        if run.must_yield()? {
            return Ok(Step::Pending(Wait::Slice));
        }
        let Some(batch) = scan.next_batch(run.txn, BATCH_ROWS)? else { return Ok(Step::Done) };
        run.charge(batch.rows.max(1));
        let batch = keep(batch, filter, run)?;
        if !batch.is_empty() {
            return Ok(Step::Batch(batch));
        }
    }
}

/// The rows of a batch for which a filter is true.
pub(super) fn keep(batch: Batch, filter: Option<&Expr>, run: &mut Run<'_>) -> Result<Batch> {
    match filter {
        Some(filter) if !batch.is_empty() => Ok(select(filter, &batch, run)?.apply(batch)),
        _ => Ok(batch),
    }
}
