//! Rows of functions in FROM, side by side; the shorter ones are padded with NULL.

use super::project_set::start_set;
use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row};
use crate::exec::step::{BATCH_ROWS, Operator, Step, Wait};
use crate::functions::RowSource;
use crate::plan::Expr;
use strata_types::{Batch, Type, Value};

/// See the module.
pub(in crate::exec) struct FunctionScan {
    calls: Vec<(Expr, usize)>,
    ordinality: bool,
    types: Vec<Type>,
    sources: Option<Vec<Source>>,
    count: i64,
}

enum Source {
    Set(Box<dyn RowSource>),
    /// A plain function yields one row.
    One(Value),
    Ended,
}

impl FunctionScan {
    pub(in crate::exec) fn new(
        calls: Vec<(Expr, usize)>,
        ordinality: bool,
        types: Vec<Type>,
    ) -> FunctionScan {
        FunctionScan { calls, ordinality, types, sources: None, count: 0 }
    }

    fn start(&self, run: &mut Run<'_>) -> Result<Vec<Source>> {
        let row = Row::Values(&[]);
        let mut sources = Vec::with_capacity(self.calls.len());
        for (call, _) in &self.calls {
            sources.push(match start_set(call, row, run)? {
                Some(Some(source)) => Source::Set(source),
                Some(None) => Source::Ended,
                None => Source::One(eval_row(call, row, run)?),
            });
        }
        Ok(sources)
    }
}

/// The next row of one function; `None` at its end.
fn next_row(source: &mut Source, width: usize, run: &Run<'_>) -> Result<Option<Vec<Value>>> {
    let row = match source {
        Source::Ended => None,
        Source::Set(set) => set.next(run.env)?,
        Source::One(value) => Some(vec![std::mem::take(value)]),
    };
    match (&*source, &row) {
        (Source::One(_), _) | (Source::Set(_), None) => *source = Source::Ended,
        (Source::Set(_), Some(_)) | (Source::Ended, _) => {}
    }
    Ok(row.map(|row| match <[Value; 1]>::try_from(row) {
        Ok([Value::Record(fields)]) if width > 1 => fields.to_vec(),
        Ok([value]) => {
            let mut row = vec![value];
            row.resize(width, Value::Null);
            row
        }
        Err(row) => row,
    }))
}

impl Operator for FunctionScan {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if run.must_yield()? {
            return Ok(Step::Pending(Wait::Slice));
        }
        let sources = match &mut self.sources {
            Some(sources) => sources,
            None => {
                let sources = self.start(run)?;
                self.sources.insert(sources)
            }
        };
        let mut rows = Vec::new();
        while rows.len() < BATCH_ROWS {
            let mut row = Vec::with_capacity(self.types.len());
            let mut any = false;
            for (source, (_, width)) in sources.iter_mut().zip(&self.calls) {
                match next_row(source, *width, run)? {
                    Some(values) => {
                        any = true;
                        row.extend(values);
                    }
                    None => row.extend(std::iter::repeat_n(Value::Null, *width)),
                }
            }
            if !any {
                break;
            }
            if self.ordinality {
                self.count += 1;
                row.push(Value::Int8(self.count));
            }
            rows.push(row);
        }
        run.charge(rows.len());
        if rows.is_empty() {
            return Ok(Step::Done);
        }
        Ok(Step::Batch(Batch::from_rows(&self.types, &rows)))
    }

    fn rewind(&mut self) {
        self.sources = None;
        self.count = 0;
    }
}
