//! How a tuple's location is spelled as a value of the tree.

use filesystem::TupleLoc;

/// Bytes of a location.
pub(crate) const LOC_LEN: usize = 6;

/// Reads a location; `None` if the bytes are none.
pub(crate) fn decode(bytes: &[u8]) -> Option<TupleLoc> {
    <[u8; LOC_LEN]>::try_from(bytes).ok().map(TupleLoc::from_bytes)
}
