//! COPY's binary form (PostgreSQL documentation, "COPY", Binary Format).
//!
//! ```text
//! ┌───────────────────────────┬─────────┬──────────────────┐   integers big-endian
//! │ "PGCOPY\n\xff\r\n\0"   11 │ flags 4 │ extension length 4 and bytes
//! ├───────────────────────────┴─────────┴──────────────────┘
//! │ tuple: field count 2, and a field each: length 4 (-1: NULL), bytes
//! │ …
//! │ -1 as a field count: the end
//! └──
//! ```
#![expect(clippy::big_endian_bytes, reason = "the format's byte order")]

use super::reader::{Fields, Reader};
use crate::error::{Result, SqlError};
use strata_types::{Batch, sqlstate};

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// The bit for OIDs among the fields, which PostgreSQL 12 gave up.
const HAS_OIDS: u32 = 1 << 16;

/// The header of what COPY TO writes.
pub(super) fn header() -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend_from_slice(&[0; 8]);
    bytes
}

/// What stands behind the last tuple.
pub(super) const END: [u8; 2] = (-1i16).to_be_bytes();

/// One row.
///
/// # Errors
/// For a type without binary form.
pub(super) fn write_row(batch: &Batch, row: usize, line: &mut Vec<u8>) -> Result<()> {
    line.extend_from_slice(&(batch.columns.len() as u16).to_be_bytes());
    for column in &batch.columns {
        if column.is_null(row) {
            line.extend_from_slice(&(-1i32).to_be_bytes());
            continue;
        }
        let place = line.len();
        line.extend_from_slice(&[0; 4]);
        column.write_binary(row, line)?;
        let len = i32::try_from(line.len() - place - 4).map_err(|_| bad("field is too long"))?;
        if let Some(bytes) = line.get_mut(place..place + 4) {
            bytes.copy_from_slice(&len.to_be_bytes());
        }
    }
    Ok(())
}

fn bad(message: &str) -> SqlError {
    SqlError::new(sqlstate::BAD_COPY_FILE_FORMAT, message)
}

/// What is left of the input that has arrived.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
}

/// What a look at the input found.
enum Found {
    Tuple,
    End,
    /// It is not all there.
    Part,
}

impl Reader {
    /// The next whole tuple's fields; `false` until more has arrived.
    ///
    /// # Errors
    /// 22P04 for what is no such tuple.
    pub(super) fn next_tuple(&mut self, at_end: bool, fields: &mut Fields) -> Result<bool> {
        if !self.signed {
            let Some(len) = header_len(self.pending())? else {
                return if at_end { Err(bad("COPY file signature not recognized")) } else { Ok(false) };
            };
            self.consume(len);
            self.signed = true;
        }
        // Measured first: a large tuple arrives in many pieces and is to be copied once.
        let mut rest = Rest(self.pending());
        let before = rest.0.len();
        match tuple(&mut rest, &mut |_| ())? {
            Found::Tuple => {}
            Found::End => {
                self.finish();
                return Ok(false);
            }
            Found::Part if at_end => return Err(bad("unexpected EOF in COPY data")),
            Found::Part => return Ok(false),
        }
        let used = before - rest.0.len();
        fields.clear();
        tuple(&mut Rest(self.pending()), &mut |field| match field {
            Some(bytes) => fields.push(bytes, false),
            None => fields.push(&[], true),
        })?;
        self.consume(used);
        self.line += 1;
        Ok(true)
    }
}

/// Length of the header, once it is there.
fn header_len(bytes: &[u8]) -> Result<Option<usize>> {
    let mut rest = Rest(bytes);
    match rest.take(SIGNATURE.len()) {
        None => return Ok(None),
        Some(signature) if signature != SIGNATURE => return Err(bad("COPY file signature not recognized")),
        Some(_) => {}
    }
    let (Some(flags), Some(extension)) = (rest.array(), rest.array()) else { return Ok(None) };
    let flags = u32::from_be_bytes(flags);
    if flags & HAS_OIDS != 0 {
        return Err(bad("invalid COPY file header (WITH OIDS)"));
    }
    if flags >> 16 != 0 {
        return Err(bad("unrecognized critical flags in COPY file header"));
    }
    let extension = usize::try_from(i32::from_be_bytes(extension))
        .map_err(|_| bad("invalid COPY file header (wrong length)"))?;
    Ok(rest.take(extension).map(|_| SIGNATURE.len() + 8 + extension))
}

/// Hands out the fields of a tuple; `None` is NULL.
fn tuple(rest: &mut Rest<'_>, visit: &mut dyn FnMut(Option<&[u8]>)) -> Result<Found> {
    let Some(count) = rest.array().map(i16::from_be_bytes) else { return Ok(Found::Part) };
    if count == -1 {
        return Ok(Found::End);
    }
    for _ in 0..count {
        let Some(len) = rest.array().map(i32::from_be_bytes) else { return Ok(Found::Part) };
        if len == -1 {
            visit(None);
            continue;
        }
        let len = usize::try_from(len).map_err(|_| bad("invalid field size"))?;
        match rest.take(len) {
            Some(bytes) => visit(Some(bytes)),
            None => return Ok(Found::Part),
        }
    }
    Ok(Found::Tuple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = header();
        bytes.extend_from_slice(b"\0\x02\0\0\0\x01x\xff\xff\xff\xff");
        bytes.extend_from_slice(&END);
        let len = header_len(&bytes).unwrap().unwrap();
        assert_eq!(len, 19);
        let mut rest = Rest(&bytes[len..]);
        let mut found = Vec::new();
        tuple(&mut rest, &mut |field| found.push(field.map(<[u8]>::to_vec))).unwrap();
        assert_eq!(found, [Some(b"x".to_vec()), None]);
        assert!(matches!(tuple(&mut rest, &mut |_| ()), Ok(Found::End)));
    }

    #[test]
    fn a_part_is_told_from_nonsense() {
        let bytes = header();
        assert_eq!(header_len(&bytes[..10]).unwrap(), None);
        assert!(header_len(b"PGCOPY\n\xff\r\n\x01").is_err());
        assert!(matches!(tuple(&mut Rest(b"\0\x01\0\0\0\x05ab"), &mut |_| ()), Ok(Found::Part)));
        assert!(tuple(&mut Rest(b"\0\x01\xff\xff\xff\0"), &mut |_| ()).is_err());
    }
}
