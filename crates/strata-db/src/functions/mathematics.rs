//! Mathematical functions.

use super::arithmetic::Native;
use super::call::Call;
use super::degrees;
use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Error, Numeric, Type, sqlstate};

functions! {
    1398 "abs"(INT2) -> INT2 immutable strict
        = scalar(|a: i16| a.checked_abs().ok_or(Error::OutOfRange { ty: i16::TYPE })), "absolute value";
    1397 "abs"(INT4) -> INT4 immutable strict
        = scalar(|a: i32| a.checked_abs().ok_or(Error::OutOfRange { ty: i32::TYPE })), "absolute value";
    1396 "abs"(INT8) -> INT8 immutable strict
        = scalar(|a: i64| a.checked_abs().ok_or(Error::OutOfRange { ty: i64::TYPE })), "absolute value";
    1394 "abs"(FLOAT4) -> FLOAT4 immutable strict = scalar(|a: f32| a.abs()), "absolute value";
    1395 "abs"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.abs()), "absolute value";
    1705 "abs"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.abs()), "absolute value";
    2308 "ceil"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.ceil()), "nearest integer >= value";
    1711 "ceil"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.ceil()),
        "nearest integer >= value";
    2320 "ceiling"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.ceil()), "nearest integer >= value";
    2167 "ceiling"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.ceil()),
        "nearest integer >= value";
    2309 "floor"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.floor()), "nearest integer <= value";
    1712 "floor"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.floor()),
        "nearest integer <= value";
    1342 "round"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.round_ties_even()),
        "round to nearest integer";
    1708 "round"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.round(0)),
        "value rounded to 'scale' of zero";
    1707 "round"(NUMERIC, INT4) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, digits: i32| a.round(digits)), "value rounded to 'scale'";
    1343 "trunc"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.trunc()), "truncate to integer";
    1710 "trunc"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.trunc(0)),
        "value truncated to 'scale' of zero";
    1709 "trunc"(NUMERIC, INT4) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, digits: i32| a.trunc(digits)), "value truncated to 'scale'";
    1344 "sqrt"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| square_root(a)), "square root";
    1730 "sqrt"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.sqrt()), "square root";
    1345 "cbrt"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.cbrt()), "cube root";
    1368 "power"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64, b: f64| power(a, b)),
        "exponentiation";
    2169 "power"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| exact_power(a, b)), "exponentiation";
    1346 "pow"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64, b: f64| power(a, b)),
        "exponentiation";
    1738 "pow"(NUMERIC, NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric, b: &Numeric| exact_power(a, b)),
        "exponentiation";
    1347 "exp"(FLOAT8) -> FLOAT8 immutable strict
        = scalar(|a: f64| within(a.exp(), a.is_finite(), a == f64::NEG_INFINITY)),
        "natural exponential (e^x)";
    1732 "exp"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.exp()),
        "natural exponential (e^x)";
    1341 "ln"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| logarithm(a).map(f64::ln)),
        "natural logarithm";
    1734 "ln"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.ln()), "natural logarithm";
    1340 "log"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| logarithm(a).map(f64::log10)),
        "base 10 logarithm";
    1741 "log"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.log10()), "base 10 logarithm";
    1736 "log"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|base: &Numeric, a: &Numeric| base.log(a)), "logarithm base m of n";
    1194 "log10"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| logarithm(a).map(f64::log10)),
        "base 10 logarithm";
    1481 "log10"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.log10()), "base 10 logarithm";
    940 "mod"(INT2, INT2) -> INT2 immutable strict = arithmetic(Remainder, i16, i16, i16), "modulus";
    941 "mod"(INT4, INT4) -> INT4 immutable strict = arithmetic(Remainder, i32, i32, i32), "modulus";
    947 "mod"(INT8, INT8) -> INT8 immutable strict = arithmetic(Remainder, i64, i64, i64), "modulus";
    1728 "mod"(NUMERIC, NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric, b: &Numeric| a.rem(b)),
        "modulus";
    1973 "div"(NUMERIC, NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric, b: &Numeric| a.div_trunc(b)), "trunc(x/y)";
    2310 "sign"(FLOAT8) -> FLOAT8 immutable strict
        = scalar(|a: f64| if a == 0.0 || a.is_nan() { a } else { a.signum() }), "sign of value";
    1706 "sign"(NUMERIC) -> NUMERIC immutable strict
        = scalar(|a: &Numeric| if a.is_nan() { Numeric::NAN } else { Numeric::from(a.signum()) }),
        "sign of value";
    1610 "pi"() -> FLOAT8 immutable strict = scalar(|| std::f64::consts::PI), "PI";
    1608 "degrees"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.to_degrees()), "radians to degrees";
    1609 "radians"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.to_radians()), "degrees to radians";
    1604 "sin"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(f64::sin)), "sine";
    1605 "cos"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(f64::cos)), "cosine";
    1606 "tan"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(f64::tan)), "tangent";
    1607 "cot"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(|a| 1.0 / a.tan())),
        "cotangent";
    1600 "asin"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| unit(a).map(f64::asin)), "arcsine";
    1601 "acos"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| unit(a).map(f64::acos)), "arccosine";
    1602 "atan"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.atan()), "arctangent";
    1603 "atan2"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = scalar(|y: f64, x: f64| y.atan2(x)),
        "arctangent, two arguments";
    2462 "sinh"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.sinh()), "hyperbolic sine";
    2463 "cosh"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.cosh()), "hyperbolic cosine";
    2464 "tanh"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.tanh()), "hyperbolic tangent";
    2465 "asinh"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| a.asinh()), "inverse hyperbolic sine";
    2466 "acosh"(FLOAT8) -> FLOAT8 immutable strict
        = scalar(|a: f64| if a < 1.0 { Err(out_of_domain()) } else { Ok(a.acosh()) }),
        "inverse hyperbolic cosine";
    2467 "atanh"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| unit(a).map(f64::atanh)),
        "inverse hyperbolic tangent";
    2735 "sind"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(degrees::sine)),
        "sine, degrees";
    2736 "cosd"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(degrees::cosine)),
        "cosine, degrees";
    2737 "tand"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(degrees::tangent)),
        "tangent, degrees";
    2738 "cotd"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| angle(a).map(degrees::cotangent)),
        "cotangent, degrees";
    2731 "asind"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| unit(a).map(degrees::arcsine)),
        "arcsine, degrees";
    2732 "acosd"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| unit(a).map(degrees::arccosine)),
        "arccosine, degrees";
    2733 "atand"(FLOAT8) -> FLOAT8 immutable strict = scalar(|a: f64| degrees::arctangent(a)), "arctangent, degrees";
    2734 "atan2d"(FLOAT8, FLOAT8) -> FLOAT8 immutable strict = scalar(|y: f64, x: f64| degrees::arctangent_of(y, x)),
        "arctangent, two arguments, degrees";
    5044 "gcd"(INT4, INT4) -> INT4 immutable strict
        = scalar(|a: i32, b: i32| narrow(common_divisor(i128::from(a), i128::from(b)))),
        "greatest common divisor";
    5045 "gcd"(INT8, INT8) -> INT8 immutable strict
        = scalar(|a: i64, b: i64| wide(common_divisor(i128::from(a), i128::from(b)))),
        "greatest common divisor";
    5048 "gcd"(NUMERIC, NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric, b: &Numeric| a.gcd(b)),
        "greatest common divisor";
    5046 "lcm"(INT4, INT4) -> INT4 immutable strict
        = scalar(|a: i32, b: i32| narrow(common_multiple(i128::from(a), i128::from(b)))),
        "least common multiple";
    5047 "lcm"(INT8, INT8) -> INT8 immutable strict
        = scalar(|a: i64, b: i64| wide(common_multiple(i128::from(a), i128::from(b)))),
        "least common multiple";
    5049 "lcm"(NUMERIC, NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric, b: &Numeric| a.lcm(b)),
        "least common multiple";
    1376 "factorial"(INT8) -> NUMERIC immutable strict = scalar(|n: i64| Numeric::factorial(n)), "factorial";
    3281 "scale"(NUMERIC) -> INT4 immutable strict
        = scalar(|a: &Numeric| a.scale().map(|scale| scale as i32)),
        "number of decimal digits in the fractional part";
    5042 "min_scale"(NUMERIC) -> INT4 immutable strict
        = scalar(|a: &Numeric| a.min_scale().map(|scale| scale as i32)),
        "minimum scale needed to represent the value";
    5043 "trim_scale"(NUMERIC) -> NUMERIC immutable strict = scalar(|a: &Numeric| a.trim_scale()),
        "numeric with minimum scale needed to represent the value";
    320 "width_bucket"(FLOAT8, FLOAT8, FLOAT8, INT4) -> INT4 immutable strict
        = scalar(|a: f64, low: f64, high: f64, count: i32| bucket(a, low, high, count)),
        "bucket number of operand in equal-width histogram";
    2170 "width_bucket"(NUMERIC, NUMERIC, NUMERIC, INT4) -> INT4 immutable strict
        = scalar(|a: &Numeric, low: &Numeric, high: &Numeric, count: i32| exact_bucket(a, low, high, count)),
        "bucket number of operand in equal-width histogram";
    1598 "random"() -> FLOAT8 volatile strict = scalar(|call| unit_random(call)), "random value";
    1599 "setseed"(FLOAT8) -> VOID volatile strict = scalar(|call; seed: f64| set_seed(call, seed)),
        "set random seed";
}

/// A float result: infinite only if an operand was, 0 only if it may be.
fn within(result: f64, finite: bool, zero: bool) -> Result<f64, Error> {
    if result.is_infinite() && finite {
        return Err(Error::FloatOverflow);
    }
    if result == 0.0 && !zero {
        return Err(Error::FloatUnderflow);
    }
    Ok(result)
}

pub(super) fn square_root(a: f64) -> Result<f64> {
    if a < 0.0 {
        return Err(SqlError::new(
            sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "cannot take square root of a negative number",
        ));
    }
    Ok(a.sqrt())
}

pub(super) fn power(a: f64, b: f64) -> Result<f64> {
    let domain = |message| Err(SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION, message));
    if a == 0.0 && b < 0.0 {
        return domain("zero raised to a negative power is undefined");
    }
    if a < 0.0 && b.is_finite() && b.fract() != 0.0 {
        return domain("a negative number raised to a non-integer power yields a complex result");
    }
    let zero = a == 0.0 || !a.is_finite() || !b.is_finite();
    Ok(within(a.powf(b), a.is_finite() && b.is_finite(), zero)?)
}

/// Most decimal digits before the point of a numeric.
const WHOLE_DIGITS_MAX: f64 = 131_072.0;
/// Most decimal digits after it.
const SCALE_MAX: f64 = 16_383.0;

/// A power of numerics. A result far beyond what a numeric holds is told without computing its digits.
pub(super) fn exact_power(a: &Numeric, b: &Numeric) -> Result<Numeric, Error> {
    if let (Ok(base), Ok(exponent)) = (a.to_f64(), b.to_f64())
        && base.is_finite()
        && base != 0.0
        && exponent.is_finite()
    {
        let digits = exponent * base.abs().log10();
        if digits > WHOLE_DIGITS_MAX + 1.0 {
            return Err(Error::NumericOverflow);
        }
        if digits < -(SCALE_MAX + 1.0) && (base > 0.0 || exponent.fract() == 0.0) {
            return Ok(Numeric::from_i128(0, 16));
        }
    }
    a.power(b)
}

fn logarithm(a: f64) -> Result<f64> {
    let domain = |message| Err(SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_LOG, message));
    if a == 0.0 {
        return domain("cannot take logarithm of zero");
    }
    if a < 0.0 {
        return domain("cannot take logarithm of a negative number");
    }
    Ok(a)
}

fn out_of_domain() -> SqlError {
    SqlError::new(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range")
}

fn angle(a: f64) -> Result<f64> {
    if a.is_infinite() { Err(out_of_domain()) } else { Ok(a) }
}

fn unit(a: f64) -> Result<f64> {
    if a.abs() > 1.0 { Err(out_of_domain()) } else { Ok(a) }
}

fn common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn common_multiple(a: i128, b: i128) -> i128 {
    if a == 0 || b == 0 { 0 } else { (a / common_divisor(a, b)).saturating_mul(b).saturating_abs() }
}

fn narrow(n: i128) -> Result<i32, Error> {
    i32::try_from(n).map_err(|_| Error::OutOfRange { ty: Type::INT4 })
}

fn wide(n: i128) -> Result<i64, Error> {
    i64::try_from(n).map_err(|_| Error::OutOfRange { ty: Type::INT8 })
}

fn bad_bucket(message: &str) -> SqlError {
    SqlError::new(sqlstate::INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION, message)
}

fn bucket(a: f64, low: f64, high: f64, count: i32) -> Result<i32> {
    if count <= 0 {
        return Err(bad_bucket("count must be greater than zero"));
    }
    if a.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bad_bucket("operand, lower bound, and upper bound cannot be NaN"));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(bad_bucket("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bad_bucket("lower bound cannot equal upper bound"));
    }
    let (a, low, high) = if low < high { (a, low, high) } else { (-a, -low, -high) };
    let number = if a < low {
        0.0
    } else if a >= high {
        f64::from(count) + 1.0
    } else {
        ((a - low) / (high - low) * f64::from(count)).floor().min(f64::from(count) - 1.0) + 1.0
    };
    if number > f64::from(i32::MAX) {
        return Err(Error::OutOfRange { ty: Type::INT4 }.into());
    }
    Ok(number as i32)
}

fn exact_bucket(a: &Numeric, low: &Numeric, high: &Numeric, count: i32) -> Result<i32> {
    if count <= 0 {
        return Err(bad_bucket("count must be greater than zero"));
    }
    if a.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bad_bucket("operand, lower bound, and upper bound cannot be NaN"));
    }
    if !low.is_finite() || !high.is_finite() {
        return Err(bad_bucket("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bad_bucket("lower bound cannot equal upper bound"));
    }
    let (a, low, high) =
        if low < high { (a.clone(), low.clone(), high.clone()) } else { (a.neg(), low.neg(), high.neg()) };
    let number = if a < low {
        0
    } else if a >= high {
        i64::from(count) + 1
    } else {
        let width = high.sub(&low)?;
        a.sub(&low)?.mul(&Numeric::from(count))?.div_trunc(&width)?.to_i64(Type::INT8)? + 1
    };
    Ok(narrow(i128::from(number))?)
}

fn unit_random(call: &Call<'_>) -> f64 {
    // The upper 53 bits: every multiple of 2^-53 in [0, 1) is as likely as any other.
    (call.env.random() >> 11) as f64 / (1u64 << 53) as f64
}

fn set_seed(call: &Call<'_>, seed: f64) -> Result<()> {
    if !(-1.0..=1.0).contains(&seed) {
        return Err(SqlError::new(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("setseed parameter {seed} is out of allowed range [-1,1]"),
        ));
    }
    call.env.set_seed(seed.to_bits());
    Ok(())
}
