//! Rounding numerics, and fitting them to a declared precision and scale.

use super::arithmetic::{checked, divide_rounded};
use super::{Numeric, Parts, SCALE_MAX, powers};
use crate::error::{Error, Result};
use crate::typmod::Typmod;
use num_bigint::BigInt;
use num_traits::Signed;

/// What to do with digits that are cut off.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    HalfAway,
    Truncate,
    Floor,
    Ceil,
}

impl Numeric {
    /// Rounds half away from zero to `scale` digits after the point; negative scales round before it.
    pub fn round(&self, scale: i32) -> Result<Numeric> {
        self.cut(scale, Cut::HalfAway)
    }

    /// Drops what is beyond `scale` digits after the point.
    pub fn trunc(&self, scale: i32) -> Result<Numeric> {
        self.cut(scale, Cut::Truncate)
    }

    /// The largest whole number that is not larger.
    pub fn floor(&self) -> Result<Numeric> {
        self.cut(0, Cut::Floor)
    }

    /// The smallest whole number that is not smaller.
    pub fn ceil(&self) -> Result<Numeric> {
        self.cut(0, Cut::Ceil)
    }

    fn cut(&self, to: i32, how: Cut) -> Result<Numeric> {
        let to = to.clamp(-(super::WHOLE_DIGITS_MAX as i32) - 1, SCALE_MAX as i32);
        let Some(scale) = self.scale() else { return Ok(self.clone()) };
        let dropped = scale as i32 - to;
        if dropped <= 0 {
            return self.with_scale_raised(to as u32);
        }
        // Digits cut before the point come back as zeros.
        let (shown, zeros) = (to.max(0) as u32, (-to).max(0) as u32);
        if let (Some((mantissa, _)), Some(unit)) = (self.as_i128(), powers::ten_i128(dropped as u32)) {
            let cut = cut_i128(mantissa, unit, how);
            if let Some(mantissa) = powers::shift_i128(cut, zeros) {
                return Ok(Numeric::from_i128(mantissa, shown));
            }
        }
        let Some((mantissa, _)) = self.to_big() else { return Ok(self.clone()) };
        let unit = powers::ten_big(dropped as u32);
        let cut = match how {
            Cut::HalfAway => divide_rounded(&mantissa, &unit),
            Cut::Truncate => &mantissa / &unit,
            Cut::Floor | Cut::Ceil => {
                let whole = &mantissa / &unit;
                let exact = &whole * &unit == mantissa;
                match how {
                    Cut::Floor if !exact && mantissa.is_negative() => whole - 1,
                    Cut::Ceil if !exact && mantissa.is_positive() => whole + 1,
                    _ => whole,
                }
            }
        };
        checked(powers::shift_big(cut, zeros), shown)
    }

    /// The same number with zeros appended until `scale` digits show.
    fn with_scale_raised(&self, scale: u32) -> Result<Numeric> {
        match self.parts() {
            Parts::Small(mantissa, from) => match powers::shift_i128(mantissa, scale - from) {
                Some(raised) => Ok(Numeric::from_i128(raised, scale)),
                None => checked(powers::shift_big(BigInt::from(mantissa), scale - from), scale),
            },
            Parts::Big(mantissa, from) => checked(powers::shift_big(mantissa.clone(), scale - from), scale),
            Parts::NaN | Parts::Infinity | Parts::NegativeInfinity => Ok(self.clone()),
        }
    }

    /// The number as a column `numeric(precision, scale)` holds it.
    pub fn fit(&self, typmod: Typmod) -> Result<Numeric> {
        let Some((precision, scale)) = typmod.as_numeric() else { return Ok(self.clone()) };
        let overflow = |infinite| Error::NumericFieldOverflow { precision, scale, infinite };
        if self.is_nan() {
            return Ok(self.clone());
        }
        if !self.is_finite() {
            return Err(overflow(true));
        }
        let rounded = self.round(scale)?;
        let digits = match rounded.parts() {
            Parts::Small(mantissa, _) => powers::digit_count_i128(mantissa),
            Parts::Big(mantissa, _) => powers::digit_count_big(mantissa),
            _ => 0,
        };
        let whole = digits as i32 - rounded.scale().unwrap_or(0) as i32;
        if !rounded.is_zero() && whole > precision - scale {
            return Err(overflow(false));
        }
        Ok(rounded)
    }

    /// The fewest digits after the point that show the number exactly.
    pub fn min_scale(&self) -> Option<u32> {
        self.stripped().scale()
    }

    /// The number without trailing zeros after the point.
    pub fn trim_scale(&self) -> Numeric {
        self.stripped()
    }
}

fn cut_i128(mantissa: i128, unit: i128, how: Cut) -> i128 {
    let (whole, rest) = (mantissa / unit, mantissa % unit);
    whole
        + match how {
            Cut::HalfAway if rest.unsigned_abs() * 2 >= unit.unsigned_abs() => mantissa.signum(),
            Cut::Floor if rest < 0 => -1,
            Cut::Ceil if rest > 0 => 1,
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_away_from_zero() {
        let n = |text: &str| Numeric::parse(text).unwrap();
        assert_eq!(n("2.5").round(0).unwrap().to_string(), "3");
        assert_eq!(n("-2.5").round(0).unwrap().to_string(), "-3");
        assert_eq!(n("1234.567").round(-2).unwrap().to_string(), "1200");
        assert_eq!(n("1.5").round(3).unwrap().to_string(), "1.500");
        assert_eq!(n("-1.5").floor().unwrap().to_string(), "-2");
        assert_eq!(n("-1.5").ceil().unwrap().to_string(), "-1");
        assert_eq!(n("-1.59").trunc(1).unwrap().to_string(), "-1.5");
        assert_eq!(n("99.994").fit(Typmod::numeric(4, 2)).unwrap().to_string(), "99.99");
        let error = n("99.995").fit(Typmod::numeric(4, 2)).unwrap_err();
        assert_eq!(
            error.detail().unwrap(),
            "A field with precision 4, scale 2 must round to an absolute value less than 10^2."
        );
        assert_eq!(n("12345").fit(Typmod::numeric(2, -3)).unwrap().to_string(), "12000");
    }
}
