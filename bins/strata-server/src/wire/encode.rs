//! Messages out: answers as bytes, encoded at once into the connection's output buffer.

use strata_db::SqlError;
use strata_db::plan::Field;
use strata_db::session::{Outbox, WireFormat};
use strata_store::Lsn;
use strata_types::{Batch, Format, Type};

/// Bytes above which a portal parks until the client has read.
const HIGH_WATER: usize = 64 * 1024;

/// A connection's output: encoded messages, and the position they wait for.
#[derive(Debug, Default)]
pub struct WireOutbox {
    bytes: Vec<u8>,
    /// Bytes at the front that are on the socket already.
    sent: usize,
    gate: Lsn,
}

impl WireOutbox {
    /// What is still to be sent.
    pub fn pending(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Puts another outbox's answers behind these.
    pub fn append(&mut self, other: &mut WireOutbox) {
        self.bytes.extend_from_slice(other.pending());
        self.gate = self.gate.max(other.gate);
        *other = WireOutbox::default();
    }

    /// The position that must be durable before any of it is sent.
    pub fn gated_on(&self) -> Lsn {
        self.gate
    }

    /// `count` bytes have been sent.
    pub fn advance(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.bytes.len() {
            self.sent = 0;
            self.bytes.clear();
            if self.bytes.capacity() > 4 * HIGH_WATER {
                self.bytes = Vec::new();
            }
        } else if self.sent > HIGH_WATER && self.sent * 2 > self.bytes.len() {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// AuthenticationOk.
    pub fn authentication_ok(&mut self) {
        self.message(b'R', |body| body.extend_from_slice(&[0, 0, 0, 0]));
    }

    /// An authentication request of some kind, with its data.
    pub fn authentication(&mut self, kind: i32, data: &[u8]) {
        self.message(b'R', |body| {
            put_i32(body, kind);
            body.extend_from_slice(data);
        });
    }

    /// BackendKeyData.
    pub fn backend_key(&mut self, pid: i32, secret: i32) {
        self.message(b'K', |body| {
            put_i32(body, pid);
            put_i32(body, secret);
        });
    }

    /// NegotiateProtocolVersion: the newest minor version known, and the options that are not.
    pub fn negotiate(&mut self, minor: i32, unknown: &[String]) {
        self.message(b'v', |body| {
            put_i32(body, minor);
            put_i32(body, i32::try_from(unknown.len()).unwrap_or(i32::MAX));
            unknown.iter().for_each(|option| put_text(body, option));
        });
    }

    fn message(&mut self, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
        let start = open(&mut self.bytes, kind);
        body(&mut self.bytes);
        close(&mut self.bytes, start);
    }

    fn diagnostic(&mut self, kind: u8, severity: &str, error: &SqlError) {
        self.message(kind, |body| {
            for code in [b'S', b'V'] {
                body.push(code);
                put_text(body, severity);
            }
            body.push(b'C');
            put_text(body, error.sqlstate());
            body.push(b'M');
            put_text(body, error.message());
            for (code, text) in error.fields() {
                body.push(code);
                put_text(body, text);
            }
            if let Some(position) = error.position() {
                body.push(b'P');
                put_text(body, &(position + 1).to_string());
            }
            let (file, line, routine) = error.origin();
            body.push(b'F');
            put_text(body, file);
            body.push(b'L');
            put_text(body, &line.to_string());
            body.push(b'R');
            put_text(body, routine);
            body.push(0);
        });
    }
}

/// Starts a message; its length is filled in by [`close`].
fn open(bytes: &mut Vec<u8>, kind: u8) -> usize {
    bytes.push(kind);
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    start
}

#[expect(clippy::big_endian_bytes, reason = "the protocol's byte order")]
fn close(bytes: &mut [u8], start: usize) {
    let len = u32::try_from(bytes.len() - start).unwrap_or(u32::MAX);
    if let Some(place) = bytes.get_mut(start..start + 4) {
        place.copy_from_slice(&len.to_be_bytes());
    }
}

#[expect(clippy::big_endian_bytes, reason = "the protocol's byte order")]
fn put_i32(body: &mut Vec<u8>, number: i32) {
    body.extend_from_slice(&number.to_be_bytes());
}

#[expect(clippy::big_endian_bytes, reason = "the protocol's byte order")]
fn put_i16(body: &mut Vec<u8>, number: i16) {
    body.extend_from_slice(&number.to_be_bytes());
}

fn put_count(body: &mut Vec<u8>, count: usize) {
    put_i16(body, u16::try_from(count).unwrap_or(u16::MAX) as i16);
}

/// Text with its zero byte; a zero byte within would end it early, so it is left out.
fn put_text(body: &mut Vec<u8>, text: &str) {
    body.extend(text.bytes().filter(|byte| *byte != 0));
    body.push(0);
}

fn code(format: WireFormat) -> i16 {
    match format {
        WireFormat::Text => 0,
        WireFormat::Binary => 1,
    }
}

impl Outbox for WireOutbox {
    fn parse_complete(&mut self) {
        self.message(b'1', |_| ());
    }

    fn bind_complete(&mut self) {
        self.message(b'2', |_| ());
    }

    fn close_complete(&mut self) {
        self.message(b'3', |_| ());
    }

    fn no_data(&mut self) {
        self.message(b'n', |_| ());
    }

    fn parameter_description(&mut self, types: &[Type]) {
        self.message(b't', |body| {
            put_count(body, types.len());
            types.iter().for_each(|ty| put_i32(body, ty.oid().0 as i32));
        });
    }

    fn row_description(&mut self, fields: &[Field], formats: &[WireFormat]) {
        self.message(b'T', |body| {
            put_count(body, fields.len());
            for (index, field) in fields.iter().enumerate() {
                put_text(body, &field.name);
                let (table, column) = field.origin.map_or((0, 0), |(table, column)| (table.0, column));
                put_i32(body, table as i32);
                put_i16(body, column as i16);
                put_i32(body, field.ty.oid().0 as i32);
                put_i16(body, field.ty.len());
                put_i32(body, field.typmod.0);
                put_i16(body, code(WireFormat::of(formats, index)));
            }
        });
    }

    fn rows(&mut self, batch: &Batch, formats: &[WireFormat], format: &Format) -> Result<(), SqlError> {
        for row in 0..batch.rows {
            let start = open(&mut self.bytes, b'D');
            put_count(&mut self.bytes, batch.columns.len());
            for (index, column) in batch.columns.iter().enumerate() {
                if column.is_null(row) {
                    put_i32(&mut self.bytes, -1);
                    continue;
                }
                let place = self.bytes.len();
                self.bytes.extend_from_slice(&[0; 4]);
                match WireFormat::of(formats, index) {
                    WireFormat::Text => column.write_text(row, format, &mut self.bytes),
                    WireFormat::Binary => column.write_binary(row, &mut self.bytes)?,
                }
                let len = self.bytes.len() - place - 4;
                #[expect(clippy::big_endian_bytes, reason = "the protocol's byte order")]
                if let Some(bytes) = self.bytes.get_mut(place..place + 4) {
                    bytes.copy_from_slice(&i32::try_from(len).unwrap_or(i32::MAX).to_be_bytes());
                }
            }
            close(&mut self.bytes, start);
        }
        Ok(())
    }

    fn command_complete(&mut self, tag: &str) {
        self.message(b'C', |body| put_text(body, tag));
    }

    fn empty_query(&mut self) {
        self.message(b'I', |_| ());
    }

    fn portal_suspended(&mut self) {
        self.message(b's', |_| ());
    }

    fn error(&mut self, severity: &'static str, error: &SqlError) {
        self.diagnostic(b'E', severity, error);
    }

    fn notice(&mut self, severity: &str, notice: &SqlError) {
        self.diagnostic(b'N', severity, notice);
    }

    fn notification(&mut self, pid: i32, channel: &str, payload: &str) {
        self.message(b'A', |body| {
            put_i32(body, pid);
            put_text(body, channel);
            put_text(body, payload);
        });
    }

    fn parameter_status(&mut self, name: &str, value: &str) {
        self.message(b'S', |body| {
            put_text(body, name);
            put_text(body, value);
        });
    }

    fn ready(&mut self, status: u8) {
        self.message(b'Z', |body| body.push(status));
    }

    fn copy_in(&mut self, columns: usize, format: WireFormat) {
        self.message(b'G', |body| copy_response(body, columns, format));
    }

    fn copy_out(&mut self, columns: usize, format: WireFormat) {
        self.message(b'H', |body| copy_response(body, columns, format));
    }

    fn copy_data(&mut self, bytes: &[u8]) {
        self.message(b'd', |body| body.extend_from_slice(bytes));
    }

    fn copy_done(&mut self) {
        self.message(b'c', |_| ());
    }

    fn gate(&mut self, lsn: Lsn) {
        self.gate = self.gate.max(lsn);
    }

    fn has_room(&self) -> bool {
        self.pending().len() < HIGH_WATER
    }
}

fn copy_response(body: &mut Vec<u8>, columns: usize, format: WireFormat) {
    body.push(code(format) as u8);
    put_count(body, columns);
    (0..columns).for_each(|_| put_i16(body, code(format)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_their_length() {
        let mut out = WireOutbox::default();
        out.ready(b'I');
        out.command_complete("SELECT 1");
        assert_eq!(out.pending(), b"Z\0\0\0\x05IC\0\0\0\x0dSELECT 1\0");
        out.advance(6);
        assert_eq!(out.pending(), b"C\0\0\0\x0dSELECT 1\0");
    }

    #[test]
    fn an_error_has_every_field_it_knows() {
        let mut out = WireOutbox::default();
        let error = SqlError::new("42703", "column \"x\" does not exist").hint("look").at(7);
        out.error("ERROR", &error);
        let text = String::from_utf8_lossy(out.pending()).into_owned();
        let known = "SERROR\0VERROR\0C42703\0Mcolumn \"x\" does not exist\0Hlook\0P8\0Fencode.rs\0L";
        assert!(text.contains(known) && text.ends_with("\0Rstrata\0\0"), "{text:?}");
    }
}
