//! An overlay shows what lies beneath, takes changes, and leaves no trace of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use vfs::{Env, OpenMode};

fn write(env: &Env, path: &str, bytes: &[u8], at: u64) {
    env.fs.open(Path::new(path), OpenMode::CreateOrOpen).unwrap().write_all_at(bytes, at).unwrap();
}

fn read(env: &Env, path: &str) -> Vec<u8> {
    let file = env.fs.open(Path::new(path), OpenMode::Read).unwrap();
    let mut bytes = vec![0; file.len().unwrap() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

#[test]
fn changes_lie_over_the_base_and_not_in_it() {
    let base = vfs::mem::env();
    base.fs.create_dir_all(Path::new("/d")).unwrap();
    write(&base, "/d/a", &[1; 10_000], 0);
    write(&base, "/d/b", b"base", 0);
    let over = vfs::overlay::env(&base);
    write(&over, "/d/a", &[2; 10], 4090);
    let expected = [&[1; 4090][..], &[2; 10], &[1; 5900]].concat();
    assert_eq!(read(&over, "/d/a"), expected);
    let file = over.fs.open(Path::new("/d/a"), OpenMode::ReadWrite).unwrap();
    file.set_len(4095).unwrap();
    file.set_len(5000).unwrap();
    assert_eq!(read(&over, "/d/a"), [&expected[..4095], &[0; 905]].concat());
    over.fs.rename(Path::new("/d/b"), Path::new("/d/c")).unwrap();
    write(&over, "/d/new", b"new", 0);
    assert_eq!(over.fs.list(Path::new("/d")).unwrap(), ["/d/a", "/d/c", "/d/new"].map(Path::new));
    assert_eq!(read(&over, "/d/c"), b"base");
    assert!(!over.fs.exists(Path::new("/d/b")).unwrap());
    over.fs.remove_dir_all(Path::new("/d")).unwrap();
    assert!(over.fs.open(Path::new("/d/a"), OpenMode::Read).is_err());

    assert_eq!(read(&base, "/d/a"), [1; 10_000]);
    assert_eq!(base.fs.list(Path::new("/d")).unwrap(), ["/d/a", "/d/b"].map(Path::new));
}
