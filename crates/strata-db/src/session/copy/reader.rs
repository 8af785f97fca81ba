//! Lines and fields out of a stream of bytes that arrives in pieces.
//!
//! A line is handed out when its end has arrived. Within CSV quotes a newline is data; a quote that opens in
//! one piece may close in the next, so the scan goes on where it stopped. Lines end in LF, CR or CRLF.

use super::options::{Form, Options};
use crate::error::{Result, SqlError};
use strata_types::sqlstate;

/// Longest line accepted: a row of 1 GiB, as in PostgreSQL.
const LINE_LEN_MAX: usize = (1 << 30) - 1;

/// Splits a stream into lines, and lines into fields.
pub(super) struct Reader {
    form: Form,
    delimiter: u8,
    quote: u8,
    escape: u8,
    null: Vec<u8>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are consumed.
    start: usize,
    /// Where the search for the line's end goes on.
    scanned: usize,
    in_quotes: bool,
    /// The last byte scanned escapes the next.
    escaped: bool,
    finished: bool,
    /// The header of the binary form has been read.
    pub(super) signed: bool,
    /// Lines handed out.
    pub(super) line: u64,
}

/// A line's fields: the unquoted bytes, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    /// End of each field, and whether it is NULL by its looks, and whether it was quoted.
    ends: Vec<(usize, bool, bool)>,
}

impl Fields {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field: its bytes, whether it looks like NULL, whether it was quoted.
    pub(super) fn get(&self, index: usize) -> Option<(&[u8], bool, bool)> {
        let (end, null, quoted) = *self.ends.get(index)?;
        let start =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |before| before.0);
        Some((self.bytes.get(start..end)?, null, quoted))
    }

    /// Adds a field.
    pub(super) fn push(&mut self, bytes: &[u8], null: bool) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push((self.bytes.len(), null, false));
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

impl Reader {
    pub(super) fn new(options: &Options) -> Reader {
        Reader {
            form: options.form,
            delimiter: options.delimiter,
            quote: options.quote,
            escape: options.escape,
            null: options.null.clone().into_bytes(),
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            in_quotes: false,
            escaped: false,
            finished: false,
            signed: false,
            line: 0,
        }
    }

    /// Takes a piece in.
    ///
    /// # Errors
    /// 54000 for a line that is too long.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<()> {
        if self.finished {
            return Ok(());
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        if self.buffer.len() + piece.len() > LINE_LEN_MAX {
            return Err(SqlError::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "a line of COPY data is too long"));
        }
        self.buffer.extend_from_slice(piece);
        Ok(())
    }

    /// The next whole line's fields; `false` until more has arrived. `at_end`: nothing more will.
    ///
    /// # Errors
    /// 22P04 for a quote that is never closed.
    pub(super) fn next(&mut self, at_end: bool, fields: &mut Fields) -> Result<bool> {
        if self.finished {
            return Ok(false);
        }
        if self.form == Form::Binary {
            return self.next_tuple(at_end, fields);
        }
        let Some((end, next)) = self.find_end(at_end)? else { return Ok(false) };
        let line = self.buffer.get(self.start..end).unwrap_or_default();
        if line == b"\\." {
            self.finished = true;
            return Ok(false);
        }
        self.line += 1;
        fields.clear();
        match self.form {
            Form::Text => split_text(line, self.delimiter, &self.null, fields),
            Form::Csv => split_csv(line, self.delimiter, self.quote, self.escape, &self.null, fields),
            Form::Binary => {}
        }
        self.start = next;
        self.scanned = next;
        Ok(true)
    }

    /// What has arrived and is not consumed.
    pub(super) fn pending(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// So many bytes are done with.
    pub(super) fn consume(&mut self, len: usize) {
        self.start += len;
        self.scanned = self.start;
    }

    /// Whatever else arrives is passed over.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }

    /// Where the line ends and the next begins.
    fn find_end(&mut self, at_end: bool) -> Result<Option<(usize, usize)>> {
        while let Some(&byte) = self.buffer.get(self.scanned) {
            if self.form == Form::Csv {
                if self.in_quotes && self.escape != self.quote && byte == self.escape && !self.escaped {
                    self.escaped = true;
                    self.scanned += 1;
                    continue;
                }
                if byte == self.quote && !self.escaped {
                    self.in_quotes = !self.in_quotes;
                }
                self.escaped = false;
            }
            if !self.in_quotes && matches!(byte, b'\n' | b'\r') {
                let quoted = self.form == Form::Text && self.escaped;
                if !quoted {
                    // A CR at the end of what has arrived may be half of a CRLF.
                    if byte == b'\r' && self.scanned + 1 == self.buffer.len() && !at_end {
                        return Ok(None);
                    }
                    let crlf = byte == b'\r' && self.buffer.get(self.scanned + 1) == Some(&b'\n');
                    return Ok(Some((self.scanned, self.scanned + 1 + usize::from(crlf))));
                }
            }
            if self.form == Form::Text {
                self.escaped = byte == b'\\' && !self.escaped;
            }
            self.scanned += 1;
        }
        if !at_end || self.start == self.buffer.len() {
            return Ok(None);
        }
        if self.in_quotes {
            return Err(SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field"));
        }
        Ok(Some((self.buffer.len(), self.buffer.len())))
    }
}

fn split_text(line: &[u8], delimiter: u8, null: &[u8], fields: &mut Fields) {
    let mut start = 0;
    loop {
        let end = field_end(line, start, delimiter);
        let raw = line.get(start..end).unwrap_or_default();
        unescape(raw, &mut fields.bytes);
        fields.ends.push((fields.bytes.len(), raw == null, false));
        if end >= line.len() {
            break;
        }
        start = end + 1;
    }
}

/// The next delimiter that no backslash quotes.
fn field_end(line: &[u8], start: usize, delimiter: u8) -> usize {
    let mut at = start;
    while let Some(&byte) = line.get(at) {
        if byte == delimiter {
            return at;
        }
        at += if byte == b'\\' { 2 } else { 1 };
    }
    line.len()
}

/// Backslash escapes: `\n` and its kind, octal, hexadecimal; any other character stands for itself.
fn unescape(raw: &[u8], into: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        into.extend_from_slice(rest.get(..at).unwrap_or_default());
        let (byte, used) = escape(rest.get(at + 1..).unwrap_or_default());
        into.push(byte);
        rest = rest.get(at + 1 + used..).unwrap_or_default();
    }
    into.extend_from_slice(rest);
}

/// The byte behind a backslash, and how many bytes of the line it takes.
fn escape(rest: &[u8]) -> (u8, usize) {
    let digits = |from: usize, most: usize, radix: u32| {
        let found = rest.iter().skip(from).take(most).map_while(|byte| char::from(*byte).to_digit(radix));
        found.fold((0u32, 0usize), |(value, count), digit| (value * radix + digit, count + 1))
    };
    match rest.first() {
        None => (b'\\', 0),
        Some(b'b') => (8, 1),
        Some(b'f') => (12, 1),
        Some(b'n') => (b'\n', 1),
        Some(b'r') => (b'\r', 1),
        Some(b't') => (b'\t', 1),
        Some(b'v') => (11, 1),
        Some(b'x') => match digits(1, 2, 16) {
            (_, 0) => (b'x', 1),
            (value, count) => (value as u8, 1 + count),
        },
        Some(b'0'..=b'7') => {
            let (value, count) = digits(0, 3, 8);
            (value as u8, count)
        }
        Some(other) => (*other, 1),
    }
}

fn split_csv(line: &[u8], delimiter: u8, quote: u8, escape: u8, null: &[u8], fields: &mut Fields) {
    let mut at = 0;
    loop {
        let start = fields.bytes.len();
        let mut quoted = false;
        let mut in_quotes = false;
        while let Some(&byte) = line.get(at) {
            if in_quotes {
                let next = line.get(at + 1).copied();
                if byte == escape && next.is_some_and(|next| next == quote || next == escape) {
                    fields.bytes.extend(next);
                    at += 2;
                    continue;
                }
                if byte == quote {
                    in_quotes = false;
                } else {
                    fields.bytes.push(byte);
                }
            } else if byte == delimiter {
                break;
            } else if byte == quote {
                quoted = true;
                in_quotes = true;
            } else {
                fields.bytes.push(byte);
            }
            at += 1;
        }
        let is_null = !quoted && fields.bytes.get(start..) == Some(null);
        fields.ends.push((fields.bytes.len(), is_null, quoted));
        if at >= line.len() {
            break;
        }
        at += 1;
        if at == line.len() {
            // A delimiter at the line's end has an empty field behind it.
            fields.ends.push((fields.bytes.len(), null.is_empty(), false));
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::{Columns, Header};
    use super::*;

    fn options(form: Form) -> Options {
        let csv = form == Form::Csv;
        Options {
            form,
            delimiter: if csv { b',' } else { b'\t' },
            null: if csv { String::new() } else { "\\N".to_owned() },
            header: Header::No,
            quote: b'"',
            escape: b'"',
            force_quote: Columns::None,
            force_not_null: Columns::None,
            force_null: Columns::None,
        }
    }

    /// Every line's fields; NULL as `None`. The input arrives byte by byte.
    fn read(form: Form, input: &[u8]) -> Vec<Vec<Option<String>>> {
        let mut reader = Reader::new(&options(form));
        let mut fields = Fields::default();
        let mut lines = Vec::new();
        let mut take = |fields: &Fields| {
            let field = |at: usize| {
                let (bytes, null, _) = fields.get(at).unwrap();
                (!null).then(|| String::from_utf8_lossy(bytes).into_owned())
            };
            lines.push((0..fields.len()).map(field).collect());
        };
        for byte in input {
            reader.push(&[*byte]).unwrap();
            while reader.next(false, &mut fields).unwrap() {
                take(&fields);
            }
        }
        while reader.next(true, &mut fields).unwrap() {
            take(&fields);
        }
        lines
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn text_lines() {
        let lines = read(Form::Text, b"a\tb\\tc\t\\N\r\n\\x41\\101\t\t\\\\\n\\.\nx");
        assert_eq!(lines, [vec![some("a"), some("b\tc"), None], vec![some("AA"), some(""), some("\\")]]);
    }

    #[test]
    fn csv_lines() {
        let lines = read(Form::Csv, b"a,\"b,\n\"\"c\"\"\",\n\"\",x\"y\"z");
        assert_eq!(lines, [vec![some("a"), some("b,\n\"c\""), None], vec![some(""), some("xyz")]]);
    }

    #[test]
    fn an_open_quote_at_the_end_is_an_error() {
        let mut reader = Reader::new(&options(Form::Csv));
        reader.push(b"a,\"b").unwrap();
        assert_eq!(reader.next(true, &mut Fields::default()).unwrap_err().sqlstate(), "22P04");
    }
}
