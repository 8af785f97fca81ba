//! Bit strings.

use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Bits, sqlstate};

functions! {
    1673 "bitand"(BIT, BIT) -> BIT immutable strict
        = scalar(|a: &Bits, b: &Bits| zipped(a, b, "AND", |a, b| a & b)), "bitwise and",
        operator 1791 "&" commutator "&";
    1674 "bitor"(BIT, BIT) -> BIT immutable strict
        = scalar(|a: &Bits, b: &Bits| zipped(a, b, "OR", |a, b| a | b)), "bitwise or",
        operator 1792 "|" commutator "|";
    1675 "bitxor"(BIT, BIT) -> BIT immutable strict
        = scalar(|a: &Bits, b: &Bits| zipped(a, b, "XOR", |a, b| a ^ b)), "bitwise exclusive or",
        operator 1793 "#" commutator "#";
    1676 "bitnot"(BIT) -> BIT immutable strict
        = scalar(|a: &Bits| Bits::from_bits(a.iter().map(|bit| !bit))), "bitwise not",
        operator 1794 "~";
    1677 "bitshiftleft"(BIT, INT4) -> BIT immutable strict
        = scalar(|a: &Bits, by: i32| shifted(a, i64::from(by))), "bitwise shift left",
        operator 1795 "<<";
    1678 "bitshiftright"(BIT, INT4) -> BIT immutable strict
        = scalar(|a: &Bits, by: i32| shifted(a, -i64::from(by))), "bitwise shift right",
        operator 1796 ">>";
    1679 "bitcat"(VARBIT, VARBIT) -> VARBIT immutable strict
        = scalar(|a: &Bits, b: &Bits| Bits::from_bits(a.iter().chain(b.iter()))), "concatenate",
        operator 1797 "||";
    1681 "length"(BIT) -> INT4 immutable strict = scalar(|a: &Bits| a.len as i32), "bitstring length";
    1812 "bit_length"(BIT) -> INT4 immutable strict = scalar(|a: &Bits| a.len as i32), "length in bits";
    1682 "octet_length"(BIT) -> INT4 immutable strict = scalar(|a: &Bits| a.bytes.len() as i32),
        "octet length";
    6162 "bit_count"(BIT) -> INT8 immutable strict
        = scalar(|a: &Bits| a.iter().filter(|bit| *bit).count() as i64), "number of set bits";
    6163 "bit_count"(BYTEA) -> INT8 immutable strict
        = scalar(|a: &[u8]| a.iter().map(|byte| i64::from(byte.count_ones())).sum::<i64>()),
        "number of set bits";
    1698 "position"(BIT, BIT) -> INT4 immutable strict = scalar(|a: &Bits, sought: &Bits| position(a, sought)),
        "position of sub-bitstring";
    3032 "get_bit"(BIT, INT4) -> INT4 immutable strict = scalar(|a: &Bits, index: i32| get(a, index)),
        "get bit";
    3033 "set_bit"(BIT, INT4, INT4) -> BIT immutable strict
        = scalar(|a: &Bits, index: i32, bit: i32| set(a, index, bit)), "set bit";
    1699 "substring"(BIT, INT4) -> BIT immutable strict = scalar(|a: &Bits, from: i32| cut(a, from, None)),
        "extract portion of bitstring";
    1680 "substring"(BIT, INT4, INT4) -> BIT immutable strict
        = scalar(|a: &Bits, from: i32, count: i32| cut(a, from, Some(count))), "extract portion of bitstring";
}

fn zipped(a: &Bits, b: &Bits, what: &str, f: fn(bool, bool) -> bool) -> Result<Bits> {
    if a.len != b.len {
        return Err(SqlError::new(
            sqlstate::STRING_DATA_LENGTH_MISMATCH,
            format!("cannot {what} bit strings of different sizes"),
        ));
    }
    Ok(Bits::from_bits(a.iter().zip(b.iter()).map(|(a, b)| f(a, b))))
}

/// To the left; the length stays.
fn shifted(a: &Bits, by: i64) -> Bits {
    let from = |index: usize| usize::try_from(index as i64 + by).ok().and_then(|index| a.get(index));
    Bits::from_bits((0..a.len).map(|index| from(index).unwrap_or(false)))
}

/// Where the bits sought begin for the first time, counted from 1; 0 if they are nowhere. Nothing at all is
/// found at the start of every bit string that has one.
fn position(a: &Bits, sought: &Bits) -> i32 {
    let (a, sought): (Vec<bool>, Vec<bool>) = (a.iter().collect(), sought.iter().collect());
    if a.is_empty() || sought.len() > a.len() {
        return 0;
    }
    let found = (0..=a.len() - sought.len()).find(|start| a[*start..].starts_with(&sought));
    found.map_or(0, |start| start as i32 + 1)
}

fn checked(a: &Bits, index: i32) -> Result<usize> {
    usize::try_from(index).ok().filter(|index| *index < a.len).ok_or_else(|| {
        SqlError::new(
            sqlstate::ARRAY_SUBSCRIPT_ERROR,
            format!("bit index {index} out of valid range (0..{})", a.len as i64 - 1),
        )
    })
}

fn get(a: &Bits, index: i32) -> Result<i32> {
    let index = checked(a, index)?;
    Ok(i32::from(a.get(index) == Some(true)))
}

fn set(a: &Bits, index: i32, bit: i32) -> Result<Bits> {
    let index = checked(a, index)?;
    if bit != 0 && bit != 1 {
        return Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, "new bit must be 0 or 1"));
    }
    Ok(Bits::from_bits(a.iter().enumerate().map(|(at, old)| if at == index { bit == 1 } else { old })))
}

fn cut(a: &Bits, from: i32, count: Option<i32>) -> Result<Bits> {
    let from = i64::from(from);
    let end = match count {
        Some(count) if count < 0 => {
            return Err(SqlError::new(sqlstate::SUBSTRING_ERROR, "negative substring length not allowed"));
        }
        Some(count) => from + i64::from(count),
        None => i64::MAX,
    };
    let start = (from.max(1) - 1) as usize;
    let len = (end - from.max(1)).max(0) as usize;
    Ok(Bits::from_bits(a.iter().skip(start).take(len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Bits {
        Bits::from_bits(text.chars().map(|digit| digit == '1'))
    }

    #[test]
    fn positions_are_as_in_postgres() {
        for (sought, a, expected) in
            [("1010", "0000101", 0), ("1010", "000001010", 6), ("", "00001010", 1), ("0", "", 0), ("", "", 0)]
        {
            assert_eq!(position(&bits(a), &bits(sought)), expected, "{sought} in {a}");
        }
    }
}
