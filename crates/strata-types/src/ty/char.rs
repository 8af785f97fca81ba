//! `"char"`: one byte.

/// The first byte; bytes beyond ASCII are written and read as `\ooo`.
pub(super) fn parse(text: &str) -> u8 {
    match text.as_bytes() {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7'] => {
            (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0')
        }
        bytes => bytes.first().copied().unwrap_or(0),
    }
}

pub(super) fn write(byte: u8, out: &mut Vec<u8>) {
    match byte {
        0 => {}
        0x80.. => out.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
        _ => out.push(byte),
    }
}
