//! A partition: its rows in order, the groups of peers among them, and what the calls take of each row.
//!
//! It is gathered batch by batch, so that a slice costs the same however large it becomes.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{eval_column, select};
use crate::exec::keys::sort_bytes;
use crate::functions::FunctionKind;
use crate::plan::{Expr, ExprKind, FrameBound, FrameUnits, WindowCall};
use std::sync::Arc;
use strata_types::{Batch, Column, ColumnBuilder, Type};

/// See the module.
pub(super) struct Partition {
    pub(super) rows: Batch,
    /// What each call takes of the rows.
    pub(super) inputs: Vec<CallInput>,
    /// The group of peers of each row, from 0.
    pub(super) group: Vec<usize>,
    /// First row of each group, and the number of rows at the end.
    pub(super) starts: Vec<usize>,
}

/// What a call takes of a partition's rows.
pub(super) struct CallInput {
    pub(super) args: Vec<Arc<Column>>,
    /// Which rows an aggregate takes in at all: those that pass its filter and have no NULL where it is strict.
    pub(super) included: Vec<bool>,
    /// The sort key, where the frame is bounded by its values.
    pub(super) sort_key: Option<Arc<Column>>,
}

impl Partition {
    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.rows
    }

    /// The first peer of a row.
    pub(super) fn peers_start(&self, row: usize) -> usize {
        self.starts[self.group[row]]
    }

    /// Behind the last peer of a row.
    pub(super) fn peers_end(&self, row: usize) -> usize {
        self.starts[self.group[row] + 1]
    }

    /// Number of groups of peers.
    pub(super) fn groups(&self) -> usize {
        self.starts.len() - 1
    }
}

/// A partition as far as its rows have come.
pub(super) struct Gathering {
    columns: Vec<ColumnBuilder>,
    inputs: Vec<GatheredInput>,
    group: Vec<usize>,
    starts: Vec<usize>,
    /// Sort key of the last row.
    last: Vec<u8>,
}

struct GatheredInput {
    args: Vec<GatheredColumn>,
    included: Vec<bool>,
    sort_key: Option<GatheredColumn>,
}

/// The values of an expression; a column of the rows themselves is not kept twice.
enum GatheredColumn {
    OfRows(usize),
    Computed(ColumnBuilder),
}

impl Gathering {
    /// No rows, of columns with these types.
    pub(super) fn new(types: &[Type], calls: &[WindowCall]) -> Gathering {
        Gathering {
            columns: types.iter().map(|ty| ColumnBuilder::new(*ty)).collect(),
            inputs: calls.iter().map(GatheredInput::new).collect(),
            group: Vec::new(),
            starts: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Without rows.
    pub(super) fn is_empty(&self) -> bool {
        self.group.is_empty()
    }

    /// Adds the next rows. Without an order all are peers.
    pub(super) fn add(&mut self, calls: &[WindowCall], batch: &Batch, run: &mut Run<'_>) -> Result<()> {
        let order_by = calls.first().map_or(&[][..], |call| &call.order_by);
        let keys = sort_bytes(order_by, batch, run)?;
        for row in 0..batch.rows {
            if self.is_empty() || keys.key(row) != self.last {
                self.starts.push(self.group.len());
                self.last.clear();
                self.last.extend_from_slice(keys.key(row));
            }
            self.group.push(self.starts.len() - 1);
        }
        for (input, call) in self.inputs.iter_mut().zip(calls) {
            input.add(call, batch, run)?;
        }
        for (builder, column) in self.columns.iter_mut().zip(&batch.columns) {
            builder.append(column);
        }
        Ok(())
    }

    /// All rows have come.
    pub(super) fn finish(mut self) -> Partition {
        let len = self.group.len();
        self.starts.push(len);
        let columns = self.columns.into_iter().map(|builder| Arc::new(builder.finish())).collect();
        let rows = Batch::new(columns, len);
        let inputs = self.inputs.into_iter().map(|input| input.finish(&rows)).collect();
        Partition { rows, inputs, group: self.group, starts: self.starts }
    }
}

impl GatheredInput {
    fn new(call: &WindowCall) -> GatheredInput {
        let sort_key = call.order_by.first().filter(|_| is_bounded_by_value(call));
        GatheredInput {
            args: call.args.iter().map(GatheredColumn::new).collect(),
            included: Vec::new(),
            sort_key: sort_key.map(|key| GatheredColumn::new(&key.expr)),
        }
    }

    fn add(&mut self, call: &WindowCall, batch: &Batch, run: &mut Run<'_>) -> Result<()> {
        let mut args = Vec::with_capacity(self.args.len());
        for (gathered, arg) in self.args.iter_mut().zip(&call.args) {
            args.push(gathered.add(arg, batch, run)?);
        }
        if let (Some(gathered), Some(key)) = (&mut self.sort_key, call.order_by.first()) {
            gathered.add(&key.expr, batch, run)?;
        }
        if matches!(call.function.kind, FunctionKind::Aggregate(_)) {
            let nullable = if call.function.strict { &args[..] } else { &[] };
            let start = self.included.len();
            self.included.resize(start + batch.rows, call.filter.is_none());
            let included = &mut self.included[start..];
            if let Some(filter) = &call.filter {
                let rows = select(filter, batch, run)?.rows(batch.rows);
                rows.iter().for_each(|row| included[*row as usize] = true);
            }
            for column in nullable {
                (0..batch.rows).filter(|row| column.is_null(*row)).for_each(|row| included[row] = false);
            }
        }
        Ok(())
    }

    fn finish(self, rows: &Batch) -> CallInput {
        CallInput {
            args: self.args.into_iter().map(|column| column.finish(rows)).collect(),
            included: self.included,
            sort_key: self.sort_key.map(|column| column.finish(rows)),
        }
    }
}

impl GatheredColumn {
    fn new(expr: &Expr) -> GatheredColumn {
        match expr.kind {
            ExprKind::Column(at) => GatheredColumn::OfRows(at),
            _ => GatheredColumn::Computed(ColumnBuilder::new(expr.ty)),
        }
    }

    /// Adds the values for a batch, and hands them back.
    fn add(&mut self, expr: &Expr, batch: &Batch, run: &mut Run<'_>) -> Result<Arc<Column>> {
        let column = eval_column(expr, batch, run)?;
        if let GatheredColumn::Computed(builder) = self {
            builder.append(&column);
        }
        Ok(column)
    }

    fn finish(self, rows: &Batch) -> Arc<Column> {
        match self {
            GatheredColumn::OfRows(at) => rows.columns[at].clone(),
            GatheredColumn::Computed(builder) => Arc::new(builder.finish()),
        }
    }
}

/// RANGE with an offset.
fn is_bounded_by_value(call: &WindowCall) -> bool {
    let is_offset = |bound: &FrameBound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_));
    call.frame.units == FrameUnits::Range && (is_offset(&call.frame.start) || is_offset(&call.frame.end))
}
