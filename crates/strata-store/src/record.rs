//! What a commit is in the journal.
//!
//! ```text
//! record of kind COMMIT     seq 8 │ first part 8 │ change …      the commit, or the last part of one
//! record of kind PART       first part 8 │ change …              an earlier part of a large commit
//! record of kind UPKEEP     change …                             frees that belong to no commit
//!
//! change                                                         (integers little-endian)
//!   1 put a tuple           placement 7|15 │ length 4 │ stored key │ value │ key length 2
//!   2 … packed              placement 7|15 │ key length 2 │ stored key │ length 4 │ packed tuple
//!   3 put an inline value   key length 2 │ value length 4 │ stored key │ value
//!   4 delete a tuple        key length 2 │ stored key
//!   5 delete inline         key length 2 │ stored key
//!   6 end a version         keyspace 4 │ loc 6 │ created 8
//!   7 free a version        keyspace 4 │ loc 6 │ created 8
//!   8 drop a keyspace       keyspace 4             from the tree, for snapshots from here on
//!   9 discard a keyspace    keyspace 4             from the heap, once no snapshot sees it
//! ```
//! A record says enough to redo the heap and the tree, and to ship the commit elsewhere. What follows the
//! keyspace prefix of the stored key, up to the end of a put, is the tuple exactly as the heap keeps it
//! (see [`tuple`](crate::tuple)): the same bytes are journaled, applied and replayed without a copy. A
//! tuple that the heap keeps compressed is journaled compressed, and its key stands apart.
//!
//! A commit too large for one record is PARTs closed by its COMMIT, with records of others in between. *First
//! part* names it: the end LSN of its first PART; 0 in that PART itself, and in a COMMIT without parts.
//! PARTs that no COMMIT names are not a commit: their writer crashed, or was refused, in the middle.

use crate::KeyspaceId;
use crate::keyspace::PREFIX_LEN;
use crate::location::LOC_LEN;
use crate::tuple::KEY_LEN_LEN;
use filesystem::{Placement, TupleLoc};
use journal::Lsn;
use lsm::{Op, Seq};

pub(crate) const COMMIT: u8 = 1;
pub(crate) const PART: u8 = 2;
pub(crate) const UPKEEP: u8 = 3;

const PUT_TUPLE: u8 = 1;
const PUT_PACKED: u8 = 2;
const PUT_INLINE: u8 = 3;
const DELETE_TUPLE: u8 = 4;
const DELETE_INLINE: u8 = 5;
const END: u8 = 6;
const FREE: u8 = 7;
const DROP: u8 = 8;
const DISCARD: u8 = 9;

/// A version in the heap: where it lies and the commit that created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) keyspace: KeyspaceId,
    pub(crate) loc: TupleLoc,
    pub(crate) created: Seq,
}

/// One change. `key` is always a stored key, `packed` what the heap keeps, `loc` what the tree keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change<'a> {
    PutTuple { key: &'a [u8], packed: &'a [u8], placement: Placement, loc: &'a [u8] },
    PutInline { key: &'a [u8], value: &'a [u8] },
    Delete { key: &'a [u8] },
    End(Version),
    Free(Version),
    Drop(KeyspaceId),
    Discard(KeyspaceId),
}

impl<'a> Change<'a> {
    /// What the change means to the tree; a dropped keyspace is a range and not in here.
    #[inline]
    pub(crate) fn tree_op(self) -> Option<(&'a [u8], Op<'a>)> {
        match self {
            Change::PutTuple { key, loc, .. } => Some((key, Op::Put(loc))),
            Change::PutInline { key, value } => Some((key, Op::Put(value))),
            Change::Delete { key } => Some((key, Op::Delete)),
            Change::End(_) | Change::Free(_) | Change::Drop(_) | Change::Discard(_) => None,
        }
    }
}

/// Begins the payload of a COMMIT.
pub(crate) fn begin_commit(out: &mut Vec<u8>, seq: Seq, first_part: Lsn) {
    out.extend_from_slice(&seq.0.to_le_bytes());
    out.extend_from_slice(&first_part.0.to_le_bytes());
}

/// Bytes that [`begin_commit`] writes.
pub(crate) const COMMIT_HEAD_LEN: usize = 16;

/// Begins the payload of a PART.
pub(crate) fn begin_part(out: &mut Vec<u8>, first_part: Lsn) {
    out.extend_from_slice(&first_part.0.to_le_bytes());
}

/// Writes a put of a tuple that the heap keeps as it is.
pub(crate) fn put_tuple(out: &mut Vec<u8>, placement: Placement, keyspace: KeyspaceId, tuple: &[u8]) {
    out.push(PUT_TUPLE);
    placement.encode(out);
    out.extend_from_slice(&((PREFIX_LEN + tuple.len()) as u32).to_le_bytes());
    out.extend_from_slice(&crate::keyspace::prefix(keyspace));
    out.extend_from_slice(tuple);
}

/// Writes a put of a tuple that the heap keeps compressed.
pub(crate) fn put_packed(out: &mut Vec<u8>, placement: Placement, key: &[u8], packed: &[u8]) {
    out.push(PUT_PACKED);
    placement.encode(out);
    short_bytes(out, key);
    out.extend_from_slice(&(packed.len() as u32).to_le_bytes());
    out.extend_from_slice(packed);
}

pub(crate) fn put_inline(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    out.push(PUT_INLINE);
    out.extend_from_slice(&(key.len() as u16).to_le_bytes());
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

pub(crate) fn delete(out: &mut Vec<u8>, key: &[u8], is_inline: bool) {
    out.push(if is_inline { DELETE_INLINE } else { DELETE_TUPLE });
    short_bytes(out, key);
}

pub(crate) fn end(out: &mut Vec<u8>, version: Version) {
    out.push(END);
    put_version(out, version);
}

pub(crate) fn free(out: &mut Vec<u8>, version: Version) {
    out.push(FREE);
    put_version(out, version);
}

pub(crate) fn drop_keyspace(out: &mut Vec<u8>, keyspace: KeyspaceId) {
    out.push(DROP);
    out.extend_from_slice(&keyspace.0.to_le_bytes());
}

pub(crate) fn discard(out: &mut Vec<u8>, keyspace: KeyspaceId) {
    out.push(DISCARD);
    out.extend_from_slice(&keyspace.0.to_le_bytes());
}

fn short_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn put_version(out: &mut Vec<u8>, version: Version) {
    out.extend_from_slice(&version.keyspace.0.to_le_bytes());
    out.extend_from_slice(&version.loc.to_bytes());
    out.extend_from_slice(&version.created.0.to_le_bytes());
}

/// Takes the head of a COMMIT off its payload: seq and first part.
pub(crate) fn split_commit(payload: &[u8]) -> Result<(Seq, Lsn, Changes<'_>), Malformed> {
    let mut rest = Changes { rest: payload };
    match (rest.u64(), rest.u64()) {
        (Some(seq), Some(first_part)) => Ok((Seq(seq), Lsn(first_part), rest)),
        _ => Err(Malformed),
    }
}

/// Takes the head of a PART off its payload: first part.
pub(crate) fn split_part(payload: &[u8]) -> Result<(Lsn, Changes<'_>), Malformed> {
    let mut rest = Changes { rest: payload };
    rest.u64().map(|first_part| (Lsn(first_part), rest)).ok_or(Malformed)
}

/// A record's checksum held, but its bytes are no changes of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The changes of a record, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Changes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Changes<'a> {
    type Item = Result<Change<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let change = self.change().ok_or(Malformed);
        if change.is_err() {
            self.rest = &[];
        }
        Some(change)
    }
}

impl<'a> Changes<'a> {
    /// The changes of a payload that has no head.
    pub(crate) fn new(payload: &'a [u8]) -> Self {
        Changes { rest: payload }
    }

    /// The changes that are left, as they are stored.
    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn change(&mut self) -> Option<Change<'a>> {
        let [tag] = *self.array::<1>()?;
        Some(match tag {
            PUT_TUPLE => {
                let (placement, loc) = self.placement()?;
                let len = self.u32()?;
                let (key, packed) = split_run(self.bytes(len as usize)?)?;
                Change::PutTuple { key, packed, placement, loc }
            }
            PUT_PACKED => {
                let (placement, loc) = self.placement()?;
                let key = self.key()?;
                let len = self.u32()?;
                Change::PutTuple { key, packed: self.bytes(len as usize)?, placement, loc }
            }
            PUT_INLINE => {
                let (key_len, value_len) = (self.u16()?, self.u32()?);
                let key = self.bytes(key_len.into()).filter(|key| key.len() >= PREFIX_LEN)?;
                Change::PutInline { key, value: self.bytes(value_len as usize)? }
            }
            DELETE_TUPLE | DELETE_INLINE => Change::Delete { key: self.key()? },
            END => Change::End(self.version()?),
            FREE => Change::Free(self.version()?),
            DROP => Change::Drop(KeyspaceId(self.u32()?)),
            DISCARD => Change::Discard(KeyspaceId(self.u32()?)),
            _ => return None,
        })
    }

    fn placement(&mut self) -> Option<(Placement, &'a [u8])> {
        let loc = self.rest.get(1..1 + LOC_LEN)?;
        Placement::decode(&mut self.rest).map(|placement| (placement, loc))
    }

    fn version(&mut self) -> Option<Version> {
        let keyspace = KeyspaceId(self.u32()?);
        let loc = TupleLoc::from_bytes(*self.array::<LOC_LEN>()?);
        Some(Version { keyspace, loc, created: Seq(self.u64()?) })
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.bytes(len.into()).filter(|key| key.len() >= PREFIX_LEN)
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_le_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }
}

/// Finds stored key and tuple in the run of bytes that holds both.
fn split_run(run: &[u8]) -> Option<(&[u8], &[u8])> {
    let tuple = run.get(PREFIX_LEN..)?;
    let (rest, key_len) = tuple.split_last_chunk::<KEY_LEN_LEN>()?;
    let key_len = usize::from(u16::from_le_bytes(*key_len));
    (key_len <= rest.len()).then(|| run.get(..PREFIX_LEN + key_len)).flatten().map(|key| (key, tuple))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Vec<u8> {
        let loc = TupleLoc { block: 7, slot: 3 };
        let version = Version { keyspace: KeyspaceId(1), loc, created: Seq(9) };
        let placement = Placement { loc, overflow: None, compressed: false };
        let mut out = Vec::new();
        put_tuple(&mut out, placement, KeyspaceId(1), b"keyvalue\x03\0");
        put_packed(&mut out, Placement { compressed: true, ..placement }, b"\0\0\0\x01key", b"packed");
        put_inline(&mut out, b"\x80\0\0\x01key", b"");
        delete(&mut out, b"\0\0\0\x01key", false);
        end(&mut out, version);
        free(&mut out, version);
        drop_keyspace(&mut out, KeyspaceId(4));
        discard(&mut out, KeyspaceId(4));
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = sample();
        let changes: Vec<_> = Changes::new(&bytes).map(Result::unwrap).collect();
        let loc = TupleLoc { block: 7, slot: 3 };
        let placement = Placement { loc, overflow: None, compressed: false };
        let version = Version { keyspace: KeyspaceId(1), loc, created: Seq(9) };
        let expected = [
            Change::PutTuple {
                key: b"\0\0\0\x01key",
                packed: b"keyvalue\x03\0",
                placement,
                loc: &loc.to_bytes(),
            },
            Change::PutTuple {
                key: b"\0\0\0\x01key",
                packed: b"packed",
                placement: Placement { compressed: true, ..placement },
                loc: &loc.to_bytes(),
            },
            Change::PutInline { key: b"\x80\0\0\x01key", value: b"" },
            Change::Delete { key: b"\0\0\0\x01key" },
            Change::End(version),
            Change::Free(version),
            Change::Drop(KeyspaceId(4)),
            Change::Discard(KeyspaceId(4)),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn a_record_cut_short_is_malformed_or_shorter() {
        let bytes = sample();
        for len in 0..bytes.len() {
            let whole = Changes::new(&bytes[..len]).filter(Result::is_ok).count();
            assert!(whole < 8, "cut at {len}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for _ in Changes::new(&bytes) {}
        }
    }
}
