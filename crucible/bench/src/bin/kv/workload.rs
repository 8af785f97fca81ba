//! The workloads, and the order in which a store goes through them.

use crate::engines::{KeyValue, Result};
use crate::measure::{Figures, Measurement};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What there is, in order.
pub(crate) const WORKLOADS: [&str; 12] = [
    "fillseq",
    "fillsync",
    "fillsync8",
    "fillrandom",
    "settle",
    "readrandom",
    "readmissing",
    "seekrandom",
    "scan",
    "readwhilewriting",
    "overwrite",
    "overwrite5",
];

const VALUE_LEN: usize = 100;
const KEY_LEN: usize = 16;
const ROW_LEN: usize = KEY_LEN + VALUE_LEN;
/// Commits of a workload that waits for the disk, at most.
const SYNCED: u64 = 20_000;

/// How much of everything.
pub(crate) struct Scale {
    pub(crate) count: u64,
    pub(crate) seconds: f64,
}

/// Numbers without an order that a cache could guess.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The number as decimal digits.
fn key(number: u64) -> [u8; KEY_LEN] {
    let mut key = [b'0'; KEY_LEN];
    let mut rest = number;
    for digit in key.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

/// Bytes that do not compress.
fn value(seed: u64) -> [u8; VALUE_LEN] {
    let mut dice = Dice(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) | 1);
    let mut value = [0; VALUE_LEN];
    value.chunks_mut(8).for_each(|chunk| {
        let word = dice.below(u64::MAX).to_le_bytes();
        chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
    });
    value
}

/// A permutation of `0..count`.
fn scattered(number: u64, count: u64) -> u64 {
    let bits = u64::BITS - (count - 1).leading_zeros();
    let mask = 1u64.checked_shl(bits).map_or(u64::MAX, |bound| bound - 1);
    let mut x = number;
    loop {
        for _ in 0..3 {
            x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15) & mask;
            x ^= x >> (bits / 2).max(1);
        }
        if x < count {
            return x;
        }
    }
}

/// Takes a store, opened by `open` in `dir`, through the workloads that are wanted.
pub(crate) fn run(
    scale: &Scale,
    wanted: &dyn Fn(&str) -> bool,
    open: &mut dyn FnMut() -> Result<Box<dyn KeyValue>>,
    dir: &Path,
) -> Result<Vec<(&'static str, Figures)>> {
    let mut run = Run { scale, dir, done: Vec::new() };
    for name in ["fillseq", "fillsync", "fillsync8"] {
        if wanted(name) {
            let store = open()?;
            match name {
                "fillseq" => run.fill(name, &*store, |number| number)?,
                "fillsync" => run.synced(name, &*store, 1)?,
                _ => run.synced(name, &*store, 8)?,
            }
            drop(store);
            std::fs::remove_dir_all(dir)?;
        }
    }
    if !WORKLOADS.into_iter().skip(3).any(wanted) {
        return Ok(run.done);
    }
    let store = open()?;
    let count = scale.count;
    run.fill("fillrandom", &*store, |number| scattered(number, count))?;
    run.settle(&*store)?;
    for name in WORKLOADS.into_iter().skip(5).filter(|name| wanted(name)) {
        match name {
            "readrandom" => run.get(name, &*store, true)?,
            "readmissing" => run.get(name, &*store, false)?,
            "seekrandom" => run.seek(name, &*store)?,
            "scan" => run.scan(name, &*store)?,
            "readwhilewriting" => run.read_while_writing(name, &*store)?,
            "overwrite" => run.overwrite(name, &*store, count / 2)?,
            _ => run.overwrite(name, &*store, count * 5)?,
        }
    }
    Ok(run.done)
}

struct Run<'a> {
    scale: &'a Scale,
    dir: &'a Path,
    done: Vec<(&'static str, Figures)>,
}

impl Run<'_> {
    fn begin(&self) -> Measurement {
        Measurement::begin(self.scale.seconds)
    }

    fn note(&mut self, name: &'static str, measured: Measurement, put_len: usize, rows: u64) {
        let figures = measured.end(self.dir, put_len, rows * ROW_LEN as u64);
        self.done.push((name, figures));
    }

    fn fill(&mut self, name: &'static str, store: &dyn KeyValue, order: impl Fn(u64) -> u64) -> Result<()> {
        let mut measured = self.begin();
        let mut done = 0;
        while done < self.scale.count && !measured.is_over() {
            let number = order(done);
            measured.time(|| store.put(&key(number), &value(number), false))?;
            done += 1;
        }
        self.note(name, measured, ROW_LEN, done);
        while done < self.scale.count {
            let numbers = done..self.scale.count.min(done + 1000);
            done = numbers.end;
            store.put_all(&mut numbers.map(|number| (key(order(number)), value(order(number)))))?;
        }
        Ok(())
    }

    /// Everything written out, and the background at rest: what a fill has left to do is not for reads to pay.
    /// Per row of the fill.
    fn settle(&mut self, store: &dyn KeyValue) -> Result<()> {
        let mut measured = self.begin();
        measured.time(|| store.settle())?;
        measured.await_rest();
        let rows = self.scale.count;
        self.done.push(("settle", measured.end_shared(self.dir, rows, ROW_LEN)));
        Ok(())
    }

    fn synced(&mut self, name: &'static str, store: &dyn KeyValue, threads: u64) -> Result<()> {
        let mut measured = self.begin();
        let each = SYNCED / threads;
        let count = self.scale.count;
        let seconds = self.scale.seconds;
        let write = |thread: u64| -> Result<Measurement> {
            let mut measured = Measurement::begin(seconds);
            for number in (0..each).map(|number| number * threads + thread) {
                if measured.is_over() {
                    break;
                }
                measured.time(|| store.put(&key(number % count), &value(number), true))?;
            }
            Ok(measured)
        };
        let written: Result<Vec<_>> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || write(thread))).collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap_or_else(|_| Err("panicked".into())))
                .collect()
        });
        written?.into_iter().for_each(|other| measured.join(other));
        self.note(name, measured, ROW_LEN, SYNCED);
        Ok(())
    }

    fn get(&mut self, name: &'static str, store: &dyn KeyValue, present: bool) -> Result<()> {
        let mut dice = Dice(42);
        let mut measured = self.begin();
        for _ in 0..self.scale.count {
            if measured.is_over() {
                break;
            }
            let mut key = key(dice.below(self.scale.count));
            // Between two keys, so that no range of a file tells that it is absent.
            key[KEY_LEN - 1] = if present { key[KEY_LEN - 1] } else { b'.' };
            let found = measured.time(|| store.get(&key))?;
            if found != present {
                return Err(
                    format!("{name}: a key that is {}there", if present { "not " } else { "" }).into()
                );
            }
        }
        self.note(name, measured, 0, self.scale.count);
        Ok(())
    }

    /// A position and the ten entries behind it.
    fn seek(&mut self, name: &'static str, store: &dyn KeyValue) -> Result<()> {
        let mut dice = Dice(44);
        let mut measured = self.begin();
        for _ in 0..self.scale.count / 2 {
            if measured.is_over() {
                break;
            }
            let key = key(dice.below(self.scale.count));
            measured.time(|| store.scan(&key, 10))?;
        }
        self.note(name, measured, 0, self.scale.count);
        Ok(())
    }

    /// Everything, in steps of a thousand rows.
    fn scan(&mut self, name: &'static str, store: &dyn KeyValue) -> Result<()> {
        let mut measured = self.begin();
        let mut at = 0;
        while at < self.scale.count && !measured.is_over() {
            measured.time(|| store.scan(&key(at), 1000))?;
            at += 1000;
        }
        self.note(name, measured, 0, self.scale.count);
        Ok(())
    }

    fn overwrite(&mut self, name: &'static str, store: &dyn KeyValue, times: u64) -> Result<()> {
        let mut dice = Dice(46);
        let mut measured = self.begin();
        let mut done = 0;
        while done < times && !measured.is_over() {
            let key = key(dice.below(self.scale.count));
            measured.time(|| store.put(&key, &value(done), false))?;
            done += 1;
        }
        // What the time did not suffice for still belongs to the space that is measured.
        while times > self.scale.count && done < times {
            let numbers = done..times.min(done + 1000);
            measured.add_untimed(numbers.end - done);
            done = numbers.end;
            let rows = numbers.map(|number| (key(dice.below(self.scale.count)), value(number)));
            store.put_all(&mut rows.collect::<BTreeMap<_, _>>().into_iter())?;
        }
        if times > self.scale.count {
            store.settle()?;
            measured.await_rest();
        }
        self.note(name, measured, ROW_LEN, self.scale.count);
        Ok(())
    }

    /// Reads, measured, beside a thread that overwrites as fast as it goes.
    fn read_while_writing(&mut self, name: &'static str, store: &dyn KeyValue) -> Result<()> {
        let stop = AtomicBool::new(false);
        let count = self.scale.count;
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut dice = Dice(47);
                while !stop.load(Ordering::Relaxed) {
                    let number = dice.below(count);
                    store.put(&key(number), &value(number), false)?;
                }
                Ok(())
            });
            let read = self.get(name, store, true);
            stop.store(true, Ordering::Relaxed);
            let written: Result<()> = writer.join().unwrap_or_else(|_| Err("panicked".into()));
            read.and(written)
        })
    }
}
