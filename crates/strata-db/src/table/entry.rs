//! Values of index entries: how an entry names its row.
//!
//! ```text
//! 0 | row key            a unique entry
//! 1 | length 4 LE        a plain one: the row key is so many bytes at the end of the entry's own key
//! ```

use crate::error::{Result, SqlError};
use strata_types::sqlstate;

const OWN: u8 = 0;
const SUFFIX: u8 = 1;

/// The value of an entry whose key does not hold the row key.
pub(super) fn with_row_key(row_key: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(row_key.len() + 1);
    value.push(OWN);
    value.extend_from_slice(row_key);
    value
}

/// The value of an entry whose key ends with the row key.
pub(super) fn with_suffix(row_key: &[u8]) -> Vec<u8> {
    let len = u32::try_from(row_key.len()).unwrap_or(u32::MAX);
    let mut value = vec![SUFFIX];
    value.extend_from_slice(&len.to_le_bytes());
    value
}

/// The row key that an entry names.
///
/// # Errors
/// XX002 if it names none.
pub(super) fn row_key<'a>(key: &'a [u8], value: &'a [u8]) -> Result<&'a [u8]> {
    match value.split_first() {
        Some((&OWN, row_key)) => Ok(row_key),
        Some((&SUFFIX, len)) => suffix(key, len).ok_or_else(disagreement),
        _ => Err(disagreement()),
    }
}

fn suffix<'a>(key: &'a [u8], len: &[u8]) -> Option<&'a [u8]> {
    let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
    key.get(key.len().checked_sub(len)?..)
}

/// An index entry and its row do not agree (invariant I-6).
pub(super) fn disagreement() -> SqlError {
    SqlError::new(sqlstate::INDEX_CORRUPTED, "an index entry refers to a row that is not there")
}
