//! Arrays as text: `{1,2,NULL}`, `{{"a b",c},{d,e}}`, `[0:1]={1,2}`.

use crate::array::{Array, DIMENSIONS_MAX, Dimension};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::sql_type::Type;
use crate::sqlstate;
use crate::typmod::Typmod;
use crate::value::Value;

const OPENING: &str = "Array value must start with \"{\" or dimension information.";
const UNEVEN: &str = "Multidimensional arrays must have sub-arrays with matching dimensions.";
const UNEXPECTED_END: &str = "Unexpected end of input.";
const BAD_BOUNDS: &str = "Specified array dimensions do not match array contents.";

pub(super) fn parse(element: Type, typmod: Typmod, text: &str, format: &Format) -> Result<Value> {
    let delimiter = element.info().map_or(b',', |info| info.delimiter);
    let mut reader = Reader { text, at: 0, delimiter, lengths: Vec::new(), rank: None, items: Vec::new() };
    reader.skip_blanks();
    let bounds = reader.bounds()?;
    if reader.peek() != Some(b'{') {
        return Err(reader.malformed(OPENING));
    }
    reader.braces(0)?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.malformed("Junk after closing right brace."));
    }
    let dimensions = reader.dimensions(bounds)?;
    let read = |item: &Option<String>| match item {
        Some(text) => Value::from_text(element, typmod, text, format),
        None => Ok(Value::Null),
    };
    let values = reader.items.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Value::Array(Array { element, dimensions, values }.into()))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// Elements along each dimension, known when its first braces close.
    lengths: Vec<Option<usize>>,
    /// Number of dimensions, known when the first element is met.
    rank: Option<usize>,
    items: Vec<Option<String>>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn malformed(&self, detail: &'static str) -> Error {
        Error::MalformedArray { input: self.text.into(), detail }
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == 0x0b) {
            self.at += 1;
        }
    }

    /// `[1:3][2:2]=`, if it is there.
    fn bounds(&mut self) -> Result<Option<Vec<(i32, i32)>>> {
        let mut bounds = Vec::new();
        while self.peek() == Some(b'[') {
            self.at += 1;
            let first = self.bound()?;
            let (lower, upper) = if self.peek() == Some(b':') {
                self.at += 1;
                (first, self.bound()?)
            } else {
                (1, first)
            };
            if self.peek() != Some(b']') {
                return Err(self.malformed("Missing \"]\" after array dimensions."));
            }
            self.at += 1;
            if bounds.len() == DIMENSIONS_MAX {
                return Err(too_many_dimensions(bounds.len() + 1));
            }
            if upper < lower {
                return Err(Error::Other {
                    sqlstate: sqlstate::ARRAY_SUBSCRIPT_ERROR,
                    message: "upper bound cannot be less than lower bound".into(),
                });
            }
            bounds.push((lower, upper));
        }
        if bounds.is_empty() {
            return Ok(None);
        }
        self.skip_blanks();
        if self.peek() != Some(b'=') {
            return Err(self.malformed("Missing \"=\" after array dimensions."));
        }
        self.at += 1;
        self.skip_blanks();
        if self.peek() != Some(b'{') {
            return Err(self.malformed("Array contents must start with \"{\"."));
        }
        Ok(Some(bounds))
    }

    fn bound(&mut self) -> Result<i32> {
        let from = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = &self.text[from..self.at];
        digits
            .parse()
            .map_err(|_| self.malformed("\"[\" must introduce explicitly-specified array dimensions."))
    }

    /// One pair of braces and what is in it.
    fn braces(&mut self, depth: usize) -> Result<()> {
        if depth >= DIMENSIONS_MAX {
            return Err(too_many_dimensions(depth + 1));
        }
        if self.rank.is_some_and(|rank| depth >= rank) {
            return Err(self.malformed(UNEVEN));
        }
        if self.lengths.len() == depth {
            self.lengths.push(None);
        }
        self.at += 1;
        let mut count = 0;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            if depth > 0 {
                return Err(self.malformed("Unexpected \"}\" character."));
            }
            self.at += 1;
            return self.close(depth, 0);
        }
        loop {
            self.skip_blanks();
            if self.peek() == Some(b'{') {
                self.braces(depth + 1)?;
            } else {
                self.item(depth)?;
            }
            count += 1;
            self.skip_blanks();
            match self.peek() {
                Some(b'}') => break,
                Some(byte) if byte == self.delimiter => self.at += 1,
                Some(b'{') => return Err(self.malformed("Unexpected \"{\" character.")),
                Some(_) => return Err(self.malformed("Unexpected array element.")),
                None => return Err(self.malformed(UNEXPECTED_END)),
            }
        }
        self.at += 1;
        self.close(depth, count)
    }

    fn close(&mut self, depth: usize, count: usize) -> Result<()> {
        match self.lengths.get(depth).copied().flatten() {
            Some(length) if length != count => return Err(self.malformed(UNEVEN)),
            _ => self.lengths[depth] = Some(count),
        }
        Ok(())
    }

    fn item(&mut self, depth: usize) -> Result<()> {
        if *self.rank.get_or_insert(depth + 1) != depth + 1 || self.lengths.len() > depth + 1 {
            return Err(self.malformed(UNEVEN));
        }
        let item = match self.peek() {
            Some(b'"') => Some(self.quoted()?),
            _ => self.bare()?,
        };
        self.items.push(item);
        Ok(())
    }

    fn quoted(&mut self) -> Result<String> {
        self.at += 1;
        let mut item = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(['"', '\\']).ok_or_else(|| self.malformed(UNEXPECTED_END))?;
            item.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest.as_bytes()[plain] == b'"' {
                return Ok(item);
            }
            self.escaped(&mut item)?;
        }
    }

    fn escaped(&mut self, item: &mut String) -> Result<()> {
        let next = self.text[self.at..].chars().next().ok_or_else(|| self.malformed(UNEXPECTED_END))?;
        item.push(next);
        self.at += next.len_utf8();
        Ok(())
    }

    /// An element without quotes ends before the delimiter or brace; blanks at its end do not count.
    fn bare(&mut self) -> Result<Option<String>> {
        let mut item = String::new();
        let mut escaped_len = 0;
        while let Some(next) = self.text[self.at..].chars().next() {
            match next {
                '}' => break,
                _ if next as u32 == u32::from(self.delimiter) => break,
                '"' => return Err(self.malformed("Unexpected array element.")),
                '{' => return Err(self.malformed("Unexpected \"{\" character.")),
                '\\' => {
                    self.at += 1;
                    self.escaped(&mut item)?;
                    escaped_len = item.len();
                }
                _ => {
                    item.push(next);
                    self.at += next.len_utf8();
                }
            }
        }
        let kept = item.trim_end_matches(|c: char| c.is_ascii_whitespace()).len().max(escaped_len);
        item.truncate(kept);
        if item.is_empty() {
            let detail = match self.peek() {
                Some(b'}') => "Unexpected \"}\" character.",
                Some(_) => "Unexpected \",\" character.",
                None => UNEXPECTED_END,
            };
            return Err(self.malformed(detail));
        }
        Ok(if escaped_len == 0 && item.eq_ignore_ascii_case("null") { None } else { Some(item) })
    }

    fn dimensions(&self, bounds: Option<Vec<(i32, i32)>>) -> Result<Vec<Dimension>> {
        let lengths: Vec<usize> = match self.items.is_empty() {
            true => Vec::new(),
            false => self.lengths.iter().map(|length| length.unwrap_or(0)).collect(),
        };
        let Some(bounds) = bounds else {
            return Ok(lengths.into_iter().map(|len| Dimension { len, lower: 1 }).collect());
        };
        if bounds.len() != lengths.len() {
            return Err(self.malformed(BAD_BOUNDS));
        }
        let mut dimensions = Vec::with_capacity(lengths.len());
        for (len, (lower, upper)) in lengths.into_iter().zip(bounds) {
            if i64::from(upper) - i64::from(lower) + 1 != len as i64 {
                return Err(self.malformed(BAD_BOUNDS));
            }
            dimensions.push(Dimension { len, lower });
        }
        Ok(dimensions)
    }
}

fn too_many_dimensions(rank: usize) -> Error {
    Error::Other {
        sqlstate: sqlstate::PROGRAM_LIMIT_EXCEEDED,
        message: format!(
            "number of array dimensions ({rank}) exceeds the maximum allowed ({DIMENSIONS_MAX})"
        )
        .into(),
    }
}

pub(super) fn write(array: &Array, format: &Format, out: &mut Vec<u8>) {
    if array.dimensions.is_empty() {
        return out.extend_from_slice(b"{}");
    }
    if array.dimensions.iter().any(|dimension| dimension.lower != 1) {
        for dimension in &array.dimensions {
            let upper = i64::from(dimension.lower) + dimension.len as i64 - 1;
            out.extend_from_slice(format!("[{}:{upper}]", dimension.lower).as_bytes());
        }
        out.push(b'=');
    }
    let mut values = array.values.iter();
    write_level(array, 0, &mut values, format, out);
}

fn write_level<'a>(
    array: &Array,
    depth: usize,
    values: &mut impl Iterator<Item = &'a Value>,
    format: &Format,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    let len = array.dimensions.get(depth).map_or(0, |dimension| dimension.len);
    let delimiter = array.element.info().map_or(b',', |info| info.delimiter);
    for at in 0..len {
        if at > 0 {
            out.push(delimiter);
        }
        if depth + 1 < array.dimensions.len() {
            write_level(array, depth + 1, values, format, out);
        } else if let Some(value) = values.next() {
            write_item(value, array.element, delimiter, format, out);
        }
    }
    out.push(b'}');
}

fn write_item(value: &Value, element: Type, delimiter: u8, format: &Format, out: &mut Vec<u8>) {
    if value.is_null() {
        return out.extend_from_slice(b"NULL");
    }
    let start = out.len();
    value.write_text(element, format, out);
    let text = &out[start..];
    let special = |byte: &u8| {
        matches!(byte, b'"' | b'\\' | b'{' | b'}' | 0x0b) || *byte == delimiter || byte.is_ascii_whitespace()
    };
    if !text.is_empty() && !text.eq_ignore_ascii_case(b"null") && !text.iter().any(special) {
        return;
    }
    let text = out.split_off(start);
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// `int2vector` and `oidvector`: numbers between blanks, subscripts from 0.
pub(super) fn parse_vector(ty: Type, text: &str, format: &Format) -> Result<Value> {
    let element = if ty == Type::OIDVECTOR { Type::OID } else { Type::INT2 };
    let read = |word| Value::from_text(element, Typmod::NONE, word, format);
    let values = text.split_ascii_whitespace().map(read).collect::<Result<Vec<_>>>()?;
    let dimensions = vec![Dimension { len: values.len(), lower: 0 }];
    Ok(Value::Array(Array { element, dimensions, values }.into()))
}

pub(super) fn write_vector(array: &Array, format: &Format, out: &mut Vec<u8>) {
    for (at, value) in array.values.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        value.write_text(array.element, format, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(element: Type, text: &str) -> Result<String> {
        let format = Format::default();
        let array = parse(element, Typmod::NONE, text, &format)?;
        Ok(array.to_text(Type::TEXT_ARRAY, &format).unwrap())
    }

    #[test]
    fn arrays_come_back_as_postgres_writes_them() {
        for (text, expected) in [
            ("{}", "{}"),
            (" { 1 , 2 } ", "{1,2}"),
            ("{{1,2},{3,4}}", "{{1,2},{3,4}}"),
            ("[0:1]={1,2}", "[0:1]={1,2}"),
            ("{1,null}", "{1,NULL}"),
        ] {
            assert_eq!(round_trip(Type::INT4, text).unwrap(), expected, "{text}");
        }
        let text = r#"{a b,"c,d","e\"f",\g,"NULL","",null}"#;
        assert_eq!(round_trip(Type::TEXT, text).unwrap(), r#"{"a b","c,d","e\"f",g,"NULL","",NULL}"#);
    }

    #[test]
    fn faults_are_told() {
        for text in ["", "1,2", "{1,2", "{1,,2}", "{{1},{2,3}}", "{1}x", "{1,{2}}", "[1:3]={1,2}"] {
            let error = round_trip(Type::INT4, text).unwrap_err();
            assert_eq!(error.to_string(), format!("malformed array literal: \"{text}\""));
            assert_eq!(error.sqlstate(), "22P02");
        }
    }
}
