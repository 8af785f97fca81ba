//! Trigonometry in degrees, exact where the answer is a whole or half number.
//!
//! An angle is folded into the first eighth of the circle, where the sine is measured against its own value at
//! 30 degrees and the cosine against its own at 60: what the float functions are off there falls out.

/// The sine of an angle between 0 and 30 degrees.
fn sine_to_30(degrees: f64) -> f64 {
    degrees.to_radians().sin() / 30f64.to_radians().sin() / 2.0
}

/// The cosine of an angle between 0 and 60 degrees.
fn cosine_to_60(degrees: f64) -> f64 {
    let at_60 = 1.0 - 60f64.to_radians().cos();
    1.0 - (1.0 - degrees.to_radians().cos()) / at_60 / 2.0
}

/// The sine of an angle between 0 and 90 degrees.
fn sine_of_quarter(degrees: f64) -> f64 {
    if degrees <= 30.0 { sine_to_30(degrees) } else { cosine_to_60(90.0 - degrees) }
}

/// The cosine of an angle between 0 and 90 degrees.
fn cosine_of_quarter(degrees: f64) -> f64 {
    if degrees <= 60.0 { cosine_to_60(degrees) } else { sine_to_30(90.0 - degrees) }
}

/// An angle as one between 0 and 180 degrees with the same cosine, and the sign of the sine.
fn half_and_sign(degrees: f64) -> (f64, f64) {
    match degrees.abs() % 360.0 {
        angle if angle > 180.0 => (360.0 - angle, -degrees.signum()),
        angle => (angle, degrees.signum()),
    }
}

/// The sine.
pub(super) fn sine(degrees: f64) -> f64 {
    let (angle, sign) = half_and_sign(degrees);
    sign * sine_of_quarter(if angle > 90.0 { 180.0 - angle } else { angle })
}

/// The cosine.
pub(super) fn cosine(degrees: f64) -> f64 {
    let (angle, _) = half_and_sign(degrees);
    if angle > 90.0 { -cosine_of_quarter(180.0 - angle) } else { cosine_of_quarter(angle) }
}

/// An angle as one of the first quarter with the same tangent but for the sign, and that sign.
fn quarter_and_sign(degrees: f64) -> (f64, f64) {
    match half_and_sign(degrees) {
        (angle, sign) if angle > 90.0 => (180.0 - angle, -sign),
        folded => folded,
    }
}

/// A zero of either sign as plain zero: PostgreSQL shows no minus there.
fn plain_zero(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}

/// The tangent.
pub(super) fn tangent(degrees: f64) -> f64 {
    let (angle, sign) = quarter_and_sign(degrees);
    let at_45 = sine_of_quarter(45.0) / cosine_of_quarter(45.0);
    plain_zero(sign * (sine_of_quarter(angle) / cosine_of_quarter(angle) / at_45))
}

/// The cotangent.
pub(super) fn cotangent(degrees: f64) -> f64 {
    let (angle, sign) = quarter_and_sign(degrees);
    let at_45 = cosine_of_quarter(45.0) / sine_of_quarter(45.0);
    plain_zero(sign * (cosine_of_quarter(angle) / sine_of_quarter(angle) / at_45))
}

/// The arcsine of a number between 0 and 1.
fn arcsine_of_quarter(x: f64) -> f64 {
    if x <= 0.5 { x.asin() / 0.5f64.asin() * 30.0 } else { 90.0 - x.acos() / 0.5f64.acos() * 60.0 }
}

/// The arccosine of a number between 0 and 1.
fn arccosine_of_quarter(x: f64) -> f64 {
    if x <= 0.5 { 90.0 - x.asin() / 0.5f64.asin() * 30.0 } else { x.acos() / 0.5f64.acos() * 60.0 }
}

/// The arcsine.
pub(super) fn arcsine(x: f64) -> f64 {
    if x >= 0.0 { arcsine_of_quarter(x) } else { -arcsine_of_quarter(-x) }
}

/// The arccosine.
pub(super) fn arccosine(x: f64) -> f64 {
    if x >= 0.0 { arccosine_of_quarter(x) } else { 90.0 + arcsine_of_quarter(-x) }
}

/// The arctangent.
pub(super) fn arctangent(x: f64) -> f64 {
    x.atan() / 1f64.atan() * 45.0
}

/// The arctangent of `y / x`, in the quadrant of the point.
pub(super) fn arctangent_of(y: f64, x: f64) -> f64 {
    y.atan2(x) / 1f64.atan() * 45.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_angles_are_exact() {
        assert_eq!([0.0, 30.0, 90.0, 150.0, 210.0, 330.0].map(sine), [0.0, 0.5, 1.0, 0.5, -0.5, -0.5]);
        assert_eq!([0.0, 60.0, 90.0, 120.0, 180.0, 300.0].map(cosine), [1.0, 0.5, 0.0, -0.5, -1.0, 0.5]);
        assert_eq!([0.0, 45.0, 135.0, 225.0, 315.0].map(tangent), [0.0, 1.0, -1.0, 1.0, -1.0]);
        assert_eq!([-1.0, -0.5, 0.0, 0.5, 1.0].map(arcsine), [-90.0, -30.0, 0.0, 30.0, 90.0]);
        assert_eq!([-1.0, -0.5, 0.0, 0.5, 1.0].map(arccosine), [180.0, 120.0, 90.0, 60.0, 0.0]);
        assert_eq!([-1.0, 0.0, 1.0].map(arctangent), [-45.0, 0.0, 45.0]);
    }
}
