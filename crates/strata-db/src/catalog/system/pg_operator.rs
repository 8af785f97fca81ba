//! `pg_operator` and `pg_cast`: what stands between values, and what turns one into another.

use super::cell::NONE;
use super::notation::relations;
use super::{PG_CATALOG, SystemSource};
use crate::functions::{Operator, registry};
use crate::schema::Oid;
use strata_types::{CASTS, Cast, CastContext, Type};

relations! {
    pg_catalog;
    2617 table "pg_operator"
        = |_: &SystemSource<'_>| registry::all_operators().iter(), |source, operator: &'static Operator| {
        "oid" OID = operator.oid;
        "oprname" NAME = operator.symbol;
        "oprnamespace" OID = PG_CATALOG;
        "oprowner" OID = 10;
        "oprkind" CHAR = if operator.left.is_some() { b'b' } else { b'l' };
        "oprcanmerge" BOOL = is_equality(operator);
        "oprcanhash" BOOL = is_equality(operator);
        "oprleft" OID = operator.left.unwrap_or(Type::NONE);
        "oprright" OID = operator.right;
        "oprresult" OID = operator.function.result;
        "oprcom" OID =
            operator.commutator.map_or(NONE, |symbol| between(symbol, Some(operator.right), operator.left));
        "oprnegate" OID =
            operator.negator.map_or(NONE, |symbol| between(symbol, operator.left, Some(operator.right)));
        "oprcode" REGPROC = operator.function.oid;
        "oprrest" REGPROC = NONE;
        "oprjoin" REGPROC = NONE;
    }
    2605 table "pg_cast"
        = |_: &SystemSource<'_>| (FIRST_CAST..).zip(CASTS), |source, cast: (u32, &'static Cast)| {
        "oid" OID = cast.0;
        "castsource" OID = cast.1.from;
        "casttarget" OID = cast.1.to;
        "castfunc" OID = NONE;
        "castcontext" CHAR = context(cast.1);
        "castmethod" CHAR = b'b';
    }
}

/// OID of the first cast.
const FIRST_CAST: u32 = 10_100;

fn is_equality(operator: &Operator) -> bool {
    operator.symbol == "=" && operator.left == Some(operator.right)
}

/// The operator of a symbol between two types.
fn between(symbol: &str, left: Option<Type>, right: Option<Type>) -> Oid {
    let found = registry::operators(symbol)
        .iter()
        .find(|operator| operator.left == left && Some(operator.right) == right);
    found.map_or(NONE, |operator| Oid(operator.oid))
}

fn context(cast: &Cast) -> u8 {
    match cast.context {
        CastContext::Implicit => b'i',
        CastContext::Assignment => b'a',
        CastContext::Explicit => b'e',
    }
}
