//! Slots and tuples in a heap page.
//!
//! ```text
//! page header, from 24 on
//!   24 2 slot count        26 2 lowest tuple byte (8192 when empty)        28 2 bytes in holes
//! slot, 4 bytes, from 32 on
//!      0 2 offset of the tuple, 0 for an unused slot
//!      2 2 length of the payload in the low 13 bits; bit 15: overflow, bit 14: compressed
//! tuple
//!      0 8 seq that created the version      8 8 seq that ended it, 0 while it lives      16 payload
//! ```
//!
//! A slot keeps its number for the life of its tuple; the bytes may move when holes are closed.
//!
//! Invariant, checked when a page is read: used tuples lie between the lowest tuple byte and the end of the
//! page, and their bytes and the holes' add up to that distance.

use super::{HEADER_LEN, Page};
use crate::block_store::BLOCK_LEN;
use crate::prefetch::prefetch;

/// Bytes of a slot.
pub(crate) const SLOT_LEN: usize = 4;
/// Bytes in front of a payload.
pub(crate) const TUPLE_HEADER_LEN: usize = 16;
/// Bytes of an empty page for slots and tuples.
pub(crate) const USABLE_LEN: usize = BLOCK_LEN - HEADER_LEN;

const OVERFLOW_BIT: u16 = 1 << 15;
const COMPRESSED_BIT: u16 = 1 << 14;
const LEN_MASK: u16 = (1 << 13) - 1;

/// What a payload is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// The payload says where the tuple is.
    pub(crate) overflow: bool,
    /// The tuple is LZ4-compressed.
    pub(crate) compressed: bool,
}

/// A tuple as it lies in a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredTuple {
    pub(crate) created: u64,
    /// 0 while the version lives.
    pub(crate) ended: u64,
    pub(crate) form: Form,
    /// Where the payload starts in the page.
    pub(crate) start: usize,
    /// Length of the payload.
    pub(crate) len: usize,
}

impl Page {
    pub(super) fn clear_slots(&mut self) {
        self.set_slot_count(0);
        self.set_data_start(BLOCK_LEN);
        self.set_hole_len(0);
    }

    /// Slots there are, used or not.
    pub(crate) fn slot_count(&self) -> u16 {
        u16::from_le_bytes(self.array(24))
    }

    /// Bytes that a new slot and its tuple may take together.
    pub(crate) fn free_len(&self) -> usize {
        self.contiguous_len() + self.hole_len()
    }

    /// Whether a tuple is in `slot`. Its bytes are not looked at: each would be a cache miss.
    pub(crate) fn is_used(&self, slot: u16) -> bool {
        self.slot(slot).is_some()
    }

    /// The tuple in `slot`; `None` if it is unused.
    #[inline]
    pub(crate) fn tuple(&self, slot: u16) -> Option<StoredTuple> {
        let (at, len, form) = self.slot(slot)?;
        let header = self.bytes().get(at..at + TUPLE_HEADER_LEN)?;
        let (created, ended) = header.split_first_chunk::<8>()?;
        Some(StoredTuple {
            created: u64::from_le_bytes(*created),
            ended: u64::from_le_bytes(*ended.first_chunk()?),
            form,
            start: at + TUPLE_HEADER_LEN,
            len,
        })
    }

    /// Asks for the memory in which [`Self::tuple`] finds the slot, and for the page's header.
    pub(crate) fn prefetch_slot(&self, slot: u16) {
        prefetch(self.bytes());
        prefetch(self.bytes().as_ptr().wrapping_add(slot_at(slot)));
    }

    /// Asks for the memory in which the tuple in `slot` begins.
    pub(crate) fn prefetch_tuple(&self, slot: u16) {
        if let Some((at, ..)) = self.slot(slot) {
            prefetch(self.bytes().as_ptr().wrapping_add(at));
        }
    }

    /// The payload of a tuple of this page.
    #[inline]
    pub(crate) fn payload(&self, tuple: &StoredTuple) -> &[u8] {
        self.bytes().get(tuple.start..tuple.start + tuple.len).unwrap_or_default()
    }

    /// Puts a live tuple into `slot`, replacing what is there. `false`, and no change but perhaps a removed
    /// predecessor, if there is no room.
    #[must_use]
    pub(crate) fn insert(&mut self, slot: u16, created: u64, form: Form, payload: &[u8]) -> bool {
        self.remove(slot);
        let count = self.slot_count();
        let new_slots = (usize::from(slot) + 1).saturating_sub(usize::from(count)) * SLOT_LEN;
        let len = TUPLE_HEADER_LEN + payload.len();
        if new_slots + len > self.free_len() {
            return false;
        }
        if new_slots + len > self.contiguous_len() {
            self.close_holes();
        }
        if new_slots > 0 {
            let from = HEADER_LEN + usize::from(count) * SLOT_LEN;
            self.bytes[from..from + new_slots].fill(0);
            self.set_slot_count(slot + 1);
        }
        let at = self.data_start() - len;
        let (header, rest) = self.bytes[at..].split_at_mut(TUPLE_HEADER_LEN);
        header[..8].copy_from_slice(&created.to_le_bytes());
        header[8..].fill(0);
        rest[..payload.len()].copy_from_slice(payload);
        self.set_data_start(at);
        self.set_slot(slot, at, payload.len(), form);
        true
    }

    /// Notes the seq that ended the tuple in `slot`, which must be in use.
    pub(crate) fn set_ended(&mut self, slot: u16, ended: u64) {
        if let Some((at, ..)) = self.slot(slot) {
            self.put(at + 8, ended.to_le_bytes());
        }
    }

    /// Makes `slot` unused; nothing happens if it is.
    pub(crate) fn remove(&mut self, slot: u16) {
        let Some((at, len, _)) = self.slot(slot) else { return };
        let len = TUPLE_HEADER_LEN + len;
        if at == self.data_start() {
            self.set_data_start(at + len);
        } else {
            self.set_hole_len(self.hole_len() + len);
        }
        self.set_slot(slot, 0, 0, Form::default());
        if self.hole_len() == BLOCK_LEN - self.data_start() {
            self.set_data_start(BLOCK_LEN);
            self.set_hole_len(0);
        }
    }

    /// Whether the invariant of this module holds.
    pub(super) fn check_slots(&self) -> bool {
        let (start, slots_end) = (self.data_start(), HEADER_LEN + usize::from(self.slot_count()) * SLOT_LEN);
        if slots_end > start || start > BLOCK_LEN {
            return false;
        }
        let mut used = 0;
        for slot in 0..self.slot_count() {
            if let Some((at, len, _)) = self.slot(slot) {
                let len = TUPLE_HEADER_LEN + len;
                if at < start || at + len > BLOCK_LEN {
                    return false;
                }
                used += len;
            }
        }
        used + self.hole_len() == BLOCK_LEN - start
    }

    /// Moves all tuples to the end of the page.
    fn close_holes(&mut self) {
        let old = self.clone();
        let mut end = BLOCK_LEN;
        for slot in 0..old.slot_count() {
            if let Some((at, len, form)) = old.slot(slot) {
                let whole = TUPLE_HEADER_LEN + len;
                end -= whole;
                self.bytes[end..end + whole].copy_from_slice(&old.bytes[at..at + whole]);
                self.set_slot(slot, end, len, form);
            }
        }
        self.set_data_start(end);
        self.set_hole_len(0);
    }

    #[inline]
    fn slot(&self, slot: u16) -> Option<(usize, usize, Form)> {
        if slot >= self.slot_count() {
            return None;
        }
        let at = slot_at(slot);
        let [a, b, c, d] = *self.bytes().get(at..)?.first_chunk::<4>()?;
        let (offset, len) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let form = Form { overflow: len & OVERFLOW_BIT != 0, compressed: len & COMPRESSED_BIT != 0 };
        (offset != 0).then_some((usize::from(offset), usize::from(len & LEN_MASK), form))
    }

    fn set_slot(&mut self, slot: u16, offset: usize, len: usize, form: Form) {
        let bits =
            if form.overflow { OVERFLOW_BIT } else { 0 } | if form.compressed { COMPRESSED_BIT } else { 0 };
        let at = slot_at(slot);
        self.put(at, (offset as u16).to_le_bytes());
        self.put(at + 2, (len as u16 | bits).to_le_bytes());
    }

    fn contiguous_len(&self) -> usize {
        self.data_start().saturating_sub(HEADER_LEN + usize::from(self.slot_count()) * SLOT_LEN)
    }

    fn set_slot_count(&mut self, count: u16) {
        self.put(24, count.to_le_bytes());
    }

    fn data_start(&self) -> usize {
        usize::from(u16::from_le_bytes(self.array(26)))
    }

    fn set_data_start(&mut self, at: usize) {
        self.put(26, (at as u16).to_le_bytes());
    }

    fn hole_len(&self) -> usize {
        usize::from(u16::from_le_bytes(self.array(28)))
    }

    fn set_hole_len(&mut self, len: usize) {
        self.put(28, (len as u16).to_le_bytes());
    }
}

/// Where a slot lies in its page.
fn slot_at(slot: u16) -> usize {
    HEADER_LEN + usize::from(slot) * SLOT_LEN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Kind, PageId};
    use journal::Lsn;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const ID: PageId = PageId { space: 3, block: 9 };

    fn page() -> Page {
        let mut page = Page::blank();
        page.format(ID, Kind::Heap);
        page
    }

    fn sealed(page: &Page) -> Page {
        let mut sealed = Page::blank();
        page.seal_into(ID, sealed.bytes_mut());
        sealed
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u16, Vec<u8>),
        End(u16),
        Remove(u16),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let slot = 0..40u16;
        let step = prop_oneof![
            4 => (slot.clone(), prop::collection::vec(any::<u8>(), 0..900)).prop_map(|(s, b)| Step::Insert(s, b)),
            1 => slot.clone().prop_map(Step::End),
            2 => slot.prop_map(Step::Remove),
        ];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        #[test]
        fn a_page_is_a_map_from_slots_to_tuples(steps in steps()) {
            let (mut page, mut model) = (page(), BTreeMap::new());
            for (seq, step) in (1u64..).zip(steps) {
                match step {
                    Step::Insert(slot, bytes) => {
                        let fits = page.insert(slot, seq, Form::default(), &bytes);
                        model.remove(&slot);
                        if fits {
                            model.insert(slot, (seq, 0, bytes));
                        } else {
                            let used: usize = model.values().map(|(_, _, b)| b.len() + TUPLE_HEADER_LEN).sum();
                            let slots = usize::from(page.slot_count().max(slot + 1)) * SLOT_LEN;
                            prop_assert!(used + slots + bytes.len() + TUPLE_HEADER_LEN > USABLE_LEN);
                        }
                    }
                    Step::End(slot) => {
                        page.set_ended(slot, seq);
                        if let Some(tuple) = model.get_mut(&slot) {
                            tuple.1 = seq;
                        }
                    }
                    Step::Remove(slot) => {
                        page.remove(slot);
                        model.remove(&slot);
                    }
                }
                prop_assert_eq!(sealed(&page).verify(ID, Lsn(0)), Ok(()));
            }
            for slot in 0..45 {
                let found = page.tuple(slot).map(|t| (t.created, t.ended, page.payload(&t).to_vec()));
                prop_assert_eq!(found, model.get(&slot).cloned());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(seed in prop::collection::vec(any::<u8>(), 64), at in 0usize..8192) {
            let mut page = page();
            for (place, byte) in page.bytes_mut().iter_mut().skip(at).zip(&seed) {
                *place = *byte;
            }
            let _ = page.verify(ID, Lsn(0));
            let sound = page.check_slots();
            for slot in 0..500 {
                if let Some(tuple) = page.tuple(slot) {
                    let payload = page.payload(&tuple);
                    prop_assert!(!sound || payload.len() == tuple.len);
                }
            }
        }
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let mut page = page();
        page.set_lsn(Lsn(77));
        for slot in 0..30 {
            assert!(page.insert(slot, 5, Form::default(), &[slot as u8; 100]));
        }
        let good = sealed(&page);
        for at in 0..BLOCK_LEN {
            let mut bad = good.clone();
            bad.bytes_mut()[at] ^= 0x10;
            assert!(bad.verify(ID, Lsn(0)).is_err(), "byte {at}");
        }
    }

    #[test]
    fn misplaced_stale_torn_and_zero_pages_are_named() {
        use crate::page::Damage;
        let mut page = page();
        page.set_lsn(Lsn(77));
        let good = sealed(&page);
        assert_eq!(good.verify(ID, Lsn(77)), Ok(()));
        assert_eq!(good.verify(ID, Lsn(78)), Err(Damage::Stale { found: 77, floor: 78 }));
        let other = PageId { space: 3, block: 10 };
        assert_eq!(good.verify(other, Lsn(0)), Err(Damage::Misdirected { space: 3, block: 9 }));
        assert_eq!(Page::blank().verify(ID, Lsn(0)), Err(Damage::Zero));
        assert!(page.insert(0, 1, Form::default(), &[9; 6000]));
        let newer = sealed(&page);
        for sector in 1..16 {
            let mut torn = newer.clone();
            torn.bytes_mut()[sector * 512..].copy_from_slice(&good.bytes()[sector * 512..]);
            assert!(
                matches!(torn.verify(ID, Lsn(0)), Err(Damage::Checksum { .. }))
                    || torn.bytes() == newer.bytes()
            );
        }
    }

    #[test]
    fn the_header_is_as_drawn() {
        let mut page = page();
        page.set_lsn(Lsn(0x0102));
        assert!(page.insert(1, 7, Form { overflow: true, compressed: false }, b"abc"));
        page.set_ended(1, 9);
        let bytes = sealed(&page);
        let bytes = bytes.bytes();
        assert_eq!(
            &bytes[4..32],
            b"\x53\x50\x01\x01\x02\x01\0\0\0\0\0\0\x03\0\0\0\x09\0\0\0\x02\0\xed\x1f\0\0\0\0"
        );
        assert_eq!(&bytes[32..40], b"\0\0\0\0\xed\x1f\x03\x80");
        assert_eq!(&bytes[0x1fed..], b"\x07\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0abc");
    }
}
