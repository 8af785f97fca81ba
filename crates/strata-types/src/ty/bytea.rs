//! `bytea`: `\xdeadbeef`, or the older escapes.

use crate::error::{Error, Result};
use crate::format::ByteaOutput;
use crate::sql_type::Type;
use crate::text::Bytes;

pub(super) fn parse(text: &str) -> Result<Bytes> {
    match text.strip_prefix("\\x") {
        Some(digits) => parse_hex(digits),
        None => parse_escapes(text),
    }
}

/// Pairs of hexadecimal digits; blanks between pairs do not count.
fn parse_hex(text: &str) -> Result<Bytes> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut characters = text.chars();
    while let Some(first) = characters.next() {
        if matches!(first, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = hex_digit(first)?;
        let second = characters
            .next()
            .ok_or_else(|| Error::parameter("invalid hexadecimal data: odd number of digits"))?;
        bytes.push(high << 4 | hex_digit(second)?);
    }
    Ok(Bytes::from(bytes))
}

fn hex_digit(digit: char) -> Result<u8> {
    match digit.to_digit(16) {
        Some(value) => Ok(value as u8),
        None => Err(Error::parameter(format!("invalid hexadecimal digit: \"{digit}\""))),
    }
}

fn parse_escapes(text: &str) -> Result<Bytes> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(Bytes::from(bytes)),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest
            }
            [b'\\', ..] => {
                return Err(Error::Other {
                    sqlstate: crate::sqlstate::INVALID_TEXT_REPRESENTATION,
                    message: format!("invalid input syntax for type {}", Type::BYTEA).into(),
                });
            }
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

pub(super) fn write(bytes: &[u8], style: ByteaOutput, out: &mut Vec<u8>) {
    match style {
        ByteaOutput::Hex => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.reserve(2 + bytes.len() * 2);
            out.extend_from_slice(b"\\x");
            for byte in bytes {
                out.push(DIGITS[usize::from(byte >> 4)]);
                out.push(DIGITS[usize::from(byte & 15)]);
            }
        }
        ByteaOutput::Escape => {
            for byte in bytes {
                match byte {
                    b'\\' => out.extend_from_slice(b"\\\\"),
                    0x20..=0x7e => out.push(*byte),
                    _ => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_written() {
        assert_eq!(&*parse("\\xDE ad00").unwrap(), [0xde, 0xad, 0]);
        assert_eq!(&*parse("a\\\\\\001").unwrap(), [b'a', b'\\', 1]);
        assert_eq!(
            parse("\\xabc").unwrap_err().to_string(),
            "invalid hexadecimal data: odd number of digits"
        );
        assert_eq!(parse("\\xzz").unwrap_err().to_string(), "invalid hexadecimal digit: \"z\"");
        assert_eq!(parse("\\9").unwrap_err().to_string(), "invalid input syntax for type bytea");
        let mut out = Vec::new();
        write(&[0, b'a', b'\\', 255], ByteaOutput::Escape, &mut out);
        assert_eq!(out, b"\\000a\\\\\\377");
    }
}
