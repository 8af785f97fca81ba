//! Rows of a virtual relation.

use crate::catalog::system;
use crate::error::{Result, SqlError};
use crate::exec::context::Run;
use crate::exec::rows::Rows;
use crate::exec::step::{Operator, Step};
use crate::schema::Oid;
use strata_types::{Type, sqlstate};

/// See the module.
pub(in crate::exec) struct SystemScan {
    relation: Oid,
    columns: Vec<usize>,
    types: Vec<Type>,
    rows: Option<Rows>,
}

impl SystemScan {
    pub(in crate::exec) fn new(relation: Oid, columns: Vec<usize>, types: Vec<Type>) -> SystemScan {
        SystemScan { relation, columns, types, rows: None }
    }

    fn compute(&self, run: &Run<'_>) -> Result<Rows> {
        let relation = system::by_oid(self.relation).ok_or_else(|| {
            SqlError::new(
                sqlstate::UNDEFINED_TABLE,
                format!("could not open relation with OID {}", self.relation),
            )
        })?;
        let rows = (relation.rows)(run.system, &self.columns)?;
        Ok(Rows::of_values(&self.types, &rows))
    }
}

impl Operator for SystemScan {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Step> {
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => {
                let rows = self.compute(run)?;
                self.rows.insert(rows)
            }
        };
        rows.step(run)
    }

    /// The rows are the statement's: they are the same every time.
    fn rewind(&mut self) {
        if let Some(rows) = &mut self.rows {
            rows.rewind();
        }
    }
}
