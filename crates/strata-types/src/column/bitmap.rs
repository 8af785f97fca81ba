//! Bits in words: which rows of a column are not NULL, or true.

/// A growable string of bits, the first in the lowest bit of the first word (Arrow's order).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitmap {
    /// Bits beyond `len` are 0.
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// No bits.
    pub fn new() -> Bitmap {
        Bitmap::default()
    }

    /// `len` equal bits.
    pub fn filled(len: usize, bit: bool) -> Bitmap {
        let mut words = vec![if bit { u64::MAX } else { 0 }; len.div_ceil(64)];
        if let (true, Some(last)) = (!len.is_multiple_of(64), words.last_mut()) {
            *last &= (1 << (len % 64)) - 1;
        }
        Bitmap { words, len }
    }

    /// Number of bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// No bits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit at `index`.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len).
    #[inline]
    pub fn get(&self, index: usize) -> bool {
        assert!(index < self.len, "bit {index} of {}", self.len);
        self.words[index / 64] >> (index % 64) & 1 != 0
    }

    /// Changes the bit at `index`.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len).
    #[inline]
    pub fn set(&mut self, index: usize, bit: bool) {
        assert!(index < self.len, "bit {index} of {}", self.len);
        let mask = 1 << (index % 64);
        if bit {
            self.words[index / 64] |= mask;
        } else {
            self.words[index / 64] &= !mask;
        }
    }

    /// Appends a bit.
    #[inline]
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.words[self.len / 64] |= u64::from(bit) << (self.len % 64);
        self.len += 1;
    }

    /// Appends `count` equal bits.
    pub fn push_many(&mut self, bit: bool, count: usize) {
        for _ in 0..count {
            self.push(bit);
        }
    }

    /// Number of bits that are 1.
    pub fn count_ones(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Every bit is 1.
    pub fn all(&self) -> bool {
        self.count_ones() == self.len
    }

    /// Every bit in turn.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|index| self.get(index))
    }

    /// The indexes of the bits that are 1, ascending.
    pub fn ones(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// The bits that are 1 in both. Both have the same length.
    pub fn and(&self, other: &Bitmap) -> Bitmap {
        assert_eq!(self.len, other.len, "bitmaps of different lengths");
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect();
        Bitmap { words, len: self.len }
    }

    /// The words, 64 bits each; bits beyond the length are 0.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn take(&self, rows: &[u32]) -> Bitmap {
        rows.iter().map(|row| self.get(*row as usize)).collect()
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut made = Bitmap::new();
        bits.into_iter().for_each(|bit| made.push(bit));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back() {
        let bits: Vec<bool> = (0..200).map(|n| n % 3 == 0).collect();
        let map: Bitmap = bits.iter().copied().collect();
        assert_eq!(map.iter().collect::<Vec<_>>(), bits);
        assert_eq!(map.ones().map(|at| at % 3).max(), Some(0));
        assert_eq!(map.count_ones(), 67);
        assert!(Bitmap::filled(70, true).all());
        assert_eq!(Bitmap::filled(70, true).words()[1], 0b11_1111);
    }
}
