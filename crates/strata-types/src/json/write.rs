//! `jsonb` as text: `{"a": 1, "b": [1, 2]}`.

use super::{Json, Jsonb};

impl Jsonb {
    /// Appends the document as text.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.root().write(out);
    }
}

impl Json {
    /// Appends the node as text, a blank after each `:` and `,`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Number(number) => number.write(out),
            Json::String(text) => write_string(text, out),
            Json::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    separate(at, out);
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (at, (key, member)) in members.iter().enumerate() {
                    separate(at, out);
                    write_string(key, out);
                    out.extend_from_slice(b": ");
                    member.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// Appends the node as `jsonb_pretty` does: a line for each item, indented by four.
    pub fn write_pretty(&self, depth: usize, out: &mut Vec<u8>) {
        let indent = |depth: usize, out: &mut Vec<u8>| {
            out.push(b'\n');
            out.resize(out.len() + 4 * depth, b' ');
        };
        match self {
            Json::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    indent(depth + 1, out);
                    item.write_pretty(depth + 1, out);
                }
                indent(depth, out);
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (at, (key, member)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    indent(depth + 1, out);
                    write_string(key, out);
                    out.extend_from_slice(b": ");
                    member.write_pretty(depth + 1, out);
                }
                indent(depth, out);
                out.push(b'}');
            }
            _ => self.write(out),
        }
    }

    /// The node as text.
    pub fn to_text(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

fn separate(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.extend_from_slice(b", ");
    }
}

/// Appends a quoted, escaped JSON string.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
