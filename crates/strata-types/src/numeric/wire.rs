//! `numeric` in PostgreSQL's binary form: groups of four digits, their weight, a sign and a scale.

use super::{Numeric, SCALE_MAX};
use crate::error::{Error, Result};
use crate::sql_type::Type;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

impl Numeric {
    /// Appends the binary form.
    pub fn send(&self, out: &mut Vec<u8>) {
        let (groups, weight) = self.groups();
        let scale = self.scale().unwrap_or(0) as u16;
        let sign = match (self.is_nan(), self.is_finite(), self.signum()) {
            (true, ..) => NAN,
            (_, false, 1) => INFINITY,
            (_, false, _) => NEGATIVE_INFINITY,
            (_, _, -1) => NEGATIVE,
            _ => POSITIVE,
        };
        for field in [groups.len() as u16, weight as u16, sign, scale] {
            out.extend_from_slice(&field.to_be_bytes());
        }
        groups.iter().for_each(|group| out.extend_from_slice(&group.to_be_bytes()));
    }

    /// Reads the binary form.
    pub fn receive(bytes: &[u8]) -> Result<Numeric> {
        let invalid = || Error::InvalidBinary { ty: Type::NUMERIC };
        let mut fields =
            bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_be_bytes));
        let mut next = || fields.next().ok_or(Error::ShortBinary);
        let (count, weight, sign, scale) = (next()?, next()? as i16, next()?, next()?);
        match sign {
            NAN => return Ok(Numeric::NAN),
            INFINITY => return Ok(Numeric::INFINITY),
            NEGATIVE_INFINITY => return Ok(Numeric::NEG_INFINITY),
            POSITIVE | NEGATIVE => {}
            _ => return Err(invalid()),
        }
        if u32::from(scale) > SCALE_MAX {
            return Err(invalid());
        }
        let mut digits = String::with_capacity(usize::from(count) * 4 + 8);
        digits.push(if sign == NEGATIVE { '-' } else { '+' });
        digits.push('0');
        for _ in 0..count {
            let group = next()?;
            if group > 9999 {
                return Err(invalid());
            }
            digits.push_str(&format!("{group:04}"));
        }
        // The digits are a whole number of groups; the last stands for 10000^(weight - count + 1).
        let exponent = (i64::from(weight) - i64::from(count) + 1) * 4;
        let exact = if exponent < -i64::from(SCALE_MAX) {
            // Groups beyond the largest scale are cut off, as the scale would cut them anyway.
            let cut = usize::try_from(-exponent - i64::from(SCALE_MAX)).unwrap_or(usize::MAX);
            let kept = digits.len().saturating_sub(cut).max(2);
            Numeric::parse(&format!("{}e-{SCALE_MAX}", &digits[..kept]))?
        } else {
            Numeric::parse(&format!("{digits}e{exponent}"))?
        };
        exact.trunc(i32::from(scale))
    }

    /// The groups of four digits, without zero groups at either end, and the weight of the first.
    fn groups(&self) -> (Vec<u16>, i16) {
        if self.is_zero() || !self.is_finite() {
            return (Vec::new(), 0);
        }
        let digits = self.magnitude_digits();
        let scale = self.scale().unwrap_or(0) as usize;
        let fraction_pad = (4 - scale % 4) % 4;
        let whole_len = digits.len() as i64 - scale as i64;
        let head_pad = (4 - (digits.len() + fraction_pad) % 4) % 4;
        let padded = format!("{}{digits}{}", "0".repeat(head_pad), "0".repeat(fraction_pad));
        let mut groups: Vec<u16> = padded
            .as_bytes()
            .chunks(4)
            .map(|group| group.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
            .collect();
        let weight = (whole_len + 3).div_euclid(4) - 1;
        while groups.last() == Some(&0) {
            groups.pop();
        }
        (groups, weight as i16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_forms_come_back() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "9999",
            "10000",
            "1234567.891",
            "0.0001",
            "0.00001",
            "-0.5",
            "NaN",
            "Infinity",
            "-Infinity",
            "100000000",
            "123456789012345678901234567890.123456789012345678901",
        ] {
            let number = Numeric::parse(text).unwrap();
            let mut bytes = Vec::new();
            number.send(&mut bytes);
            assert_eq!(Numeric::receive(&bytes).unwrap().to_string(), text);
        }
        let mut bytes = Vec::new();
        Numeric::parse("1234567.891").unwrap().send(&mut bytes);
        assert_eq!(bytes, [0, 3, 0, 1, 0, 0, 0, 3, 0, 123, 0x11, 0xd7, 0x22, 0xce]);
    }
}
