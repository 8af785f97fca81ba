//! Numerics from and to integers and floats.

use super::{Numeric, Parts};
use crate::error::{Error, Result};
use crate::sql_type::Type;
use num_traits::ToPrimitive;

impl Numeric {
    /// The nearest whole number as a `bigint`, half away from zero; `ty` names the target in errors.
    pub fn to_i64(&self, ty: Type) -> Result<i64> {
        if self.is_nan() {
            return Err(Error::NotFinite { what: "NaN", ty });
        }
        if !self.is_finite() {
            return Err(Error::NotFinite { what: "infinity", ty });
        }
        let whole = self.round(0)?.as_i128().and_then(|(mantissa, _)| i64::try_from(mantissa).ok());
        whole.ok_or(Error::OutOfRange { ty })
    }

    /// The nearest `double precision`.
    pub fn to_f64(&self) -> Result<f64> {
        match self.parts() {
            // Exact operands and one rounding: the quotient is the nearest float.
            Parts::Small(mantissa, scale) if mantissa.unsigned_abs() < 1 << 53 && scale <= 22 => {
                Ok(mantissa as f64 / 10f64.powi(scale as i32))
            }
            Parts::Small(..) | Parts::Big(..) => match self.to_string().parse::<f64>() {
                Ok(float) if float.is_finite() => Ok(float),
                _ => Err(Error::FloatTextOutOfRange { ty: Type::FLOAT8, input: self.to_string().into() }),
            },
            Parts::NaN => Ok(f64::NAN),
            Parts::Infinity => Ok(f64::INFINITY),
            Parts::NegativeInfinity => Ok(f64::NEG_INFINITY),
        }
    }

    /// The nearest `real`.
    pub fn to_f32(&self) -> Result<f32> {
        match self.parts() {
            Parts::Small(..) | Parts::Big(..) => match self.to_string().parse::<f32>() {
                Ok(float) if float.is_finite() => Ok(float),
                _ => Err(Error::FloatTextOutOfRange { ty: Type::FLOAT4, input: self.to_string().into() }),
            },
            Parts::NaN => Ok(f32::NAN),
            Parts::Infinity => Ok(f32::INFINITY),
            Parts::NegativeInfinity => Ok(f32::NEG_INFINITY),
        }
    }

    /// The decimal of 15 significant digits nearest to a float: as PostgreSQL casts it.
    pub fn from_f64(float: f64) -> Result<Numeric> {
        match special(float) {
            Some(special) => Ok(special),
            None => Numeric::parse(&significant(&format!("{float:.14e}"))),
        }
    }

    /// The decimal of 6 significant digits nearest to a `real`.
    pub fn from_f32(float: f32) -> Result<Numeric> {
        match special(float.into()) {
            Some(special) => Ok(special),
            None => Numeric::parse(&significant(&format!("{float:.5e}"))),
        }
    }

    /// The whole part as a float when a rough size is all that is asked.
    pub(super) fn approximate(&self) -> f64 {
        match self.parts() {
            Parts::Small(mantissa, scale) => mantissa as f64 / 10f64.powi(scale as i32),
            Parts::Big(mantissa, scale) => match mantissa.to_f64() {
                Some(float) if float.is_finite() && scale < 300 => float / 10f64.powi(scale as i32),
                _ => self.to_f64().unwrap_or(f64::INFINITY),
            },
            Parts::NaN => f64::NAN,
            Parts::Infinity => f64::INFINITY,
            Parts::NegativeInfinity => f64::NEG_INFINITY,
        }
    }
}

fn special(float: f64) -> Option<Numeric> {
    if float.is_nan() {
        Some(Numeric::NAN)
    } else if float.is_infinite() {
        Some(if float > 0.0 { Numeric::INFINITY } else { Numeric::NEG_INFINITY })
    } else {
        None
    }
}

/// `%g` drops trailing zeros of the mantissa: `1.50000e2` is `1.5e2`.
fn significant(scientific: &str) -> String {
    match scientific.split_once('e') {
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
            format!("{mantissa}e{exponent}")
        }
        None => scientific.to_owned(),
    }
}
