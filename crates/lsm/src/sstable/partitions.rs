//! The top of a table's index, as a search wants it: one short array of numbers.
//!
//! In the file the top is a block like any other ([`block`](super::block)). Open, each entry is a
//! [`Partition`]; what its last key has behind the prefix that all last keys share is its *head*, eight bytes
//! as a number that orders as they do. Only among equal heads are keys compared.
//!
//! A partition that is looked into is pinned, index and filter, as long as the block cache grants memory for
//! that: then a point read that the filter answers touches nothing that is shared with other readers.

#![expect(clippy::big_endian_bytes, reason = "byte order is sort order in heads")]

use super::Handle;
use super::block::{Block, BlockCursor, Malformed, common_len};
use crate::Seq;
use crate::buffer::Buffer;
use crate::codec::Reader;
use crate::key::compare;
use std::sync::OnceLock;

/// The partitions of a table's index in order.
pub(crate) struct Partitions {
    prefix_len: usize,
    heads: Box<[u64]>,
    /// The last keys, one behind the other.
    keys: Box<[u8]>,
    all: Box<[Partition]>,
}

/// One partition of the index, and the filter of its keys.
pub(crate) struct Partition {
    /// Its last version: where the key ends in `keys`, and its sequence number.
    key_end: usize,
    seq: Seq,
    pub(crate) index_at: Handle,
    pub(crate) filter_at: Handle,
    pub(crate) pinned: OnceLock<Pinned>,
}

/// A partition held in memory.
pub(crate) struct Pinned {
    pub(crate) index: Block,
    pub(crate) filter: Buffer,
}

impl Pinned {
    /// Bytes of memory.
    pub(crate) fn cost(&self) -> usize {
        self.index.data().len() + self.filter.len() + size_of::<Pinned>()
    }
}

impl Partitions {
    /// Takes the top of an index apart.
    pub(crate) fn parse(top: Block) -> Result<Partitions, Malformed> {
        let (mut keys, mut all) = (Vec::new(), Vec::new());
        let mut cursor = BlockCursor::default();
        cursor.enter(top);
        cursor.first()?;
        while cursor.is_valid() {
            keys.extend_from_slice(cursor.key());
            let mut reader = Reader::new(cursor.value());
            let handles = Handle::decode(&mut reader).zip(Handle::decode(&mut reader));
            let (index_at, filter_at) = handles.ok_or(Malformed)?;
            let (key_end, seq) = (keys.len(), cursor.tag().seq());
            all.push(Partition { key_end, seq, index_at, filter_at, pinned: OnceLock::new() });
            cursor.next()?;
        }
        let mut partitions =
            Partitions { prefix_len: 0, heads: Box::default(), keys: keys.into(), all: all.into() };
        // Keys are in order, so what the first and the last have in common, all have.
        let last = partitions.all.len().saturating_sub(1);
        partitions.prefix_len = common_len(partitions.key(0), partitions.key(last));
        let prefix_len = partitions.prefix_len;
        partitions.heads =
            (0..partitions.all.len()).map(|at| head_of(partitions.key(at), prefix_len)).collect();
        Ok(partitions)
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Partition> {
        self.all.get(at)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Partition> {
        self.all.iter()
    }

    /// The first partition that may hold an entry at or behind `(key, seq)`; [`Self::len`] if none does.
    pub(crate) fn find(&self, key: &[u8], seq: Seq) -> usize {
        let prefix = self.key(0).get(..self.prefix_len).unwrap_or_default();
        match key.get(..self.prefix_len).unwrap_or(key).cmp(prefix) {
            std::cmp::Ordering::Less => return 0,
            std::cmp::Ordering::Greater => return self.all.len(),
            std::cmp::Ordering::Equal => {}
        }
        let head = head_of(key, self.prefix_len);
        let from = self.heads.partition_point(|other| *other < head);
        let equal = self.heads.iter().skip(from).take_while(|other| **other == head).count();
        let (mut low, mut high) = (from, from + equal);
        while low < high {
            let middle = low.midpoint(high);
            let last_seq = self.get(middle).map_or(Seq(0), |partition| partition.seq);
            match compare((self.key(middle), last_seq), (key, seq)).is_lt() {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// The last key of a partition.
    fn key(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.get(before)).map_or(0, |before| before.key_end);
        let end = self.get(at).map_or(start, |partition| partition.key_end);
        self.keys.get(start..end).unwrap_or_default()
    }
}

/// The eight bytes behind the prefix as a number; missing ones count as zero.
fn head_of(key: &[u8], prefix_len: usize) -> u64 {
    let rest = key.get(prefix_len..).unwrap_or_default();
    if let Some(head) = rest.first_chunk::<8>() {
        return u64::from_be_bytes(*head);
    }
    let mut head = [0; 8];
    head.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::super::block::BlockBuilder;
    use super::*;
    use crate::key::{Kind, Tag};
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn the_partition_found_is_the_first_that_does_not_end_before_what_is_sought(
            prefix in "[ab]{0,10}",
            last in proptest::collection::btree_set(("[a-c]{0,12}", (1u64..4).prop_map(Reverse)), 1..12),
            key in "[a-c]{0,14}", seq in 0u64..5,
        ) {
            let last: BTreeSet<_> = last.into_iter().map(|(key, seq)| (prefix.clone() + &key, seq)).collect();
            let mut builder = BlockBuilder::new(4, Seq(0));
            for (key, Reverse(seq)) in &last {
                let mut value = Vec::new();
                Handle { offset: 7, len: 8 }.encode(&mut value);
                Handle { offset: 9, len: 10 }.encode(&mut value);
                builder.add(key.as_bytes(), Tag::new(Seq(*seq), Kind::Put), &value);
            }
            let block = builder.finish(|bytes| Block::parse(Buffer::copy_of(bytes), Seq(0))).unwrap();
            let partitions = Partitions::parse(block).unwrap();
            for sought in [&key, &(prefix + &key)] {
                let expected = last.iter().position(|(last, Reverse(last_seq))| {
                    compare((last.as_bytes(), Seq(*last_seq)), (sought.as_bytes(), Seq(seq))).is_ge()
                });
                prop_assert_eq!(partitions.find(sought.as_bytes(), Seq(seq)), expected.unwrap_or(last.len()));
            }
        }
    }
}
