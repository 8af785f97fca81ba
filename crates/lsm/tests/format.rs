//! The files byte by byte: a change here is a change of format, and needs a new version number.
//! `UPDATE=1` writes the recordings anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use filesystem::MemoryPool;
use journal::Lsn;
use lsm::{Compression, LevelCompression, Lsm, Op, Options, Seq};
use std::fmt::Write;
use std::ops::Bound;
use std::path::Path;
use vfs::OpenMode;

#[test]
fn files_have_the_recorded_bytes() {
    let (env, _) = support::env();
    let dir = Path::new("/lsm");
    let options = Options { compression: LevelCompression::all(Compression::None), ..Options::default() };
    let lsm = Lsm::open(&env, dir, MemoryPool::new(1 << 20), options).unwrap();
    let mut ops = [(&b"apple"[..], Op::Put(&b"red"[..])), (b"apricot", Op::Put(b"orange"))].into_iter();
    lsm.apply(Seq(7), Lsn(100), &mut ops).unwrap();
    lsm.apply(Seq(8), Lsn(200), &mut [(&b"apple"[..], Op::Delete)].into_iter()).unwrap();
    lsm.delete_range(Seq(9), Lsn(300), b"b", Bound::Excluded(b"c")).unwrap();
    lsm.flush().unwrap();
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format");
    for name in ["00000001.sst", "MANIFEST-000001", "CURRENT"] {
        let file = env.fs.open(&dir.join(name), OpenMode::Read).unwrap();
        let mut bytes = vec![0; file.len().unwrap() as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        let found = dump(&bytes);
        let path = recordings.join(name).with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), found, "{name}");
    }
}

fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in bytes.chunks(16).enumerate() {
        let hex: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown: String =
            line.iter().map(|&b| if b.is_ascii_graphic() { b as char } else { '.' }).collect();
        writeln!(text, "{:04x}  {:47}  {shown}", index * 16, hex.join(" ")).unwrap();
    }
    text
}
