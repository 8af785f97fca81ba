//! Rows that are there already, as a [`RowSource`].

use super::call::{Environment, RowSource};
use crate::error::Result;
use strata_types::Value;

/// Rows handed out one by one.
pub(super) struct Rows(std::vec::IntoIter<Vec<Value>>);

impl Rows {
    /// These rows.
    pub(super) fn of(rows: Vec<Vec<Value>>) -> Box<dyn RowSource> {
        Box::new(Rows(rows.into_iter()))
    }

    /// These values, a row each.
    pub(super) fn column(values: Vec<Value>) -> Box<dyn RowSource> {
        Rows::of(values.into_iter().map(|value| vec![value]).collect())
    }
}

impl RowSource for Rows {
    fn next(&mut self, _: &dyn Environment) -> Result<Option<Vec<Value>>> {
        Ok(self.0.next())
    }
}
