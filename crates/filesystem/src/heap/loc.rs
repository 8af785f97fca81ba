//! Where a tuple lives, and what of that a journal record must carry.

use std::fmt;

/// A heap space: the tuples of one table, in one file. Ids are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpaceId(pub u32);

/// A tuple's location in its space. It never changes while the tuple lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TupleLoc {
    /// The block.
    pub block: u32,
    /// The slot in the block's page.
    pub slot: u16,
}

impl TupleLoc {
    /// Six bytes, little-endian.
    pub fn to_bytes(self) -> [u8; 6] {
        let [a, b, c, d] = self.block.to_le_bytes();
        let [e, f] = self.slot.to_le_bytes();
        [a, b, c, d, e, f]
    }

    /// The inverse of [`Self::to_bytes`].
    pub fn from_bytes([a, b, c, d, e, f]: [u8; 6]) -> TupleLoc {
        TupleLoc { block: u32::from_le_bytes([a, b, c, d]), slot: u16::from_le_bytes([e, f]) }
    }
}

impl fmt::Display for TupleLoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({},{})", self.block, self.slot)
    }
}

/// Blocks side by side that hold one large tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// The first block.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// All that [`Heap::place`](super::Heap::place) decided. It is part of the journal record: a replay must put
/// a tuple, and above all its overflow blocks, where the live run put them, or two tuples could come to own
/// one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The slot.
    pub loc: TupleLoc,
    /// The blocks of a large tuple.
    pub overflow: Option<Run>,
    /// Whether the packed bytes are compressed.
    pub compressed: bool,
}

const HAS_OVERFLOW: u8 = 1;
const IS_COMPRESSED: u8 = 2;

impl Placement {
    /// Appends its bytes: flags 1, loc 6, and for a large tuple first block 4 and count 4.
    pub fn encode(&self, into: &mut Vec<u8>) {
        let overflow = if self.overflow.is_some() { HAS_OVERFLOW } else { 0 };
        into.push(overflow | if self.compressed { IS_COMPRESSED } else { 0 });
        into.extend_from_slice(&self.loc.to_bytes());
        if let Some(run) = self.overflow {
            into.extend_from_slice(&run.first.to_le_bytes());
            into.extend_from_slice(&run.count.to_le_bytes());
        }
    }

    /// Takes a placement off the front of `from`; `None` if none is there.
    pub fn decode(from: &mut &[u8]) -> Option<Placement> {
        let (&flags, rest) = from.split_first()?;
        let (loc, mut rest) = rest.split_first_chunk()?;
        let mut overflow = None;
        if flags & HAS_OVERFLOW != 0 {
            let (first, tail) = rest.split_first_chunk()?;
            let (count, tail) = tail.split_first_chunk()?;
            overflow = Some(Run { first: u32::from_le_bytes(*first), count: u32::from_le_bytes(*count) });
            rest = tail;
        }
        let known = flags & !(HAS_OVERFLOW | IS_COMPRESSED) == 0;
        *from = rest;
        let compressed = flags & IS_COMPRESSED != 0;
        known.then_some(Placement { loc: TupleLoc::from_bytes(*loc), overflow, compressed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_placement_survives_the_journal(block: u32, slot: u16, run: Option<(u32, u32)>, compressed: bool) {
            let overflow = run.map(|(first, count)| Run { first, count });
            let placement = Placement { loc: TupleLoc { block, slot }, overflow, compressed };
            let mut bytes = Vec::new();
            placement.encode(&mut bytes);
            for cut in 0..bytes.len() {
                prop_assert_eq!(Placement::decode(&mut &bytes[..cut]), None);
            }
            bytes.push(9);
            let mut rest = &bytes[..];
            prop_assert_eq!(Placement::decode(&mut rest), Some(placement));
            prop_assert_eq!(rest, &[9]);
        }
    }
}
