//! The block: a run of entries in key order with the shared parts of their keys left out.
//!
//! ```text
//! ┌───────┬───────┬───┬─────────────────┬─────────────────┬─────────────────┬────────────┐
//! │ entry │ entry │ … │ restarts, 8 × n │ prefix length 4 │ restart count 4 │ base seq 8 │
//! └───────┴───────┴───┴─────────────────┴─────────────────┴─────────────────┴────────────┘
//! entry
//! ┌───────────────┬─────────────────┬──────────────┬────────────┬──────────┬───────┐
//! │ shared varint │ unshared varint │ value varint │ tag varint │ key rest │ value │
//! └───────────────┴─────────────────┴──────────────┴────────────┴──────────┴───────┘
//! restart
//! ┌───────────────────┬────────┐
//! │ offset of entry 4 │ head 4 │
//! └───────────────────┴────────┘
//! ```
//! `shared` bytes of the key are those of the entry before; at a restart they are 0, so a search can
//! begin there. `tag` is `(seq - base seq) << 1 | is put`. Data blocks and both levels of the index
//! have this one form; in the index the key is the last one of what the entry's value points to.
//!
//! All keys of a block have `prefix length` bytes in common; a restart's head is the four bytes behind
//! them, as a number that orders as they do. A search among restarts therefore reads one short array and
//! not an entry, which is a cache miss, at each step.

#![expect(clippy::big_endian_bytes, reason = "byte order is sort order in heads")]

use crate::Seq;
use crate::buffer::Buffer;
use crate::codec::{Reader, put_varint};
use crate::key::{Tag, compare};
use std::cmp::Ordering;

const RESTART_LEN: usize = 4 + 4;
const TRAILER_LEN: usize = 4 + 4 + 8;

/// The content of a block is not what [`BlockBuilder`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

/// Builds a block from entries in order.
pub(crate) struct BlockBuilder {
    bytes: Vec<u8>,
    restarts: Vec<Restart>,
    restart_interval: usize,
    base_seq: Seq,
    count: usize,
    last_key: Vec<u8>,
}

/// Where a restart's entry and its key begin, and how long the key is.
struct Restart {
    entry_at: usize,
    key_at: usize,
    key_len: usize,
}

impl BlockBuilder {
    /// `base_seq` must not be above the sequence number of any entry.
    pub(crate) fn new(restart_interval: usize, base_seq: Seq) -> Self {
        BlockBuilder {
            bytes: Vec::new(),
            restarts: Vec::new(),
            restart_interval,
            base_seq,
            count: 0,
            last_key: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, key: &[u8], tag: Tag, value: &[u8]) {
        let entry_at = self.bytes.len();
        let is_restart = self.count.is_multiple_of(self.restart_interval);
        let shared = if is_restart { 0 } else { common_len(&self.last_key, key) };
        put_varint(&mut self.bytes, shared as u64);
        put_varint(&mut self.bytes, (key.len() - shared) as u64);
        put_varint(&mut self.bytes, value.len() as u64);
        put_varint(&mut self.bytes, tag.0 - (self.base_seq.0 << 1));
        if is_restart {
            self.restarts.push(Restart { entry_at, key_at: self.bytes.len(), key_len: key.len() });
        }
        self.bytes.extend_from_slice(&key[shared..]);
        self.bytes.extend_from_slice(value);
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(&key[shared..]);
        self.count += 1;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Length of the block if it were finished now.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() + RESTART_LEN * self.restarts.len() + TRAILER_LEN
    }

    /// Hands the finished block to `then` and begins a new one.
    pub(crate) fn finish<R>(&mut self, then: impl FnOnce(&[u8]) -> R) -> R {
        let prefix_len = self.prefix_len();
        for Restart { entry_at, key_at, key_len } in &self.restarts {
            let head = head_of(&self.bytes[*key_at..key_at + key_len], prefix_len);
            self.bytes.extend_from_slice(&(*entry_at as u32).to_le_bytes());
            self.bytes.extend_from_slice(&head.to_le_bytes());
        }
        self.bytes.extend_from_slice(&(prefix_len as u32).to_le_bytes());
        self.bytes.extend_from_slice(&(self.restarts.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&self.base_seq.0.to_le_bytes());
        let result = then(&self.bytes);
        self.bytes.clear();
        self.restarts.clear();
        self.last_key.clear();
        self.count = 0;
        result
    }

    /// Keys are in order, so what the first and the last have in common, all have.
    fn prefix_len(&self) -> usize {
        self.restarts.first().map_or(0, |first| {
            common_len(&self.bytes[first.key_at..first.key_at + first.key_len], &self.last_key)
        })
    }
}

/// The four bytes behind the prefix as a number; missing ones count as zero. A smaller head means a
/// smaller key, an equal one nothing.
fn head_of(key: &[u8], prefix_len: usize) -> u32 {
    let mut head = [0; 4];
    head.iter_mut().zip(key.iter().skip(prefix_len)).for_each(|(to, from)| *to = *from);
    u32::from_be_bytes(head)
}

/// Length of the common prefix, eight bytes at a time.
#[inline]
pub(super) fn common_len(a: &[u8], b: &[u8]) -> usize {
    let (wide_a, _) = a.as_chunks::<8>();
    let (wide_b, _) = b.as_chunks::<8>();
    let mut len = 0;
    for (x, y) in wide_a.iter().zip(wide_b) {
        let differing = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differing != 0 {
            return len + differing.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    len + a[len..].iter().zip(&b[len..]).take_while(|(x, y)| x == y).count()
}

/// A block in memory, checked for the shape of its trailer. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Block {
    data: Buffer,
    entries_len: usize,
    restart_count: usize,
    prefix_len: usize,
    base_tag: u64,
}

struct Entry<'a> {
    shared: usize,
    key_rest: &'a [u8],
    tag: Tag,
    value: &'a [u8],
    end: usize,
}

/// Where a search ended: the first entry at or behind what was sought.
pub(crate) struct Found<'a> {
    /// Whether the entry has exactly the key that was sought.
    pub(crate) same_key: bool,
    pub(crate) tag: Tag,
    pub(crate) value: &'a [u8],
}

impl Block {
    /// A stored block; `seq_offset` is added to the seq of every entry.
    pub(crate) fn parse(data: Buffer, seq_offset: Seq) -> Result<Block> {
        let parsed = (|| {
            let trailer_at = data.len().checked_sub(TRAILER_LEN)?;
            let mut trailer = Reader::new(data.get(trailer_at..)?);
            let prefix_len = trailer.u32()? as usize;
            let restart_count = trailer.u32()? as usize;
            let base_tag = trailer.u64()?.checked_add(seq_offset.0)?.checked_mul(2)?;
            let entries_len = trailer_at.checked_sub(restart_count.checked_mul(RESTART_LEN)?)?;
            Some((entries_len, restart_count, prefix_len, base_tag))
        })();
        let (entries_len, restart_count, prefix_len, base_tag) = parsed.ok_or(Malformed)?;
        Ok(Block { data, entries_len, restart_count, prefix_len, base_tag })
    }

    pub(crate) fn data(&self) -> &Buffer {
        &self.data
    }

    /// The first entry at or behind `(key, seq)`, found without putting keys together.
    pub(crate) fn search(&self, key: &[u8], seq: Seq) -> Result<Option<Found<'_>>> {
        if self.restart_count == 0 {
            return Ok(None);
        }
        let mut at = self.restart(self.restart_before(key, seq)?)?;
        // How many bytes of `key` the entry before has in common with it; that entry is smaller.
        let mut matched = 0;
        while at < self.entries_len {
            let entry = self.entry(at)?;
            at = entry.end;
            let order = match entry.shared.cmp(&matched) {
                // Equal to its predecessor beyond the byte that made that one smaller.
                Ordering::Greater => continue,
                // The next restart, which leaves nothing out.
                Ordering::Less if entry.shared == 0 => entry.key_rest.cmp(key),
                // Greater than its predecessor in a byte that matched.
                Ordering::Less => Ordering::Greater,
                Ordering::Equal => {
                    let rest = key.get(matched..).ok_or(Malformed)?;
                    let common = common_len(entry.key_rest, rest);
                    matched += common;
                    entry.key_rest.get(common).cmp(&rest.get(common))
                }
            };
            let same_key = order.is_eq();
            if order.is_gt() || same_key && entry.tag.seq() <= seq {
                return Ok(Some(Found { same_key, tag: entry.tag, value: entry.value }));
            }
        }
        Ok(None)
    }

    /// The last restart whose entry lies before `(key, seq)`, or the first restart.
    fn restart_before(&self, key: &[u8], seq: Seq) -> Result<usize> {
        let head = head_of(key, self.prefix_len);
        let (mut low, mut high) = (0, self.restart_count);
        while high - low > 1 {
            let middle = low.midpoint(high);
            let (at, middle_head) = self.restart_and_head(middle)?;
            let is_before = match middle_head.cmp(&head) {
                Ordering::Less => true,
                Ordering::Greater => false,
                Ordering::Equal => {
                    let entry = self.entry(at)?;
                    compare((entry.key_rest, entry.tag.seq()), (key, seq)).is_lt()
                }
            };
            if is_before { low = middle } else { high = middle }
        }
        // Heads say nothing of a key that has not the common prefix. Looked at last, and where the search goes on: at
        // the front of the block it would cost a cache miss.
        let entry = self.entry(self.restart(low)?)?;
        let prefix = entry.key_rest.get(..self.prefix_len).ok_or(Malformed)?;
        Ok(match key.get(..self.prefix_len).unwrap_or(key).cmp(prefix) {
            Ordering::Less => 0,
            Ordering::Equal => low,
            Ordering::Greater => self.restart_count - 1,
        })
    }

    fn restart(&self, index: usize) -> Result<usize> {
        self.restart_and_head(index).map(|(at, _)| at)
    }

    #[inline]
    fn restart_and_head(&self, index: usize) -> Result<(usize, u32)> {
        let at = self.entries_len + RESTART_LEN * index;
        let mut reader = Reader::new(self.data.get(at..).ok_or(Malformed)?);
        let (offset, head) = reader.u32().zip(reader.u32()).ok_or(Malformed)?;
        Ok((offset as usize, head))
    }

    #[inline]
    fn entry(&self, at: usize) -> Result<Entry<'_>> {
        self.try_entry(at).ok_or(Malformed)
    }

    #[inline]
    fn try_entry(&self, at: usize) -> Option<Entry<'_>> {
        let mut reader = Reader::new(self.data.get(at..self.entries_len)?);
        let [shared, unshared, value_len] = reader.lens()?;
        let tag = Tag(self.base_tag.checked_add(reader.varint()?)?);
        let key_rest = reader.take(unshared)?;
        let value = reader.take(value_len)?;
        Some(Entry { shared, key_rest, tag, value, end: self.entries_len - reader.rest_len() })
    }
}

/// A position in a block. Its key buffer is kept from block to block.
#[derive(Default)]
pub(crate) struct BlockCursor {
    block: Block,
    at: usize,
    end: usize,
    key: Vec<u8>,
    tag: Option<Tag>,
    value_len: usize,
}

impl BlockCursor {
    /// Moves to another block, positioned nowhere.
    pub(crate) fn enter(&mut self, block: Block) {
        self.block = block;
        self.leave();
    }

    fn leave(&mut self) {
        self.tag = None;
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.tag.is_some()
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(crate) fn tag(&self) -> Tag {
        self.tag.unwrap_or(Tag(0))
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.block.data.get(self.end - self.value_len..self.end).unwrap_or_default()
    }

    pub(crate) fn first(&mut self) -> Result<()> {
        self.step_to(0, 0)
    }

    pub(crate) fn last(&mut self) -> Result<()> {
        let Some(restart) = self.block.restart_count.checked_sub(1) else {
            self.leave();
            return Ok(());
        };
        self.scan_to(restart, self.block.entries_len)
    }

    /// To the first entry at or behind `(key, seq)`.
    pub(crate) fn seek(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        if self.block.restart_count == 0 {
            self.leave();
            return Ok(());
        }
        let restart = self.block.restart_before(key, seq)?;
        self.step_to(self.block.restart(restart)?, 0)?;
        while self.is_valid() && compare((&self.key, self.tag().seq()), (key, seq)).is_lt() {
            self.next()?;
        }
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Result<()> {
        if self.is_valid() { self.step_to(self.end, self.key.len()) } else { Ok(()) }
    }

    pub(crate) fn prev(&mut self) -> Result<()> {
        if !self.is_valid() || self.at == 0 {
            self.leave();
            return Ok(());
        }
        let (mut low, mut high) = (0, self.block.restart_count);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.block.restart(middle)? < self.at { low = middle } else { high = middle }
        }
        self.scan_to(low, self.at)
    }

    /// To the last entry that ends at or before `limit`, starting from a restart.
    fn scan_to(&mut self, restart: usize, limit: usize) -> Result<()> {
        self.step_to(self.block.restart(restart)?, 0)?;
        while self.is_valid() && self.end < limit {
            self.next()?;
        }
        Ok(())
    }

    /// Reads the entry at `at`, whose predecessor's key has `key_len` bytes.
    fn step_to(&mut self, at: usize, key_len: usize) -> Result<()> {
        if at >= self.block.entries_len {
            self.leave();
            return Ok(());
        }
        let entry = self.block.entry(at)?;
        if entry.shared > key_len {
            return Err(Malformed);
        }
        self.key.truncate(entry.shared);
        self.key.extend_from_slice(entry.key_rest);
        (self.at, self.end, self.tag, self.value_len) = (at, entry.end, Some(entry.tag), entry.value.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Kind;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Model = BTreeMap<(Vec<u8>, std::cmp::Reverse<Seq>), Vec<u8>>;

    fn build(model: &Model) -> Block {
        let mut builder = BlockBuilder::new(4, Seq(1));
        for ((key, seq), value) in model {
            builder.add(key, Tag::new(seq.0, Kind::Put), value);
        }
        builder.finish(|bytes| Block::parse(Buffer::copy_of(bytes), Seq(0))).unwrap()
    }

    fn model() -> impl Strategy<Value = Model> {
        let key = (0usize..3, proptest::collection::vec(0u8..3, 0..7))
            .prop_map(|(prefix, rest)| [&b"common"[..prefix * 3], &rest].concat());
        proptest::collection::btree_map(
            (key, (1u64..5).prop_map(|seq| std::cmp::Reverse(Seq(seq)))),
            proptest::collection::vec(any::<u8>(), 0..4),
            1..60,
        )
    }

    fn here(cursor: &BlockCursor) -> Option<(Vec<u8>, Seq, Vec<u8>)> {
        cursor.is_valid().then(|| (cursor.key().to_vec(), cursor.tag().seq(), cursor.value().to_vec()))
    }

    proptest! {
        #[test]
        fn a_block_reads_as_the_map_it_was_built_from(
            model in model(), key in proptest::collection::vec(0u8..4, 0..5), seq in 0u64..6,
        ) {
            let block = build(&model);
            let entries: Vec<_> = model.iter().map(|((k, s), v)| (k.clone(), s.0, v.clone())).collect();
            let mut cursor = BlockCursor::default();
            cursor.enter(block.clone());
            cursor.first().unwrap();
            for entry in &entries {
                prop_assert_eq!(here(&cursor), Some(entry.clone()));
                cursor.next().unwrap();
            }
            prop_assert!(!cursor.is_valid());
            cursor.last().unwrap();
            for entry in entries.iter().rev() {
                prop_assert_eq!(here(&cursor), Some(entry.clone()));
                cursor.prev().unwrap();
            }
            prop_assert!(!cursor.is_valid());

            let expected = entries.iter().find(|(k, s, _)| compare((k, *s), (&key, Seq(seq))).is_ge());
            cursor.seek(&key, Seq(seq)).unwrap();
            prop_assert_eq!(here(&cursor), expected.cloned());
            let found = block.search(&key, Seq(seq)).unwrap();
            prop_assert_eq!(
                found.map(|found| (found.same_key, found.tag.seq(), found.value.to_vec())),
                expected.map(|(k, s, v)| (*k == key, *s, v.clone()))
            );
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, key: Vec<u8>) {
            survive(&bytes, &key);
        }

        /// What is nearly a block gets further into the decoder than noise does.
        #[test]
        fn a_block_with_any_bytes_changed_is_survived(
            model in model(), key in proptest::collection::vec(0u8..4, 0..5),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut bytes = build(&model).data().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            survive(&bytes, &key);
        }
    }

    /// Every way to read a block ends, well or with an error.
    fn survive(bytes: &[u8], key: &[u8]) {
        let Ok(block) = Block::parse(Buffer::copy_of(bytes), Seq(0)) else { return };
        let _ = block.search(key, Seq(3));
        let mut cursor = BlockCursor::default();
        cursor.enter(block);
        let _ = cursor.seek(key, Seq(3));
        let mut ended = cursor.first();
        for _ in 0..bytes.len() {
            if ended.is_err() || !cursor.is_valid() {
                break;
            }
            ended = cursor.next();
        }
        let mut ended = cursor.last();
        for _ in 0..bytes.len() {
            if ended.is_err() || !cursor.is_valid() {
                break;
            }
            ended = cursor.prev();
        }
    }
}
