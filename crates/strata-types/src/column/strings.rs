//! Many strings in one buffer: Arrow's layout, one offset more than there are strings.

const TOO_LONG: &str = "a column of strings is limited to 4 GiB";

/// Strings of bytes, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strings {
    /// Where each string begins in `bytes`, and the end of the last.
    offsets: Vec<u32>,
    bytes: Vec<u8>,
}

impl Default for Strings {
    fn default() -> Self {
        Strings { offsets: vec![0], bytes: Vec::new() }
    }
}

impl Strings {
    /// No strings, with room for `rows`.
    pub fn with_capacity(rows: usize) -> Strings {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Strings { offsets, bytes: Vec::new() }
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// No strings.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of string `index`.
    ///
    /// # Panics
    /// If `index` is not less than [`len`](Self::len).
    #[inline]
    pub fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// String `index` as text. Columns of text hold only UTF-8, which [`push_str`](Self::push_str) and the
    /// row codec see to.
    #[inline]
    pub fn get_str(&self, index: usize) -> &str {
        match std::str::from_utf8(self.get(index)) {
            Ok(text) => text,
            Err(_) => unreachable!("a text column holds only UTF-8"),
        }
    }

    /// Appends one string of bytes.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.seal();
    }

    /// Appends one text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        self.push(text.as_bytes());
    }

    /// Appends the string that `write` appends to the buffer.
    #[inline]
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.seal();
    }

    /// Every string in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Bytes of all strings together.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    fn seal(&mut self) {
        let end = u32::try_from(self.bytes.len());
        // A batch holds about a thousand values; four gigabytes of them never meet in one column.
        assert!(end.is_ok(), "{TOO_LONG}");
        self.offsets.push(end.unwrap_or(u32::MAX));
    }

    pub(crate) fn take(&self, rows: &[u32]) -> Strings {
        let mut taken = Strings::with_capacity(rows.len());
        taken.bytes.reserve(self.bytes.len() * rows.len() / self.len().max(1));
        for row in rows {
            taken.push(self.get(*row as usize));
        }
        taken
    }

    pub(crate) fn append(&mut self, other: &Strings) {
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        let Ok(_) = u32::try_from(self.bytes.len()) else { unreachable!("{TOO_LONG}") };
        self.offsets.extend(other.offsets.iter().skip(1).map(|offset| base as u32 + offset));
    }

    pub(crate) fn slice(&self, from: usize, len: usize) -> Strings {
        let mut cut = Strings::with_capacity(len);
        for index in from..from + len {
            cut.push(self.get(index));
        }
        cut
    }
}
