//! `numeric` in rows: two bytes of class and scale, then the mantissa's shortest little-endian form.

use super::{Numeric, Parts, SCALE_MAX};
use crate::error::{Error, Result};
use num_bigint::BigInt;

const SCALE_BITS: u16 = 0x3fff;
const FINITE: u16 = 0;
const NAN: u16 = 1 << 14;
const INFINITY: u16 = 2 << 14;
const NEGATIVE_INFINITY: u16 = 3 << 14;

const _: () = assert!(SCALE_MAX <= SCALE_BITS as u32, "a scale fits beside the class");

impl Numeric {
    pub(crate) fn write_stored(&self, out: &mut Vec<u8>) {
        match self.parts() {
            Parts::Small(mantissa, scale) => {
                out.extend_from_slice(&(FINITE | scale as u16).to_le_bytes());
                let bytes = mantissa.to_le_bytes();
                // A byte more than the magnitude needs, if the top bit would be taken for the sign.
                let magnitude = if mantissa < 0 { !mantissa } else { mantissa };
                let used = (129 - magnitude.leading_zeros() as usize).div_ceil(8);
                out.extend_from_slice(&bytes[..if mantissa == 0 { 0 } else { used }]);
            }
            Parts::Big(mantissa, scale) => {
                out.extend_from_slice(&(FINITE | scale as u16).to_le_bytes());
                out.extend_from_slice(&mantissa.to_signed_bytes_le());
            }
            Parts::NaN => out.extend_from_slice(&NAN.to_le_bytes()),
            Parts::Infinity => out.extend_from_slice(&INFINITY.to_le_bytes()),
            Parts::NegativeInfinity => out.extend_from_slice(&NEGATIVE_INFINITY.to_le_bytes()),
        }
    }

    pub(crate) fn read_stored(bytes: &[u8]) -> Result<Numeric> {
        let corrupt = |fault| Error::Corrupt { what: "row", fault };
        let (header, mantissa) =
            bytes.split_first_chunk::<2>().ok_or_else(|| corrupt("number without a header"))?;
        let header = u16::from_le_bytes(*header);
        let scale = u32::from(header & SCALE_BITS);
        match header & !SCALE_BITS {
            NAN => Ok(Numeric::NAN),
            INFINITY => Ok(Numeric::INFINITY),
            NEGATIVE_INFINITY => Ok(Numeric::NEG_INFINITY),
            _ if scale > SCALE_MAX => Err(corrupt("scale out of range")),
            _ => Ok(read_mantissa(mantissa, scale)),
        }
    }

    /// The digits of the absolute mantissa, without leading zeros.
    pub(crate) fn magnitude_digits(&self) -> String {
        match self.parts() {
            Parts::Small(mantissa, _) => mantissa.unsigned_abs().to_string(),
            Parts::Big(mantissa, _) => mantissa.magnitude().to_str_radix(10),
            Parts::NaN | Parts::Infinity | Parts::NegativeInfinity => String::new(),
        }
    }
}

fn read_mantissa(bytes: &[u8], scale: u32) -> Numeric {
    if bytes.len() > 16 {
        return Numeric::from_big(BigInt::from_signed_bytes_le(bytes), scale);
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = [if negative { 0xff } else { 0 }; 16];
    whole[..bytes.len()].copy_from_slice(bytes);
    Numeric::from_i128(i128::from_le_bytes(whole), scale)
}
