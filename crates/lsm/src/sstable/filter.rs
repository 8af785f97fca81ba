//! A Bloom filter in cache lines: says for certain that a key is absent, and errs about once in a
//! hundred when it says that a key may be there.
//!
//! ```text
//! ┌──────────────┬──────────────┬───┐
//! │ line, 64 B   │ line, 64 B   │ … │      one hash picks the line and seven bits in it
//! └──────────────┴──────────────┴───┘
//! ```

const LINE_LEN: usize = 64;
const BITS_PER_KEY: usize = 10;
const PROBES: usize = 7;

/// The hash by which filters know a key.
pub(crate) fn hash(key: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key)
}

/// Builds the filter of these keys' hashes.
pub(crate) fn build(hashes: &[u64]) -> Vec<u8> {
    let line_count = (hashes.len() * BITS_PER_KEY).div_ceil(LINE_LEN * 8).max(1);
    let mut lines = vec![0u8; line_count * LINE_LEN];
    for &hash in hashes {
        let start = line_of(hash, line_count) * LINE_LEN;
        for bit in bits(hash) {
            lines[start + bit / 8] |= 1 << (bit % 8);
        }
    }
    lines
}

/// `false` means that no key of this hash is in the filter.
#[inline]
pub(crate) fn may_contain(lines: &[u8], hash: u64) -> bool {
    let line_count = lines.len() / LINE_LEN;
    let start = line_of(hash, line_count) * LINE_LEN;
    let Some(line) = lines.get(start..start + LINE_LEN) else { return true };
    bits(hash).all(|bit| line[bit / 8] & 1 << (bit % 8) != 0)
}

/// Scales the upper half of the hash to the number of lines.
fn line_of(hash: u64, line_count: usize) -> usize {
    (((hash >> 32) * line_count as u64) >> 32) as usize
}

/// Double hashing on the lower half, 9 bits a probe.
fn bits(hash: u64) -> impl Iterator<Item = usize> {
    let (start, stride) = (hash as u32, (hash as u32).rotate_left(15) | 1);
    (0..PROBES as u32).map(move |probe| (start.wrapping_add(stride.wrapping_mul(probe)) >> 23) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_and_errs_rarely() {
        let hashes: Vec<u64> = (0..20_000u32).map(|n| hash(&n.to_le_bytes())).collect();
        let filter = build(&hashes);
        assert!(hashes.iter().all(|&hash| may_contain(&filter, hash)));
        let wrong = (20_000..120_000u32).filter(|n| may_contain(&filter, hash(&n.to_le_bytes()))).count();
        assert!(wrong < 2_500, "{wrong} of 100000 absent keys pass");
    }

    #[test]
    fn an_empty_or_cut_filter_excludes_nothing() {
        assert!(may_contain(&[], 1));
        assert!(may_contain(&[0; 5], 1));
    }
}
