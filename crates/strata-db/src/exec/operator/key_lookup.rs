//! Rows by their full key in a unique index.

use crate::error::Result;
use crate::exec::context::Run;
use crate::exec::eval::{Row, eval_row, matches};
use crate::exec::step::{BATCH_ROWS, Operator, Step, Wait};
use crate::exec::suspend::attempt;
use crate::plan::{Expr, Physical, Probes};
use crate::schema::{RelationDef, RelationKind};
use crate::table::{TableLayout, fetch_by_index};
use std::sync::Arc;
use strata_types::{Batch, Type, Value};

/// See the module.
pub(in crate::exec) struct KeyLookup {
    relation: Arc<RelationDef>,
    layout: TableLayout,
    index: usize,
    columns: Vec<usize>,
    types: Vec<Type>,
    probes: Probes,
    filter: Option<Expr>,
    state: State,
}

enum State {
    Start,
    /// Keys still to be looked for, the next one last.
    Keys(Vec<Vec<Value>>),
}

impl KeyLookup {
    pub(in crate::exec) fn new(
        relation: Arc<RelationDef>,
        index: usize,
        columns: Vec<usize>,
        probes: Probes,
        filter: Option<Expr>,
    ) -> Result<KeyLookup> {
        let scan = Physical::SeqScan { relation: relation.clone(), columns: columns.clone(), filter: None };
        let layout = match &relation.kind {
            RelationKind::Table(table) => TableLayout::new(table)?,
            _ => unreachable!("only tables have keys"),
        };
        Ok(KeyLookup {
            relation,
            layout,
            index,
            columns,
            types: scan.types(),
            probes,
            filter,
            state: State::Start,
        })
    }

    /// The one key of the usual case, or all of them without repetition.
    fn keys(&self, run: &mut Run<'_>) -> Result<Vec<Vec<Value>>> {
        let mut keys: Vec<Vec<Value>> = match &self.probes {
            Probes::Keys(probes) => {
                let mut keys = Vec::with_capacity(probes.len());
                for probe in probes {
                    let key: Result<Vec<Value>> =
                        probe.iter().map(|expr| eval_row(expr, Row::Values(&[]), run)).collect();
                    keys.push(key?);
                }
                keys
            }
            Probes::Elements(array) => match eval_row(array, Row::Values(&[]), run)? {
                Value::Array(array) => array.values.iter().map(|value| vec![value.clone()]).collect(),
                _ => Vec::new(),
            },
        };
        keys.retain(|key| !key.iter().any(Value::is_null));
        if keys.len() > 1 {
            keys.sort_unstable_by(|a, b| b.cmp(a));
            keys.dedup();
        }
        Ok(keys)
    }
}

impl Operator for KeyLookup {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        if matches!(self.state, State::Start) {
            match attempt(run, |run| self.keys(run))? {
                Ok(keys) => self.state = State::Keys(keys),
                Err(wait) => return Ok(Step::Pending(wait)),
            }
        }
        let State::Keys(keys) = &mut self.state else { return Ok(Step::Done) };
        if keys.is_empty() {
            return Ok(Step::Done);
        }
        if run.must_yield()? {
            return Ok(Step::Pending(Wait::Slice));
        }
        let mut rows = Vec::with_capacity(keys.len().min(BATCH_ROWS));
        while let Some(key) = keys.pop() {
            run.charge(1);
            let found = fetch_by_index(
                run.txn,
                run.view,
                &self.relation,
                &self.layout,
                self.index,
                &key,
                &self.columns,
            )?;
            if let Some(row) = found
                && matches(self.filter.as_ref(), Row::Values(&row), run)?
            {
                rows.push(row);
                if rows.len() == BATCH_ROWS {
                    break;
                }
            }
        }
        if rows.is_empty() {
            return Ok(Step::Done);
        }
        Ok(Step::Batch(Batch::from_rows(&self.types, &rows)))
    }

    fn rewind(&mut self) {
        self.state = State::Start;
    }
}
