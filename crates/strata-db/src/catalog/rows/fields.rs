//! Taking a stored row apart, value by value.

use crate::error::{Result, SqlError};
use crate::schema::Oid;
use strata_types::{Type, Value, sqlstate};

/// The values of a row, taken in order.
pub(super) struct Fields {
    table: &'static str,
    values: std::vec::IntoIter<Value>,
}

impl Fields {
    /// Of a row of a system table.
    pub(super) fn new(table: &'static str, values: Vec<Value>) -> Fields {
        Fields { table, values: values.into_iter() }
    }

    fn bad(&self) -> SqlError {
        SqlError::new(
            sqlstate::DATA_CORRUPTED,
            format!("a row of the system table \"{}\" is not as it was written", self.table),
        )
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>> {
        match self.values.next() {
            Some(Value::Text(text)) => Ok(Some(text.to_string())),
            Some(Value::Null) => Ok(None),
            _ => Err(self.bad()),
        }
    }

    pub(super) fn text(&mut self) -> Result<String> {
        self.optional_text()?.ok_or_else(|| self.bad())
    }

    pub(super) fn boolean(&mut self) -> Result<bool> {
        self.values.next().and_then(|value| value.as_bool()).ok_or_else(|| self.bad())
    }

    /// A flag that rows written before there was its column do not have.
    pub(super) fn boolean_or_absent(&mut self) -> Result<bool> {
        match self.values.next() {
            None | Some(Value::Null) => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.bad()),
        }
    }

    pub(super) fn optional_number(&mut self) -> Result<Option<i64>> {
        match self.values.next() {
            Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| self.bad()),
            None => Err(self.bad()),
        }
    }

    pub(super) fn number(&mut self) -> Result<i64> {
        self.optional_number()?.ok_or_else(|| self.bad())
    }

    pub(super) fn position(&mut self) -> Result<usize> {
        usize::try_from(self.number()?).map_err(|_| self.bad())
    }

    pub(super) fn int4(&mut self) -> Result<i32> {
        i32::try_from(self.number()?).map_err(|_| self.bad())
    }

    pub(super) fn optional_oid(&mut self) -> Result<Option<Oid>> {
        match self.optional_number()? {
            None => Ok(None),
            Some(number) => u32::try_from(number).map(|oid| Some(Oid(oid))).map_err(|_| self.bad()),
        }
    }

    pub(super) fn oid(&mut self) -> Result<Oid> {
        self.optional_oid()?.ok_or_else(|| self.bad())
    }

    pub(super) fn ty(&mut self) -> Result<Type> {
        self.oid().map(Type)
    }

    /// An error that names the table, for a word that is none of those written.
    pub(super) fn unknown_word(&self) -> SqlError {
        self.bad()
    }
}
