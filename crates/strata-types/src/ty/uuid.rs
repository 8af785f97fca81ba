//! `uuid`: hexadecimal digits, hyphens after groups of four, braces around.

use crate::error::{Error, Result};
use crate::sql_type::Type;

pub(super) fn parse(text: &str) -> Result<[u8; 16]> {
    read(text).ok_or_else(|| Error::invalid_text(Type::UUID, text))
}

fn read(text: &str) -> Option<[u8; 16]> {
    let body = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let mut rest = body.as_bytes();
    let mut uuid = [0; 16];
    for (at, byte) in uuid.iter_mut().enumerate() {
        if at > 0 && at % 2 == 0 {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
        let (pair, tail) = rest.split_first_chunk::<2>()?;
        let digit = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        rest = tail;
    }
    rest.is_empty().then_some(uuid)
}

pub(super) fn write(uuid: &[u8; 16], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spellings_one_uuid() {
        let expected = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        for text in [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        ] {
            let mut out = Vec::new();
            write(&parse(text).unwrap(), &mut out);
            assert_eq!(out, expected.as_bytes());
        }
        assert!(parse("a0eebc99").is_err());
        assert!(parse("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").is_err());
    }
}
