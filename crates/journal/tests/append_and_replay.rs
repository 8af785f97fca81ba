//! What is appended comes back, in order, whatever the sizes, across segments, jobs and reopening.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use journal::{Journal, Lsn, Options};
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::path::Path;

const SMALL: Options = Options { segment_len: 4096, replay_from: Lsn(0) };

fn records(journal: &Journal, from: Lsn) -> Vec<(Lsn, u8, Vec<u8>)> {
    let mut found = Vec::new();
    journal
        .replay(from, &mut |record| {
            found.push((record.end, record.kind, record.payload.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_is_appended_comes_back(sizes in prop::collection::vec(0usize..12_000, 1..30), reopen_every in 1usize..10) {
        let env = vfs::mem::env();
        let dir = Path::new("/journal");
        let mut journal = Journal::open(&env, dir, SMALL).unwrap();
        let mut expected = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let payload: Vec<u8> = (0..*size).map(|at| (at * 7 + index) as u8).collect();
            let (head, tail) = payload.split_at(size / 3);
            let end = journal.append(index as u8, &[head, tail]).unwrap();
            expected.push((end, index as u8, payload));
            if index % reopen_every == 0 {
                journal.wait_durable(end).unwrap();
                drop(journal);
                journal = Journal::open(&env, dir, SMALL).unwrap();
                prop_assert_eq!(journal.end(), end);
            }
        }
        journal.wait_durable(journal.end()).unwrap();
        prop_assert_eq!(records(&journal, Lsn(0)), expected.clone());
        let middle = expected.len() / 2;
        prop_assert_eq!(&records(&journal, expected[middle].0), &expected[middle + 1..]);
    }
}

#[test]
fn recycled_segments_are_used_again() {
    let env = vfs::mem::env();
    let dir = Path::new("/journal");
    let journal = Journal::open(&env, dir, SMALL).unwrap();
    let mut last = Lsn(0);
    for round in 0..200u32 {
        last = journal.append(1, &[&round.to_le_bytes(), &[0; 300]]).unwrap();
        journal.wait_durable(last).unwrap();
        journal.recycle_before(last);
    }
    let files = env.fs.list(dir).unwrap().len();
    assert!(files < 12, "{files} files for a journal of which nothing is needed");
    drop(journal);
    let journal = Journal::open(&env, dir, SMALL).unwrap();
    assert_eq!(journal.end(), last);
}

#[test]
fn subscribers_hear_of_durability() {
    let env = vfs::mem::env();
    let journal = Journal::open(&env, Path::new("/journal"), Options::default()).unwrap();
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Lsn(0)));
    let ear = heard.clone();
    journal.subscribe(std::sync::Arc::new(move |lsn| *ear.lock().unwrap() = lsn));
    let end = journal.append(1, &[b"record"]).unwrap();
    journal.wait_durable(end).unwrap();
    env.jobs.wait_until(&|| *heard.lock().unwrap() >= end);
}

#[test]
fn a_damaged_frame_before_durable_ones_is_refused() {
    let env = vfs::mem::env();
    let dir = Path::new("/journal");
    let journal = Journal::open(&env, dir, SMALL).unwrap();
    let mut ends = Vec::new();
    for _ in 0..5 {
        let end = journal.append(1, &[&[7; 100]]).unwrap();
        journal.wait_durable(end).unwrap();
        ends.push(end);
    }
    drop(journal);
    let segment = env.fs.list(dir).unwrap().remove(0);
    let file = env.fs.open(&segment, vfs::OpenMode::ReadWrite).unwrap();
    let offset = ends[1].0 + 40;
    file.write_all_at(&[8], offset).unwrap();
    match Journal::open(&env, dir, SMALL) {
        Err(journal::Error::Corrupt { segment: named, offset: at }) => {
            assert_eq!(named, segment);
            assert_eq!(at, ends[1].0);
        }
        other => panic!("{:?}", other.map(|journal| journal.end())),
    }
    // The same damage in the last frame is a torn tail: the record was perhaps never durable.
    file.write_all_at(&[7], offset).unwrap();
    file.write_all_at(&[8], ends[3].0 + 40).unwrap();
    let journal = Journal::open(&env, dir, SMALL).unwrap();
    assert_eq!(journal.end(), ends[3]);
}
