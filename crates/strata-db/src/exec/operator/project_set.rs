//! New rows, with set-returning calls run in lockstep: the shorter ones are padded with NULL.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, call_surroundings, eval_row};
use crate::exec::step::{BATCH_ROWS, Input, Operator, Step, Wait, pull};
use crate::functions::{FunctionKind, RowSource};
use crate::plan::{Expr, ExprKind};
use strata_types::{Batch, Type, Value};

/// See the module.
pub(in crate::exec) struct ProjectSet {
    input: Input,
    exprs: Vec<Expr>,
    types: Vec<Type>,
    current: Option<Current>,
}

/// The input rows at work.
struct Current {
    batch: Batch,
    row: usize,
    /// Per expression: its stream, or its one value. Empty between rows.
    streams: Vec<Stream>,
}

enum Stream {
    One(Value),
    Many(Option<Box<dyn RowSource>>),
}

impl ProjectSet {
    pub(in crate::exec) fn new(input: Input, exprs: Vec<Expr>) -> ProjectSet {
        let types = exprs.iter().map(|expr| expr.ty).collect();
        ProjectSet { input, exprs, types, current: None }
    }
}

/// Starts the stream of a set-returning call; `None` for other expressions.
pub(super) fn start_set(
    expr: &Expr,
    row: Row<'_>,
    run: &mut Run<'_>,
) -> Result<Option<Option<Box<dyn RowSource>>>> {
    let ExprKind::Call { function, args } = &expr.kind else { return Ok(None) };
    let FunctionKind::Set(kernel, _) = function.kind else { return Ok(None) };
    let mut values = Vec::with_capacity(args.len());
    for arg in args {
        values.push(eval_row(arg, row, run)?);
    }
    if function.strict && values.iter().any(Value::is_null) {
        return Ok(Some(None));
    }
    let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
    let call = call_surroundings(run.env, &types, expr.ty);
    Ok(Some(Some(kernel(&call, &values)?)))
}

impl Current {
    fn start(&mut self, exprs: &[Expr], run: &mut Run<'_>) -> Result<()> {
        let row = Row::Batch(&self.batch, self.row);
        for expr in exprs {
            self.streams.push(match start_set(expr, row, run)? {
                Some(stream) => Stream::Many(stream),
                None => Stream::One(eval_row(expr, row, run)?),
            });
        }
        Ok(())
    }

    /// The next output row for the input row at work; `None` when its streams have ended.
    fn next_row(&mut self, run: &Run<'_>) -> Result<Option<Vec<Value>>> {
        let mut any = false;
        let mut values = Vec::with_capacity(self.streams.len());
        for stream in &mut self.streams {
            let value = match stream {
                Stream::One(value) => value.clone(),
                Stream::Many(source) => {
                    match source.as_mut().map(|source| source.next(run.env)).transpose()? {
                        Some(Some(mut row)) => {
                            any = true;
                            if row.len() == 1 { row.remove(0) } else { Value::Record(row.into()) }
                        }
                        Some(None) | None => {
                            *source = None;
                            Value::Null
                        }
                    }
                }
            };
            values.push(value);
        }
        Ok(any.then_some(values))
    }
}

impl Operator for ProjectSet {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let mut rows = Vec::new();
        while rows.len() < BATCH_ROWS {
            if run.must_yield()? {
                if rows.is_empty() {
                    return Ok(Step::Pending(Wait::Slice));
                }
                break;
            }
            let Some(current) = &mut self.current else {
                if !rows.is_empty() {
                    break;
                }
                let batch = pull!(self.input, run, return Ok(Step::Done));
                self.current = Some(Current { batch, row: 0, streams: Vec::new() });
                continue;
            };
            if current.row == current.batch.rows {
                self.current = None;
                continue;
            }
            if current.streams.is_empty() {
                current.start(&self.exprs, run)?;
            }
            run.charge(1);
            match current.next_row(run)? {
                Some(row) => rows.push(row),
                None => {
                    current.streams.clear();
                    current.row += 1;
                }
            }
        }
        Ok(Step::Batch(Batch::from_rows(&self.types, &rows)))
    }

    fn rewind(&mut self) {
        self.input.rewind();
        self.current = None;
    }
}
