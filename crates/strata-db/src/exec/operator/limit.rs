//! Some of the first rows.

use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row};
use crate::exec::keys::sort_bytes;
use crate::exec::step::{Input, Operator, Step, pull};
use crate::plan::{Expr, SortKey};
use strata_types::{Batch, sqlstate};

/// See the module.
pub(in crate::exec) struct Limit {
    input: Input,
    offset: Option<Expr>,
    count: Option<Expr>,
    ties: Option<Vec<SortKey>>,
    /// Rows still to skip and to yield, once the bounds are computed.
    left: Option<(u64, u64)>,
    /// The sort key of the last row yielded, whose peers follow.
    last: Option<Vec<u8>>,
}

impl Limit {
    pub(in crate::exec) fn new(
        input: Input,
        offset: Option<Expr>,
        count: Option<Expr>,
        ties: Option<Vec<SortKey>>,
    ) -> Limit {
        Limit { input, offset, count, ties, left: None, last: None }
    }

    /// The first rows of the batch that belong to the answer; `None` if the limit is reached.
    fn cut(
        &mut self,
        batch: Batch,
        skip: &mut u64,
        yielded: &mut u64,
        run: &mut Run<'_>,
    ) -> Result<Option<Batch>> {
        let skipped = (*skip).min(batch.rows as u64);
        *skip -= skipped;
        let rest = batch.slice(skipped as usize, batch.rows - skipped as usize);
        let taken = (*yielded).min(rest.rows as u64) as usize;
        *yielded -= taken as u64;
        let Some(ties) = &self.ties else { return Ok(Some(rest.slice(0, taken))) };
        let keys = sort_bytes(ties, &rest, run)?;
        if taken > 0 {
            self.last = Some(keys.key(taken - 1).to_vec());
        }
        let mut end = taken;
        if *yielded == 0 {
            while end < rest.rows && self.last.as_deref() == Some(keys.key(end)) {
                end += 1;
            }
        }
        // Without a peer at the front of a whole batch there are none further on.
        let over = *yielded == 0 && end == 0 && rest.rows > 0;
        Ok((!over).then(|| rest.slice(0, end)))
    }
}

/// The value of a LIMIT or OFFSET; NULL is `absent`.
pub(super) fn bound(
    expr: Option<&Expr>,
    absent: u64,
    what: &str,
    state: &'static str,
    run: &mut Run<'_>,
) -> Result<u64> {
    let Some(expr) = expr else { return Ok(absent) };
    match eval_row(expr, Row::Values(&[]), run)?.as_i64() {
        None => Ok(absent),
        Some(n) => u64::try_from(n).map_err(|_| SqlError::new(state, format!("{what} must not be negative"))),
    }
}

/// OFFSET and LIMIT as numbers of rows.
pub(super) fn bounds(offset: Option<&Expr>, count: Option<&Expr>, run: &mut Run<'_>) -> Result<(u64, u64)> {
    let skip = bound(offset, 0, "OFFSET", sqlstate::INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE, run)?;
    let count = bound(count, u64::MAX, "LIMIT", sqlstate::INVALID_ROW_COUNT_IN_LIMIT_CLAUSE, run)?;
    Ok((skip, count))
}

impl Operator for Limit {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let (mut skip, mut count) = match self.left {
            Some(left) => left,
            None => bounds(self.offset.as_ref(), self.count.as_ref(), run)?,
        };
        loop {
            self.left = Some((skip, count));
            if count == 0 && self.last.is_none() {
                return Ok(Step::Done);
            }
            let batch = pull!(self.input, run, return Ok(Step::Done));
            let Some(batch) = self.cut(batch, &mut skip, &mut count, run)? else {
                self.last = None;
                self.left = Some((0, 0));
                return Ok(Step::Done);
            };
            if !batch.is_empty() {
                self.left = Some((skip, count));
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.left = None;
        self.last = None;
    }
}
