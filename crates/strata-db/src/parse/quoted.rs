//! What string literals mean: doubled quotes, backslash escapes, Unicode escapes.

use super::ast::Pos;
use super::error::ParseError;

/// `invalid_unicode` sequences are syntax errors; bytes that are no UTF-8 are this.
const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";
/// A backslash escape that is none.
const INVALID_ESCAPE_SEQUENCE: &str = "22025";

/// A plain string: its parts joined, `''` made `'`.
pub(super) fn plain(parts: &[&str]) -> Box<str> {
    match parts {
        [one] if !one.contains('\'') => (*one).into(),
        _ => parts.concat().replace("''", "'").into_boxed_str(),
    }
}

/// The value of an `E''` literal. `near` words the place of an error between two bytes of the text.
pub(super) fn escaped(
    parts: Vec<(usize, &str)>,
    near: impl Fn(usize, usize) -> String,
) -> Result<Box<str>, ParseError> {
    let mut out = Vec::new();
    for (from, part) in parts {
        Escapes { bytes: part.as_bytes(), at: 0, from, out: &mut out, high: None }.run(&near)?;
    }
    match String::from_utf8(out) {
        Ok(text) if !text.contains('\0') => Ok(text.into_boxed_str()),
        Ok(_) => Err(not_utf8(&[0])),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let len = error.utf8_error().error_len().unwrap_or(1);
            Err(not_utf8(error.as_bytes().get(at..at + len).unwrap_or(&[])))
        }
    }
}

fn not_utf8(bytes: &[u8]) -> ParseError {
    let hex: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
    let message = format!("invalid byte sequence for encoding \"UTF8\": {}", hex.join(" "));
    ParseError::new(CHARACTER_NOT_IN_REPERTOIRE, message, Pos::default())
}

/// Resolves the backslashes of one part of an `E''` literal.
struct Escapes<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The byte of the text at which the part starts.
    from: usize,
    out: &'a mut Vec<u8>,
    /// The first half of a surrogate pair.
    high: Option<u32>,
}

impl Escapes<'_> {
    fn run(&mut self, near: &impl Fn(usize, usize) -> String) -> Result<(), ParseError> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let escape_start = self.at;
            self.at += 1;
            if byte != b'\\' {
                if byte == b'\'' {
                    self.at += 1;
                }
                self.no_high_half(escape_start, near)?;
                self.out.push(byte);
                continue;
            }
            let Some(&letter) = self.bytes.get(self.at) else { break };
            self.at += 1;
            if matches!(letter, b'u' | b'U') {
                self.code_point(if letter == b'u' { 4 } else { 8 }, escape_start, near)?;
                continue;
            }
            self.no_high_half(escape_start, near)?;
            let value = match letter {
                b'b' => 0x08,
                b'f' => 0x0C,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 0x0B,
                b'0'..=b'7' => {
                    self.at -= 1;
                    self.digits(8, 3)
                }
                b'x' if self.bytes.get(self.at).is_some_and(u8::is_ascii_hexdigit) => self.digits(16, 2),
                other => other,
            };
            self.out.push(value);
        }
        self.no_high_half(self.at, near)
    }

    fn digits(&mut self, radix: u32, count_max: usize) -> u8 {
        let mut value = 0;
        for _ in 0..count_max {
            let Some(digit) = self.bytes.get(self.at).and_then(|b| (*b as char).to_digit(radix)) else {
                break;
            };
            value = value * radix + digit;
            self.at += 1;
        }
        // `\777` keeps its low eight bits, as in C.
        value.to_le_bytes()[0]
    }

    fn code_point(
        &mut self,
        count: usize,
        escape_start: usize,
        near: &impl Fn(usize, usize) -> String,
    ) -> Result<(), ParseError> {
        let digits = self.bytes.get(self.at..self.at + count).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits.and_then(|d| std::str::from_utf8(d).ok()) else {
            let pos = pos(self.from + escape_start);
            return Err(ParseError::new(INVALID_ESCAPE_SEQUENCE, "invalid Unicode escape", pos)
                .with_hint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX."));
        };
        self.at += count;
        let code = u32::from_str_radix(digits, 16).unwrap_or(u32::MAX);
        let place = self.from + escape_start;
        if let Some(c) = join_surrogates(&mut self.high, code, || near(place, self.from + self.at), place)? {
            let mut buffer = [0; 4];
            self.out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        Ok(())
    }

    fn no_high_half(&self, at: usize, near: &impl Fn(usize, usize) -> String) -> Result<(), ParseError> {
        let place = self.from + at;
        if self.high.is_some() { Err(bad_pair(near(place, self.from + self.at), place)) } else { Ok(()) }
    }
}

/// The value of a `U&''` literal or identifier, whose text starts at byte `from`.
pub(super) fn unicode(body: &str, escape: char, from: usize) -> Result<String, ParseError> {
    let mut out = String::with_capacity(body.len());
    let mut high = None;
    let mut rest = body;
    while let Some(c) = rest.chars().next() {
        let place = from + body.len() - rest.len();
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        if c == escape && !rest.starts_with(escape) {
            let (skip, count) = if rest.starts_with('+') { (1, 6) } else { (0, 4) };
            let digits = rest.get(skip..skip + count).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(digits) = digits else {
                return Err(ParseError::syntax("invalid Unicode escape", pos(place))
                    .with_hint("Unicode escapes must be \\XXXX or \\+XXXXXX."));
            };
            rest = rest.get(skip + count..).unwrap_or("");
            let code = u32::from_str_radix(digits, 16).unwrap_or(u32::MAX);
            out.extend(join_surrogates(&mut high, code, String::new, place)?);
            continue;
        }
        if high.is_some() {
            return Err(bad_pair(String::new(), place));
        }
        if c == escape {
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
        out.push(c);
    }
    if high.is_some() {
        return Err(bad_pair(String::new(), from + body.len()));
    }
    Ok(out)
}

/// A code point, or nothing yet when it is the first half of a pair.
fn join_surrogates(
    high: &mut Option<u32>,
    code: u32,
    near: impl Fn() -> String,
    place: usize,
) -> Result<Option<char>, ParseError> {
    let code = match (high.take(), code) {
        (None, 0xD800..=0xDBFF) => {
            *high = Some(code);
            return Ok(None);
        }
        (Some(first), 0xDC00..=0xDFFF) => 0x10000 + ((first & 0x3FF) << 10) + (code & 0x3FF),
        (None, 0xDC00..=0xDFFF) | (Some(_), _) => return Err(bad_pair(near(), place)),
        (None, _) => code,
    };
    match char::from_u32(code) {
        Some(c) if c != '\0' => Ok(Some(c)),
        _ => Err(ParseError::syntax(format!("invalid Unicode escape value{}", near()), pos(place))),
    }
}

fn bad_pair(near: String, place: usize) -> ParseError {
    ParseError::syntax(format!("invalid Unicode surrogate pair{near}"), pos(place))
}

fn pos(byte: usize) -> Pos {
    Pos(u32::try_from(byte).unwrap_or(u32::MAX))
}
