//! Lists of who may do what: `acldefault` makes them, `aclexplode` takes them apart.

use super::call::{Call, RowSource};
use super::rows::Rows;
use super::table::functions;
use super::typed::{CharValue, OidValue};
use crate::error::{Result, SqlError};
use strata_types::{Array, Type, Value, sqlstate};

functions! {
    3943 "acldefault"(CHAR, OID) -> ACLITEM_ARRAY immutable strict
        = scalar(|call; kind: CharValue, owner: OidValue| default_list(call, kind.0, owner)),
        "show hardwired default privileges, primarily for use by the information schema";
    1689 "aclexplode"(ACLITEM_ARRAY) -> RECORD stable strict
        = set(explode; "grantor" OID, "grantee" OID, "privilege_type" TEXT, "is_grantable" BOOL),
        "convert ACL item array to table, for use by information schema";
}

/// The letters of privileges, and their words.
const PRIVILEGES: &[(char, &str)] = &[
    ('a', "INSERT"),
    ('r', "SELECT"),
    ('w', "UPDATE"),
    ('d', "DELETE"),
    ('D', "TRUNCATE"),
    ('x', "REFERENCES"),
    ('t', "TRIGGER"),
    ('X', "EXECUTE"),
    ('U', "USAGE"),
    ('C', "CREATE"),
    ('T', "TEMPORARY"),
    ('c', "CONNECT"),
    ('s', "SET"),
    ('A', "ALTER SYSTEM"),
];

/// What everybody and the owner may do with an object of a kind when nobody has said anything.
fn default_list(call: &Call<'_>, kind: u8, owner: OidValue) -> Result<Array> {
    let (everybody, of_owner) = match kind {
        b'c' => ("", ""),
        b'r' => ("", "arwdDxt"),
        b's' => ("", "rwU"),
        b'd' => ("Tc", "CTc"),
        b'f' => ("X", "X"),
        b'l' | b'T' => ("U", "U"),
        b'L' => ("", "rw"),
        b'n' => ("", "UC"),
        b't' => ("", "C"),
        b'F' | b'S' => ("", "U"),
        b'p' => ("", "sA"),
        _ => {
            return Err(SqlError::new(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("unrecognized object type abbreviation: {}", char::from(kind)),
            ));
        }
    };
    let name = call.env.object_name(Type::REGROLE, owner.0).unwrap_or_else(|| owner.0.to_string());
    let items = [(String::new(), everybody), (name.clone(), of_owner)];
    let given = items.iter().filter(|(_, letters)| !letters.is_empty());
    let texts = given.map(|(grantee, letters)| Value::text(format!("{grantee}={letters}/{name}")));
    Ok(Array::new(Type::ACLITEM, texts.collect()))
}

/// A row for each privilege in a list.
fn explode(call: &Call<'_>, args: &[Value]) -> Result<Box<dyn RowSource>> {
    let Some(Value::Array(list)) = args.first() else { return Ok(Rows::of(Vec::new())) };
    let mut rows = Vec::new();
    for item in list.values.iter().filter_map(Value::as_str) {
        let Some((grantee, rest)) = item.split_once('=') else { continue };
        let (letters, grantor) = rest.split_once('/').unwrap_or((rest, ""));
        let (grantee, grantor) = (role(call, grantee)?, role(call, grantor)?);
        let mut letters = letters.chars().peekable();
        while let Some(letter) = letters.next() {
            let grantable = letters.next_if_eq(&'*').is_some();
            let Some((_, word)) = PRIVILEGES.iter().find(|(known, _)| *known == letter) else { continue };
            rows.push(vec![
                Value::Oid(grantor),
                Value::Oid(grantee),
                Value::text(*word),
                Value::Bool(grantable),
            ]);
        }
    }
    Ok(Rows::of(rows))
}

/// The OID of a role in a list; everybody is 0.
fn role(call: &Call<'_>, name: &str) -> Result<u32> {
    if name.is_empty() {
        return Ok(0);
    }
    Ok(call.env.object_oid(Type::REGROLE, name)?.unwrap_or(0))
}
