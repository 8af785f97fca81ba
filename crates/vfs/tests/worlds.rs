//! The promises of the crate's documentation that every world keeps.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vfs::faulty::Faulty;
use vfs::{Env, Job, OpenMode, Progress};

/// Runs a test in every world, in an empty directory.
fn in_every_world(name: &str, test: impl Fn(&Env, &Path)) {
    let os_dir = std::env::temp_dir().join(format!("vfs-{name}-{}", std::process::id()));
    let worlds: [(Env, PathBuf); 4] = [
        (vfs::os::env(), os_dir),
        (vfs::mem::env(), PathBuf::from("/vfs")),
        (Faulty::new(7).env(), PathBuf::from("/vfs")),
        (vfs::overlay::env(&vfs::mem::env()), PathBuf::from("/vfs")),
    ];
    for (env, dir) in worlds {
        env.fs.create_dir_all(&dir).unwrap();
        test(&env, &dir);
        env.fs.remove_dir_all(&dir).unwrap();
        assert!(!env.fs.exists(&dir).unwrap());
    }
}

#[test]
fn what_is_written_is_read() {
    in_every_world("read", |env, dir| {
        let file = env.fs.open(&dir.join("f"), OpenMode::CreateNew).unwrap();
        let bytes: Vec<u8> = (0..200_000u32).map(|at| at as u8).collect();
        file.write_all_at(&bytes, 1000).unwrap();
        file.write_all_vectored_at(&[b"ab", b"", b"c"], 999).unwrap();
        assert_eq!(file.len().unwrap(), 201_000);
        let mut read = vec![9; 201_000];
        file.read_exact_at(&mut read, 0).unwrap();
        assert_eq!(&read[..1002], [&[0; 999][..], b"abc"].concat());
        assert_eq!(&read[1002..], &bytes[2..]);
        assert_eq!(file.read_at(&mut read, 200_990).unwrap(), 10);
        assert_eq!(file.read_exact_at(&mut read, 200_990).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        file.sync().unwrap();
    });
}

#[test]
fn lengths_change_and_new_bytes_are_zeros() {
    in_every_world("len", |env, dir| {
        let file = env.fs.open(&dir.join("f"), OpenMode::CreateOrOpen).unwrap();
        file.write_all_at(&[7; 100], 0).unwrap();
        file.set_len(50).unwrap();
        file.set_len(70).unwrap();
        file.allocate(100, false).unwrap();
        file.allocate(300_000, true).unwrap();
        file.allocate(10, true).unwrap();
        let mut read = vec![1; 300_000];
        file.read_exact_at(&mut read, 0).unwrap();
        assert!(read[..50].iter().all(|byte| *byte == 7));
        assert!(read[50..].iter().all(|byte| *byte == 0));
    });
}

#[test]
fn open_modes_say_what_must_exist() {
    in_every_world("modes", |env, dir| {
        let path = dir.join("f");
        for mode in [OpenMode::Read, OpenMode::ReadWrite] {
            assert_eq!(env.fs.open(&path, mode).err().unwrap().kind(), ErrorKind::NotFound);
        }
        env.fs.open(&path, OpenMode::CreateNew).unwrap();
        assert_eq!(env.fs.open(&path, OpenMode::CreateNew).err().unwrap().kind(), ErrorKind::AlreadyExists);
        assert!(env.fs.open(&path, OpenMode::Read).unwrap().write_all_at(b"x", 0).is_err());
        env.fs.open(&path, OpenMode::ReadWrite).unwrap().write_all_at(b"x", 0).unwrap();
        let no_dir = env.fs.open(&dir.join("none/f"), OpenMode::CreateOrOpen).err().unwrap();
        assert_eq!(no_dir.kind(), ErrorKind::NotFound);
    });
}

#[test]
fn names_are_made_renamed_listed_and_removed() {
    in_every_world("names", |env, dir| {
        for name in ["b", "a", "c"] {
            let file = env.fs.open(&dir.join(name), OpenMode::CreateNew).unwrap();
            file.write_all_at(name.as_bytes(), 0).unwrap();
        }
        env.fs.create_dir_all(&dir.join("d/e")).unwrap();
        env.fs.rename(&dir.join("b"), &dir.join("c")).unwrap();
        let names = ["a", "c", "d"].map(|name| dir.join(name));
        assert_eq!(env.fs.list(dir).unwrap(), names);
        let held = env.fs.open(&dir.join("c"), OpenMode::Read).unwrap();
        env.fs.remove(&dir.join("c")).unwrap();
        let mut byte = [0];
        held.read_exact_at(&mut byte, 0).unwrap();
        assert_eq!(&byte, b"b");
        assert!(!env.fs.exists(&dir.join("c")).unwrap());
        assert!(env.fs.exists(&dir.join("d/e")).unwrap());
        assert!(env.fs.remove(&dir.join("c")).is_err());
        assert!(env.fs.list(&dir.join("none")).is_err());
        env.fs.sync_dir(dir).unwrap();
    });
}

#[test]
fn a_lock_has_one_holder() {
    in_every_world("lock", |env, dir| {
        let path = dir.join("LOCK");
        let held = env.fs.lock(&path).unwrap();
        assert_eq!(env.fs.lock(&path).err().unwrap().kind(), ErrorKind::WouldBlock);
        drop(held);
        env.fs.lock(&path).unwrap();
    });
}

struct CountTo(Arc<AtomicU64>, u64);

impl Job for CountTo {
    fn step(&mut self) -> Progress {
        let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        if count.is_multiple_of(self.1) { Progress::Idle } else { Progress::More }
    }
}

#[test]
fn jobs_step_until_idle_and_again_when_woken() {
    in_every_world("jobs", |env, _| {
        let count = Arc::new(AtomicU64::new(0));
        let handle = env.jobs.spawn("count", Box::new(CountTo(count.clone(), 3)));
        assert!(env.jobs.wait_until(&|| count.load(Ordering::SeqCst) == 3));
        handle.wake();
        assert!(env.jobs.wait_until(&|| count.load(Ordering::SeqCst) == 6));
        drop(handle);
        assert_eq!(count.load(Ordering::SeqCst), 6);
    });
}

#[test]
fn time_moves_on_and_chance_varies() {
    in_every_world("time", |env, _| {
        let before = env.clock.monotonic_us();
        assert!(env.clock.now_us() > 1_500_000_000_000_000);
        assert!(env.clock.monotonic_us() >= before);
        assert_ne!(env.random.next_u64(), env.random.next_u64());
    });
}
