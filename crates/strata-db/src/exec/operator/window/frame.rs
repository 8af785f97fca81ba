//! Frames: which rows of the partition a call sees for a row.

use super::partition::Partition;
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::eval::{Row, call_surroundings, eval_column, eval_row};
use crate::functions::{self, Function, FunctionKind};
use crate::plan::{Expr, FrameBound, FrameExclusion, FrameUnits, SortKey, WindowCall};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use strata_types::{Column, Type, Typmod, Value, sqlstate};

/// The frames of a call in a partition.
pub(super) struct Frames<'a> {
    partition: &'a Partition,
    units: FrameUnits,
    start: Bound,
    end: Bound,
    exclusion: FrameExclusion,
}

enum Bound {
    First,
    Last,
    /// The row itself or its peers.
    Current,
    /// So many rows or groups away; before is negative.
    Away(i64),
    /// Per row, the place found by the value of its sort key.
    Places(Vec<usize>),
}

impl<'a> Frames<'a> {
    pub(super) fn new(call: &WindowCall, partition: &'a Partition, run: &mut Run<'_>) -> Result<Frames<'a>> {
        let frame = &call.frame;
        let context = Context { units: frame.units, order_by: &call.order_by, partition };
        Ok(Frames {
            partition,
            units: frame.units,
            start: context.bound(&frame.start, End::Start, run)?,
            end: context.bound(&frame.end, End::End, run)?,
            exclusion: frame.exclusion,
        })
    }

    /// The rows between the frame's ends.
    pub(super) fn range(&self, row: usize) -> Range<usize> {
        let partition = self.partition;
        let len = partition.len();
        let start = match &self.start {
            Bound::First => 0,
            Bound::Last => len,
            Bound::Current if self.units == FrameUnits::Rows => row,
            Bound::Current => partition.peers_start(row),
            Bound::Away(by) if self.units == FrameUnits::Rows => clamp(row, *by, len),
            Bound::Away(by) => partition.starts[clamp(partition.group[row], *by, partition.groups())],
            Bound::Places(places) => places[row],
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
            Bound::Places(places) => places[row],
        };
        start..end.max(start)
    }

    /// Whether EXCLUDE takes `other` out of the frame of `row`.
    pub(super) fn excludes(&self, row: usize, other: usize) -> bool {
        let peers = || self.partition.group[row] == self.partition.group[other];
        match self.exclusion {
            FrameExclusion::NoOthers => false,
            FrameExclusion::CurrentRow => row == other,
            FrameExclusion::Group => peers(),
            FrameExclusion::Ties => row != other && peers(),
        }
    }

    /// The rows of a frame.
    pub(super) fn rows(&self, row: usize) -> impl Iterator<Item = usize> {
        self.range(row).filter(move |other| !self.excludes(row, *other))
    }

    /// Frames only ever grow at their end.
    pub(super) fn only_grow(&self) -> bool {
        matches!(self.start, Bound::First) && self.exclusion == FrameExclusion::NoOthers
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

struct Context<'a> {
    units: FrameUnits,
    order_by: &'a [SortKey],
    partition: &'a Partition,
}

impl Context<'_> {
    fn bound(&self, bound: &FrameBound, end: End, run: &mut Run<'_>) -> Result<Bound> {
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
        if self.units == FrameUnits::Range {
            return Ok(Bound::Places(self.places(offset, &value, preceding, end, run)?));
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

    /// RANGE with an offset: for each row, where the values of the sort key pass its own value plus or minus the
    /// offset. NULLs are a range of their own.
    fn places(
        &self,
        offset: &Expr,
        by: &Value,
        preceding: bool,
        end: End,
        run: &mut Run<'_>,
    ) -> Result<Vec<usize>> {
        let [key] = self.order_by else {
            unreachable!("RANGE with an offset has exactly one sort key");
        };
        let column = eval_column(&key.expr, &self.partition.rows, run)?;
        let lower = preceding != key.descending;
        let symbol = if lower { "-" } else { "+" };
        let function = arithmetic(symbol, key.expr.ty, offset.ty)?;
        let keys = Keys { column: &column, ty: key.expr.ty, descending: key.descending };
        let mut places = Vec::with_capacity(self.partition.len());
        for row in 0..self.partition.len() {
            if column.is_null(row) {
                places.push(match end {
                    End::Start => self.partition.peers_start(row),
                    End::End => self.partition.peers_end(row),
                });
                continue;
            }
            let types = [key.expr.ty, offset.ty];
            let call = call_surroundings(run.env, &types, function.result);
            let FunctionKind::Scalar(kernel, _) = function.kind else {
                unreachable!("an operator is a scalar function")
            };
            let limit = kernel(&call, &[column.value(row), by.clone()])?;
            places.push(keys.place(&limit, function.result, end, run)?);
        }
        Ok(places)
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
struct Keys<'a> {
    column: &'a Arc<Column>,
    ty: Type,
    descending: bool,
}

impl Keys<'_> {
    /// The first row that belongs to a frame starting at `limit`, or that does not belong any more to one ending
    /// there.
    fn place(&self, limit: &Value, ty: Type, end: End, run: &Run<'_>) -> Result<usize> {
        let nulls: Vec<usize> = (0..self.column.len()).filter(|row| self.column.is_null(*row)).collect();
        let first = if nulls.first() == Some(&0) { nulls.len() } else { 0 };
        let last = if first == 0 { self.column.len() - nulls.len() } else { self.column.len() };
        let (mut low, mut high) = (first, last);
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
