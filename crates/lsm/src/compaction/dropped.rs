//! The versions that a flush or compaction left out, to be told to the drop sink once the edit that
//! removes them is durable.

use crate::Seq;
use crate::codec::{Reader, put_bytes, put_varint};

/// Is told of each put that was dropped: key, sequence number, value. May be told again after a crash.
pub type DropSink = dyn Fn(&[u8], Seq, &[u8]) + Send + Sync;

/// A list of puts in one buffer.
#[derive(Default)]
pub(crate) struct Dropped {
    bytes: Vec<u8>,
    count: u64,
}

impl Dropped {
    pub(crate) fn push(&mut self, key: &[u8], seq: Seq, value: &[u8]) {
        put_bytes(&mut self.bytes, key);
        put_varint(&mut self.bytes, seq.0);
        put_bytes(&mut self.bytes, value);
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn tell(&self, sink: &DropSink) {
        let mut reader = Reader::new(&self.bytes);
        while let (Some(key), Some(seq), Some(value)) = (reader.bytes(), reader.varint(), reader.bytes()) {
            sink(key, Seq(seq), value);
        }
    }
}
