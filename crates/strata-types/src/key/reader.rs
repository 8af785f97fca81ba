//! Reading keys that may be damaged, and whose bits may be flipped.

use crate::error::{Error, Result};

/// The unread rest of a key.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    mask: u8,
}

impl<'a> Reader<'a> {
    pub(super) fn new(key: &'a [u8], flipped: bool) -> Reader<'a> {
        Reader { rest: key, mask: if flipped { u8::MAX } else { 0 } }
    }

    /// Reads what follows flipped, or not.
    pub(super) fn flip(&mut self, flipped: bool) {
        self.mask = if flipped { u8::MAX } else { 0 };
    }

    /// Turns the flipping around: negative numbers are stored flipped.
    pub(super) fn toggle(&mut self) {
        self.mask = !self.mask;
    }

    pub(super) fn corrupt(&self, fault: &'static str) -> Error {
        Error::Corrupt { what: "key", fault }
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.corrupt("too short"))?;
        self.rest = rest;
        Ok(head.map(|byte| byte ^ self.mask))
    }

    /// Bytes up to their terminator, unescaped.
    pub(super) fn escaped(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            match self.u8()? {
                0 => match self.u8()? {
                    0 => return Ok(bytes),
                    u8::MAX => bytes.push(0),
                    _ => return Err(self.corrupt("bad escape")),
                },
                byte => bytes.push(byte),
            }
        }
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}
