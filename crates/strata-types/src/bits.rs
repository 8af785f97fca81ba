//! Bit strings: `bit(n)` and `bit varying`.

/// A string of bits, the first in the highest bit of the first byte; unused bits of the last byte are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bits {
    /// Number of bits.
    pub len: usize,
    /// `len` bits, rounded up to bytes.
    pub bytes: Vec<u8>,
}

impl Bits {
    /// The bit at `index`, counted from the left.
    pub fn get(&self, index: usize) -> Option<bool> {
        if index >= self.len {
            return None;
        }
        Some(self.bytes.get(index / 8)? & (0x80 >> (index % 8)) != 0)
    }

    /// The bits of these truths.
    pub fn from_bits(bits: impl IntoIterator<Item = bool>) -> Bits {
        let mut made = Bits::default();
        for bit in bits {
            made.push(bit);
        }
        made
    }

    /// Appends one bit on the right.
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let (true, Some(last)) = (bit, self.bytes.last_mut()) {
            *last |= 0x80 >> (self.len % 8);
        }
        self.len += 1;
    }

    /// Every bit from left to right.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).filter_map(|index| self.get(index))
    }
}

/// By bytes, then the shorter first.
impl Ord for Bits {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes).then(self.len.cmp(&other.len))
    }
}

impl PartialOrd for Bits {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
