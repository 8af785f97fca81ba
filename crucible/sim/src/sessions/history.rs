//! What the transactions of a run have done, and which cycles follow from it (Adya, "Weak Consistency", 1999;
//! Kingsbury and Alvaro, "Elle", VLDB 2020).
//!
//! A list tells in which order its numbers were appended, so every version has a writer and a successor. *T → U*
//! stands for: U overwrote T (ww), U read what T wrote (wr), or U overwrote what T had read (rw).

use super::Level;
use crate::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// What one transaction has done.
#[derive(Default)]
pub(super) struct Done {
    reads: Vec<(u64, Vec<u32>)>,
    appends: Vec<(u64, u32)>,
}

impl Done {
    /// It has read a list.
    pub(super) fn read(&mut self, list: u64, text: &str) {
        self.reads.push((list, numbers(text)));
    }

    /// It has appended to a list.
    pub(super) fn append(&mut self, list: u64, number: u32) {
        self.appends.push((list, number));
    }
}

fn numbers(text: &str) -> Vec<u32> {
    text.split(',').filter_map(|number| number.parse().ok()).collect()
}

/// What those have done that committed.
#[derive(Default)]
pub(super) struct History {
    committed: Vec<Done>,
}

type Edges = BTreeMap<usize, BTreeSet<usize>>;

impl History {
    pub(super) fn commit(&mut self, done: Done) {
        self.committed.push(done);
    }

    /// Whether a level allows for what has happened, the lists being `lists` at the end.
    pub(super) fn judge(&self, lists: &BTreeMap<u64, String>, level: Level) -> Result<(), Finding> {
        let mut writers = BTreeMap::new();
        for (txn, done) in self.committed.iter().enumerate() {
            for (_, number) in &done.appends {
                writers.insert(*number, txn);
            }
        }
        let lists: BTreeMap<u64, Vec<u32>> =
            lists.iter().map(|(list, text)| (*list, numbers(text))).collect();
        let kept: usize = lists.values().map(Vec::len).sum();
        if let Some(stray) = lists.values().flatten().find(|number| !writers.contains_key(number)) {
            return Err(format!("{stray} is in a list, but was not committed"));
        }
        if kept != writers.len() {
            return Err(format!("{} numbers were committed, and the lists have {kept}", writers.len()));
        }
        let (mut seen, mut unseen) = (Edges::new(), Edges::new());
        for list in lists.values() {
            for pair in list.windows(2) {
                if let [first, second] = pair {
                    add(&mut seen, writers[first], writers[second]);
                }
            }
        }
        for (txn, done) in self.committed.iter().enumerate() {
            for (list, read) in &done.reads {
                let own = |number: &u32| writers.get(number) == Some(&txn);
                let read: Vec<u32> = read.iter().copied().take_while(|number| !own(number)).collect();
                let all = lists.get(list).map(Vec::as_slice).unwrap_or_default();
                if !all.starts_with(&read) {
                    return Err(format!("list {list} was read as {read:?}, but is {all:?}"));
                }
                if let Some(last) = read.last() {
                    add(&mut seen, writers[last], txn);
                }
                if let Some(next) = all.get(read.len()) {
                    add(&mut unseen, txn, writers[next]);
                }
            }
        }
        check(&seen, &unseen, level)
    }
}

fn add(edges: &mut Edges, from: usize, to: usize) {
    if from != to {
        edges.entry(from).or_default().insert(to);
    }
}

fn check(seen: &Edges, unseen: &Edges, level: Level) -> Result<(), Finding> {
    let starts: BTreeSet<usize> = seen.keys().chain(unseen.keys()).copied().collect();
    for start in starts {
        if reaches(start, start, seen, None) {
            return Err(format!("G1: transaction {start} precedes itself"));
        }
        for next in unseen.get(&start).into_iter().flatten() {
            if level != Level::ReadCommitted && reaches(*next, start, seen, None) {
                return Err(format!(
                    "G-single: transaction {start} has missed what {next} wrote, and yet follows it"
                ));
            }
            if level == Level::Serializable && reaches(*next, start, seen, Some(unseen)) {
                return Err(format!("G2: transaction {start} has missed what {next} wrote, and precedes it"));
            }
        }
    }
    Ok(())
}

/// Whether a path of one edge or more leads from one to another.
fn reaches(from: usize, to: usize, seen: &Edges, unseen: Option<&Edges>) -> bool {
    let mut known = BTreeSet::new();
    let mut open = vec![from];
    while let Some(txn) = open.pop() {
        let further = unseen.and_then(|edges| edges.get(&txn)).into_iter().flatten();
        for next in seen.get(&txn).into_iter().flatten().chain(further) {
            if *next == to {
                return true;
            }
            if known.insert(*next) {
                open.push(*next);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_skew_is_seen_and_only_serializable_forbids_it() {
        let mut history = History::default();
        for (reads, writes, number) in [(0, 1, 1), (1, 0, 2)] {
            let mut done = Done::default();
            done.read(reads, "");
            done.append(writes, number);
            history.commit(done);
        }
        let lists = BTreeMap::from([(0, "2,".to_owned()), (1, "1,".to_owned())]);
        assert!(history.judge(&lists, Level::RepeatableRead).is_ok());
        assert!(history.judge(&lists, Level::Serializable).is_err());
    }

    #[test]
    fn read_skew_is_seen_and_read_committed_allows_for_it() {
        let mut history = History::default();
        let (mut reader, mut writer) = (Done::default(), Done::default());
        reader.read(0, "");
        reader.read(1, "2,");
        writer.append(0, 1);
        writer.append(1, 2);
        history.commit(reader);
        history.commit(writer);
        let lists = BTreeMap::from([(0, "1,".to_owned()), (1, "2,".to_owned())]);
        assert!(history.judge(&lists, Level::ReadCommitted).is_ok());
        assert!(history.judge(&lists, Level::RepeatableRead).is_err());
    }

    #[test]
    fn a_lost_update_is_seen() {
        let mut history = History::default();
        for number in [1, 2] {
            let mut done = Done::default();
            done.append(0, number);
            history.commit(done);
        }
        assert!(history.judge(&BTreeMap::from([(0, "2,".to_owned())]), Level::ReadCommitted).is_err());
    }
}
