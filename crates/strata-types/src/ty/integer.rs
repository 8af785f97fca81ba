//! `smallint`, `integer`, `bigint`.

use crate::error::{Error, Result};
use crate::sql_type::Type;

/// Reads sign and decimal digits between blanks.
pub(super) fn parse<N: TryFrom<i128>>(text: &str, ty: Type) -> Result<N> {
    let body = text.trim_ascii();
    let digits = body.strip_prefix(['-', '+']).unwrap_or(body);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid_text(ty, text));
    }
    let out_of_range = || Error::TextOutOfRange { ty, input: text.into() };
    let number = body.parse::<i128>().map_err(|_| out_of_range())?;
    N::try_from(number).map_err(|_| out_of_range())
}

/// Appends a number in decimal.
#[inline]
pub(crate) fn write_i64(n: i64, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    out.extend_from_slice(&buffer[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_and_goes() {
        assert_eq!(parse::<i32>(" -42 ", Type::INT4), Ok(-42));
        assert_eq!(parse::<i64>("9223372036854775807", Type::INT8), Ok(i64::MAX));
        let error = parse::<i32>("2147483648", Type::INT4).unwrap_err();
        assert_eq!(error.to_string(), "value \"2147483648\" is out of range for type integer");
        let error = parse::<i32>("1.5", Type::INT4).unwrap_err();
        assert_eq!(error.to_string(), "invalid input syntax for type integer: \"1.5\"");
        for n in [0, 7, -10, i64::MIN, i64::MAX] {
            let mut out = Vec::new();
            write_i64(n, &mut out);
            assert_eq!(out, n.to_string().as_bytes());
        }
    }
}
