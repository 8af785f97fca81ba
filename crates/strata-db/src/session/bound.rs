//! What a Bind message gives a statement: values for its parameters, and the formats of its results.

use super::environment::StepEnvironment;
use super::request::WireFormat;
use super::statement::Statement;
use crate::error::{Result, SqlError};
use crate::exec;
use bytes::Bytes;
use strata_types::{Value, sqlstate};

/// Parameters of a Bind message, decoded to the statement's types.
///
/// # Errors
/// 08P01 for a wrong count; 22P02, 22P03 and others for bad values.
pub(super) fn decode_params(
    env: &StepEnvironment<'_>,
    statement: &Statement,
    formats: &[WireFormat],
    params: &[Option<Bytes>],
) -> Result<Vec<Value>> {
    if params.len() != statement.params.len() {
        return Err(SqlError::new(
            sqlstate::PROTOCOL_VIOLATION,
            format!(
                "bind message supplies {} parameters, but prepared statement \"\" requires {}",
                params.len(),
                statement.params.len()
            ),
        ));
    }
    if formats.len() > 1 && formats.len() != params.len() {
        return Err(SqlError::new(
            sqlstate::PROTOCOL_VIOLATION,
            format!("bind message has {} parameter formats but {} parameters", formats.len(), params.len()),
        ));
    }
    let mut values = Vec::with_capacity(params.len());
    for (index, (bytes, ty)) in params.iter().zip(&statement.params).enumerate() {
        let value = match bytes {
            None => Value::Null,
            Some(bytes) => match WireFormat::of(formats, index) {
                WireFormat::Text => {
                    let text = std::str::from_utf8(bytes).map_err(|_| {
                        SqlError::new(
                            sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
                            "invalid byte sequence for encoding \"UTF8\"",
                        )
                    })?;
                    exec::input_text(env, *ty, text)?
                }
                WireFormat::Binary => Value::from_binary(*ty, bytes)?,
            },
        };
        values.push(value);
    }
    Ok(values)
}

/// # Errors
/// 08P01 if there are neither none, one nor as many formats as columns.
pub(super) fn check_result_formats(statement: &Statement, formats: &[WireFormat]) -> Result<()> {
    if formats.len() > 1 && formats.len() != statement.fields.len() {
        return Err(SqlError::new(
            sqlstate::PROTOCOL_VIOLATION,
            format!(
                "bind message has {} result formats but query has {} columns",
                formats.len(),
                statement.fields.len()
            ),
        ));
    }
    Ok(())
}
