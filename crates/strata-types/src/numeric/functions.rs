//! `sqrt`, `exp`, `ln`, `log`, `power` and `factorial` on numerics, exact to the digits that PostgreSQL shows.
//!
//! Each is computed as a whole number scaled by a power of ten, with guard digits beyond those asked for, and
//! rounded once at the end.

use super::arithmetic::{CHOSEN_SCALE_MAX, checked, divide_rounded};
use super::{Numeric, WHOLE_DIGITS_MAX, powers};
use crate::error::{Error, Result};
use crate::sqlstate;
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Significant digits that a result shows at least.
const SIGNIFICANT_DIGITS: i32 = 16;
/// Digits computed beyond those shown.
const GUARD_DIGITS: i32 = 12;

const LOG_ZERO: Error =
    Error::Domain { sqlstate: sqlstate::INVALID_ARGUMENT_FOR_LOG, message: "cannot take logarithm of zero" };
const LOG_NEGATIVE: Error = Error::Domain {
    sqlstate: sqlstate::INVALID_ARGUMENT_FOR_LOG,
    message: "cannot take logarithm of a negative number",
};
const ROOT_NEGATIVE: Error = Error::Domain {
    sqlstate: sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
    message: "cannot take square root of a negative number",
};
const ZERO_TO_NEGATIVE: Error = Error::Domain {
    sqlstate: sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
    message: "zero raised to a negative power is undefined",
};
const COMPLEX_POWER: Error = Error::Domain {
    sqlstate: sqlstate::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
    message: "a negative number raised to a non-integer power yields a complex result",
};

/// A scale of at least the input's and zero, at most what functions choose.
fn chosen_scale(wanted: i32, input: &Numeric) -> i32 {
    wanted.max(input.scale().unwrap_or(0) as i32).clamp(0, CHOSEN_SCALE_MAX)
}

impl Numeric {
    /// The square root.
    pub fn sqrt(&self) -> Result<Numeric> {
        if self.signum() < 0 {
            return Err(ROOT_NEGATIVE);
        }
        let Some((mantissa, from)) = self.to_big() else { return Ok(self.clone()) };
        let (weight, _) = self.leading_group();
        // The root has half the digits before the point: PostgreSQL counts them by half groups.
        let scale = chosen_scale(SIGNIFICANT_DIGITS - ((weight + 1) * 2 - 1), self) as u32;
        // sqrt(m / 10^f) * 10^(s+1) = sqrt(m * 10^(2s + 2 - f)); the last digit is cut by rounding.
        let (up, down) = (2 * scale + 2, from);
        let radicand = if up >= down {
            powers::shift_big(mantissa, up - down)
        } else {
            mantissa / powers::ten_big(down - up)
        };
        checked(divide_rounded(&radicand.sqrt(), &BigInt::from(10)), scale)
    }

    /// `e` to this power.
    pub fn exp(&self) -> Result<Numeric> {
        if !self.is_finite() {
            return Ok(if self.signum() < 0 { Numeric::ZERO } else { self.clone() });
        }
        // The result has about x / ln 10 digits before the point.
        let size = (self.approximate() * std::f64::consts::LOG10_E).clamp(-2000.0, 2000.0);
        let scale = chosen_scale(SIGNIFICANT_DIGITS - size as i32, self);
        fixed_to_numeric(exp_fixed(self, scale + GUARD_DIGITS)?, scale)
    }

    /// The natural logarithm.
    pub fn ln(&self) -> Result<Numeric> {
        if let Some(special) = self.log_specials()? {
            return Ok(special);
        }
        let size = self.ln_size();
        let scale = chosen_scale(SIGNIFICANT_DIGITS - size, self);
        fixed_to_numeric(
            Fixed { mantissa: ln_fixed(self, scale + GUARD_DIGITS), digits: scale + GUARD_DIGITS },
            scale,
        )
    }

    /// The logarithm to base ten.
    pub fn log10(&self) -> Result<Numeric> {
        Numeric::from(10).log(self)
    }

    /// The logarithm of `x` to this base.
    pub fn log(&self, x: &Numeric) -> Result<Numeric> {
        let (base_special, x_special) = (self.log_specials()?, x.log_specials()?);
        if base_special.is_some() || x_special.is_some() {
            return base_special.unwrap_or(self.ln()?).pipe_div(x_special.unwrap_or(x.ln()?));
        }
        let size = x.ln_size() - self.ln_size();
        let scale = chosen_scale(SIGNIFICANT_DIGITS - size, x).max(self.scale().unwrap_or(0) as i32);
        let digits = scale + GUARD_DIGITS + self.ln_size().abs() + x.ln_size().abs();
        let (below, above) = (ln_fixed(self, digits), ln_fixed(x, digits));
        if below.is_zero() {
            return Err(Error::DivisionByZero);
        }
        let quotient = divide_rounded(&powers::shift_big(above, scale as u32), &below);
        checked(quotient, scale as u32)
    }

    /// `other / self`, for logarithms that are infinite.
    fn pipe_div(&self, other: Numeric) -> Result<Numeric> {
        other.div(self)
    }

    /// This number to the power of `exponent`.
    pub fn power(&self, exponent: &Numeric) -> Result<Numeric> {
        if let Some(special) = self.power_specials(exponent)? {
            return Ok(special);
        }
        let whole = exponent.trunc(0)?;
        let integral = whole == *exponent;
        if self.is_zero() {
            return match exponent.signum() {
                -1 => Err(ZERO_TO_NEGATIVE),
                0 => Numeric::ONE.round(SIGNIFICANT_DIGITS),
                _ => Numeric::ZERO.round(SIGNIFICANT_DIGITS),
            };
        }
        if self.signum() < 0 && !integral {
            return Err(COMPLEX_POWER);
        }
        let odd = integral && !whole.rem(&Numeric::from(2))?.is_zero();
        let negative = self.signum() < 0 && odd;
        let magnitude = match whole.as_i128().and_then(|(n, _)| i32::try_from(n).ok()).filter(|_| integral) {
            Some(n) => self.abs().power_int(n, exponent)?,
            None => self.abs().power_real(exponent)?,
        };
        Ok(if negative { magnitude.neg() } else { magnitude })
    }

    /// Digits before the point of a power, by logarithms.
    fn power_size(&self, exponent: &Numeric) -> Result<f64> {
        let ln = self.ln_approximate();
        let product = if ln.abs() < 1e-3 {
            // The distance from 1 may be too small for a float and the exponent too large, but not their product.
            exponent.mul(&self.sub(&Numeric::ONE)?)?.approximate()
        } else {
            exponent.approximate() * ln
        };
        let size = product * std::f64::consts::LOG10_E;
        if size > f64::from(WHOLE_DIGITS_MAX) { Err(Error::NumericOverflow) } else { Ok(size) }
    }

    fn power_scale(&self, exponent: &Numeric, size: f64) -> i32 {
        let wanted = SIGNIFICANT_DIGITS - (size.clamp(-2000.0, 200_000.0) as i32);
        chosen_scale(wanted, self).max(exponent.scale().unwrap_or(0) as i32).min(CHOSEN_SCALE_MAX)
    }

    fn power_int(&self, n: i32, exponent: &Numeric) -> Result<Numeric> {
        let size = self.power_size(exponent)?;
        let scale = chosen_scale(SIGNIFICANT_DIGITS, self);
        let Some((mantissa, from)) = self.to_big() else { return Ok(self.clone()) };
        if u64::from(n.unsigned_abs()) * mantissa.bits() > 2_000_000 {
            return self.power_by_logarithm(exponent, size, scale);
        }
        let raised = mantissa.pow(n.unsigned_abs());
        let raised_scale = u64::from(from) * u64::from(n.unsigned_abs());
        let raised_scale = u32::try_from(raised_scale).map_err(|_| Error::NumericOverflow)?;
        let (above, below) = if n >= 0 {
            (powers::shift_big(raised, scale as u32), powers::ten_big(raised_scale))
        } else {
            (powers::ten_big(raised_scale + scale as u32), raised)
        };
        checked(divide_rounded(&above, &below), scale as u32)
    }

    fn power_real(&self, exponent: &Numeric) -> Result<Numeric> {
        let size = self.power_size(exponent)?;
        self.power_by_logarithm(exponent, size, self.power_scale(exponent, size))
    }

    /// `exp(exponent * ln(self))`, with as many digits as the size of the result costs. One that is too small
    /// for its scale is 0 without being computed.
    fn power_by_logarithm(&self, exponent: &Numeric, size: f64, scale: i32) -> Result<Numeric> {
        if size < -f64::from(scale + 1) {
            return Numeric::ZERO.round(scale);
        }
        let digits = scale + GUARD_DIGITS + size.abs().min(2e5) as i32 + 8;
        let Some((mantissa, from)) = exponent.to_big() else { return Ok(self.clone()) };
        let product = ln_fixed(self, digits + mantissa.bits() as i32 / 3) * mantissa;
        let product = product / powers::ten_big(from + mantissa_digits(exponent));
        let power = Fixed { mantissa: product, digits };
        fixed_to_numeric(exp_of_fixed(power, scale + GUARD_DIGITS)?, scale)
    }

    /// `n!`
    pub fn factorial(n: i64) -> Result<Numeric> {
        if n < 0 {
            return Err(Error::Domain {
                sqlstate: sqlstate::NUMERIC_VALUE_OUT_OF_RANGE,
                message: "factorial of a negative number is undefined",
            });
        }
        if n > 32_177 {
            return Err(Error::NumericOverflow);
        }
        checked((1..=n).fold(BigInt::one(), |product, factor| product * factor), 0)
    }

    fn log_specials(&self) -> Result<Option<Numeric>> {
        match (self.is_finite(), self.signum()) {
            (true, 0) => Err(LOG_ZERO),
            (_, -1) => Err(LOG_NEGATIVE),
            (true, _) => Ok(None),
            (false, _) => Ok(Some(self.clone())),
        }
    }

    /// Powers that involve NaN or an infinity.
    fn power_specials(&self, exponent: &Numeric) -> Result<Option<Numeric>> {
        if self.is_finite() && exponent.is_finite() {
            return Ok(None);
        }
        if exponent.is_zero() || *self == Numeric::ONE {
            return Ok(Some(Numeric::ONE));
        }
        if self.is_nan() || exponent.is_nan() {
            return Ok(Some(Numeric::NAN));
        }
        if !exponent.is_finite() {
            let grows = match self.abs().cmp(&Numeric::ONE) {
                std::cmp::Ordering::Equal => return Ok(Some(Numeric::ONE)),
                order => order.is_gt() == (exponent.signum() > 0),
            };
            if self.is_zero() && exponent.signum() < 0 {
                return Err(ZERO_TO_NEGATIVE);
            }
            return Ok(Some(if grows { Numeric::INFINITY } else { Numeric::ZERO }));
        }
        if exponent.signum() < 0 {
            return Ok(Some(Numeric::ZERO));
        }
        let whole = exponent.trunc(0)? == *exponent;
        if self.signum() < 0 && !whole {
            return Err(COMPLEX_POWER);
        }
        let odd = whole && !exponent.rem(&Numeric::from(2))?.is_zero();
        Ok(Some(if self.signum() < 0 && odd { Numeric::NEG_INFINITY } else { Numeric::INFINITY }))
    }

    /// The natural logarithm as a float, for numbers of any size.
    fn ln_approximate(&self) -> f64 {
        let digits = self.magnitude_digits();
        let lead: f64 = digits.get(..digits.len().min(17)).and_then(|d| d.parse().ok()).unwrap_or(1.0);
        let exponent =
            digits.len() as f64 - digits.len().min(17) as f64 - f64::from(self.scale().unwrap_or(0));
        let near_one = lead.ln() + exponent * std::f64::consts::LN_10;
        if near_one.abs() < 1e-3 {
            // Near 1 the logarithm is the distance from it, which the subtraction above has lost.
            self.sub(&Numeric::ONE).map_or(near_one, |distance| distance.approximate())
        } else {
            near_one
        }
    }

    /// The decimal exponent of the logarithm, as PostgreSQL estimates it.
    fn ln_size(&self) -> i32 {
        if (self.approximate() - 1.0).abs() <= 0.1
            && let Ok(distance) = self.sub(&Numeric::ONE)
        {
            let (weight, group) = distance.leading_group();
            return weight * 4 + group.checked_ilog10().map_or(0, |log| log as i32);
        }
        let ln = self.ln_approximate().abs();
        if ln == 0.0 { 0 } else { ln.log10() as i32 }
    }
}

/// `mantissa / 10^digits`, on the way to a result.
struct Fixed {
    mantissa: BigInt,
    digits: i32,
}

fn fixed_to_numeric(fixed: Fixed, scale: i32) -> Result<Numeric> {
    let rounded = if fixed.digits > scale {
        divide_rounded(&fixed.mantissa, &powers::ten_big((fixed.digits - scale) as u32))
    } else {
        powers::shift_big(fixed.mantissa, (scale - fixed.digits) as u32)
    };
    checked(rounded, scale as u32)
}

fn mantissa_digits(n: &Numeric) -> u32 {
    n.to_big().map_or(0, |(mantissa, _)| (mantissa.bits() as i32 / 3) as u32)
}

fn exp_fixed(x: &Numeric, digits: i32) -> Result<Fixed> {
    let size = (x.approximate().abs() * std::f64::consts::LOG10_E).min(2e5) as i32;
    let inner = digits + size + 8;
    let Some((mantissa, from)) = x.to_big() else { return Err(Error::NumericOverflow) };
    let mantissa = if inner as u32 >= from {
        powers::shift_big(mantissa, inner as u32 - from)
    } else {
        mantissa / powers::ten_big(from - inner as u32)
    };
    exp_of_fixed(Fixed { mantissa, digits: inner }, digits)
}

/// `e^x` by halving x until it is small, the Taylor series, and squaring back.
fn exp_of_fixed(x: Fixed, digits: i32) -> Result<Fixed> {
    let whole = (&x.mantissa / powers::ten_big(x.digits as u32)).to_i64().unwrap_or(i64::MAX);
    if whole > 302_000 {
        return Err(Error::NumericOverflow);
    }
    if whole < -302_000 {
        return Ok(Fixed { mantissa: BigInt::zero(), digits });
    }
    const HALVINGS: u32 = 10;
    let halvings = HALVINGS + whole.unsigned_abs().checked_ilog2().map_or(0, |log| log + 1);
    let inner = x.digits.max(digits) + halvings as i32 + 8;
    let one = powers::ten_big(inner as u32);
    let small: BigInt = powers::shift_big(x.mantissa, (inner - x.digits) as u32) >> halvings;
    let (mut term, mut sum, mut n) = (one.clone(), one.clone(), 1u32);
    while !term.is_zero() {
        term = term * &small / &one / n;
        sum += &term;
        n += 1;
    }
    for _ in 0..halvings {
        sum = &sum * &sum / &one;
    }
    Ok(Fixed { mantissa: sum / powers::ten_big((inner - digits) as u32), digits })
}

/// `ln x * 10^digits`, by square roots until x is near 1, then the series of `2 artanh((x-1)/(x+1))`.
fn ln_fixed(x: &Numeric, digits: i32) -> BigInt {
    let Some((mantissa, from)) = x.to_big() else { return BigInt::zero() };
    const EXTRA: i32 = 24;
    // Pull x into [0.1, 1) by a power of ten, so that precision does not depend on its size.
    let length = powers::digit_count_big(&mantissa) as i32;
    let exponent = length - from as i32;
    let inner =
        (digits + EXTRA + 8).max(8) + exponent.unsigned_abs().checked_ilog10().map_or(0, |l| l as i32);
    let one = powers::ten_big(inner as u32);
    let scaled = if inner >= length {
        powers::shift_big(mantissa, (inner - length) as u32)
    } else {
        mantissa / powers::ten_big((length - inner) as u32)
    };
    let ln = ln_near_one(scaled, &one) + BigInt::from(exponent) * ln_ten(&one);
    ln / powers::ten_big((inner - digits) as u32)
}

fn ln_ten(one: &BigInt) -> BigInt {
    // ln 10 = -ln 0.1
    -ln_near_one(one / 10, one)
}

fn ln_near_one(mut x: BigInt, one: &BigInt) -> BigInt {
    let mut doublings = 0u32;
    let near = one / 1000;
    while (&x - one).abs() > near {
        x = (x * one).sqrt();
        doublings += 1;
    }
    let z = (&x - one) * one / (&x + one);
    let square = &z * &z / one;
    let (mut term, mut sum, mut n) = (z.clone(), z, 3u32);
    while !term.is_zero() {
        term = term * &square / one;
        sum += &term / n;
        n += 2;
    }
    sum << (doublings + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_agree_with_postgres() {
        let n = |text: &str| Numeric::parse(text).unwrap();
        let cases = [
            (n("2").sqrt(), "1.414213562373095"),
            (n("1").exp(), "2.7182818284590452"),
            (n("2").ln(), "0.6931471805599453"),
            (n("100").log10(), "2.0000000000000000"),
            (n("2").log(&n("64")), "6.0000000000000000"),
            (n("2").power(&n("10")), "1024.0000000000000000"),
            (n("2").power(&n("0.5")), "1.4142135623730950"),
            (n("2").power(&n("-3")), "0.1250000000000000"),
            (n("-2").power(&n("3")), "-8.0000000000000000"),
            (n("0.99").power(&n("1000000000")), "0.0000000000000000"),
            (Numeric::factorial(20), "2432902008176640000"),
        ];
        for (got, expected) in cases {
            assert_eq!(got.unwrap().to_string(), expected);
        }
        assert_eq!(n("-1").sqrt(), Err(ROOT_NEGATIVE));
        assert_eq!(n("0").ln(), Err(LOG_ZERO));
    }
}
