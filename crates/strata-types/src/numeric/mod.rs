//! `numeric`: exact decimals of any length, with PostgreSQL's rules for how many digits a result shows.
//!
//! A finite numeric is `mantissa / 10^scale`. The scale is the number of digits shown after the point, so
//! 1.0 and 1.00 are equal but not identical. Mantissas that fit an `i128` (38 digits) live inline and are
//! computed with machine arithmetic; longer ones are shared [`BigInt`]s.

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

mod arithmetic;
mod convert;
mod functions;
mod powers;
mod round;
mod stored;
mod text;
mod wire;

pub use arithmetic::Sum;

/// Most digits after the point that a numeric can show.
pub const SCALE_MAX: u32 = 16_383;
/// Most digits before the point.
pub const WHOLE_DIGITS_MAX: u32 = 131_072;

/// An exact decimal, NaN or an infinity. Equality, order and hash are SQL's: 1.0 = 1.00, NaN = NaN, and NaN
/// is the largest.
#[derive(Clone)]
pub struct Numeric(Repr);

#[derive(Clone)]
enum Repr {
    /// The mantissa is split in two words so that a `Value` needs no 16-byte alignment.
    Small {
        scale: u16,
        high: i64,
        low: u64,
    },
    /// Invariant: the mantissa does not fit an `i128`.
    Big(Arc<Big>),
    NaN,
    Infinity,
    NegativeInfinity,
}

struct Big {
    mantissa: BigInt,
    scale: u16,
}

/// A numeric taken apart.
pub(crate) enum Parts<'a> {
    Small(i128, u32),
    Big(&'a BigInt, u32),
    NaN,
    Infinity,
    NegativeInfinity,
}

impl Numeric {
    /// 0, without digits after the point.
    pub const ZERO: Numeric = Numeric::small(0, 0);
    /// 1, without digits after the point.
    pub const ONE: Numeric = Numeric::small(1, 0);
    /// Not a number.
    pub const NAN: Numeric = Numeric(Repr::NaN);
    /// Larger than every finite number.
    pub const INFINITY: Numeric = Numeric(Repr::Infinity);
    /// Smaller than every finite number.
    pub const NEG_INFINITY: Numeric = Numeric(Repr::NegativeInfinity);

    const fn small(mantissa: i128, scale: u16) -> Numeric {
        Numeric(Repr::Small { scale, high: (mantissa >> 64) as i64, low: mantissa as u64 })
    }

    /// Bytes of memory beside the numeric itself.
    pub(crate) fn heap_len(&self) -> usize {
        match &self.0 {
            Repr::Big(big) => size_of::<Big>() + (big.mantissa.bits() / 8) as usize,
            Repr::Small { .. } | Repr::NaN | Repr::Infinity | Repr::NegativeInfinity => 0,
        }
    }

    /// `mantissa / 10^scale`. The scale must not exceed [`SCALE_MAX`].
    pub fn from_i128(mantissa: i128, scale: u32) -> Numeric {
        assert!(scale <= SCALE_MAX, "numeric scale {scale} exceeds {SCALE_MAX}");
        Numeric::small(mantissa, scale as u16)
    }

    pub(crate) fn from_big(mantissa: BigInt, scale: u32) -> Numeric {
        match mantissa.to_i128() {
            Some(small) => Numeric::from_i128(small, scale),
            None => {
                assert!(scale <= SCALE_MAX, "numeric scale {scale} exceeds {SCALE_MAX}");
                Numeric(Repr::Big(Arc::new(Big { mantissa, scale: scale as u16 })))
            }
        }
    }

    pub(crate) fn parts(&self) -> Parts<'_> {
        match &self.0 {
            Repr::Small { scale, high, low } => {
                Parts::Small((i128::from(*high) << 64) | i128::from(*low), u32::from(*scale))
            }
            Repr::Big(big) => Parts::Big(&big.mantissa, u32::from(big.scale)),
            Repr::NaN => Parts::NaN,
            Repr::Infinity => Parts::Infinity,
            Repr::NegativeInfinity => Parts::NegativeInfinity,
        }
    }

    /// The mantissa and scale of a finite numeric.
    pub(crate) fn to_big(&self) -> Option<(BigInt, u32)> {
        match self.parts() {
            Parts::Small(mantissa, scale) => Some((BigInt::from(mantissa), scale)),
            Parts::Big(mantissa, scale) => Some((mantissa.clone(), scale)),
            Parts::NaN | Parts::Infinity | Parts::NegativeInfinity => None,
        }
    }

    /// The mantissa and scale of a finite numeric of up to 38 digits: what sums accumulate without allocation.
    pub fn as_i128(&self) -> Option<(i128, u32)> {
        match self.parts() {
            Parts::Small(mantissa, scale) => Some((mantissa, scale)),
            _ => None,
        }
    }

    /// Not a number.
    pub fn is_nan(&self) -> bool {
        matches!(self.0, Repr::NaN)
    }

    /// Neither NaN nor an infinity.
    pub fn is_finite(&self) -> bool {
        matches!(self.0, Repr::Small { .. } | Repr::Big(_))
    }

    /// Zero, of any scale.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small { high: 0, low: 0, .. })
    }

    /// -1, 0 or 1; 0 for NaN.
    pub fn signum(&self) -> i32 {
        match self.parts() {
            Parts::Small(mantissa, _) => mantissa.signum() as i32,
            Parts::Big(mantissa, _) => match mantissa.sign() {
                num_bigint::Sign::Minus => -1,
                _ => 1,
            },
            Parts::NaN => 0,
            Parts::Infinity => 1,
            Parts::NegativeInfinity => -1,
        }
    }

    /// The digits shown after the point; `None` for NaN and the infinities.
    pub fn scale(&self) -> Option<u32> {
        match self.parts() {
            Parts::Small(_, scale) | Parts::Big(_, scale) => Some(scale),
            Parts::NaN | Parts::Infinity | Parts::NegativeInfinity => None,
        }
    }

    /// Equal, with as many digits shown: not to be told apart.
    pub fn is_identical(&self, other: &Numeric) -> bool {
        self.scale() == other.scale() && self == other
    }

    /// The finite value with the fewest digits after the point that are exact, for hashing and keys.
    pub(crate) fn stripped(&self) -> Numeric {
        match self.parts() {
            Parts::Small(mut mantissa, mut scale) => {
                while scale > 0 && mantissa % 10 == 0 {
                    mantissa /= 10;
                    scale -= 1;
                }
                Numeric::small(mantissa, scale as u16)
            }
            Parts::Big(mantissa, scale) => {
                let (mut mantissa, mut scale) = (mantissa.clone(), scale);
                while scale > 0 && (&mantissa % 10u32).to_u32() == Some(0) {
                    mantissa /= 10u32;
                    scale -= 1;
                }
                Numeric::from_big(mantissa, scale)
            }
            _ => self.clone(),
        }
    }

    /// Where the value stands among the specials: -inf < finite < inf < NaN.
    fn rank(&self) -> u8 {
        match self.0 {
            Repr::NegativeInfinity => 0,
            Repr::Small { .. } | Repr::Big(_) => 1,
            Repr::Infinity => 2,
            Repr::NaN => 3,
        }
    }
}

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Parts::Small(a, a_scale), Parts::Small(b, b_scale)) = (self.parts(), other.parts()) {
            let shift = a_scale.abs_diff(b_scale);
            let aligned = match a_scale.cmp(&b_scale) {
                Ordering::Equal => return a.cmp(&b),
                Ordering::Less => powers::shift_i128(a, shift).map(|a| a.cmp(&b)),
                Ordering::Greater => powers::shift_i128(b, shift).map(|b| a.cmp(&b)),
            };
            if let Some(order) = aligned {
                return order;
            }
        }
        match (self.to_big(), other.to_big()) {
            (Some((a, a_scale)), Some((b, b_scale))) => {
                let scale = a_scale.max(b_scale);
                powers::shift_big(a, scale - a_scale).cmp(&powers::shift_big(b, scale - b_scale))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Numeric {}

impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self.stripped().parts() {
            Parts::Small(mantissa, scale) => (mantissa, scale).hash(state),
            Parts::Big(mantissa, scale) => (mantissa, scale).hash(state),
            _ => {}
        }
    }
}

impl From<i64> for Numeric {
    fn from(n: i64) -> Self {
        Numeric::small(i128::from(n), 0)
    }
}

impl From<i32> for Numeric {
    fn from(n: i32) -> Self {
        Numeric::small(i128::from(n), 0)
    }
}

impl From<i16> for Numeric {
    fn from(n: i16) -> Self {
        Numeric::small(i128::from(n), 0)
    }
}

impl From<i128> for Numeric {
    fn from(n: i128) -> Self {
        Numeric::small(n, 0)
    }
}

impl From<u32> for Numeric {
    fn from(n: u32) -> Self {
        Numeric::small(i128::from(n), 0)
    }
}
