//! A hash table from keys to small numbers in order of arrival: the heart of grouping and hash joins.

use xxhash_rust::xxh3::xxh3_64;

/// No key is here.
const EMPTY: u32 = u32::MAX;

/// Numbers distinct keys 0, 1, 2 … Keys lie in one buffer; a slot holds a number and the probe is linear.
#[derive(Default)]
pub(in crate::exec) struct KeyTable {
    slots: Vec<u32>,
    hashes: Vec<u64>,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl KeyTable {
    /// Number of keys.
    pub(in crate::exec) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The key's number.
    pub(in crate::exec) fn find(&self, key: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let hash = hash(key);
        match self.slots[self.probe(key, hash)] {
            EMPTY => None,
            id => Some(id),
        }
    }

    /// The key's number, and whether the key is new.
    pub(in crate::exec) fn insert(&mut self, key: &[u8]) -> (u32, bool) {
        if (self.hashes.len() + 1) * 8 > self.slots.len() * 5 {
            self.grow();
        }
        let hash = hash(key);
        let slot = self.probe(key, hash);
        if self.slots[slot] != EMPTY {
            return (self.slots[slot], false);
        }
        let id = self.hashes.len() as u32;
        self.slots[slot] = id;
        self.hashes.push(hash);
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        (id, true)
    }

    /// The bytes of key `id`.
    pub(in crate::exec) fn key(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[id]]
    }

    /// Bytes of memory that it takes.
    pub(in crate::exec) fn byte_len(&self) -> usize {
        self.slots.len() * size_of::<u32>()
            + self.hashes.len() * (size_of::<u64>() + size_of::<usize>())
            + self.bytes.len()
    }

    /// No keys any more.
    pub(in crate::exec) fn clear(&mut self) {
        *self = KeyTable::default();
    }

    /// The slot of the key, or the empty one where it belongs.
    fn probe(&self, key: &[u8], hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let id = self.slots[slot];
            if id == EMPTY || (self.hashes[id as usize] == hash && self.key(id) == key) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let len = (self.slots.len() * 2).max(64);
        self.slots = vec![EMPTY; len];
        for (id, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & (len - 1);
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & (len - 1);
            }
            self.slots[slot] = id as u32;
        }
    }
}

/// The hash by which keys are placed.
pub(in crate::exec) fn hash(key: &[u8]) -> u64 {
    xxh3_64(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_in_order_of_arrival() {
        let mut table = KeyTable::default();
        for n in 0..10_000u32 {
            assert_eq!(table.insert(&n.to_le_bytes()), (n, true));
        }
        for n in 0..10_000u32 {
            assert_eq!(table.insert(&n.to_le_bytes()), (n, false));
            assert_eq!(table.find(&n.to_le_bytes()), Some(n));
            assert_eq!(table.key(n), n.to_le_bytes());
        }
        assert_eq!(table.find(b"other"), None);
        assert_eq!(table.insert(b""), (10_000, true));
    }
}
