//! What the simulated machine does to those who trust it too much.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use vfs::faulty::{Call, Faulty};
use vfs::{Env, File, OpenMode};

const DIR: &str = "/d";

fn machine(seed: u64) -> (Faulty, Env) {
    let faulty = Faulty::new(seed);
    let env = faulty.env();
    env.fs.create_dir_all(Path::new(DIR)).unwrap();
    env.fs.sync_dir(Path::new("/")).unwrap();
    (faulty, env)
}

fn synced_file(env: &Env, name: &str, bytes: &[u8]) -> Arc<dyn File> {
    let file = env.fs.open(&Path::new(DIR).join(name), OpenMode::CreateNew).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.sync().unwrap();
    env.fs.sync_dir(Path::new(DIR)).unwrap();
    file
}

fn content(env: &Env, name: &str) -> Option<Vec<u8>> {
    let path = Path::new(DIR).join(name);
    env.fs.exists(&path).unwrap().then(|| {
        let file = env.fs.open(&path, OpenMode::Read).unwrap();
        let mut bytes = vec![0; file.len().unwrap() as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    })
}

/// What came of each of many seeds, sorted, once each.
fn outcomes<T: Ord>(one: impl Fn(u64) -> T) -> Vec<T> {
    let mut found: Vec<T> = (0..100).map(one).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn what_was_synced_survives_and_handles_die() {
    for seed in 0..50 {
        let (faulty, env) = machine(seed);
        let file = synced_file(&env, "f", &[1; 2000]);
        faulty.crash();
        assert!(file.write_all_at(b"x", 0).is_err());
        let env = faulty.restart();
        assert!(file.sync().is_err(), "a handle of an earlier life");
        assert_eq!(content(&env, "f"), Some(vec![1; 2000]));
    }
}

#[test]
fn sectors_that_were_not_synced_survive_each_for_itself() {
    let states = outcomes(|seed| {
        let (faulty, env) = machine(seed);
        let file = synced_file(&env, "f", &[1; 1024]);
        file.write_all_at(&[2; 1024], 0).unwrap();
        let bytes = content(&faulty.restart(), "f").unwrap();
        assert!(bytes.chunks(512).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
        (bytes[0], bytes[512])
    });
    assert_eq!(states, [(1, 1), (1, 2), (2, 1), (2, 2)]);
}

#[test]
fn a_name_needs_a_sync_of_its_directory() {
    let kept = outcomes(|seed| {
        let (faulty, env) = machine(seed);
        let file = env.fs.open(&Path::new(DIR).join("f"), OpenMode::CreateNew).unwrap();
        file.write_all_at(b"x", 0).unwrap();
        file.sync().unwrap();
        content(&faulty.restart(), "f")
    });
    assert_eq!(kept, [None, Some(b"x".to_vec())]);
}

#[test]
fn a_rename_has_happened_or_not() {
    let kept = outcomes(|seed| {
        let (faulty, env) = machine(seed);
        synced_file(&env, "old", b"old");
        synced_file(&env, "new", b"new");
        env.fs.rename(&Path::new(DIR).join("new"), &Path::new(DIR).join("old")).unwrap();
        let env = faulty.restart();
        (content(&env, "old").unwrap(), content(&env, "new"))
    });
    assert_eq!(kept, [(b"new".to_vec(), None), (b"old".to_vec(), Some(b"new".to_vec()))]);
}

#[test]
fn a_failed_sync_loses_what_later_syncs_cannot_bring_back() {
    let kept = outcomes(|seed| {
        let (faulty, env) = machine(seed);
        let file = synced_file(&env, "f", b"old");
        file.write_all_at(b"new", 0).unwrap();
        faulty.fail(Call::Sync, 1);
        assert!(file.sync().is_err());
        file.sync().unwrap();
        assert_eq!(content(&env, "f").unwrap(), b"new");
        content(&faulty.restart(), "f").unwrap()
    });
    assert_eq!(kept, [b"new".to_vec(), b"old".to_vec()]);
}

#[test]
fn planned_calls_fail_once() {
    let (faulty, env) = machine(1);
    faulty.short_transfers(false);
    let file = synced_file(&env, "f", b"abc");
    faulty.fail(Call::Write, 2);
    faulty.fail(Call::Read, 1);
    file.write_all_at(b"d", 3).unwrap();
    assert_eq!(file.write_all_at(b"e", 4).unwrap_err().raw_os_error(), Some(5));
    file.write_all_at(b"f", 4).unwrap();
    assert!(file.len().is_err());
    assert_eq!(content(&env, "f").unwrap(), b"abcdf");
}

#[test]
fn room_runs_out_and_comes_back() {
    let (faulty, env) = machine(1);
    let file = synced_file(&env, "f", &[1; 100]);
    faulty.limit_room(Some(150));
    assert_eq!(file.write_all_at(&[2; 100], 100).unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!(file.len().unwrap(), 150, "some of it found room");
    assert_eq!(file.allocate(200, true).unwrap_err().kind(), ErrorKind::StorageFull);
    file.write_all_at(&[3; 150], 0).unwrap();
    faulty.limit_room(None);
    file.write_all_at(&[2; 100], 100).unwrap();
}

#[test]
fn the_machine_goes_down_in_the_call_it_was_told() {
    let (faulty, env) = machine(1);
    faulty.short_transfers(false);
    let file = synced_file(&env, "f", b"");
    faulty.crash_after(2);
    file.write_all_at(b"a", 0).unwrap();
    assert!(!faulty.is_down());
    assert!(file.write_all_at(b"b", 1).is_err());
    assert!(faulty.is_down());
    assert!(env.fs.exists(Path::new(DIR)).is_err());
}

#[test]
fn damage_is_seen_by_readers_only() {
    let (faulty, env) = machine(1);
    let file = synced_file(&env, "f", &[0; 2048]);
    let path = Path::new(DIR).join("f");
    faulty.flip(&path, 8 * 700 + 3).unwrap();
    faulty.make_unreadable(&path, 1030).unwrap();
    let mut sector = [0; 512];
    file.read_exact_at(&mut sector, 512).unwrap();
    assert_eq!(sector[700 - 512], 8);
    assert!(file.read_exact_at(&mut sector, 1024).is_err());
    file.read_exact_at(&mut sector, 1536).unwrap();
}

#[test]
fn the_same_seed_is_the_same_world() {
    let run = |seed| {
        let (faulty, env) = machine(seed);
        for name in ["a", "b", "c"] {
            let file = env.fs.open(&Path::new(DIR).join(name), OpenMode::CreateNew).unwrap();
            file.write_all_at(&[1; 5000], 0).unwrap();
        }
        let env = faulty.restart();
        let files = ["a", "b", "c"].map(|name| content(&env, name));
        (files, env.random.next_u64(), faulty.calls())
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).1, run(6).1);
}
