//! Every function and operator, by name and by OID.

use super::call::{Function, Operator};
use super::{FAMILIES, OPERATOR_FAMILIES};
use std::collections::HashMap;
use std::sync::LazyLock;
use strata_types::Type;

static BY_NAME: LazyLock<HashMap<&'static str, Vec<&'static Function>>> = LazyLock::new(|| {
    let mut map: HashMap<&'static str, Vec<&'static Function>> = HashMap::new();
    for function in all() {
        map.entry(function.name).or_default().push(function);
    }
    map
});

static BY_OID: LazyLock<HashMap<u32, &'static Function>> =
    LazyLock::new(|| all().map(|function| (function.oid, function)).collect());

static OPERATORS: LazyLock<Vec<Operator>> = LazyLock::new(|| {
    OPERATOR_FAMILIES.iter().flat_map(|family| family.iter()).filter_map(|row| row.operator()).collect()
});

static BY_SYMBOL: LazyLock<HashMap<&'static str, Vec<&'static Operator>>> = LazyLock::new(|| {
    let mut map: HashMap<&'static str, Vec<&'static Operator>> = HashMap::new();
    for operator in OPERATORS.iter() {
        map.entry(operator.symbol).or_default().push(operator);
    }
    map
});

/// Every function, family by family.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The functions of a name: its overloads.
pub fn by_name(name: &str) -> &'static [&'static Function] {
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// The function of an OID.
pub fn by_oid(oid: u32) -> Option<&'static Function> {
    BY_OID.get(&oid).copied()
}

/// Every operator.
pub fn all_operators() -> &'static [Operator] {
    &OPERATORS
}

/// The operators of a symbol: its overloads, infix and prefix.
pub fn operators(symbol: &str) -> &'static [&'static Operator] {
    BY_SYMBOL.get(symbol).map_or(&[], Vec::as_slice)
}

/// The operator of an OID.
pub fn operator_by_oid(oid: u32) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.oid == oid)
}

/// The operator between two values of one type, if the type has it: itself, or by way of the type whose
/// operators it borrows (varchar compares as text, arrays and rows as such, OID aliases as oid).
pub fn comparison(symbol: &str, ty: Type) -> Option<&'static Function> {
    let lender = match ty {
        Type::VARCHAR | Type::UNKNOWN => Type::TEXT,
        Type::RECORD => Type::RECORD,
        ty if ty.is_oid_alias() => Type::OID,
        ty if ty.is_array() => Type::ANYARRAY,
        ty => ty,
    };
    let between = |ty: Type| {
        operators(symbol).iter().find(|op| op.left == Some(ty) && op.right == ty).map(|op| op.function)
    };
    between(ty).or_else(|| between(lender))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn oids_and_signatures_are_unique() {
        let mut oids = HashSet::new();
        let mut signatures = HashSet::new();
        for function in all() {
            assert!(oids.insert(function.oid), "oid {} of {} is taken", function.oid, function.name);
            assert!(signatures.insert((function.name, function.args)), "{} is there twice", function.name);
        }
        let mut operators = HashSet::new();
        for operator in all_operators() {
            assert!(operators.insert(operator.oid), "oid {} of {} is taken", operator.oid, operator.symbol);
        }
    }

    #[test]
    fn every_operator_has_its_function() {
        for row in OPERATOR_FAMILIES.iter().flat_map(|family| family.iter()) {
            assert!(row.operator().is_some(), "operator {} {}", row.oid, row.symbol);
        }
    }

    #[test]
    fn every_type_with_equality_has_it() {
        for ty in
            [Type::INT4, Type::TEXT, Type::VARCHAR, Type::REGCLASS, Type::INT4_ARRAY, Type::JSONB, Type::UUID]
        {
            assert!(comparison("=", ty).is_some(), "{ty}");
        }
        assert!(comparison("=", Type::JSON).is_none());
    }
}
