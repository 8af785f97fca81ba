//! How indexes order keys: `pg_am`, `pg_opclass`, `pg_opfamily`, `pg_amop`, `pg_amproc`, `pg_collation`.
//!
//! There is one kind of index, an ordered one; PostgreSQL calls it `btree`.

use super::cell::NONE;
use super::notation::{empty_relations, relations};
use super::{PG_CATALOG, SystemSource};
use crate::functions::{Operator, registry};
use crate::schema::Oid;
use strata_types::Type;

/// How a type is ordered in an index.
struct OperatorClass {
    oid: Oid,
    name: &'static str,
    family: Oid,
    ty: Type,
    /// Is taken if an index names none.
    default: bool,
}

/// An operator that an index of a class can answer.
struct Strategy {
    class: &'static OperatorClass,
    number: i16,
    operator: &'static Operator,
}

/// OID of access method `btree`.
const BTREE: Oid = Oid(403);

/// OID, name, handler and type of the access methods.
const METHODS: [(u32, &str, u32, u8); 2] = [(2, "heap", 3, b't'), (403, "btree", 330, b'i')];

/// OID and name of the collations; all of them compare by code point.
const COLLATIONS: [(u32, &str, u8, Option<&str>); 3] =
    [(100, "default", b'd', None), (950, "C", b'c', Some("C")), (951, "POSIX", b'c', Some("POSIX"))];

relations! {
    pg_catalog;
    2601 table "pg_am" = |_: &SystemSource<'_>| METHODS.iter(), |source, method: &(u32, &str, u32, u8)| {
        "oid" OID = method.0;
        "amname" NAME = method.1;
        "amhandler" REGPROC = method.2;
        "amtype" CHAR = method.3;
    }
    2616 table "pg_opclass" = |_: &SystemSource<'_>| CLASSES.iter(), |source, class: &OperatorClass| {
        "oid" OID = class.oid;
        "opcmethod" OID = BTREE;
        "opcname" NAME = class.name;
        "opcnamespace" OID = PG_CATALOG;
        "opcowner" OID = 10;
        "opcfamily" OID = class.family;
        "opcintype" OID = class.ty;
        "opcdefault" BOOL = class.default;
        "opckeytype" OID = if class.ty == Type::NAME { Type::CSTRING } else { Type::NONE };
    }
    2753 table "pg_opfamily"
        = |_: &SystemSource<'_>| OPERATOR_FAMILIES.iter(), |source, family: &(u32, &str)| {
        "oid" OID = family.0;
        "opfmethod" OID = BTREE;
        "opfname" NAME = family.1;
        "opfnamespace" OID = PG_CATALOG;
        "opfowner" OID = 10;
    }
    2602 table "pg_amop" = |_: &SystemSource<'_>| strategies(), |source, strategy: Strategy| {
        "oid" OID = strategy.operator.oid | (1 << 16);
        "amopfamily" OID = strategy.class.family;
        "amoplefttype" OID = strategy.class.ty;
        "amoprighttype" OID = strategy.class.ty;
        "amopstrategy" INT2 = strategy.number;
        "amoppurpose" CHAR = b's';
        "amopopr" OID = strategy.operator.oid;
        "amopmethod" OID = BTREE;
        "amopsortfamily" OID = NONE;
    }
    3456 table "pg_collation"
        = |_: &SystemSource<'_>| COLLATIONS.iter(), |source, collation: &(u32, &str, u8, Option<&str>)| {
        "oid" OID = collation.0;
        "collname" NAME = collation.1;
        "collnamespace" OID = PG_CATALOG;
        "collowner" OID = 10;
        "collprovider" CHAR = collation.2;
        "collisdeterministic" BOOL = true;
        "collencoding" INT4 = -1;
        "collcollate" TEXT = collation.3;
        "collctype" TEXT = collation.3;
        "colliculocale" TEXT;
        "collversion" TEXT;
    }
}

empty_relations! {
    pg_catalog;
    2603 table "pg_amproc" {
        "oid" OID, "amprocfamily" OID, "amproclefttype" OID, "amprocrighttype" OID, "amprocnum" INT2,
        "amproc" REGPROC,
    }
}

/// The operators that an ordered index answers, in the order of their strategy numbers.
const ORDER: [&str; 5] = ["<", "<=", "=", ">=", ">"];

/// The names of the collations.
pub(super) fn collations() -> impl Iterator<Item = &'static str> {
    COLLATIONS.iter().map(|(_, name, ..)| *name)
}

/// A collation by name.
pub(in crate::catalog) fn collation_named(name: &str) -> Option<Oid> {
    COLLATIONS.iter().find(|(_, known, ..)| *known == name).map(|(oid, ..)| Oid(*oid))
}

/// The name of a collation.
pub(in crate::catalog) fn collation_name(oid: Oid) -> Option<&'static str> {
    COLLATIONS.iter().find(|(known, ..)| *known == oid.0).map(|(_, name, ..)| *name)
}

fn strategies() -> impl Iterator<Item = Strategy> {
    CLASSES.iter().filter(|class| class.default).flat_map(|class| {
        (1..).zip(ORDER).filter_map(move |(number, symbol)| {
            let between =
                |operator: &&&Operator| operator.left == Some(class.ty) && operator.right == class.ty;
            let operator = registry::operators(symbol).iter().find(between)?;
            Some(Strategy { class, number, operator })
        })
    })
}

/// The class by which a key column of this type is ordered.
pub(super) fn operator_class(ty: Type) -> Oid {
    let ordered_as = match ty {
        Type::VARCHAR => Type::TEXT,
        ty if ty.is_oid_alias() => Type::OID,
        ty if ty.is_array() => Type::ANYARRAY,
        ty => ty,
    };
    CLASSES.iter().find(|class| class.default && class.ty == ordered_as).map_or(NONE, |class| class.oid)
}

const fn class(oid: u32, name: &'static str, family: u32, ty: Type, default: bool) -> OperatorClass {
    OperatorClass { oid: Oid(oid), name, family: Oid(family), ty, default }
}

/// The operator classes, by OID.
static CLASSES: &[OperatorClass] = &[
    class(1978, "int4_ops", 1976, Type::INT4, true),
    class(1979, "int2_ops", 1976, Type::INT2, true),
    class(1981, "oid_ops", 1989, Type::OID, true),
    class(3122, "date_ops", 434, Type::DATE, true),
    class(3123, "float8_ops", 1970, Type::FLOAT8, true),
    class(3124, "int8_ops", 1976, Type::INT8, true),
    class(3125, "numeric_ops", 1988, Type::NUMERIC, true),
    class(3126, "text_ops", 1994, Type::TEXT, true),
    class(3127, "timestamptz_ops", 434, Type::TIMESTAMPTZ, true),
    class(3128, "timestamp_ops", 434, Type::TIMESTAMP, true),
    class(4217, "text_pattern_ops", 2095, Type::TEXT, false),
    class(4218, "varchar_pattern_ops", 2095, Type::TEXT, false),
    class(4219, "bpchar_pattern_ops", 2097, Type::BPCHAR, false),
    class(10000, "array_ops", 397, Type::ANYARRAY, true),
    class(10002, "bit_ops", 423, Type::BIT, true),
    class(10003, "bool_ops", 424, Type::BOOL, true),
    class(10004, "bpchar_ops", 426, Type::BPCHAR, true),
    class(10006, "bytea_ops", 428, Type::BYTEA, true),
    class(10007, "char_ops", 429, Type::CHAR, true),
    class(10012, "float4_ops", 1970, Type::FLOAT4, true),
    class(10022, "interval_ops", 1982, Type::INTERVAL, true),
    class(10028, "name_ops", 1994, Type::NAME, true),
    class(10032, "oidvector_ops", 1991, Type::OIDVECTOR, true),
    class(10034, "record_ops", 2994, Type::RECORD, true),
    class(10036, "record_image_ops", 3194, Type::RECORD, false),
    class(10038, "time_ops", 1996, Type::TIME, true),
    class(10041, "timetz_ops", 2000, Type::TIMETZ, true),
    class(10043, "varbit_ops", 2002, Type::VARBIT, true),
    class(10044, "varchar_ops", 1994, Type::TEXT, false),
    class(10047, "money_ops", 2099, Type::MONEY, true),
    class(10050, "tid_ops", 2789, Type::TID, true),
    class(10053, "xid8_ops", 5067, Type::XID8, true),
    class(10065, "uuid_ops", 2968, Type::UUID, true),
    class(10067, "pg_lsn_ops", 3253, Type::PG_LSN, true),
    class(10088, "jsonb_ops", 4033, Type::JSONB, true),
];

/// OID and name of the families of operator classes whose values can be compared with each other.
const OPERATOR_FAMILIES: &[(u32, &str)] = &[
    (397, "array_ops"),
    (423, "bit_ops"),
    (424, "bool_ops"),
    (426, "bpchar_ops"),
    (428, "bytea_ops"),
    (429, "char_ops"),
    (434, "datetime_ops"),
    (1970, "float_ops"),
    (1976, "integer_ops"),
    (1982, "interval_ops"),
    (1988, "numeric_ops"),
    (1989, "oid_ops"),
    (1991, "oidvector_ops"),
    (1994, "text_ops"),
    (1996, "time_ops"),
    (2000, "timetz_ops"),
    (2002, "varbit_ops"),
    (2095, "text_pattern_ops"),
    (2097, "bpchar_pattern_ops"),
    (2099, "money_ops"),
    (2789, "tid_ops"),
    (2968, "uuid_ops"),
    (2994, "record_ops"),
    (3194, "record_image_ops"),
    (3253, "pg_lsn_ops"),
    (4033, "jsonb_ops"),
    (5067, "xid8_ops"),
];
