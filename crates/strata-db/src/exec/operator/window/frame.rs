//! Frames: which rows of the partition a call sees for a row.

use super::partition::{CallInput, Partition};
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::{Row, call_surroundings, eval_row};
use crate::functions::{self, Function, FunctionKind, ScalarKernel};
use crate::plan::{Expr, FrameBound, FrameExclusion, FrameUnits, SortKey, WindowCall};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use strata_types::{Column, Type, Typmod, Value, sqlstate};

/// The frames of a call in a partition.
pub(super) struct Frames {
    units: FrameUnits,
    start: Bound,
    end: Bound,
    exclusion: FrameExclusion,
    /// Where RANGE with an offset looks places up.
    keys: Option<Keys>,
}

enum Bound {
    First,
    Last,
    /// The row itself or its peers.
    Current,
    /// So many rows or groups away; before is negative.
    Away(i64),
    /// Where the sort key passes the row's own plus or minus so much.
    Reach(Reach),
}

impl Frames {
    pub(super) fn new(call: &WindowCall, input: &CallInput, run: &mut Run<'_>) -> Result<Frames> {
        let frame = &call.frame;
        Ok(Frames {
            units: frame.units,
            start: bound(call, &frame.start, End::Start, run)?,
            end: bound(call, &frame.end, End::End, run)?,
            exclusion: frame.exclusion,
            keys: input
                .sort_key
                .clone()
                .zip(call.order_by.first())
                .map(|(column, key)| Keys::new(column, key)),
        })
    }

    /// The rows between the frame's ends.
    ///
    /// # Errors
    /// Where a RANGE's limit is out of its type's range.
    pub(super) fn range(&self, row: usize, partition: &Partition, run: &Run<'_>) -> Result<Range<usize>> {
        let len = partition.len();
        let start = match &self.start {
            Bound::First => 0,
            Bound::Last => len,
            Bound::Current if self.units == FrameUnits::Rows => row,
            Bound::Current => partition.peers_start(row),
            Bound::Away(by) if self.units == FrameUnits::Rows => clamp(row, *by, len),
            Bound::Away(by) => partition.starts[clamp(partition.group[row], *by, partition.groups())],
            Bound::Reach(reach) => self.place(reach, row, partition, End::Start, run)?,
        };
        let end = match &self.end {
            Bound::First => 0,
            Bound::Last => len,
            Bound::Current if self.units == FrameUnits::Rows => row + 1,
            Bound::Current => partition.peers_end(row),
            Bound::Away(by) if self.units == FrameUnits::Rows => clamp(row, by.saturating_add(1), len),
            Bound::Away(by) => {
                partition.starts[clamp(partition.group[row], by.saturating_add(1), partition.groups())]
            }
            Bound::Reach(reach) => self.place(reach, row, partition, End::End, run)?,
        };
        Ok(start..end.max(start))
    }

    /// Whether EXCLUDE takes `other` out of the frame of `row`.
    pub(super) fn excludes(&self, partition: &Partition, row: usize, other: usize) -> bool {
        let peers = || partition.group[row] == partition.group[other];
        match self.exclusion {
            FrameExclusion::NoOthers => false,
            FrameExclusion::CurrentRow => row == other,
            FrameExclusion::Group => peers(),
            FrameExclusion::Ties => row != other && peers(),
        }
    }

    /// The rows of a frame.
    ///
    /// # Errors
    /// As [`range`](Self::range).
    pub(super) fn rows<'p>(
        &self,
        row: usize,
        partition: &'p Partition,
        run: &Run<'_>,
    ) -> Result<impl DoubleEndedIterator<Item = usize> + use<'_, 'p>> {
        let range = self.range(row, partition, run)?;
        Ok(range.filter(move |other| !self.excludes(partition, row, *other)))
    }

    /// Frames only ever grow at their end.
    pub(super) fn only_grow(&self) -> bool {
        matches!(self.start, Bound::First) && self.exclusion == FrameExclusion::NoOthers
    }

    /// Where a RANGE with an offset starts or ends. NULLs are a range of their own.
    fn place(
        &self,
        reach: &Reach,
        row: usize,
        partition: &Partition,
        end: End,
        run: &Run<'_>,
    ) -> Result<usize> {
        let Some(keys) = &self.keys else { unreachable!("RANGE with an offset has a sort key") };
        if keys.column.is_null(row) {
            return Ok(match end {
                End::Start => partition.peers_start(row),
                End::End => partition.peers_end(row),
            });
        }
        let limit = reach.limit(keys, row, run)?;
        keys.place(&limit, reach.function.result, end, run)
    }
}

fn clamp(from: usize, by: i64, len: usize) -> usize {
    let at = (from as i64).saturating_add(by);
    usize::try_from(at).map_or(0, |at| at.min(len))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Start,
    End,
}

fn bound(call: &WindowCall, bound: &FrameBound, end: End, run: &mut Run<'_>) -> Result<Bound> {
    let (offset, preceding) = match bound {
        FrameBound::UnboundedPreceding => return Ok(Bound::First),
        FrameBound::UnboundedFollowing => return Ok(Bound::Last),
        FrameBound::CurrentRow => return Ok(Bound::Current),
        FrameBound::Preceding(offset) => (offset, true),
        FrameBound::Following(offset) => (offset, false),
    };
    let value = eval_row(offset, Row::Values(&[]), run)?;
    let which = if end == End::Start { "starting" } else { "ending" };
    if value.is_null() {
        return Err(SqlError::new(
            sqlstate::NULL_VALUE_NOT_ALLOWED,
            format!("frame {which} offset must not be null"),
        ));
    }
    if call.frame.units == FrameUnits::Range {
        return Ok(Bound::Reach(Reach::new(call, offset, value, preceding)?));
    }
    let by = value.as_i64().unwrap_or(0);
    if by < 0 {
        return Err(SqlError::new(
            sqlstate::INVALID_PRECEDING_OR_FOLLOWING_SIZE,
            format!("frame {which} offset must not be negative"),
        ));
    }
    Ok(Bound::Away(if preceding { -by } else { by }))
}

/// How far a RANGE goes from the value of the row's sort key.
struct Reach {
    by: Value,
    /// Adds or subtracts.
    function: &'static Function,
    kernel: ScalarKernel,
    types: [Type; 2],
}

impl Reach {
    fn new(call: &WindowCall, offset: &Expr, by: Value, preceding: bool) -> Result<Reach> {
        let [key] = &call.order_by[..] else {
            unreachable!("RANGE with an offset has exactly one sort key");
        };
        let symbol = if preceding != key.descending { "-" } else { "+" };
        let function = arithmetic(symbol, key.expr.ty, offset.ty)?;
        let FunctionKind::Scalar(kernel, _) = function.kind else {
            unreachable!("an operator is a scalar function")
        };
        Ok(Reach { by, function, kernel, types: [key.expr.ty, offset.ty] })
    }

    /// The value at which the frame of a row starts or ends.
    fn limit(&self, keys: &Keys, row: usize, run: &Run<'_>) -> Result<Value> {
        let call = call_surroundings(run.env, &self.types, self.function.result);
        (self.kernel)(&call, &[keys.column.value(row), self.by.clone()])
    }
}

fn arithmetic(symbol: &str, key: Type, offset: Type) -> Result<&'static Function> {
    let found =
        functions::registry::operators(symbol).iter().find(|op| op.left == Some(key) && op.right == offset);
    found.map(|op| op.function).ok_or_else(|| {
        SqlError::new(
            sqlstate::FEATURE_NOT_SUPPORTED,
            format!(
                "RANGE with offset PRECEDING/FOLLOWING is not supported for column type {key} and offset type {offset}"
            ),
        )
    })
}

/// A sorted column to look for places in.
struct Keys {
    column: Arc<Column>,
    ty: Type,
    descending: bool,
    /// The rows that are not NULL: NULLs stand together at one end.
    valued: Range<usize>,
}

impl Keys {
    fn new(column: Arc<Column>, key: &SortKey) -> Keys {
        let len = column.len();
        let nulls_first = len > 0 && column.is_null(0);
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = (low + high) / 2;
            if column.is_null(middle) == nulls_first {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let valued = if nulls_first { low..len } else { 0..low };
        Keys { column, ty: key.expr.ty, descending: key.descending, valued }
    }

    /// The first row that belongs to a frame starting at `limit`, or that does not belong any more to one ending
    /// there.
    fn place(&self, limit: &Value, ty: Type, end: End, run: &Run<'_>) -> Result<usize> {
        let (mut low, mut high) = (self.valued.start, self.valued.end);
        while low < high {
            let middle = (low + high) / 2;
            let mut value = self.column.value(middle);
            if self.ty != ty {
                value = strata_types::cast(&value, self.ty, ty, Typmod::NONE, true, run.env.format())?;
            }
            let ordering = if self.descending { limit.cmp(&value) } else { value.cmp(limit) };
            let before = match end {
                End::Start => ordering == Ordering::Less,
                End::End => ordering != Ordering::Greater,
            };
            if before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}
