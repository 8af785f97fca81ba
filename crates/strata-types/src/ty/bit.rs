//! `bit(n)` and `bit varying(n)`: binary digits, or hexadecimal after `x`.

use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::sql_type::Type;
use crate::sqlstate;
use crate::typmod::Typmod;

pub(super) fn parse(ty: Type, typmod: Typmod, text: &str) -> Result<Bits> {
    let (digits, hexadecimal) = match text.as_bytes().first() {
        Some(b'b' | b'B') => (&text[1..], false),
        Some(b'x' | b'X') => (&text[1..], true),
        _ => (text, false),
    };
    let mut bits = Bits::default();
    for digit in digits.chars() {
        match (hexadecimal, digit.to_digit(if hexadecimal { 16 } else { 2 })) {
            (false, Some(bit)) => bits.push(bit == 1),
            (true, Some(value)) => (0..4).rev().for_each(|place| bits.push(value >> place & 1 == 1)),
            (_, None) => {
                let kind = if hexadecimal { "hexadecimal" } else { "binary" };
                return Err(Error::Other {
                    sqlstate: sqlstate::INVALID_TEXT_REPRESENTATION,
                    message: format!("\"{digit}\" is not a valid {kind} digit").into(),
                });
            }
        }
    }
    check_length(ty, typmod, bits)
}

/// The bits, if they are as many as the type declares.
pub(crate) fn check_length(ty: Type, typmod: Typmod, bits: Bits) -> Result<Bits> {
    let Some(declared) = typmod.as_plain().map(|declared| declared as usize) else { return Ok(bits) };
    match ty {
        Type::BIT if bits.len != declared => Err(Error::BitLength { len: bits.len, declared }),
        Type::VARBIT if bits.len > declared => Err(Error::Other {
            sqlstate: sqlstate::STRING_DATA_RIGHT_TRUNCATION,
            message: format!("bit string too long for type bit varying({declared})").into(),
        }),
        _ => Ok(bits),
    }
}

pub(super) fn write(bits: &Bits, out: &mut Vec<u8>) {
    out.extend(bits.iter().map(|bit| if bit { b'1' } else { b'0' }));
}
