//! A value that a read hands out.

use crate::buffer::Buffer;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

const INLINE_LEN_MAX: usize = 30;

/// The bytes of a value. Small values, which are the rule, are held inline, so that a hit neither
/// allocates nor touches a reference count; larger ones share their block.
#[derive(Clone)]
pub struct Value(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE_LEN_MAX] },
    Shared { owner: Arc<[u8]>, start: u32, len: u32 },
}

impl Value {
    /// Copies `bytes`.
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        let shared = || Value(Repr::Shared { owner: Arc::from(bytes), start: 0, len: bytes.len() as u32 });
        Self::inline(bytes).unwrap_or_else(shared)
    }

    /// Copies `bytes` if they are few, and otherwise shares them with `owner`, whose part they are.
    pub(crate) fn part_of(owner: &Buffer, bytes: &[u8]) -> Self {
        let shared = || {
            let start = bytes.as_ptr().addr().wrapping_sub(owner.as_ptr().addr());
            assert!(start + bytes.len() <= owner.len(), "a value outside of its block");
            Value(Repr::Shared { owner: owner.owner().clone(), start: start as u32, len: bytes.len() as u32 })
        };
        Self::inline(bytes).unwrap_or_else(shared)
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
            Repr::Shared { owner, start, len } => {
                let start = *start as usize;
                owner.get(start..start + *len as usize).unwrap_or_default()
            }
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
        let owner = Buffer::copy_of(&[7u8; 100]);
        for len in [0, 1, INLINE_LEN_MAX, INLINE_LEN_MAX + 1, 100] {
            assert_eq!(&*Value::part_of(&owner, &owner[..len]), &owner[..len]);
            assert_eq!(&*Value::copy_of(&owner[..len]), &owner[..len]);
        }
    }
}
