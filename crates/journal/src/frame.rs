//! Frames: the checksummed units of a segment. The crate's documentation draws them.

use crate::Lsn;

/// Bytes before a frame's payload.
pub(crate) const HEADER_LEN: usize = 28;

/// Where a frame's payload stands in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Part {
    Whole = 1,
    First = 2,
    Middle = 3,
    Last = 4,
}

impl Part {
    pub(crate) fn new(first: bool, last: bool) -> Part {
        match (first, last) {
            (true, true) => Part::Whole,
            (true, false) => Part::First,
            (false, false) => Part::Middle,
            (false, true) => Part::Last,
        }
    }

    fn decode(byte: u8) -> Option<Part> {
        [Part::Whole, Part::First, Part::Middle, Part::Last].into_iter().find(|part| *part as u8 == byte)
    }

    pub(crate) fn is_first(self) -> bool {
        matches!(self, Part::Whole | Part::First)
    }

    pub(crate) fn is_last(self) -> bool {
        matches!(self, Part::Whole | Part::Last)
    }
}

/// A frame's header, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    crc: u32,
    pub(crate) len: u32,
    pub(crate) kind: u8,
    pub(crate) part: Part,
    pub(crate) lsn: Lsn,
    pub(crate) durable: Lsn,
}

impl Header {
    /// Decodes a header that claims to stand at `lsn`. The checksum is not checked yet.
    pub(crate) fn decode(bytes: &[u8], lsn: Lsn) -> Option<Header> {
        let (bytes, _) = bytes.split_first_chunk::<HEADER_LEN>()?;
        let (crc, rest) = bytes.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let ([kind, part, 0, 0], rest) = rest.split_first_chunk::<4>()? else { return None };
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (durable, _) = rest.split_first_chunk::<8>()?;
        let header = Header {
            crc: u32::from_le_bytes(*crc),
            len: u32::from_le_bytes(*len),
            kind: *kind,
            part: Part::decode(*part)?,
            lsn: Lsn(u64::from_le_bytes(*at)),
            durable: Lsn(u64::from_le_bytes(*durable)),
        };
        (header.lsn == lsn).then_some(header)
    }

    /// Whether the checksum fits the header's bytes and the payload.
    pub(crate) fn is_valid(&self, journal_id: u64, header: &[u8], payload: &[u8]) -> bool {
        header.get(4..HEADER_LEN).is_some_and(|covered| checksum(journal_id, covered, &[payload]) == self.crc)
    }
}

/// Appends a frame whose payload is the concatenation of `parts`.
pub(crate) fn encode(
    into: &mut Vec<u8>,
    journal_id: u64,
    kind: u8,
    part: Part,
    lsn: Lsn,
    durable: Lsn,
    payload: &[&[u8]],
) {
    let len: usize = payload.iter().map(|bytes| bytes.len()).sum();
    let mut header = [0u8; HEADER_LEN];
    // A segment is shorter than 4 GiB, and a frame lies within one.
    header[4..8].copy_from_slice(&(len as u32).to_le_bytes());
    header[8] = kind;
    header[9] = part as u8;
    header[12..20].copy_from_slice(&lsn.0.to_le_bytes());
    header[20..28].copy_from_slice(&durable.0.to_le_bytes());
    let crc = checksum(journal_id, &header[4..], payload);
    header[0..4].copy_from_slice(&crc.to_le_bytes());
    into.extend_from_slice(&header);
    for bytes in payload {
        into.extend_from_slice(bytes);
    }
}

fn checksum(journal_id: u64, header: &[u8], payload: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&journal_id.to_le_bytes());
    hasher.update(header);
    for bytes in payload {
        hasher.update(bytes);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands at a place: no header, or one that needs its own checksum to be believed.
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, at: u64) {
            if let Some(header) = Header::decode(&bytes, Lsn(at)) {
                prop_assert_eq!(header.lsn, Lsn(at));
                let payload = bytes.get(HEADER_LEN..).unwrap_or_default();
                prop_assert!(!header.is_valid(7, &bytes, payload));
            }
        }

        #[test]
        fn a_frame_reads_back(payload: Vec<u8>, kind: u8, at: u64, durable: u64) {
            let mut bytes = Vec::new();
            encode(&mut bytes, 7, kind, Part::First, Lsn(at), Lsn(durable), &[&payload]);
            let header = Header::decode(&bytes, Lsn(at)).unwrap();
            prop_assert!(header.is_valid(7, &bytes, &payload));
            prop_assert_eq!((header.kind, header.part, header.durable), (kind, Part::First, Lsn(durable)));
        }
    }

    #[test]
    fn a_frame_byte_by_byte() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 7, 3, Part::Whole, Lsn(0x30), Lsn(0x10), &[b"ab", b"c"]);
        let expected = [
            0xB7, 0x5B, 0xBD, 0x89, 3, 0, 0, 0, 3, 1, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0,
            0, 0, b'a', b'b', b'c',
        ];
        assert_eq!(bytes, expected);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 7, 3, Part::Whole, Lsn(48), Lsn(0), &[b"payload"]);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let valid = Header::decode(&damaged, Lsn(48)).is_some_and(|header| {
                damaged
                    .get(HEADER_LEN..HEADER_LEN + header.len as usize)
                    .is_some_and(|payload| header.is_valid(7, &damaged, payload))
            });
            assert!(!valid, "bit {bit}");
        }
    }

    #[test]
    fn a_frame_of_another_place_or_journal_is_refused() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 7, 3, Part::Whole, Lsn(48), Lsn(0), &[b"payload"]);
        assert!(Header::decode(&bytes, Lsn(96)).is_none());
        let header = Header::decode(&bytes, Lsn(48)).unwrap();
        assert!(header.is_valid(7, &bytes, b"payload"));
        assert!(!header.is_valid(8, &bytes, b"payload"));
    }
}
