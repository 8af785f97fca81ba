//! Operators over numbers.

use super::arithmetic::Native;
use super::mathematics::{exact_power, power, square_root};
use super::table::functions;
use strata_types::{Error, Numeric};

fn out_of_range<T: Native>() -> Error {
    Error::OutOfRange { ty: T::TYPE }
}

functions! {
    176 "int2pl"(INT2, INT2) -> INT2 immutable strict = arithmetic(Add, i16, i16, i16), "add",
        operator 550 "+" commutator "+";
    180 "int2mi"(INT2, INT2) -> INT2 immutable strict = arithmetic(Subtract, i16, i16, i16), "subtract",
        operator 554 "-";
    152 "int2mul"(INT2, INT2) -> INT2 immutable strict = arithmetic(Multiply, i16, i16, i16), "multiply",
        operator 526 "*" commutator "*";
    153 "int2div"(INT2, INT2) -> INT2 immutable strict = arithmetic(Divide, i16, i16, i16), "divide",
        operator 527 "/";
    178 "int24pl"(INT2, INT4) -> INT4 immutable strict = arithmetic(Add, i16, i32, i32), "add",
        operator 552 "+" commutator "+";
    182 "int24mi"(INT2, INT4) -> INT4 immutable strict = arithmetic(Subtract, i16, i32, i32), "subtract",
        operator 556 "-";
    170 "int24mul"(INT2, INT4) -> INT4 immutable strict = arithmetic(Multiply, i16, i32, i32), "multiply",
        operator 544 "*" commutator "*";
    172 "int24div"(INT2, INT4) -> INT4 immutable strict = arithmetic(Divide, i16, i32, i32), "divide",
        operator 546 "/";
    841 "int28pl"(INT2, INT8) -> INT8 immutable strict = arithmetic(Add, i16, i64, i64), "add",
        operator 822 "+" commutator "+";
    942 "int28mi"(INT2, INT8) -> INT8 immutable strict = arithmetic(Subtract, i16, i64, i64), "subtract",
        operator 823 "-";
    943 "int28mul"(INT2, INT8) -> INT8 immutable strict = arithmetic(Multiply, i16, i64, i64), "multiply",
        operator 824 "*" commutator "*";
    948 "int28div"(INT2, INT8) -> INT8 immutable strict = arithmetic(Divide, i16, i64, i64), "divide",
        operator 825 "/";
    179 "int42pl"(INT4, INT2) -> INT4 immutable strict = arithmetic(Add, i32, i16, i32), "add",
        operator 553 "+" commutator "+";
    183 "int42mi"(INT4, INT2) -> INT4 immutable strict = arithmetic(Subtract, i32, i16, i32), "subtract",
        operator 557 "-";
    171 "int42mul"(INT4, INT2) -> INT4 immutable strict = arithmetic(Multiply, i32, i16, i32), "multiply",
        operator 545 "*" commutator "*";
    173 "int42div"(INT4, INT2) -> INT4 immutable strict = arithmetic(Divide, i32, i16, i32), "divide",
        operator 547 "/";
    177 "int4pl"(INT4, INT4) -> INT4 immutable strict = arithmetic(Add, i32, i32, i32), "add",
        operator 551 "+" commutator "+";
    181 "int4mi"(INT4, INT4) -> INT4 immutable strict = arithmetic(Subtract, i32, i32, i32), "subtract",
        operator 555 "-";
    141 "int4mul"(INT4, INT4) -> INT4 immutable strict = arithmetic(Multiply, i32, i32, i32), "multiply",
        operator 514 "*" commutator "*";
    154 "int4div"(INT4, INT4) -> INT4 immutable strict = arithmetic(Divide, i32, i32, i32), "divide",
        operator 528 "/";
    1278 "int48pl"(INT4, INT8) -> INT8 immutable strict = arithmetic(Add, i32, i64, i64), "add",
        operator 692 "+" commutator "+";
    1279 "int48mi"(INT4, INT8) -> INT8 immutable strict = arithmetic(Subtract, i32, i64, i64), "subtract",
        operator 693 "-";
    1280 "int48mul"(INT4, INT8) -> INT8 immutable strict = arithmetic(Multiply, i32, i64, i64), "multiply",
        operator 694 "*" commutator "*";
    1281 "int48div"(INT4, INT8) -> INT8 immutable strict = arithmetic(Divide, i32, i64, i64), "divide",
        operator 695 "/";
    837 "int82pl"(INT8, INT2) -> INT8 immutable strict = arithmetic(Add, i64, i16, i64), "add",
        operator 818 "+" commutator "+";
    838 "int82mi"(INT8, INT2) -> INT8 immutable strict = arithmetic(Subtract, i64, i16, i64), "subtract",
        operator 819 "-";
    839 "int82mul"(INT8, INT2) -> INT8 immutable strict = arithmetic(Multiply, i64, i16, i64), "multiply",
        operator 820 "*" commutator "*";
    840 "int82div"(INT8, INT2) -> INT8 immutable strict = arithmetic(Divide, i64, i16, i64), "divide",
        operator 821 "/";
    1274 "int84pl"(INT8, INT4) -> INT8 immutable strict = arithmetic(Add, i64, i32, i64), "add",
        operator 688 "+" commutator "+";
    1275 "int84mi"(INT8, INT4) -> INT8 immutable strict = arithmetic(Subtract, i64, i32, i64), "subtract",
        operator 689 "-";
    1276 "int84mul"(INT8, INT4) -> INT8 immutable strict = arithmetic(Multiply, i64, i32, i64), "multiply",
        operator 690 "*" commutator "*";
    1277 "int84div"(INT8, INT4) -> INT8 immutable strict = arithmetic(Divide, i64, i32, i64), "divide",
        operator 691 "/";
    463 "int8pl"(INT8, INT8) -> INT8 immutable strict = arithmetic(Add, i64, i64, i64), "add",
        operator 684 "+" commutator "+";
    464 "int8mi"(INT8, INT8) -> INT8 immutable strict = arithmetic(Subtract, i64, i64, i64), "subtract",
        operator 685 "-";
    465 "int8mul"(INT8, INT8) -> INT8 immutable strict = arithmetic(Multiply, i64, i64, i64), "multiply",
        operator 686 "*" commutator "*";
    466 "int8div"(INT8, INT8) -> INT8 immutable strict = arithmetic(Divide, i64, i64, i64), "divide",
        operator 687 "/";
    155 "int2mod"(INT2, INT2) -> INT2 immutable strict = arithmetic(Remainder, i16, i16, i16), "modulus",
        operator 529 "%";
    156 "int4mod"(INT4, INT4) -> INT4 immutable strict = arithmetic(Remainder, i32, i32, i32), "modulus",
        operator 530 "%";
    945 "int8mod"(INT8, INT8) -> INT8 immutable strict = arithmetic(Remainder, i64, i64, i64), "modulus",
        operator 439 "%";
    204 "float4pl"(FLOAT4, FLOAT4) -> FLOAT4 immutable strict = arithmetic(Add, f32, f32, f32), "add",
        operator 586 "+" commutator "+";
    205 "float4mi"(FLOAT4, FLOAT4) -> FLOAT4 immutable strict = arithmetic(Subtract, f32, f32, f32),
        "subtract",
        operator 587 "-";
    202 "float4mul"(FLOAT4, FLOAT4) -> FLOAT4 immutable strict = arithmetic(Multiply, f32, f32, f32),
        "multiply",
        operator 589 "*" commutator "*";
    203 "float4div"(FLOAT4, FLOAT4) -> FLOAT4 immutable strict = arithmetic(Divide, f32, f32, f32), "divide",
        operator 588 "/";
    281 "float48pl"(FLOAT4, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Add, f32, f64, f64), "add",
        operator 1116 "+" commutator "+";
    282 "float48mi"(FLOAT4, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Subtract, f32, f64, f64),
        "subtract",
        operator 1117 "-";
    279 "float48mul"(FLOAT4, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Multiply, f32, f64, f64),
        "multiply",
        operator 1119 "*" commutator "*";
    280 "float48div"(FLOAT4, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Divide, f32, f64, f64), "divide",
        operator 1118 "/";
    285 "float84pl"(FLOAT8, FLOAT4) -> FLOAT8 immutable strict = arithmetic(Add, f64, f32, f64), "add",
        operator 1126 "+" commutator "+";
    286 "float84mi"(FLOAT8, FLOAT4) -> FLOAT8 immutable strict = arithmetic(Subtract, f64, f32, f64),
        "subtract",
        operator 1127 "-";
    283 "float84mul"(FLOAT8, FLOAT4) -> FLOAT8 immutable strict = arithmetic(Multiply, f64, f32, f64),
        "multiply",
        operator 1129 "*" commutator "*";
    284 "float84div"(FLOAT8, FLOAT4) -> FLOAT8 immutable strict = arithmetic(Divide, f64, f32, f64), "divide",
        operator 1128 "/";
    218 "float8pl"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Add, f64, f64, f64), "add",
        operator 591 "+" commutator "+";
    219 "float8mi"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Subtract, f64, f64, f64),
        "subtract",
        operator 592 "-";
    216 "float8mul"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Multiply, f64, f64, f64),
        "multiply",
        operator 594 "*" commutator "*";
    217 "float8div"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = arithmetic(Divide, f64, f64, f64), "divide",
        operator 593 "/";
    1764 "numeric_inc"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.add(&Numeric::ONE)),
        "increment by one";
    1724 "numeric_add"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| a.add(b)), "add",
        operator 1758 "+" commutator "+";
    1725 "numeric_sub"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| a.sub(b)), "subtract",
        operator 1759 "-";
    1726 "numeric_mul"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| a.mul(b)), "multiply",
        operator 1760 "*" commutator "*";
    1727 "numeric_div"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| a.div(b)), "divide",
        operator 1761 "/";
    1729 "numeric_mod"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| a.rem(b)), "modulus",
        operator 1762 "%";
    213 "int2um"(INT2) -> INT2 immutable strict
        = scalar(|a: i16| a.checked_neg().ok_or(out_of_range::<i16>())), "negate",
        operator 559 "-";
    1911 "int2up"(INT2) -> INT2 immutable strict = scalar(|a: i16| a), "unary plus",
        operator 1917 "+";
    1253 "int2abs"(INT2) -> INT2 immutable strict
        = scalar(|a: i16| a.checked_abs().ok_or(out_of_range::<i16>())), "absolute value",
        operator 682 "@";
    1892 "int2and"(INT2, INT2) -> INT2 immutable strict = scalar(|a: i16, b: i16| a & b), "bitwise and",
        operator 1874 "&" commutator "&";
    1893 "int2or"(INT2, INT2) -> INT2 immutable strict = scalar(|a: i16, b: i16| a | b), "bitwise or",
        operator 1875 "|" commutator "|";
    1894 "int2xor"(INT2, INT2) -> INT2 immutable strict = scalar(|a: i16, b: i16| a ^ b),
        "bitwise exclusive or",
        operator 1876 "#" commutator "#";
    1895 "int2not"(INT2) -> INT2 immutable strict = scalar(|a: i16| !a), "bitwise not",
        operator 1877 "~";
    1896 "int2shl"(INT2, INT4) -> INT2 immutable strict
        = scalar(|a: i16, by: i32| a.wrapping_shl(by as u32)), "bitwise shift left",
        operator 1878 "<<";
    1897 "int2shr"(INT2, INT4) -> INT2 immutable strict
        = scalar(|a: i16, by: i32| a.wrapping_shr(by as u32)), "bitwise shift right",
        operator 1879 ">>";
    212 "int4um"(INT4) -> INT4 immutable strict
        = scalar(|a: i32| a.checked_neg().ok_or(out_of_range::<i32>())), "negate",
        operator 558 "-";
    1912 "int4up"(INT4) -> INT4 immutable strict = scalar(|a: i32| a), "unary plus",
        operator 1918 "+";
    1251 "int4abs"(INT4) -> INT4 immutable strict
        = scalar(|a: i32| a.checked_abs().ok_or(out_of_range::<i32>())), "absolute value",
        operator 773 "@";
    1898 "int4and"(INT4, INT4) -> INT4 immutable strict = scalar(|a: i32, b: i32| a & b), "bitwise and",
        operator 1880 "&" commutator "&";
    1899 "int4or"(INT4, INT4) -> INT4 immutable strict = scalar(|a: i32, b: i32| a | b), "bitwise or",
        operator 1881 "|" commutator "|";
    1900 "int4xor"(INT4, INT4) -> INT4 immutable strict = scalar(|a: i32, b: i32| a ^ b),
        "bitwise exclusive or",
        operator 1882 "#" commutator "#";
    1901 "int4not"(INT4) -> INT4 immutable strict = scalar(|a: i32| !a), "bitwise not",
        operator 1883 "~";
    1902 "int4shl"(INT4, INT4) -> INT4 immutable strict
        = scalar(|a: i32, by: i32| a.wrapping_shl(by as u32)), "bitwise shift left",
        operator 1884 "<<";
    1903 "int4shr"(INT4, INT4) -> INT4 immutable strict
        = scalar(|a: i32, by: i32| a.wrapping_shr(by as u32)), "bitwise shift right",
        operator 1885 ">>";
    462 "int8um"(INT8) -> INT8 immutable strict
        = scalar(|a: i64| a.checked_neg().ok_or(out_of_range::<i64>())), "negate",
        operator 484 "-";
    1910 "int8up"(INT8) -> INT8 immutable strict = scalar(|a: i64| a), "unary plus",
        operator 1916 "+";
    1230 "int8abs"(INT8) -> INT8 immutable strict
        = scalar(|a: i64| a.checked_abs().ok_or(out_of_range::<i64>())), "absolute value",
        operator 473 "@";
    1904 "int8and"(INT8, INT8) -> INT8 immutable strict = scalar(|a: i64, b: i64| a & b), "bitwise and",
        operator 1886 "&" commutator "&";
    1905 "int8or"(INT8, INT8) -> INT8 immutable strict = scalar(|a: i64, b: i64| a | b), "bitwise or",
        operator 1887 "|" commutator "|";
    1906 "int8xor"(INT8, INT8) -> INT8 immutable strict = scalar(|a: i64, b: i64| a ^ b),
        "bitwise exclusive or",
        operator 1888 "#" commutator "#";
    1907 "int8not"(INT8) -> INT8 immutable strict = scalar(|a: i64| !a), "bitwise not",
        operator 1889 "~";
    1908 "int8shl"(INT8, INT4) -> INT8 immutable strict
        = scalar(|a: i64, by: i32| a.wrapping_shl(by as u32)), "bitwise shift left",
        operator 1890 "<<";
    1909 "int8shr"(INT8, INT4) -> INT8 immutable strict
        = scalar(|a: i64, by: i32| a.wrapping_shr(by as u32)), "bitwise shift right",
        operator 1891 ">>";
    206 "float4um"(FLOAT4) -> FLOAT4 immutable strict = scalar(|a: f32| -a), "negate",
        operator 584 "-";
    1913 "float4up"(FLOAT4) -> FLOAT4 immutable strict = scalar(|a: f32| a), "unary plus",
        operator 1919 "+";
    207 "float4abs"(FLOAT4) -> FLOAT4 immutable strict = scalar(|a: f32| a.abs()), "absolute value",
        operator 590 "@";
    220 "float8um"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| -a), "negate",
        operator 585 "-";
    1914 "float8up"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a), "unary plus",
        operator 1920 "+";
    221 "float8abs"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.abs()), "absolute value",
        operator 595 "@";
    1771 "numeric_uminus"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.neg()), "negate",
        operator 1751 "-";
    1915 "numeric_uplus"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: Numeric| a), "unary plus",
        operator 1921 "+";
    1704 "numeric_abs"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.abs()), "absolute value",
        operator 1763 "@";
    232 "dpow"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64, b: f64| power(a, b)),
        "exponentiation",
        operator 965 "^";
    1739 "numeric_power"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| exact_power(a, b)), "exponentiation",
        operator 1038 "^";
    230 "dsqrt"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| square_root(a)), "square root",
        operator 596 "|/";
    231 "dcbrt"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.cbrt()), "cube root",
        operator 597 "||/";
}
