//! A value that a read hands out.

use bytes::Bytes;
use std::fmt;
use std::ops::Deref;

const INLINE_LEN_MAX: usize = 30;

/// The bytes of a value. Small values, which are the rule, are held inline, so that a hit neither
/// allocates nor touches a reference count; larger ones share their block.
#[derive(Clone)]
pub struct Value(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE_LEN_MAX] },
    Shared(Bytes),
}

impl Value {
    /// Copies `bytes`.
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        Self::inline(bytes).unwrap_or_else(|| Value(Repr::Shared(Bytes::copy_from_slice(bytes))))
    }

    /// Copies `bytes` if they are few, and otherwise shares them with `owner`, whose part they are.
    pub(crate) fn part_of(owner: &Bytes, bytes: &[u8]) -> Self {
        Self::inline(bytes).unwrap_or_else(|| Value(Repr::Shared(owner.slice_ref(bytes))))
    }

    fn inline(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; INLINE_LEN_MAX];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Value(Repr::Inline { len: from.len() as u8, bytes }))
    }
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Shared(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Value {}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_values_read_back() {
        let owner = Bytes::from(vec![7u8; 100]);
        for len in [0, 1, INLINE_LEN_MAX, INLINE_LEN_MAX + 1, 100] {
            assert_eq!(&*Value::part_of(&owner, &owner[..len]), &owner[..len]);
            assert_eq!(&*Value::copy_of(&owner[..len]), &owner[..len]);
        }
    }
}
