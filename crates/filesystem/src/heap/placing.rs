//! Choosing where new tuples go.
//!
//! What was placed and is not written yet is known here and nowhere else: a page never contains a
//! reservation, so a crash has none to clean up. Tuples are placed one behind the other on the *fill block*.
//! When it is full, the next one is a block in which room came to be of late, then another in which there is room,
//! then a block that nobody owns, then a new one at the end of the space.

use super::block_map::BlockMap;
use super::{Run, TupleLoc};
use crate::page::{Kind, Page, SLOT_LEN, TUPLE_HEADER_LEN, USABLE_LEN};
use crate::spread::Spread;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A block with less free room than this is not opened again: reading it in would cost more than it gives.
const ROOM_LEN_MIN: usize = USABLE_LEN / 8;

/// The placement state of a space.
#[derive(Default)]
pub(super) struct Placing {
    /// Blocks with reservations, and the fill block.
    rooms: HashMap<u32, Room, Spread>,
    fill: Option<u32>,
    ownerless: Runs,
    /// Blocks that have come to have room, the last one last: its page is the most likely to be in memory.
    roomy: Vec<u32>,
    /// Where the search for others goes on; behind the last block when there are none.
    cursor: u32,
}

/// A slot that was reserved, with the room that its tuple will take.
struct Reserved {
    slot: u16,
    len: usize,
}

/// What may still be placed in a block.
struct Room {
    free: usize,
    /// Slots from here on do not exist in the page.
    next_slot: u16,
    /// Slots below that are neither used nor reserved.
    unused: Vec<u16>,
    reserved: VecDeque<Reserved>,
    /// The block has a page: a tuple of it was written.
    is_page: bool,
}

impl Room {
    fn fresh() -> Room {
        Room { free: USABLE_LEN, next_slot: 0, unused: Vec::new(), reserved: VecDeque::new(), is_page: false }
    }

    fn of(page: &Page) -> Room {
        let next_slot = page.slot_count();
        let unused = (0..next_slot).rev().filter(|slot| !page.is_used(*slot)).collect();
        Room { free: page.free_len(), next_slot, unused, reserved: VecDeque::new(), is_page: true }
    }

    fn reserve(&mut self, payload_len: usize) -> Option<u16> {
        let len = TUPLE_HEADER_LEN + payload_len;
        let slot_len = if self.unused.is_empty() { SLOT_LEN } else { 0 };
        self.free = self.free.checked_sub(len + slot_len)?;
        let slot = self.unused.pop().unwrap_or_else(|| {
            self.next_slot += 1;
            self.next_slot - 1
        });
        self.reserved.push_back(Reserved { slot, len });
        Some(slot)
    }

    fn take_reserved(&mut self, slot: u16) -> Option<Reserved> {
        let at = self.reserved.iter().position(|reserved| reserved.slot == slot)?;
        self.reserved.remove(at)
    }
}

impl Placing {
    /// The state of a space that was opened with this map.
    pub(super) fn of(map: &BlockMap) -> Placing {
        let mut placing = Placing::default();
        for block in map.ownerless() {
            placing.ownerless.insert(Run { first: block, count: 1 });
        }
        placing
    }

    /// Reserves a slot in the fill block, if it has room.
    pub(super) fn reserve(&mut self, payload_len: usize) -> Option<TupleLoc> {
        let block = self.fill?;
        let slot = self.rooms.get_mut(&block)?.reserve(payload_len)?;
        Some(TupleLoc { block, slot })
    }

    /// Closes the fill block: what room it has left goes to the map.
    pub(super) fn retire_fill(&mut self, map: &mut BlockMap) {
        if let Some(block) = self.fill.take() {
            self.forget_if_settled(block, map);
        }
    }

    /// A block that the map says has room for the payload and that is not open, to be looked at.
    pub(super) fn candidate(&mut self, map: &BlockMap, payload_len: usize) -> Option<u32> {
        let need = (TUPLE_HEADER_LEN + SLOT_LEN + payload_len).max(ROOM_LEN_MIN);
        while let Some(block) = self.roomy.pop() {
            if map.room(block) >= need && !self.rooms.contains_key(&block) {
                return Some(block);
            }
            // A shorter tuple may find it.
            self.cursor = self.cursor.min(block);
        }
        while let Some(block) = map.find_room(self.cursor, need) {
            self.cursor = block + 1;
            if !self.rooms.contains_key(&block) {
                return Some(block);
            }
        }
        self.cursor = map.len();
        None
    }

    /// Makes a candidate the fill block, unless it holds no tuples after all.
    pub(super) fn open_fill(&mut self, block: u32, page: &Page, map: &mut BlockMap) {
        map.set_room(block, 0);
        if page.kind() == Some(Kind::Heap) {
            self.rooms.insert(block, Room::of(page));
            self.fill = Some(block);
        }
    }

    /// Makes a block without content the fill block.
    pub(super) fn open_fresh_fill(&mut self, block: u32) {
        self.rooms.insert(block, Room::fresh());
        self.fill = Some(block);
    }

    /// Takes `count` blocks side by side that nobody owns, at the end of the space if need be.
    pub(super) fn take_blocks(&mut self, count: u32, map: &mut BlockMap) -> Option<Run> {
        if let Some(run) = self.ownerless.take(count) {
            self.own(run, map);
            return Some(run);
        }
        let end = map.len().checked_add(count)?;
        map.extend_to(end)
    }

    /// A tuple was written. In a replay it was never placed, and its blocks become owned here.
    pub(super) fn settle(&mut self, loc: TupleLoc, overflow: Option<Run>, map: &mut BlockMap) {
        let placed = self.rooms.get_mut(&loc.block).is_some_and(|room| {
            room.is_page = true;
            room.take_reserved(loc.slot).is_some()
        });
        if !placed {
            self.adopt(Run { first: loc.block, count: 1 }, map);
            overflow.into_iter().for_each(|run| self.adopt(run, map));
            // What is known of the page no longer holds; it is read again when it is needed.
            if self.rooms.get(&loc.block).is_some_and(|room| room.reserved.is_empty()) {
                self.rooms.remove(&loc.block);
                self.fill = self.fill.filter(|fill| *fill != loc.block);
            }
        } else if self.fill != Some(loc.block) {
            self.forget_if_settled(loc.block, map);
        }
    }

    /// Makes the map know of a run. Blocks that are new to it belong to nobody.
    pub(super) fn know(&mut self, run: Run, map: &mut BlockMap) {
        if let Some(new) = map.extend_to(run.first.saturating_add(run.count)) {
            self.ownerless.insert(new);
        }
    }

    /// Makes a run owned that a replay found in use.
    pub(super) fn adopt(&mut self, run: Run, map: &mut BlockMap) {
        self.know(run, map);
        if self.ownerless.remove(run) {
            self.own(run, map);
        }
    }

    fn own(&mut self, run: Run, map: &mut BlockMap) {
        for block in run.first..run.first + run.count {
            map.set_room(block, 0);
        }
    }

    /// Gives back what was placed and will not be written.
    pub(super) fn unplace(&mut self, loc: TupleLoc, overflow: Option<Run>, map: &mut BlockMap) {
        let Some(room) = self.rooms.get_mut(&loc.block) else { return };
        let Some(reserved) = room.take_reserved(loc.slot) else { return };
        room.free += reserved.len;
        room.unused.push(reserved.slot);
        if room.reserved.is_empty() && !room.is_page {
            // It was taken for what is not written: nobody owns it again.
            self.rooms.remove(&loc.block);
            self.fill = self.fill.filter(|fill| *fill != loc.block);
            self.release(Some(Run { first: loc.block, count: 1 }), map);
        } else if self.fill != Some(loc.block) {
            self.forget_if_settled(loc.block, map);
            self.cursor = self.cursor.min(loc.block);
        }
        self.release(overflow, map);
    }

    /// A tuple was freed; `page_free` bytes are free in its page now.
    pub(super) fn freed(
        &mut self,
        loc: TupleLoc,
        len: usize,
        page_free: usize,
        overflow: Option<Run>,
        map: &mut BlockMap,
    ) {
        match self.rooms.get_mut(&loc.block) {
            Some(room) => {
                room.free += TUPLE_HEADER_LEN + len;
                room.unused.push(loc.slot);
            }
            None => self.has_room(loc.block, page_free, map),
        }
        self.release(overflow, map);
    }

    /// So many bytes are free in a block that is not open.
    pub(super) fn has_room(&mut self, block: u32, free: usize, map: &mut BlockMap) {
        let before = map.room(block);
        map.set_room(block, free);
        if before < ROOM_LEN_MIN && map.room(block) >= ROOM_LEN_MIN {
            self.roomy.push(block);
        } else if before >= ROOM_LEN_MIN {
            self.cursor = self.cursor.min(block);
        }
    }

    /// Makes blocks ownerless.
    pub(super) fn release(&mut self, overflow: Option<Run>, map: &mut BlockMap) {
        if let Some(run) = overflow {
            self.ownerless.insert(run);
            (run.first..run.first.saturating_add(run.count)).for_each(|block| map.set_ownerless(block));
        }
    }

    /// Tells the map about the room in open blocks, so that a restart finds it.
    pub(super) fn note_room(&self, map: &mut BlockMap) {
        for (block, room) in &self.rooms {
            map.set_room(*block, room.free);
        }
    }

    fn forget_if_settled(&mut self, block: u32, map: &mut BlockMap) {
        if self.rooms.get(&block).is_some_and(|room| room.reserved.is_empty())
            && let Some(room) = self.rooms.remove(&block)
        {
            map.set_room(block, room.free);
        }
    }
}

/// A set of blocks, kept as runs.
#[derive(Default)]
struct Runs {
    by_first: BTreeMap<u32, u32>,
}

impl Runs {
    /// Adds a run; blocks that are in the set already stay.
    fn insert(&mut self, run: Run) {
        self.remove(run);
        let (mut first, mut end) = (run.first, run.first.saturating_add(run.count));
        if let Some((&before, &count)) = self.by_first.range(..first).next_back()
            && before + count == first
        {
            first = before;
        }
        if let Some(count) = self.by_first.remove(&end) {
            end += count;
        }
        self.by_first.insert(first, end - first);
    }

    /// Takes the blocks of `run` out; whether any was in.
    fn remove(&mut self, run: Run) -> bool {
        let (first, end) = (run.first, run.first.saturating_add(run.count));
        let overlapping = |(&at, &count): (&u32, &u32)| (at + count > first).then_some((at, count));
        let touched: Vec<(u32, u32)> = self.by_first.range(..end).rev().map_while(overlapping).collect();
        for (at, count) in &touched {
            self.by_first.remove(at);
            if *at < first {
                self.by_first.insert(*at, first - at);
            }
            if at + count > end {
                self.by_first.insert(end, at + count - end);
            }
        }
        !touched.is_empty()
    }

    /// Takes the first `count` blocks that lie side by side.
    fn take(&mut self, count: u32) -> Option<Run> {
        let (&first, _) = self.by_first.iter().find(|(_, len)| **len >= count)?;
        let run = Run { first, count };
        self.remove(run);
        Some(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn runs_are_a_set_of_blocks(steps in prop::collection::vec((0u8..3, 0u32..50, 1u32..9), 0..60)) {
            let (mut runs, mut model) = (Runs::default(), BTreeSet::new());
            for (step, first, count) in steps {
                let run = Run { first, count };
                match step {
                    0 => {
                        runs.insert(run);
                        model.extend(first..first + count);
                    }
                    1 => {
                        let any = (first..first + count).filter(|block| model.remove(block)).count() > 0;
                        prop_assert_eq!(runs.remove(run), any);
                    }
                    _ => match runs.take(count) {
                        Some(run) => (run.first..run.first + count).for_each(|b| assert!(model.remove(&b))),
                        None => prop_assert!(
                            !model.iter().any(|b| (*b..b + count).all(|b| model.contains(&b)))
                        ),
                    },
                }
                let found: BTreeSet<u32> =
                    runs.by_first.iter().flat_map(|(first, count)| *first..first + count).collect();
                prop_assert_eq!(&found, &model);
            }
        }
    }
}
