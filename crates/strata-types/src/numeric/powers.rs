//! Powers of ten, by which scales are aligned.

use num_bigint::BigInt;

/// The powers of ten that fit an `i128`.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// `10^n`, if an `i128` holds it.
pub(crate) fn ten_i128(n: u32) -> Option<i128> {
    POWERS.get(n as usize).copied()
}

/// `10^n`.
pub(crate) fn ten_big(n: u32) -> BigInt {
    match ten_i128(n) {
        Some(power) => BigInt::from(power),
        None => BigInt::from(10u32).pow(n),
    }
}

/// `mantissa * 10^by`, if it still fits.
pub(crate) fn shift_i128(mantissa: i128, by: u32) -> Option<i128> {
    if mantissa == 0 {
        return Some(0);
    }
    mantissa.checked_mul(ten_i128(by)?)
}

/// `mantissa * 10^by`.
pub(crate) fn shift_big(mantissa: BigInt, by: u32) -> BigInt {
    if by == 0 { mantissa } else { mantissa * ten_big(by) }
}

/// Digits before the first zero is padded: 0 has none.
pub(crate) fn digit_count_i128(mantissa: i128) -> u32 {
    mantissa.unsigned_abs().checked_ilog10().map_or(0, |log| log + 1)
}

/// Decimal digits of a long mantissa.
pub(crate) fn digit_count_big(mantissa: &BigInt) -> u32 {
    // log10(2) bounds the count from both sides within one digit; a comparison decides.
    let bits = mantissa.bits();
    if bits == 0 {
        return 0;
    }
    let least = ((bits - 1) as f64 * std::f64::consts::LOG10_2).floor() as u32;
    if mantissa.magnitude() >= ten_big(least).magnitude() {
        let more = least + 1;
        if mantissa.magnitude() >= ten_big(more).magnitude() { more + 1 } else { more }
    } else {
        least
    }
}
