//! `numeric` in keys: class, decimal exponent, then digits two by two.
//!
//! A positive number is `0.d1d2d3… * 10^exponent` with `d1 > 0`. Its pairs of digits are stored plus one, so
//! that the terminator 0 sorts a number before its continuations. A negative number is its absolute value
//! with all bits flipped.

use super::reader::Reader;
use crate::error::Result;
use crate::numeric::{Numeric, SCALE_MAX, WHOLE_DIGITS_MAX};

const NEGATIVE_INFINITY: u8 = 0;
const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;
const INFINITY: u8 = 4;
const NAN: u8 = 5;

pub(super) fn write(number: &Numeric, out: &mut Vec<u8>) {
    if number.is_nan() {
        return out.push(NAN);
    }
    match (number.is_finite(), number.signum()) {
        (false, 1) => out.push(INFINITY),
        (false, _) => out.push(NEGATIVE_INFINITY),
        (true, 0) => out.push(ZERO),
        (true, sign) => {
            out.push(if sign < 0 { NEGATIVE } else { POSITIVE });
            let start = out.len();
            write_magnitude(number, out);
            if sign < 0 {
                out[start..].iter_mut().for_each(|byte| *byte = !*byte);
            }
        }
    }
}

fn write_magnitude(number: &Numeric, out: &mut Vec<u8>) {
    let digits = number.magnitude_digits();
    let exponent = digits.len() as i32 - number.scale().unwrap_or(0) as i32;
    out.extend_from_slice(&((exponent as u32) ^ (1 << 31)).to_be_bytes());
    let kept = digits.trim_end_matches('0').as_bytes();
    for pair in kept.chunks(2) {
        let tens = pair.first().map_or(0, |digit| digit - b'0');
        let ones = pair.get(1).map_or(0, |digit| digit - b'0');
        out.push(tens * 10 + ones + 1);
    }
    out.push(0);
}

pub(super) fn read(at: &mut Reader<'_>) -> Result<Numeric> {
    Ok(match at.u8()? {
        NEGATIVE_INFINITY => Numeric::NEG_INFINITY,
        INFINITY => Numeric::INFINITY,
        NAN => Numeric::NAN,
        ZERO => Numeric::ZERO,
        POSITIVE => read_magnitude("", at)?,
        NEGATIVE => {
            at.toggle();
            let number = read_magnitude("-", at)?;
            at.toggle();
            number
        }
        _ => return Err(at.corrupt("unknown class of number")),
    })
}

fn read_magnitude(sign: &str, at: &mut Reader<'_>) -> Result<Numeric> {
    let exponent = (u32::from_be_bytes(at.array()?) ^ (1 << 31)) as i32;
    let mut digits = String::from(sign);
    digits.push_str("0.");
    loop {
        match at.u8()? {
            0 => break,
            pair @ 1..=100 => {
                let pair = pair - 1;
                digits.push(char::from(b'0' + pair / 10));
                digits.push(char::from(b'0' + pair % 10));
            }
            _ => return Err(at.corrupt("digits out of range")),
        }
    }
    let digits = digits.trim_end_matches('0');
    if exponent > WHOLE_DIGITS_MAX as i32 || exponent < -(SCALE_MAX as i32) {
        return Err(at.corrupt("exponent out of range"));
    }
    Numeric::parse(&format!("{digits}e{exponent}")).map_err(|_| at.corrupt("no number"))
}
