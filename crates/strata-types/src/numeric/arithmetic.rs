//! `+ - * / %` on numerics, with PostgreSQL's scales: a sum shows the larger scale, a product their sum, a
//! quotient at least sixteen significant digits.

use super::{Numeric, Parts, SCALE_MAX, WHOLE_DIGITS_MAX, powers};
use crate::error::{Error, Result};
use num_bigint::BigInt;
use num_traits::Signed;

/// Significant digits that a quotient shows at least.
const QUOTIENT_DIGITS: i32 = 16;
/// PostgreSQL counts digits in groups of four; its scale rules show it.
const GROUP: i32 = 4;
/// Most digits after the point that functions choose by themselves.
pub(super) const CHOSEN_SCALE_MAX: i32 = 1000;

/// The two mantissas at their larger scale, if machine arithmetic can hold them.
fn aligned(a: &Numeric, b: &Numeric) -> Option<(i128, i128, u32)> {
    let ((a, a_scale), (b, b_scale)) = (a.as_i128()?, b.as_i128()?);
    let scale = a_scale.max(b_scale);
    Some((powers::shift_i128(a, scale - a_scale)?, powers::shift_i128(b, scale - b_scale)?, scale))
}

fn aligned_big(a: &Numeric, b: &Numeric) -> Option<(BigInt, BigInt, u32)> {
    let ((a, a_scale), (b, b_scale)) = (a.to_big()?, b.to_big()?);
    let scale = a_scale.max(b_scale);
    Some((powers::shift_big(a, scale - a_scale), powers::shift_big(b, scale - b_scale), scale))
}

/// The numeric of a computed mantissa, unless it is too large for the format.
pub(super) fn checked(mantissa: BigInt, scale: u32) -> Result<Numeric> {
    // A cheap bound first: 10 bits hold at least three digits.
    let limit = u64::from(WHOLE_DIGITS_MAX + scale);
    if mantissa.bits() > limit * 3 && u64::from(powers::digit_count_big(&mantissa)) > limit {
        return Err(Error::NumericOverflow);
    }
    Ok(Numeric::from_big(mantissa, scale))
}

/// Divides, rounding half away from zero.
pub(super) fn divide_rounded(dividend: &BigInt, divisor: &BigInt) -> BigInt {
    let quotient = dividend / divisor;
    let rest: BigInt = dividend - &quotient * divisor;
    if (rest.abs() << 1u32) >= divisor.abs() {
        let up = if dividend.is_negative() == divisor.is_negative() { 1 } else { -1 };
        quotient + up
    } else {
        quotient
    }
}

fn divide_rounded_i128(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    if rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() {
        quotient + if (dividend < 0) == (divisor < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

impl Numeric {
    /// `self + other`
    pub fn add(&self, other: &Numeric) -> Result<Numeric> {
        if let Some((a, b, scale)) = aligned(self, other)
            && let Some(sum) = a.checked_add(b)
        {
            return Ok(Numeric::from_i128(sum, scale));
        }
        match aligned_big(self, other) {
            Some((a, b, scale)) => checked(a + b, scale),
            None if self.is_nan() || other.is_nan() => Ok(Numeric::NAN),
            None if self.is_finite() => Ok(other.clone()),
            None if other.is_finite() || self.signum() == other.signum() => Ok(self.clone()),
            None => Ok(Numeric::NAN),
        }
    }

    /// `self - other`
    pub fn sub(&self, other: &Numeric) -> Result<Numeric> {
        if let Some((a, b, scale)) = aligned(self, other)
            && let Some(difference) = a.checked_sub(b)
        {
            return Ok(Numeric::from_i128(difference, scale));
        }
        self.add(&other.neg())
    }

    /// `-self`
    pub fn neg(&self) -> Numeric {
        match self.parts() {
            Parts::Small(mantissa, scale) => match mantissa.checked_neg() {
                Some(negated) => Numeric::from_i128(negated, scale),
                None => Numeric::from_big(-BigInt::from(mantissa), scale),
            },
            Parts::Big(mantissa, scale) => Numeric::from_big(-mantissa, scale),
            Parts::NaN => Numeric::NAN,
            Parts::Infinity => Numeric::NEG_INFINITY,
            Parts::NegativeInfinity => Numeric::INFINITY,
        }
    }

    /// The absolute value.
    pub fn abs(&self) -> Numeric {
        if self.signum() < 0 { self.neg() } else { self.clone() }
    }

    /// `self * other`
    pub fn mul(&self, other: &Numeric) -> Result<Numeric> {
        if let (Some((a, a_scale)), Some((b, b_scale))) = (self.as_i128(), other.as_i128())
            && a_scale + b_scale <= SCALE_MAX
            && let Some(product) = a.checked_mul(b)
        {
            return Ok(Numeric::from_i128(product, a_scale + b_scale));
        }
        match (self.to_big(), other.to_big()) {
            (Some((a, a_scale)), Some((b, b_scale))) => {
                let (product, scale) = (a * b, a_scale + b_scale);
                let excess = scale.saturating_sub(SCALE_MAX);
                if excess == 0 {
                    return checked(product, scale);
                }
                checked(divide_rounded(&product, &powers::ten_big(excess)), SCALE_MAX)
            }
            _ => match self.signum() * other.signum() {
                1 => Ok(Numeric::INFINITY),
                -1 => Ok(Numeric::NEG_INFINITY),
                _ => Ok(Numeric::NAN), // a NaN, or 0 * infinity
            },
        }
    }

    /// `self / other`, shown with PostgreSQL's choice of digits.
    pub fn div(&self, other: &Numeric) -> Result<Numeric> {
        if let Some(special) = self.divide_specials(other)? {
            return Ok(special);
        }
        self.div_to_scale(other, quotient_scale(self, other) as u32)
    }

    /// `self / other` rounded to `scale` digits; both finite, `other` not zero.
    pub(super) fn div_to_scale(&self, other: &Numeric, scale: u32) -> Result<Numeric> {
        if let (Some((a, a_scale)), Some((b, b_scale))) = (self.as_i128(), other.as_i128()) {
            // a/10^as / (b/10^bs) * 10^scale = a * 10^(scale + bs - as) / b
            let shift = (scale + b_scale).checked_sub(a_scale);
            if let Some(dividend) = shift.and_then(|shift| powers::shift_i128(a, shift))
                && (b != -1 || dividend != i128::MIN)
            {
                return Ok(Numeric::from_i128(divide_rounded_i128(dividend, b), scale));
            }
        }
        let (Some((a, a_scale)), Some((b, b_scale))) = (self.to_big(), other.to_big()) else {
            return Ok(Numeric::NAN);
        };
        let (up, down) = (scale + b_scale, a_scale);
        let dividend = powers::shift_big(a, up.saturating_sub(down));
        let divisor = powers::shift_big(b, down.saturating_sub(up));
        checked(divide_rounded(&dividend, &divisor), scale)
    }

    /// The quotient cut to a whole number: `div(self, other)`.
    pub fn div_trunc(&self, other: &Numeric) -> Result<Numeric> {
        if let Some(special) = self.divide_specials(other)? {
            return Ok(special);
        }
        match aligned_big(self, other) {
            Some((a, b, _)) => checked(a / b, 0),
            None => Ok(Numeric::NAN),
        }
    }

    /// `self % other`, with the sign of `self`.
    pub fn rem(&self, other: &Numeric) -> Result<Numeric> {
        if self.is_nan() || other.is_nan() {
            return Ok(Numeric::NAN);
        }
        if other.is_zero() {
            return Err(Error::DivisionByZero);
        }
        if !self.is_finite() {
            return Ok(Numeric::NAN);
        }
        if !other.is_finite() {
            return Ok(self.clone());
        }
        if let Some((a, b, scale)) = aligned(self, other) {
            return Ok(Numeric::from_i128(a.checked_rem(b).unwrap_or(0), scale));
        }
        match aligned_big(self, other) {
            Some((a, b, scale)) => checked(a % b, scale),
            None => Ok(Numeric::NAN),
        }
    }

    /// The greatest common divisor, not negative.
    pub fn gcd(&self, other: &Numeric) -> Result<Numeric> {
        let (mut a, mut b) = (self.abs(), other.abs());
        if !a.is_finite() || !b.is_finite() {
            return Ok(Numeric::NAN);
        }
        let scale = a.scale().max(b.scale()).unwrap_or(0);
        while !b.is_zero() {
            (a, b) = (b.clone(), a.rem(&b)?);
        }
        a.round(scale as i32)
    }

    /// The least common multiple, not negative.
    pub fn lcm(&self, other: &Numeric) -> Result<Numeric> {
        if !self.is_finite() || !other.is_finite() {
            return Ok(Numeric::NAN);
        }
        let scale = self.scale().max(other.scale()).unwrap_or(0) as i32;
        if self.is_zero() || other.is_zero() {
            return Numeric::ZERO.round(scale);
        }
        self.div_trunc(&self.gcd(other)?)?.mul(other)?.abs().round(scale)
    }

    /// Quotients that involve NaN, an infinity or zero.
    fn divide_specials(&self, other: &Numeric) -> Result<Option<Numeric>> {
        if self.is_nan() || other.is_nan() {
            return Ok(Some(Numeric::NAN));
        }
        if other.is_zero() {
            return Err(Error::DivisionByZero);
        }
        Ok(match (self.is_finite(), other.is_finite()) {
            (true, true) => None,
            (true, false) => Some(Numeric::ZERO),
            (false, false) => Some(Numeric::NAN),
            (false, true) if self.signum() == other.signum() => Some(Numeric::INFINITY),
            (false, true) => Some(Numeric::NEG_INFINITY),
        })
    }

    /// Where the first group of four digits stands (`weight`, in groups before the point less one), and what it is.
    pub(super) fn leading_group(&self) -> (i32, i32) {
        if self.is_zero() {
            return (0, 0);
        }
        let digits = self.magnitude_digits();
        // The number is 0.d1d2… * 10^exponent.
        let exponent = digits.len() as i32 - self.scale().unwrap_or(0) as i32;
        let weight = (exponent - 1).div_euclid(GROUP);
        let width = (exponent - weight * GROUP) as usize;
        let mut group = 0;
        for at in 0..width {
            group = group * 10 + digits.as_bytes().get(at).map_or(0, |digit| i32::from(digit - b'0'));
        }
        (weight, group)
    }
}

/// Digits after the point of a quotient: PostgreSQL's `select_div_scale`.
fn quotient_scale(a: &Numeric, b: &Numeric) -> i32 {
    let (a_weight, a_group) = a.leading_group();
    let (b_weight, b_group) = b.leading_group();
    let weight = a_weight - b_weight - i32::from(a_group <= b_group);
    let shown = |n: &Numeric| n.scale().unwrap_or(0) as i32;
    (QUOTIENT_DIGITS - weight * GROUP).max(shown(a)).max(shown(b)).clamp(0, CHOSEN_SCALE_MAX)
}

/// A running total that never allocates while it fits 38 digits: `sum` and `avg`.
#[derive(Clone, Debug)]
pub struct Sum {
    fast: i128,
    fast_scale: u32,
    /// What no longer fitted.
    rest: Numeric,
}

impl Default for Sum {
    fn default() -> Self {
        Sum { fast: 0, fast_scale: 0, rest: Numeric::ZERO }
    }
}

impl Sum {
    /// Adds one number.
    #[inline]
    pub fn add(&mut self, n: &Numeric) -> Result<()> {
        if let Some((mantissa, scale)) = n.as_i128() {
            if scale == self.fast_scale
                && let Some(total) = self.fast.checked_add(mantissa)
            {
                self.fast = total;
                return Ok(());
            }
            if scale > self.fast_scale
                && let Some(raised) = powers::shift_i128(self.fast, scale - self.fast_scale)
            {
                (self.fast, self.fast_scale) = (raised, scale);
                return self.add(n);
            }
        }
        self.rest = self.rest.add(n)?;
        Ok(())
    }

    /// Adds a whole number.
    #[inline]
    pub fn add_i64(&mut self, n: i64) -> Result<()> {
        self.add(&Numeric::from(n))
    }

    /// Adds another total.
    pub fn merge(&mut self, other: &Sum) -> Result<()> {
        self.add(&other.total()?)
    }

    /// The total.
    pub fn total(&self) -> Result<Numeric> {
        self.rest.add(&Numeric::from_i128(self.fast, self.fast_scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Numeric {
        Numeric::parse(text).unwrap()
    }

    #[test]
    fn results_show_the_digits_postgres_shows() {
        for (a, op, b, expected) in [
            ("1.10", '+', "2.2", "3.30"),
            ("1.5", '*', "2.25", "3.375"),
            ("1", '/', "3", "0.33333333333333333333"),
            ("10", '/', "3", "3.3333333333333333"),
            ("100000", '/', "7", "14285.714285714286"),
            ("1", '/', "7000000", "0.000000142857142857142857"),
            ("5.00", '/', "2", "2.5000000000000000"),
            ("-7", '%', "3", "-1"),
            ("7.5", '%', "-2", "1.5"),
            ("99999999999999999999999999999999999999", '+', "1", "100000000000000000000000000000000000000"),
            ("inf", '+', "-inf", "NaN"),
            ("1", '/', "inf", "0"),
            ("inf", '*', "-2", "-Infinity"),
        ] {
            let (a, b) = (n(a), n(b));
            let result = match op {
                '+' => a.add(&b),
                '*' => a.mul(&b),
                '/' => a.div(&b),
                _ => a.rem(&b),
            };
            assert_eq!(result.unwrap().to_string(), expected, "{a} {op} {b}");
        }
        assert_eq!(n("1").div(&n("0")), Err(Error::DivisionByZero));
    }

    #[test]
    fn sums_keep_their_scale() {
        let mut sum = Sum::default();
        for text in ["1.5", "2.25", "170141183460469231731687303715884105727", "3"] {
            sum.add(&n(text)).unwrap();
        }
        assert_eq!(sum.total().unwrap().to_string(), "170141183460469231731687303715884105733.75");
    }
}
