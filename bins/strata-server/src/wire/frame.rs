//! Frames: a type byte, a length, a body. Checked before anything is decoded.
//!
//! ```text
//! type 1 | length 4, big-endian, counts itself and the body | body
//! ```

use bytes::{Buf, Bytes, BytesMut};

/// Longest body of the messages that carry data or text.
const LONG_MAX: usize = (1 << 30) - 2;
/// Longest body of all others, as in PostgreSQL.
const SHORT_MAX: usize = 10_000;

/// One message, its declared length cut off the stream.
#[derive(Debug)]
pub struct Frame {
    /// Type byte.
    pub kind: u8,
    /// Body, exactly as long as declared.
    pub body: Bytes,
}

/// A frame after which the stream cannot be trusted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The length is shorter than itself or longer than allowed.
    Length,
    /// No message has this type.
    Kind(u8),
}

/// Cuts the next frame off the buffer; `None` until it has all arrived.
///
/// # Errors
/// [`FrameError`]: the connection must be closed.
pub fn cut(buffer: &mut BytesMut) -> Result<Option<Frame>, FrameError> {
    let Some((head, _)) = buffer.split_first_chunk::<5>() else { return Ok(None) };
    let [kind, length @ ..] = *head;
    #[expect(clippy::big_endian_bytes, reason = "the protocol's byte order")]
    let length = u32::from_be_bytes(length) as usize;
    let limit = match kind {
        b'Q' | b'P' | b'B' | b'd' | b'F' => LONG_MAX,
        b'C' | b'D' | b'E' | b'H' | b'S' | b'X' | b'c' | b'f' | b'p' => SHORT_MAX,
        other => return Err(FrameError::Kind(other)),
    };
    let Some(body) = length.checked_sub(4).filter(|body| *body <= limit) else {
        return Err(FrameError::Length);
    };
    if buffer.len() < 5 + body {
        return Ok(None);
    }
    buffer.advance(5);
    Ok(Some(Frame { kind, body: buffer.split_to(body).freeze() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_at_their_declared_length() {
        let mut buffer = BytesMut::from(&b"Q\0\0\0\x08abc\0S\0\0\0\x04Q\0"[..]);
        let frame = cut(&mut buffer).unwrap().unwrap();
        assert_eq!((frame.kind, &frame.body[..]), (b'Q', &b"abc\0"[..]));
        let frame = cut(&mut buffer).unwrap().unwrap();
        assert_eq!((frame.kind, frame.body.len()), (b'S', 0));
        assert!(cut(&mut buffer).unwrap().is_none());
    }

    #[test]
    fn impossible_lengths_and_types_end_the_stream() {
        for bytes in [&b"Q\0\0\0\x03"[..], b"Q\0\0\0\0", b"S\0\0\xff\xff", b"Q\xff\xff\xff\xff"] {
            assert_eq!(cut(&mut BytesMut::from(bytes)).unwrap_err(), FrameError::Length);
        }
        assert_eq!(cut(&mut BytesMut::from(&b"!\0\0\0\x04"[..])).unwrap_err(), FrameError::Kind(b'!'));
    }
}
