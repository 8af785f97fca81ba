//! `to_char` and `to_number`: numbers by template.

use super::table::functions;
use crate::error::{Result, SqlError};
use strata_types::{Numeric, sqlstate};

functions! {
    1773 "to_char"(INT4, TEXT) -> TEXT stable strict
        = scalar(|n: i32, template: &str| write(&Numeric::from(n), template)), "format int4 to text";
    1774 "to_char"(INT8, TEXT) -> TEXT stable strict
        = scalar(|n: i64, template: &str| write(&Numeric::from(n), template)), "format int8 to text";
    1775 "to_char"(FLOAT4, TEXT) -> TEXT stable strict
        = scalar(|n: f32, template: &str| Numeric::from_f32(n).map_err(SqlError::from).and_then(|n| write(&n, template))),
        "format float4 to text";
    1776 "to_char"(FLOAT8, TEXT) -> TEXT stable strict
        = scalar(|n: f64, template: &str| Numeric::from_f64(n).map_err(SqlError::from).and_then(|n| write(&n, template))),
        "format float8 to text";
    1772 "to_char"(NUMERIC, TEXT) -> TEXT stable strict
        = scalar(|n: &Numeric, template: &str| write(n, template)), "format numeric to text";
    1777 "to_number"(TEXT, TEXT) -> NUMERIC stable strict
        = scalar(|text: &str, template: &str| read(text, template)), "convert text to numeric";
}

/// What a template asks for.
#[derive(Default)]
struct Picture {
    pieces: Vec<Piece>,
    /// Digits before the point.
    whole: usize,
    /// Digits after it.
    fraction: usize,
    /// Powers of ten to multiply by (`V`).
    shift: usize,
    fill: bool,
    /// Where the sign stands.
    sign: Sign,
    roman: bool,
    exponent: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// `9`
    Digit,
    /// `0`
    Zero,
    Point,
    Group,
    Sign(SignPiece),
    Ordinal(bool),
    Currency,
    Literal(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignPiece {
    S,
    Mi,
    Pl,
    Sg,
    Pr,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sign {
    /// Before the number.
    #[default]
    Leading,
    /// Where the template says.
    Placed,
    /// Angle brackets around a negative number.
    Brackets,
}

fn syntax(message: &str) -> SqlError {
    SqlError::new(sqlstate::SYNTAX_ERROR, message)
}

impl Picture {
    fn parse(template: &str) -> Result<Picture> {
        let mut picture = Picture { fill: true, ..Picture::default() };
        let (mut after_point, mut after_v) = (false, false);
        let mut rest = template;
        while let Some(c) = rest.chars().next() {
            let word =
                |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
            let (len, piece) = match c {
                '9' | '0' => {
                    match (after_v, after_point) {
                        (true, _) => picture.shift += 1,
                        (false, true) => picture.fraction += 1,
                        (false, false) => picture.whole += 1,
                    }
                    (1, Some(if c == '0' { Piece::Zero } else { Piece::Digit }))
                }
                '.' | 'D' | 'd' => {
                    if after_point {
                        return Err(syntax("multiple decimal points"));
                    }
                    after_point = true;
                    (1, Some(Piece::Point))
                }
                ',' | 'G' | 'g' => (1, Some(Piece::Group)),
                'V' | 'v' => {
                    after_v = true;
                    (1, None)
                }
                '"' => {
                    let body = rest.get(1..).unwrap_or_default();
                    let end = body.find('"').unwrap_or(body.len());
                    (end + 2, Some(Piece::Literal(body.get(..end).unwrap_or_default().to_owned())))
                }
                _ if word("FM") => {
                    picture.fill = false;
                    (2, None)
                }
                _ if word("EEEE") => {
                    picture.exponent = true;
                    (4, None)
                }
                _ if word("RN") => {
                    picture.roman = true;
                    (2, None)
                }
                _ if word("MI") => (2, Some(Piece::Sign(SignPiece::Mi))),
                _ if word("PL") => (2, Some(Piece::Sign(SignPiece::Pl))),
                _ if word("SG") => (2, Some(Piece::Sign(SignPiece::Sg))),
                _ if word("PR") => (2, Some(Piece::Sign(SignPiece::Pr))),
                _ if word("TH") => (2, Some(Piece::Ordinal(c == 'T'))),
                'S' | 's' => (1, Some(Piece::Sign(SignPiece::S))),
                'L' | 'l' => (1, Some(Piece::Currency)),
                c => (c.len_utf8(), Some(Piece::Literal(c.to_string()))),
            };
            match &piece {
                Some(Piece::Sign(SignPiece::Pr)) => picture.sign = Sign::Brackets,
                Some(Piece::Sign(_)) => picture.sign = Sign::Placed,
                _ => {}
            }
            picture.pieces.extend(piece);
            rest = rest.get(len..).unwrap_or_default();
        }
        Ok(picture)
    }
}

/// The digits of a number, as a picture wants them.
struct Digits {
    negative: bool,
    whole: String,
    fraction: String,
}

fn digits(n: &Numeric, picture: &Picture) -> Result<Digits> {
    let shifted = match picture.shift {
        0 => n.clone(),
        shift => n.mul(&Numeric::from_i128(10_i128.pow(shift.min(30) as u32), 0))?,
    };
    let rounded = shifted.round(picture.fraction as i32)?;
    let text = rounded.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = if whole == "0" { "" } else { whole };
    let negative = rounded.signum() < 0;
    Ok(Digits { negative, whole: whole.to_owned(), fraction: fraction.to_owned() })
}

fn write(n: &Numeric, template: &str) -> Result<String> {
    let picture = Picture::parse(template)?;
    if picture.roman {
        return Ok(roman(n, picture.fill));
    }
    if picture.exponent {
        return scientific(n, &picture);
    }
    let width = picture.whole + picture.shift;
    if !n.is_finite() {
        return Ok(overflow(&picture, width));
    }
    let digits = digits(n, &picture)?;
    if digits.whole.len() > width {
        return Ok(overflow(&picture, width));
    }
    Ok(filled(&picture, &digits, width))
}

/// A number that does not fit its picture.
fn overflow(picture: &Picture, width: usize) -> String {
    let mut out = if picture.fill { " ".to_owned() } else { String::new() };
    out.push_str(&"#".repeat(width));
    if picture.fraction > 0 {
        out.push('.');
        out.push_str(&"#".repeat(picture.fraction));
    }
    out
}

fn filled(picture: &Picture, digits: &Digits, width: usize) -> String {
    // From the first `0` on every place is written.
    let first_zero = {
        let places = picture.pieces.iter().filter(|piece| matches!(piece, Piece::Digit | Piece::Zero));
        places.take(width).position(|piece| *piece == Piece::Zero).unwrap_or(width)
    };
    let first_digit = (width - digits.whole.len()).min(first_zero);
    let anchored = matches!(picture.pieces.first(), Some(Piece::Sign(SignPiece::S)));
    let sign = |out: &mut String| match (picture.sign, digits.negative) {
        (Sign::Leading, true) => out.push('-'),
        (Sign::Brackets, true) => out.push('<'),
        (Sign::Leading | Sign::Brackets, false) if picture.fill => out.push(' '),
        (Sign::Placed, negative) if anchored => out.push(if negative { '-' } else { '+' }),
        _ => {}
    };
    let (mut out, mut place, mut decimals) = (String::new(), 0, 0);
    let mut signed = false;
    // With `FM` trailing zeros of the fraction go, down to the last `0` of the picture.
    let kept_decimals = kept_decimals(picture, digits);
    let mut after_point = false;
    for (index, piece) in picture.pieces.iter().enumerate() {
        match piece {
            Piece::Digit | Piece::Zero if after_point => {
                let digit = digits.fraction.chars().nth(decimals).unwrap_or('0');
                if picture.fill || decimals < kept_decimals {
                    out.push(digit);
                }
                decimals += 1;
            }
            Piece::Digit | Piece::Zero => {
                let last_place = place + 1 == width && picture.fraction == 0;
                if place < first_digit && !(last_place && digits.whole.is_empty()) {
                    if picture.fill {
                        out.push(' ');
                    }
                } else {
                    if !signed {
                        sign(&mut out);
                        signed = true;
                    }
                    let missing = width - digits.whole.len();
                    let digit = place.checked_sub(missing).and_then(|at| digits.whole.chars().nth(at));
                    out.push(digit.unwrap_or('0'));
                }
                place += 1;
            }
            Piece::Point => {
                if !signed {
                    sign(&mut out);
                    signed = true;
                }
                out.push('.');
                after_point = true;
            }
            Piece::Group => {
                if signed && place > first_digit {
                    out.push(',');
                } else if picture.fill {
                    out.push(' ');
                }
            }
            Piece::Sign(SignPiece::S) if index == 0 => {}
            Piece::Sign(SignPiece::S | SignPiece::Sg) => out.push(if digits.negative { '-' } else { '+' }),
            Piece::Sign(SignPiece::Mi) => match (digits.negative, picture.fill) {
                (true, _) => out.push('-'),
                (false, true) => out.push(' '),
                (false, false) => {}
            },
            Piece::Sign(SignPiece::Pl) => match (digits.negative, picture.fill) {
                (false, _) => out.push('+'),
                (true, true) => out.push(' '),
                (true, false) => {}
            },
            Piece::Sign(SignPiece::Pr) => match (digits.negative, picture.fill) {
                (true, _) => out.push('>'),
                (false, true) => out.push(' '),
                (false, false) => {}
            },
            Piece::Ordinal(capital) => {
                let ordinal = if digits.negative { "" } else { ordinal(&digits.whole) };
                out.push_str(&if *capital { ordinal.to_uppercase() } else { ordinal.to_owned() });
            }
            Piece::Currency => out.push(' '),
            Piece::Literal(text) => out.push_str(text),
        }
    }
    out
}

fn kept_decimals(picture: &Picture, digits: &Digits) -> usize {
    let after: Vec<&Piece> = picture.pieces.iter().skip_while(|piece| **piece != Piece::Point).collect();
    let places = after.into_iter().filter(|piece| matches!(piece, Piece::Digit | Piece::Zero));
    let last_zero =
        places.enumerate().filter(|(_, piece)| **piece == Piece::Zero).map(|(at, _)| at + 1).max();
    digits.fraction.trim_end_matches('0').len().max(last_zero.unwrap_or(0))
}

fn ordinal(whole: &str) -> &'static str {
    let bytes = whole.as_bytes();
    let teen = bytes.len() > 1 && bytes.get(bytes.len() - 2) == Some(&b'1');
    match bytes.last() {
        Some(b'1') if !teen => "st",
        Some(b'2') if !teen => "nd",
        Some(b'3') if !teen => "rd",
        _ => "th",
    }
}

fn roman(n: &Numeric, fill: bool) -> String {
    const NUMERALS: [(i64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let whole = n.round(0).ok().and_then(|n| n.to_i64(strata_types::Type::INT8).ok());
    let text = match whole {
        Some(mut rest @ 1..=3999) => {
            let mut out = String::new();
            for (value, numeral) in NUMERALS {
                while rest >= value {
                    out.push_str(numeral);
                    rest -= value;
                }
            }
            out
        }
        _ => "#".repeat(15),
    };
    if fill { format!("{text:>15}") } else { text }
}

fn scientific(n: &Numeric, picture: &Picture) -> Result<String> {
    let float = n.to_f64()?;
    if !n.is_finite() {
        return Ok(overflow(picture, picture.whole));
    }
    let text = format!("{float:.*e}", picture.fraction);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    let lead = if float < 0.0 || !picture.fill { "" } else { " " };
    Ok(format!("{lead}{mantissa}e{sign}{:02}", exponent.abs()))
}

/// Takes the digits, the point and the sign out of a text, as far as the template goes.
fn read(text: &str, template: &str) -> Result<Numeric> {
    let picture = Picture::parse(template)?;
    let negative = text.contains('-') || (picture.sign == Sign::Brackets && text.contains('<'));
    let most = picture.whole + picture.fraction + picture.shift;
    let mut number = String::new();
    let (mut taken, mut point) = (0, false);
    for c in text.chars() {
        match c {
            '0'..='9' if taken < most => {
                number.push(c);
                taken += 1;
            }
            '.' if !point && picture.fraction > 0 => {
                point = true;
                number.push('.');
            }
            _ => {}
        }
    }
    if !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(SqlError::new(
            sqlstate::INVALID_TEXT_REPRESENTATION,
            format!("invalid input syntax for type numeric: \"{}\"", text.trim()),
        ));
    }
    let magnitude = Numeric::parse(&number)?;
    let scaled = match picture.shift {
        0 => magnitude,
        shift => magnitude.div(&Numeric::from_i128(10_i128.pow(shift.min(30) as u32), 0))?,
    };
    Ok(if negative { scaled.neg() } else { scaled })
}
