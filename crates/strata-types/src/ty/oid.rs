//! `oid` and its kin. The names behind `regclass` and the others are the catalog's to resolve; here they are
//! numbers, but for types, whose built-in names are known.

use crate::error::{Error, Result};
use crate::sql_type::{Oid, Type};
use crate::typmod::Typmod;

pub(super) fn parse(text: &str, ty: Type) -> Result<u32> {
    let body = text.trim_ascii();
    if ty == Type::REGTYPE
        && let Some(named) = Type::by_name(&body.to_ascii_lowercase())
    {
        return Ok(named.oid().0);
    }
    if ty != Type::OID && body == "-" {
        return Ok(0);
    }
    let digits = body.strip_prefix(['-', '+']).unwrap_or(body);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid_text(ty, text));
    }
    let out_of_range = || Error::TextOutOfRange { ty, input: text.into() };
    let number: i64 = body.parse().map_err(|_| out_of_range())?;
    // Negative numbers wrap around, as they always did.
    u32::try_from(number).or_else(|_| i32::try_from(number).map(|n| n as u32)).map_err(|_| out_of_range())
}

pub(super) fn write(oid: u32, ty: Type, out: &mut Vec<u8>) {
    let named = Type(Oid(oid));
    if ty == Type::REGTYPE && named.info().is_some() {
        out.extend_from_slice(named.sql_name(Typmod::NONE).as_bytes());
    } else if oid == 0 && ty.is_oid_alias() && ty != Type::OID {
        out.push(b'-');
    } else {
        super::write_i64(i64::from(oid), out);
    }
}
