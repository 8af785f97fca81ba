//! Comparisons: `= <> < <= > >=` for every type, and between types that compare with each other.

use super::call::{Call, Function, FunctionKind, Volatility};
use super::table::OperatorRow;
use crate::error::Result;
use std::cmp::Ordering;
use strata_types::{Column, ColumnData, Type, Value, compare_f32, compare_f64, datetime};

/// Which outcomes of a comparison an operator is true for.
pub(super) trait Predicate {
    /// Is it true for this one?
    fn holds(order: Ordering) -> bool;
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident = $holds:ident;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        impl Predicate for $name {
            #[inline]
            fn holds(order: Ordering) -> bool {
                order.$holds()
            }
        }
    )*};
}

predicates! {
    /// `=`
    Equal = is_eq;
    /// `<>`
    NotEqual = is_ne;
    /// `<`
    Less = is_lt;
    /// `<=`
    LessEqual = is_le;
    /// `>`
    Greater = is_gt;
    /// `>=`
    GreaterEqual = is_ge;
}

/// How two values, neither of them NULL, stand to each other.
pub(super) type Order = fn(&Call<'_>, &Value, &Value) -> Ordering;

/// One pair of values.
pub(super) fn scalar<P: Predicate>(call: &Call<'_>, args: &[Value], order: Order) -> Result<Value> {
    match args {
        [a, b] => Ok(Value::Bool(P::holds(order(call, a, b)))),
        _ => unreachable!("a comparison has two operands"),
    }
}

/// Two columns, with loops of their own for the types that most queries compare.
pub(super) fn vector<P: Predicate>(call: &Call<'_>, args: &[&Column], order: Order) -> Result<Column> {
    let [left, right] = args else { unreachable!("a comparison has two operands") };
    let validity = super::arithmetic::both_valid(left, right);
    let truths = match (&left.data, &right.data) {
        (ColumnData::Int4(a), ColumnData::Int4(b)) | (ColumnData::Date(a), ColumnData::Date(b)) => {
            each::<P, _>(a, b, Ord::cmp)
        }
        (ColumnData::Int8(a), ColumnData::Int8(b))
        | (ColumnData::Timestamp(a), ColumnData::Timestamp(b))
        | (ColumnData::TimestampTz(a), ColumnData::TimestampTz(b))
        | (ColumnData::Time(a), ColumnData::Time(b)) => each::<P, _>(a, b, Ord::cmp),
        (ColumnData::Int2(a), ColumnData::Int2(b)) => each::<P, _>(a, b, Ord::cmp),
        (ColumnData::Bool(a), ColumnData::Bool(b)) => each::<P, _>(a, b, Ord::cmp),
        (ColumnData::Float8(a), ColumnData::Float8(b)) => each::<P, _>(a, b, |a, b| compare_f64(*a, *b)),
        (ColumnData::Float4(a), ColumnData::Float4(b)) => each::<P, _>(a, b, |a, b| compare_f32(*a, *b)),
        (ColumnData::Text(a), ColumnData::Text(b)) if call.args != [Type::BPCHAR, Type::BPCHAR] => {
            a.iter().zip(b.iter()).map(|(a, b)| P::holds(a.cmp(b))).collect()
        }
        _ => (0..left.len())
            .map(|row| match (left.value(row), right.value(row)) {
                (Value::Null, _) | (_, Value::Null) => false,
                (a, b) => P::holds(order(call, &a, &b)),
            })
            .collect(),
    };
    Ok(Column::new(Type::BOOL, ColumnData::Bool(truths), validity))
}

#[inline]
fn each<P: Predicate, T>(a: &[T], b: &[T], order: impl Fn(&T, &T) -> Ordering) -> Vec<bool> {
    a.iter().zip(b).map(|(a, b)| P::holds(order(a, b))).collect()
}

/// Values of one type, whose order is that of [`Value`].
pub(super) fn natural(_: &Call<'_>, a: &Value, b: &Value) -> Ordering {
    a.cmp(b)
}

/// `character(n)`: trailing blanks do not count.
pub(super) fn padded(_: &Call<'_>, a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.trim_end_matches(' ').cmp(b.trim_end_matches(' ')),
        _ => a.cmp(b),
    }
}

/// Integers of different widths.
pub(super) fn integers(_: &Call<'_>, a: &Value, b: &Value) -> Ordering {
    a.as_i64().cmp(&b.as_i64())
}

/// `real` with `double precision`.
pub(super) fn floats(_: &Call<'_>, a: &Value, b: &Value) -> Ordering {
    let wide = |value: &Value| match value {
        Value::Float4(f) => f64::from(*f),
        Value::Float8(f) => *f,
        other => unreachable!("{other:?} is no float"),
    };
    compare_f64(wide(a), wide(b))
}

/// `date`, `timestamp` and `timestamptz` with each other: local times are of the session's zone.
pub(super) fn moments(call: &Call<'_>, a: &Value, b: &Value) -> Ordering {
    let zone = &call.format().time_zone;
    let zoned = [a, b].iter().any(|value| matches!(value, Value::TimestampTz(_)));
    let moment = |value: &Value| -> i128 {
        let local = match value {
            Value::Date(datetime::DATE_INFINITY) => return i128::MAX,
            Value::Date(datetime::DATE_NEG_INFINITY) => return i128::MIN,
            Value::TimestampTz(datetime::TIMESTAMP_INFINITY)
            | Value::Timestamp(datetime::TIMESTAMP_INFINITY) => {
                return i128::MAX;
            }
            Value::TimestampTz(datetime::TIMESTAMP_NEG_INFINITY)
            | Value::Timestamp(datetime::TIMESTAMP_NEG_INFINITY) => return i128::MIN,
            Value::TimestampTz(utc) => return i128::from(*utc),
            Value::Date(days) => i128::from(*days) * i128::from(datetime::DAY),
            Value::Timestamp(local) => i128::from(*local),
            other => unreachable!("{other:?} is no moment"),
        };
        // A local time beyond the range of moments is before or after all of them as it stands.
        match i64::try_from(local) {
            Ok(time) if zoned => datetime::local_to_utc(zone, time).map_or(local, i128::from),
            _ => local,
        }
    };
    moment(a).cmp(&moment(b))
}

macro_rules! comparisons {
    ($($left:ident $right:ident by $order:ident:
        $eq:literal $eq_oid:literal $eq_op:literal, $ne:literal $ne_oid:literal $ne_op:literal,
        $lt:literal $lt_oid:literal $lt_op:literal, $le:literal $le_oid:literal $le_op:literal,
        $gt:literal $gt_oid:literal $gt_op:literal, $ge:literal $ge_oid:literal $ge_op:literal;)*) => {
        /// The functions behind the comparison operators.
        pub(super) static FUNCTIONS: &[Function] = &[$(
            row!($eq_oid $eq $left $right Equal $order "equal"),
            row!($ne_oid $ne $left $right NotEqual $order "not equal"),
            row!($lt_oid $lt $left $right Less $order "less than"),
            row!($le_oid $le $left $right LessEqual $order "less than or equal"),
            row!($gt_oid $gt $left $right Greater $order "greater than"),
            row!($ge_oid $ge $left $right GreaterEqual $order "greater than or equal"),
        )*];
        /// The comparison operators.
        pub(super) static OPERATORS: &[OperatorRow] = &[$(
            operator($eq_op, "=", $eq_oid, "=", "<>"),
            operator($ne_op, "<>", $ne_oid, "<>", "="),
            operator($lt_op, "<", $lt_oid, ">", ">="),
            operator($le_op, "<=", $le_oid, ">=", ">"),
            operator($gt_op, ">", $gt_oid, "<", "<="),
            operator($ge_op, ">=", $ge_oid, "<=", "<"),
        )*];
    };
}

macro_rules! row {
    ($oid:literal $name:literal $left:ident $right:ident $predicate:ident $order:ident $doc:literal) => {
        Function {
            oid: $oid,
            name: $name,
            args: &[Type::$left, Type::$right],
            variadic: false,
            defaults: 0,
            result: Type::BOOL,
            volatility: Volatility::Immutable,
            strict: true,
            kind: FunctionKind::Scalar(
                |call, args| scalar::<$predicate>(call, args, $order),
                Some(|call, args| vector::<$predicate>(call, args, $order)),
            ),
            doc: $doc,
        }
    };
}

const fn operator(
    oid: u32,
    symbol: &'static str,
    function: u32,
    commutator: &'static str,
    negator: &'static str,
) -> OperatorRow {
    OperatorRow { oid, symbol, function, commutator: Some(commutator), negator: Some(negator) }
}

#[rustfmt::skip]
comparisons! {
    // operands and their order: name, function's OID, operator's OID of = <> < <= > >=
    BOOL BOOL by natural: "booleq" 60 91, "boolne" 84 85, "boollt" 56 58,
        "boolle" 1691 1694, "boolgt" 57 59, "boolge" 1692 1695;
    CHAR CHAR by natural: "chareq" 61 92, "charne" 70 630, "charlt" 1246 631,
        "charle" 72 632, "chargt" 73 633, "charge" 74 634;
    NAME NAME by natural: "nameeq" 62 93, "namene" 659 643, "namelt" 655 660,
        "namele" 656 661, "namegt" 657 662, "namege" 658 663;
    INT2 INT2 by natural: "int2eq" 63 94, "int2ne" 145 519, "int2lt" 64 95,
        "int2le" 148 522, "int2gt" 146 520, "int2ge" 151 524;
    INT4 INT4 by natural: "int4eq" 65 96, "int4ne" 144 518, "int4lt" 66 97,
        "int4le" 149 523, "int4gt" 147 521, "int4ge" 150 525;
    TEXT TEXT by natural: "texteq" 67 98, "textne" 157 531, "text_lt" 740 664,
        "text_le" 741 665, "text_gt" 742 666, "text_ge" 743 667;
    INT2 INT4 by integers: "int24eq" 158 532, "int24ne" 164 538, "int24lt" 160 534,
        "int24le" 166 540, "int24gt" 162 536, "int24ge" 168 542;
    INT4 INT2 by integers: "int42eq" 159 533, "int42ne" 165 539, "int42lt" 161 535,
        "int42le" 167 541, "int42gt" 163 537, "int42ge" 169 543;
    OID OID by natural: "oideq" 184 607, "oidne" 185 608, "oidlt" 716 609,
        "oidle" 717 611, "oidgt" 1638 610, "oidge" 1639 612;
    NAME TEXT by natural: "nameeqtext" 240 254, "namenetext" 245 259, "namelttext" 241 255,
        "nameletext" 242 256, "namegttext" 244 258, "namegetext" 243 257;
    TEXT NAME by natural: "texteqname" 247 260, "textnename" 252 265, "textltname" 248 261,
        "textlename" 249 262, "textgtname" 251 264, "textgename" 250 263;
    FLOAT4 FLOAT4 by natural: "float4eq" 287 620, "float4ne" 288 621, "float4lt" 289 622,
        "float4le" 290 624, "float4gt" 291 623, "float4ge" 292 625;
    FLOAT8 FLOAT8 by natural: "float8eq" 293 670, "float8ne" 294 671, "float8lt" 295 672,
        "float8le" 296 673, "float8gt" 297 674, "float8ge" 298 675;
    FLOAT4 FLOAT8 by floats: "float48eq" 299 1120, "float48ne" 300 1121, "float48lt" 301 1122,
        "float48le" 302 1124, "float48gt" 303 1123, "float48ge" 304 1125;
    FLOAT8 FLOAT4 by floats: "float84eq" 305 1130, "float84ne" 306 1131, "float84lt" 307 1132,
        "float84le" 308 1134, "float84gt" 309 1133, "float84ge" 310 1135;
    INT8 INT8 by natural: "int8eq" 467 410, "int8ne" 468 411, "int8lt" 469 412,
        "int8le" 471 414, "int8gt" 470 413, "int8ge" 472 415;
    INT8 INT4 by integers: "int84eq" 474 416, "int84ne" 475 417, "int84lt" 476 418,
        "int84le" 478 420, "int84gt" 477 419, "int84ge" 479 430;
    ANYARRAY ANYARRAY by natural: "array_eq" 744 1070, "array_ne" 390 1071, "array_lt" 391 1072,
        "array_le" 393 1074, "array_gt" 392 1073, "array_ge" 396 1075;
    INT4 INT8 by integers: "int48eq" 852 15, "int48ne" 853 36, "int48lt" 854 37,
        "int48le" 856 80, "int48gt" 855 76, "int48ge" 857 82;
    BPCHAR BPCHAR by padded: "bpchareq" 1048 1054, "bpcharne" 1053 1057, "bpcharlt" 1049 1058,
        "bpcharle" 1050 1059, "bpchargt" 1051 1060, "bpcharge" 1052 1061;
    DATE DATE by natural: "date_eq" 1086 1093, "date_ne" 1091 1094, "date_lt" 1087 1095,
        "date_le" 1088 1096, "date_gt" 1089 1097, "date_ge" 1090 1098;
    TIME TIME by natural: "time_eq" 1145 1108, "time_ne" 1106 1109, "time_lt" 1102 1110,
        "time_le" 1103 1111, "time_gt" 1104 1112, "time_ge" 1105 1113;
    TIMESTAMPTZ TIMESTAMPTZ by natural: "timestamptz_eq" 1152 1320, "timestamptz_ne" 1153 1321, "timestamptz_lt" 1154 1322,
        "timestamptz_le" 1155 1323, "timestamptz_gt" 1157 1324, "timestamptz_ge" 1156 1325;
    INTERVAL INTERVAL by natural: "interval_eq" 1162 1330, "interval_ne" 1163 1331, "interval_lt" 1164 1332,
        "interval_le" 1165 1333, "interval_gt" 1167 1334, "interval_ge" 1166 1335;
    TIMETZ TIMETZ by natural: "timetz_eq" 1352 1550, "timetz_ne" 1353 1551, "timetz_lt" 1354 1552,
        "timetz_le" 1355 1553, "timetz_gt" 1357 1554, "timetz_ge" 1356 1555;
    BIT BIT by natural: "biteq" 1581 1784, "bitne" 1582 1785, "bitlt" 1595 1786,
        "bitle" 1594 1788, "bitgt" 1593 1787, "bitge" 1592 1789;
    VARBIT VARBIT by natural: "varbiteq" 1666 1804, "varbitne" 1667 1805, "varbitlt" 1671 1806,
        "varbitle" 1670 1808, "varbitgt" 1669 1807, "varbitge" 1668 1809;
    NUMERIC NUMERIC by natural: "numeric_eq" 1718 1752, "numeric_ne" 1719 1753, "numeric_lt" 1722 1754,
        "numeric_le" 1723 1755, "numeric_gt" 1720 1756, "numeric_ge" 1721 1757;
    INT2 INT8 by integers: "int28eq" 1850 1862, "int28ne" 1851 1863, "int28lt" 1852 1864,
        "int28le" 1854 1866, "int28gt" 1853 1865, "int28ge" 1855 1867;
    INT8 INT2 by integers: "int82eq" 1856 1868, "int82ne" 1857 1869, "int82lt" 1858 1870,
        "int82le" 1860 1872, "int82gt" 1859 1871, "int82ge" 1861 1873;
    BYTEA BYTEA by natural: "byteaeq" 1948 1955, "byteane" 1953 1956, "bytealt" 1949 1957,
        "byteale" 1950 1958, "byteagt" 1951 1959, "byteage" 1952 1960;
    TIMESTAMP TIMESTAMP by natural: "timestamp_eq" 2052 2060, "timestamp_ne" 2053 2061, "timestamp_lt" 2054 2062,
        "timestamp_le" 2055 2063, "timestamp_gt" 2057 2064, "timestamp_ge" 2056 2065;
    DATE TIMESTAMP by moments: "date_eq_timestamp" 2340 2347, "date_ne_timestamp" 2343 2350, "date_lt_timestamp" 2338 2345,
        "date_le_timestamp" 2339 2346, "date_gt_timestamp" 2341 2349, "date_ge_timestamp" 2342 2348;
    DATE TIMESTAMPTZ by moments: "date_eq_timestamptz" 2353 2360, "date_ne_timestamptz" 2356 2363, "date_lt_timestamptz" 2351 2358,
        "date_le_timestamptz" 2352 2359, "date_gt_timestamptz" 2354 2362, "date_ge_timestamptz" 2355 2361;
    TIMESTAMP DATE by moments: "timestamp_eq_date" 2366 2373, "timestamp_ne_date" 2369 2376, "timestamp_lt_date" 2364 2371,
        "timestamp_le_date" 2365 2372, "timestamp_gt_date" 2367 2375, "timestamp_ge_date" 2368 2374;
    TIMESTAMPTZ DATE by moments: "timestamptz_eq_date" 2379 2386, "timestamptz_ne_date" 2382 2389, "timestamptz_lt_date" 2377 2384,
        "timestamptz_le_date" 2378 2385, "timestamptz_gt_date" 2380 2388, "timestamptz_ge_date" 2381 2387;
    TIMESTAMP TIMESTAMPTZ by moments: "timestamp_eq_timestamptz" 2522 2536, "timestamp_ne_timestamptz" 2525 2539, "timestamp_lt_timestamptz" 2520 2534,
        "timestamp_le_timestamptz" 2521 2535, "timestamp_gt_timestamptz" 2523 2538, "timestamp_ge_timestamptz" 2524 2537;
    TIMESTAMPTZ TIMESTAMP by moments: "timestamptz_eq_timestamp" 2529 2542, "timestamptz_ne_timestamp" 2532 2545, "timestamptz_lt_timestamp" 2527 2540,
        "timestamptz_le_timestamp" 2528 2541, "timestamptz_gt_timestamp" 2530 2544, "timestamptz_ge_timestamp" 2531 2543;
    UUID UUID by natural: "uuid_eq" 2956 2972, "uuid_ne" 2959 2973, "uuid_lt" 2954 2974,
        "uuid_le" 2955 2976, "uuid_gt" 2958 2975, "uuid_ge" 2957 2977;
    RECORD RECORD by natural: "record_eq" 2981 2988, "record_ne" 2982 2989, "record_lt" 2983 2990,
        "record_le" 2985 2992, "record_gt" 2984 2991, "record_ge" 2986 2993;
    JSONB JSONB by natural: "jsonb_eq" 4043 3240, "jsonb_ne" 4038 3241, "jsonb_lt" 4039 3242,
        "jsonb_le" 4041 3244, "jsonb_gt" 4040 3243, "jsonb_ge" 4042 3245;
}
