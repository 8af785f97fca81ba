//! `numeric` as text: `-12.3400`, `NaN`, `Infinity`; read also with an exponent.

use super::{Numeric, Parts, SCALE_MAX, WHOLE_DIGITS_MAX, powers};
use crate::error::{Error, Result};
use crate::sql_type::Type;
use num_bigint::BigInt;
use std::fmt;

impl Numeric {
    /// Reads a numeric as PostgreSQL does: surrounding blanks, sign, digits, point, exponent; or a special.
    pub fn parse(input: &str) -> Result<Numeric> {
        let invalid = || Error::invalid_text(Type::NUMERIC, input);
        let text = input.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        if let Some(special) = special(text) {
            return Ok(special);
        }
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (number, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], read_exponent(&unsigned[at + 1..]).ok_or_else(invalid)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(invalid());
        }
        from_digits(negative, whole, fraction, exponent)
    }

    /// Appends the numeric as text.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self.parts() {
            Parts::Small(mantissa, scale) => write_small(mantissa, scale as usize, out),
            Parts::Big(mantissa, scale) => {
                let (sign, magnitude) = (mantissa.sign(), mantissa.magnitude());
                if sign == num_bigint::Sign::Minus {
                    out.push(b'-');
                }
                write_digits(magnitude.to_str_radix(10).as_bytes(), scale as usize, out);
            }
            Parts::NaN => out.extend_from_slice(b"NaN"),
            Parts::Infinity => out.extend_from_slice(b"Infinity"),
            Parts::NegativeInfinity => out.extend_from_slice(b"-Infinity"),
        }
    }
}

/// `mantissa / 10^scale` on the stack: the form that nearly every number takes.
fn write_small(mantissa: i128, scale: usize, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 40];
    let mut at = buffer.len();
    let mut rest = mantissa.unsigned_abs();
    while rest > u128::from(u64::MAX) {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut rest = rest as u64; // 64-bit division is several times faster
    while rest > 0 {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if mantissa < 0 {
        out.push(b'-');
    }
    write_digits(&buffer[at..], scale, out);
}

/// Digits without leading zeros, the last `scale` of them after the point.
fn write_digits(digits: &[u8], scale: usize, out: &mut Vec<u8>) {
    let whole = digits.len().saturating_sub(scale);
    if whole == 0 {
        out.push(b'0');
    }
    let (before, after) = digits.split_at(whole);
    out.extend_from_slice(before);
    if scale > 0 {
        out.push(b'.');
        out.resize(out.len() + scale - after.len(), b'0');
        out.extend_from_slice(after);
    }
}

fn special(text: &str) -> Option<Numeric> {
    match text.len() {
        3 if text.eq_ignore_ascii_case("nan") => Some(Numeric::NAN),
        3..=9 => match text.to_ascii_lowercase().as_str() {
            "inf" | "+inf" | "infinity" | "+infinity" => Some(Numeric::INFINITY),
            "-inf" | "-infinity" => Some(Numeric::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// The exponent, saturated far beyond what any numeric holds; `None` if it is no number.
fn read_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent = digits.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
    Some(if negative { -exponent } else { exponent })
}

fn from_digits(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Result<Numeric> {
    let scale = fraction.len() as i64 - exponent;
    if scale > i64::from(SCALE_MAX) {
        return Err(Error::NumericOverflow);
    }
    let mut digits = String::with_capacity(whole.len() + fraction.len());
    digits.push_str(whole);
    digits.push_str(fraction);
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(Numeric::from_i128(0, scale.max(0) as u32));
    }
    if digits.len() as i64 - scale > i64::from(WHOLE_DIGITS_MAX) {
        return Err(Error::NumericOverflow);
    }
    // Digits that an exponent pushes before the point become zeros of the mantissa.
    let zeros = (-scale).max(0) as u32;
    let scale = scale.max(0) as u32;
    if digits.len() + zeros as usize <= 38
        && let Some(mantissa) = digits.parse::<i128>().ok().and_then(|m| powers::shift_i128(m, zeros))
    {
        return Ok(Numeric::from_i128(if negative { -mantissa } else { mantissa }, scale));
    }
    let Some(mantissa) = BigInt::parse_bytes(digits.as_bytes(), 10) else {
        unreachable!("only digits get here");
    };
    let mantissa = powers::shift_big(mantissa, zeros);
    Ok(Numeric::from_big(if negative { -mantissa } else { mantissa }, scale))
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(24);
        self.write(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

impl fmt::Debug for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_in_and_comes_out_as_postgres_shows_it() {
        for (input, output) in [
            ("0", "0"),
            ("-0.00", "0.00"),
            (" 12.3400 ", "12.3400"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.5e-3", "0.0015"),
            ("1.23e1", "12.3"),
            ("0e5", "0"),
            ("-inf", "-Infinity"),
            ("nAn", "NaN"),
            ("123456789012345678901234567890123456789012.5", "123456789012345678901234567890123456789012.5"),
            ("-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
        ] {
            assert_eq!(Numeric::parse(input).unwrap().to_string(), output, "{input}");
        }
        for input in ["", ".", "1e", "1.2.3", "- 1", "1_000", "0x10", "++1", "e5", "infin"] {
            let error = Numeric::parse(input).unwrap_err();
            assert_eq!(error.to_string(), format!("invalid input syntax for type numeric: \"{input}\""));
        }
        assert_eq!(Numeric::parse("1e200000").unwrap_err(), Error::NumericOverflow);
        assert_eq!(Numeric::parse("1e-20000").unwrap_err(), Error::NumericOverflow);
    }
}
