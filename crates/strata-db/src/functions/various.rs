//! Functions of no larger family: uuids, joining strings with values, sizes, checks.

use super::call::Call;
use super::output::text_of;
use super::table::functions;
use super::typed::{OidValue, Uuid};

use strata_types::{Type, Value};

functions! {
    3432 "gen_random_uuid"() -> UUID volatile strict = scalar(|call| random_uuid(call)),
        "generate random UUID";
    2004 "anytextcat"(ANYNONARRAY, TEXT) -> TEXT stable strict
        = scalar(|call; a: &Value, b: &str| text_of(call, a, argument(call, 0)).map(|a| [&*a, b].concat())),
        "concatenate",
        operator 2780 "||";
    2003 "textanycat"(TEXT, ANYNONARRAY) -> TEXT stable strict
        = scalar(|call; a: &str, b: &Value| text_of(call, b, argument(call, 1)).map(|b| [a, &*b].concat())),
        "concatenate",
        operator 2779 "||";
    68 "xideq"(XID, XID) -> BOOL immutable strict = scalar(|a: OidValue, b: OidValue| a.0 == b.0), "equal",
        operator 352 "=" commutator "=" negator "<>";
    3308 "xidneq"(XID, XID) -> BOOL immutable strict = scalar(|a: OidValue, b: OidValue| a.0 != b.0),
        "not equal",
        operator 3315 "<>" commutator "<>" negator "=";
    69 "cideq"(CID, CID) -> BOOL immutable strict = scalar(|a: OidValue, b: OidValue| a.0 == b.0), "equal",
        operator 385 "=" commutator "=";
    400 "hashtext"(TEXT) -> INT4 immutable strict = scalar(|s: &str| hash(s.as_bytes())), "hash";
    450 "hashint4"(INT4) -> INT4 immutable strict = scalar(|n: i32| hash(&n.to_le_bytes())), "hash";
    949 "hashint8"(INT8) -> INT4 immutable strict = scalar(|n: i64| hash(&n.to_le_bytes())), "hash";
}

fn argument(call: &Call<'_>, index: usize) -> Type {
    call.args.get(index).copied().unwrap_or(Type::TEXT)
}

/// Version 4, variant 1 (RFC 9562): 122 random bits.
fn random_uuid(call: &Call<'_>) -> Uuid {
    let mut bytes = [0; 16];
    let (high, low) = bytes.split_at_mut(8);
    high.copy_from_slice(&call.env.random().to_le_bytes());
    low.copy_from_slice(&call.env.random().to_le_bytes());
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid(bytes)
}

/// A stable 32-bit hash (FNV-1a); not the numbers that PostgreSQL computes.
fn hash(bytes: &[u8]) -> i32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step) as i32
}
