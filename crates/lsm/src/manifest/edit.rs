//! An edit as bytes: a sequence of fields, each a tag byte and its content.
//!
//! | tag | content |
//! |-----|---------|
//! | 1 | table added: level, [`TableMeta`] |
//! | 2 | table removed: id |
//! | 3, 4 | range tombstone added, removed: seq, start, 0 or 1 and end |
//! | 5 | flushed: seq, LSN |
//! | 6 | next file id |

use crate::Seq;
use crate::codec::{Reader, put_bytes, put_varint};
use crate::sstable::TableMeta;
use crate::tombstone::RangeTombstone;
use crate::version::{Edit, LEVEL_COUNT};
use journal::Lsn;

const TABLE_ADDED: u8 = 1;
const TABLE_REMOVED: u8 = 2;
const TOMBSTONE_ADDED: u8 = 3;
const TOMBSTONE_REMOVED: u8 = 4;
const FLUSHED: u8 = 5;
const NEXT_FILE: u8 = 6;

pub(crate) fn encode(edit: &Edit) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (level, meta) in &edit.added {
        bytes.push(TABLE_ADDED);
        put_varint(&mut bytes, *level as u64);
        meta.encode(&mut bytes);
    }
    for id in &edit.removed {
        bytes.push(TABLE_REMOVED);
        put_varint(&mut bytes, *id);
    }
    for (tag, tombstones) in
        [(TOMBSTONE_ADDED, &edit.tombstones_added), (TOMBSTONE_REMOVED, &edit.tombstones_removed)]
    {
        for tombstone in tombstones {
            bytes.push(tag);
            encode_tombstone(tombstone, &mut bytes);
        }
    }
    if let Some((seq, lsn)) = edit.flushed {
        bytes.push(FLUSHED);
        put_varint(&mut bytes, seq.0);
        put_varint(&mut bytes, lsn.0);
    }
    if let Some(id) = edit.next_file {
        bytes.push(NEXT_FILE);
        put_varint(&mut bytes, id);
    }
    bytes
}

pub(crate) fn decode(bytes: &[u8]) -> Option<Edit> {
    let mut edit = Edit::default();
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        match reader.u8()? {
            TABLE_ADDED => {
                let level = reader.len().filter(|&level| level < LEVEL_COUNT)?;
                edit.added.push((level, TableMeta::decode(&mut reader)?));
            }
            TABLE_REMOVED => edit.removed.push(reader.varint()?),
            TOMBSTONE_ADDED => edit.tombstones_added.push(decode_tombstone(&mut reader)?),
            TOMBSTONE_REMOVED => edit.tombstones_removed.push(decode_tombstone(&mut reader)?),
            FLUSHED => edit.flushed = Some((Seq(reader.varint()?), Lsn(reader.varint()?))),
            NEXT_FILE => edit.next_file = Some(reader.varint()?),
            _ => return None,
        }
    }
    Some(edit)
}

fn encode_tombstone(tombstone: &RangeTombstone, into: &mut Vec<u8>) {
    put_varint(into, tombstone.seq.0);
    put_bytes(into, &tombstone.start);
    into.push(u8::from(tombstone.end.is_some()));
    if let Some(end) = &tombstone.end {
        put_bytes(into, end);
    }
}

fn decode_tombstone(reader: &mut Reader<'_>) -> Option<RangeTombstone> {
    let seq = Seq(reader.varint()?);
    let start = reader.bytes()?.to_vec();
    let end = if reader.u8()? == 1 { Some(reader.bytes()?.to_vec()) } else { None };
    Some(RangeTombstone { start, end, seq })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sstable::Properties;
    use proptest::prelude::*;

    #[test]
    fn an_edit_reads_back() {
        let tombstone = |end| RangeTombstone { start: b"a".to_vec(), end, seq: Seq(9) };
        let properties = Properties { smallest: vec![1], largest: vec![2; 300], ..Properties::default() };
        let edit = Edit {
            added: vec![(6, TableMeta { id: 7, len: 1 << 40, crc: 77, seq_offset: Seq(5), properties })],
            removed: vec![1, 2],
            tombstones_added: vec![tombstone(None), tombstone(Some(b"b".to_vec()))],
            tombstones_removed: vec![tombstone(Some(Vec::new()))],
            flushed: Some((Seq(5), Lsn(6))),
            next_file: Some(8),
        };
        assert_eq!(decode(&encode(&edit)), Some(edit));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
