//! Crashes, full disks, failing calls and flipped bytes: what was acknowledged comes back, or the journal says so.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use journal::{Error, Journal, Lsn, Options};
use std::ops::ControlFlow;
use std::path::Path;
use vfs::Env;
use vfs::faulty::{Call, Faulty};

const DIR: &str = "/journal";

fn open(env: &Env, segment_len: u64) -> Result<Journal, Error> {
    Journal::open(env, Path::new(DIR), Options { segment_len, ..Options::default() })
}

fn records(journal: &Journal, from: Lsn) -> Result<Vec<(Lsn, Vec<u8>)>, Error> {
    let mut found = Vec::new();
    journal.replay(from, &mut |record| {
        found.push((record.end, record.payload.to_vec()));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// A small generator: the same seed, the same test.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn payload(&mut self, number: u64) -> Vec<u8> {
        let len = if self.below(10) == 0 { self.below(20_000) } else { self.below(300) };
        let mut payload = number.to_le_bytes().to_vec();
        payload.extend((0..len).map(|at| (at * 31 + number) as u8));
        payload
    }
}

/// What a caller knows: the records appended, the position it was told is durable, and what it gave back.
#[derive(Default)]
struct Model {
    appended: Vec<(Lsn, Vec<u8>)>,
    durable: Lsn,
    recycled: Lsn,
}

/// Appends, waits and recycles until the machine goes down or enough is done.
fn work(faulty: &Faulty, journal: &Journal, dice: &mut Dice, model: &mut Model) {
    for _ in 0..60 {
        let payload = dice.payload(model.appended.len() as u64);
        let Ok(end) = journal.append(1, &[&payload]) else { return };
        model.appended.push((end, payload));
        match dice.below(6) {
            0 => drop(journal.wait_durable(end)),
            1 => drop(journal.sync_to(end)),
            2 => drop(faulty.step_jobs(3)),
            3 if dice.below(4) == 0 => {
                model.recycled = journal.durable();
                journal.recycle_before(model.recycled);
            }
            _ => {}
        }
        model.durable = journal.durable();
        if faulty.is_down() {
            return;
        }
    }
}

/// What is there is a prefix of what was appended that holds everything acknowledged.
fn check(faulty: &Faulty, journal: &Journal, model: &mut Model, seed: u64) {
    let found = match records(journal, model.recycled) {
        Err(_) if faulty.is_down() => return,
        found => found.unwrap_or_else(|error| panic!("seed {seed}: {error}")),
    };
    let kept = model.appended.partition_point(|(end, _)| *end <= journal.end());
    model.appended.truncate(kept);
    let expected: Vec<_> = model.appended.iter().filter(|(end, _)| *end > model.recycled).cloned().collect();
    assert!(found == expected, "seed {seed}: {} records, expected {}", found.len(), expected.len());
    assert!(journal.end() >= model.durable, "seed {seed}: {} acknowledged", model.durable);
    model.durable = journal.durable();
}

#[test]
fn acknowledged_records_survive_any_crash() {
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let faulty = Faulty::new(seed);
        let mut env = faulty.env();
        let mut model = Model::default();
        for _ in 0..5 {
            faulty.crash_after(1 + dice.below(150));
            // Recovery may be cut short as well.
            if let Ok(journal) = open(&env, 8192) {
                check(&faulty, &journal, &mut model, seed);
                work(&faulty, &journal, &mut dice, &mut model);
            }
            env = faulty.restart();
        }
        let journal = open(&env, 8192).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        check(&faulty, &journal, &mut model, seed);
    }
}

#[test]
fn a_process_that_dies_between_write_and_sync_leaves_nothing_half_durable() {
    for seed in 0..50 {
        let faulty = Faulty::new(seed);
        let env = faulty.env();
        let journal = open(&env, 8192).unwrap();
        let first = journal.append(1, &[b"first"]).unwrap();
        journal.wait_durable(first).unwrap();
        faulty.fail(Call::Sync, 1);
        let second = journal.append(1, &[&[2; 2000]]).unwrap();
        assert!(journal.wait_durable(second).is_err());
        drop(journal);
        // The next process finds the record in the cache. What it shows must then survive.
        let journal = open(&env, 8192).unwrap();
        assert_eq!(journal.durable(), second);
        let journal = open(&faulty.restart(), 8192).unwrap();
        assert_eq!(journal.end(), second, "seed {seed}");
    }
}

#[test]
fn a_failed_write_or_sync_poisons() {
    for call in [Call::Write, Call::Sync] {
        let faulty = Faulty::new(1);
        let env = faulty.env();
        let journal = open(&env, 1 << 20).unwrap();
        faulty.step_jobs(10);
        faulty.fail(call, 1);
        let end = journal.append(1, &[b"record"]).unwrap();
        assert!(matches!(journal.wait_durable(end), Err(Error::Poisoned { .. })));
        assert!(matches!(journal.append(1, &[b"more"]), Err(Error::Poisoned { .. })));
        assert!(matches!(journal.sync_to(end), Err(Error::Poisoned { .. })));
        assert!(journal.durable() < end);
        assert!(journal.poisoned().is_some());
    }
}

#[test]
fn a_full_disk_refuses_records_until_there_is_room() {
    let faulty = Faulty::new(1);
    let journal = open(&faulty.env(), 8192).unwrap();
    faulty.limit_room(Some(20_000));
    let mut appended = Vec::new();
    let refusal = loop {
        match journal.append(1, &[&[7; 500]]) {
            Ok(end) => appended.push(end),
            Err(error) => break error,
        }
    };
    assert!(matches!(refusal, Error::Full { .. }), "{refusal}");
    journal.wait_durable(journal.end()).unwrap();
    assert!(matches!(journal.append(1, &[&[7; 9000]]), Err(Error::Full { .. })));
    faulty.limit_room(None);
    let end = journal.append(1, &[&[7; 9000]]).unwrap();
    journal.wait_durable(end).unwrap();
    assert_eq!(records(&journal, Lsn(0)).unwrap().len(), appended.len() + 1);
}

#[test]
fn a_write_that_finds_no_room_is_made_again_and_loses_nothing() {
    for after in 0..40 {
        for count in [1, 2, 7] {
            let faulty = Faulty::new(after);
            let journal = open(&faulty.env(), 8192).unwrap();
            faulty.run_full(after, count);
            let mut appended = Vec::new();
            let mut refused = 0;
            for number in 0..40u64 {
                let payload = vec![number as u8; 700];
                match journal.append(1, &[&payload]) {
                    Ok(end) => appended.push((end, payload)),
                    Err(Error::Full { .. }) => refused += 1,
                    Err(error) => panic!("full behind {after} calls: {error}"),
                }
                match journal.sync_to(journal.end()) {
                    Ok(()) => assert_eq!(journal.durable(), journal.end()),
                    Err(Error::Full { .. }) => assert!(journal.durable() < journal.end()),
                    Err(error) => panic!("full behind {after} calls: {error}"),
                }
            }
            assert!(refused <= count);
            journal.wait_durable(journal.end()).unwrap();
            assert_eq!(records(&journal, Lsn(0)).unwrap(), appended);
            drop(journal);
            let journal = open(&faulty.restart(), 8192).unwrap();
            assert_eq!(records(&journal, Lsn(0)).unwrap(), appended, "full behind {after} calls");
        }
    }
}

#[test]
fn a_record_that_waits_for_room_survives_a_crash_or_not_but_never_in_part() {
    for seed in 0..60 {
        let faulty = Faulty::new(seed);
        let journal = open(&faulty.env(), 8192).unwrap();
        let first = journal.append(1, &[&[1; 900]]).unwrap();
        journal.wait_durable(first).unwrap();
        faulty.run_full(0, 1000);
        let second = journal.append(1, &[&[2; 5000]]).unwrap();
        assert!(matches!(journal.sync_to(second), Err(Error::Full { .. })));
        assert!(matches!(journal.append(1, &[b"more"]), Err(Error::Full { .. })));
        assert_eq!(journal.durable(), first);
        drop(journal);
        let journal = open(&faulty.restart(), 8192).unwrap();
        assert!([first, second].contains(&journal.end()), "seed {seed}");
    }
}

#[test]
fn a_sync_that_finds_no_room_poisons() {
    let faulty = Faulty::new(1);
    let journal = open(&faulty.env(), 1 << 20).unwrap();
    faulty.fail_with(Call::Sync, 1, std::io::ErrorKind::StorageFull);
    let end = journal.append(1, &[b"record"]).unwrap();
    assert!(matches!(journal.wait_durable(end), Err(Error::Poisoned { .. })));
}

#[test]
fn a_read_error_is_not_the_end() {
    let faulty = Faulty::new(1);
    let env = faulty.env();
    let journal = open(&env, 8192).unwrap();
    let end = journal.append(1, &[&[7; 3000]]).unwrap();
    journal.wait_durable(end).unwrap();
    drop(journal);
    let segment = env.fs.list(Path::new(DIR)).unwrap().remove(0);
    faulty.make_unreadable(&segment, 1500).unwrap();
    assert!(matches!(open(&env, 8192), Err(Error::Disk { op: "read", .. })));
}

/// A journal of three segments, every record acknowledged before the next.
fn three_segments() -> (Faulty, Vec<(Lsn, Vec<u8>)>) {
    let faulty = Faulty::new(3);
    faulty.short_transfers(false);
    let journal = open(&faulty.env(), 4096).unwrap();
    let mut appended = Vec::new();
    for number in 0..22u8 {
        let payload = vec![number; if number == 5 { 5000 } else { 200 }];
        let end = journal.append(number, &[&payload]).unwrap();
        journal.wait_durable(end).unwrap();
        appended.push((end, payload));
    }
    (faulty, appended)
}

#[test]
fn a_flipped_byte_is_refused_or_cuts_the_last_record() {
    let (faulty, appended) = three_segments();
    let env = faulty.env();
    let last_start = appended[appended.len() - 2].0;
    let end = appended[appended.len() - 1].0;
    for segment in env.fs.list(Path::new(DIR)).unwrap() {
        let first: u64 = segment.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        for byte in 0..4096u64.min(end.0.saturating_sub(first)) {
            // Each in a machine of its own: opening cuts.
            let (faulty, _) = three_segments();
            faulty.flip(&segment, byte * 8 + byte % 8).unwrap();
            let place = Lsn(first + byte);
            match open(&faulty.env(), 4096).and_then(|journal| records(&journal, Lsn(0))) {
                Ok(found) if found == appended => {}
                Ok(found) => {
                    assert!(place >= last_start, "byte {place} was cut");
                    assert_eq!(found, appended[..appended.len() - 1], "byte {place}");
                }
                Err(Error::Corrupt { .. } | Error::UnknownFormat { .. }) => {}
                Err(error) => panic!("byte {place}: {error}"),
            }
        }
    }
}

#[test]
fn missing_and_short_segments_are_refused() {
    for which in 0..2 {
        let (faulty, appended) = three_segments();
        let env = faulty.env();
        let segments = env.fs.list(Path::new(DIR)).unwrap();
        let file = env.fs.open(&segments[which], vfs::OpenMode::ReadWrite).unwrap();
        file.set_len(3000).unwrap();
        assert!(matches!(open(&env, 4096), Err(Error::Corrupt { offset: 3000, .. })));
        env.fs.remove(&segments[which]).unwrap();
        match open(&env, 4096) {
            Err(Error::Missing { segment }) => assert_eq!(segment, segments[which]),
            // Whether older segments were recycled or lost is for the caller to know.
            opened => {
                let from = opened.map(|journal| records(&journal, Lsn(0)));
                assert!(which == 0 && matches!(from, Ok(Err(Error::Missing { .. }))));
            }
        }
        // Without the last ones the journal is shorter than somebody knows.
        let (faulty, _) = three_segments();
        let env = faulty.env();
        for segment in segments.iter().skip(1) {
            env.fs.remove(segment).unwrap();
        }
        let journal = open(&env, 4096).unwrap();
        let known = appended.last().unwrap().0;
        assert!(matches!(records(&journal, known), Err(Error::Corrupt { .. })));
    }
}

/// A segment was made, its sync failed, and the process after that took it for room and made the next; then the
/// power went. Neither holds anything.
#[test]
fn a_segment_whose_growing_was_lost_is_made_again() {
    const SEGMENT_LEN: u64 = 65_536;
    for lost_len in [0, 4096] {
        let machine = Faulty::new(1);
        let env = machine.env();
        let journal = open(&env, SEGMENT_LEN).unwrap();
        let ends: Vec<Lsn> = (0..100u8).map(|n| journal.append(1, &[&[n; 1000]]).unwrap()).collect();
        journal.wait_durable(*ends.last().unwrap()).unwrap();
        drop(journal);
        for (number, len) in [(2, lost_len), (3, SEGMENT_LEN)] {
            let path = Path::new(DIR).join(format!("{:020}.jnl", number * SEGMENT_LEN));
            let file = env.fs.open(&path, vfs::OpenMode::CreateOrOpen).unwrap();
            file.set_len(0).unwrap();
            file.allocate(len, true).unwrap();
            file.sync().unwrap();
        }
        env.fs.sync_dir(Path::new(DIR)).unwrap();
        let journal = open(&env, SEGMENT_LEN).unwrap();
        let ends: Vec<Lsn> = (0..100u8).map(|n| journal.append(1, &[&[n; 1000]]).unwrap()).collect();
        journal.wait_durable(*ends.last().unwrap()).unwrap();
        assert_eq!(records(&journal, Lsn(0)).unwrap().len(), 200, "{lost_len} bytes were left");
    }
}
