//! Rows as text: `(1,"a b",)`.

use crate::error::{Error, Result};
use crate::format::Format;
use crate::sqlstate;
use crate::value::Value;

/// A row type without a name says nothing about its fields, so its text cannot be read.
pub(super) fn refuse() -> Result<Value> {
    Err(Error::Other {
        sqlstate: sqlstate::FEATURE_NOT_SUPPORTED,
        message: "input of anonymous composite types is not implemented".into(),
    })
}

pub(super) fn write(fields: &[Value], format: &Format, out: &mut Vec<u8>) {
    out.push(b'(');
    let mut field_text = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if field.is_null() {
            continue;
        }
        field_text.clear();
        field.write_text(field.natural_type(), format, &mut field_text);
        write_field(&field_text, out);
    }
    out.push(b')');
}

fn write_field(text: &[u8], out: &mut Vec<u8>) {
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',') || byte.is_ascii_whitespace();
    if !text.is_empty() && !text.iter().any(special) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(*byte);
        }
        out.push(*byte);
    }
    out.push(b'"');
}
