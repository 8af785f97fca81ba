//! `real` and `double precision`: written with the fewest digits that read back the same.

use crate::error::{Error, Result};
use crate::sql_type::Type;
use std::io::Write;

pub(super) fn parse_f64(text: &str) -> Result<f64> {
    let (number, ty) = (checked_number(text, Type::FLOAT8)?, Type::FLOAT8);
    let float: f64 = number.parse().map_err(|_| Error::invalid_text(ty, text))?;
    if lost(number, float.is_infinite(), float == 0.0) {
        return Err(Error::FloatTextOutOfRange { ty, input: number.into() });
    }
    Ok(float)
}

pub(super) fn parse_f32(text: &str) -> Result<f32> {
    let (number, ty) = (checked_number(text, Type::FLOAT4)?, Type::FLOAT4);
    let float: f32 = number.parse().map_err(|_| Error::invalid_text(ty, text))?;
    if lost(number, float.is_infinite(), float == 0.0) {
        return Err(Error::FloatTextOutOfRange { ty, input: number.into() });
    }
    Ok(float)
}

fn checked_number(text: &str, ty: Type) -> Result<&str> {
    let number = text.trim_ascii();
    if number.is_empty() { Err(Error::invalid_text(ty, text)) } else { Ok(number) }
}

/// A number became an infinity or zero though its text says neither.
fn lost(number: &str, infinite: bool, zero: bool) -> bool {
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    let says_digits = mantissa.bytes().any(|byte| byte.is_ascii_digit());
    let says_nonzero = mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    (infinite && says_digits) || (zero && says_nonzero)
}

/// Digits that `%g` shows for a float at `extra_float_digits = 0`.
const F64_DIGITS: i32 = 15;
const F32_DIGITS: i32 = 6;

/// Appends a `double precision`.
pub(crate) fn write_f64(float: f64, extra_digits: i32, out: &mut Vec<u8>) {
    write(float, F64_DIGITS, extra_digits, |buffer| write!(buffer, "{float:e}"), out);
}

/// Appends a `real`.
pub(crate) fn write_f32(float: f32, extra_digits: i32, out: &mut Vec<u8>) {
    write(float.into(), F32_DIGITS, extra_digits, |buffer| write!(buffer, "{float:e}"), out);
}

fn write(
    float: f64,
    digits: i32,
    extra_digits: i32,
    shortest: impl FnOnce(&mut &mut [u8]) -> std::io::Result<()>,
    out: &mut Vec<u8>,
) {
    if float.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if float.is_infinite() {
        return out.extend_from_slice(if float > 0.0 { b"Infinity" } else { b"-Infinity" });
    }
    let precision = (digits + extra_digits).max(1);
    let mut buffer = [0u8; 64];
    let mut rest = buffer.as_mut_slice();
    let written = match extra_digits > 0 {
        true => shortest(&mut rest),
        false => write!(rest, "{:.*e}", precision as usize - 1, float),
    };
    assert!(written.is_ok(), "64 bytes hold any float");
    let used = 64 - rest.len();
    let fixed_below = if extra_digits > 0 { digits } else { precision };
    lay_out(&buffer[..used], fixed_below, out);
}

/// Turns `-1.25e3` into `-1250` or, where C's `%g` would, into `-1.25e+03`.
fn lay_out(scientific: &[u8], fixed_below: i32, out: &mut Vec<u8>) {
    let (negative, unsigned) = match scientific.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, scientific),
    };
    let e = unsigned.iter().position(|byte| *byte == b'e').unwrap_or(unsigned.len());
    let exponent: i32 = std::str::from_utf8(unsigned.get(e + 1..).unwrap_or(b"0"))
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut digits = [b'0'; 40];
    let mut count = 0;
    for byte in unsigned[..e].iter().filter(|byte| byte.is_ascii_digit()) {
        digits[count] = *byte;
        count += 1;
    }
    while count > 1 && digits[count - 1] == b'0' {
        count -= 1;
    }
    let digits = &digits[..count];
    if negative {
        out.push(b'-');
    }
    if !(-4..fixed_below).contains(&exponent) {
        out.push(digits[0]);
        if count > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        crate::datetime::write_two(exponent.unsigned_abs(), out);
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-exponent - 1) as usize, b'0');
        out.extend_from_slice(digits);
    } else {
        let whole = exponent as usize + 1;
        out.extend_from_slice(&digits[..count.min(whole)]);
        out.resize(out.len() + whole.saturating_sub(count), b'0');
        if count > whole {
            out.push(b'.');
            out.extend_from_slice(&digits[whole..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_look_as_in_postgres() {
        let shown = |float: f64, extra| {
            let mut out = Vec::new();
            write_f64(float, extra, &mut out);
            String::from_utf8(out).unwrap()
        };
        for (float, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
            (5e-324, "5e-324"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            assert_eq!(shown(float, 1), text);
        }
        assert_eq!(shown(0.1 + 0.2, 0), "0.3");
        assert_eq!(shown(1.0 / 3.0, -3), "0.333333333333");
        let mut out = Vec::new();
        write_f32(1234567.0, 1, &mut out);
        assert_eq!(out, b"1.234567e+06");
    }

    #[test]
    fn text_beyond_the_range_is_refused() {
        assert_eq!(parse_f64(" 1e5 "), Ok(1e5));
        assert_eq!(parse_f64("-inf"), Ok(f64::NEG_INFINITY));
        assert_eq!(
            parse_f64("1e400").unwrap_err().to_string(),
            "\"1e400\" is out of range for type double precision"
        );
        assert!(parse_f64("1e-400").is_err());
        assert_eq!(parse_f64("0e-400"), Ok(0.0));
        assert!(parse_f64("").is_err());
    }
}
