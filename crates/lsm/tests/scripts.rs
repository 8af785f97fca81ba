//! Runs the scripts in `tests/scripts`: commands, a line `---`, and the output that they must give.
//! `UPDATE=1 cargo test -p lsm --test scripts` writes the output anew; review the difference.
//!
//! | command | does |
//! |---------|------|
//! | `put a=1 b=2` | one commit of puts; the first commit is #1 |
//! | `del a b` | one commit of deletions |
//! | `del-range a c` | one commit of a range tombstone over `a..c` |
//! | `ingest a=1 b=2` | one bulk load |
//! | `seal`, `flush`, `compact`, `work` | close the memtable; write all; merge all; let background jobs run |
//! | `oldest 5` | no snapshot below 5 is left |
//! | `levels` | the tables |
//! | `get a [@5]`, `newest a` | a point read |
//! | `iter [a..c] [@5] [back]` | a scan |
//! | `drops` | what the drop sink was told since the last time |
//! | `reopen`, `verify` | |

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use lsm::{Lsm, Op, Options, Seq};
use parking_lot::Mutex;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

#[test]
fn scripts_give_their_output() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let script = std::fs::read_to_string(&path).unwrap();
        let recorded = run(&script);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &recorded).unwrap();
            continue;
        }
        assert_eq!(script.trim_end(), recorded.trim_end(), "{}", path.display());
    }
}

/// The script with the output that its commands gave.
fn run(script: &str) -> String {
    let mut world = World::new();
    let mut out = String::new();
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if line != "---" {
            if !line.is_empty() && !line.starts_with('#') {
                world.run(line);
            }
            continue;
        }
        while lines.next_if(|line| !line.is_empty()).is_some() {}
        out.push_str(&std::mem::take(&mut world.output));
    }
    out
}

struct World {
    env: vfs::Env,
    jobs: Arc<support::ManualJobs>,
    lsm: Option<Lsm>,
    seq: u64,
    dropped: Arc<Mutex<Vec<String>>>,
    output: String,
}

impl World {
    fn new() -> Self {
        let (env, jobs) = support::env();
        let dropped = Arc::default();
        let mut world = World { env, jobs, lsm: None, seq: 0, dropped, output: String::new() };
        world.open();
        world
    }

    fn open(&mut self) {
        self.lsm = None;
        let pool = filesystem::MemoryPool::new(64 << 20);
        let options = Options { memtable_len: 1 << 20, ..Options::default() };
        let lsm = Lsm::open(&self.env, Path::new("/lsm"), pool, options).unwrap();
        let dropped = self.dropped.clone();
        lsm.set_drop_sink(Arc::new(move |key, seq, value| {
            dropped.lock().push(format!("{}#{}={}", key.escape_ascii(), seq.0, value.escape_ascii()));
        }));
        self.lsm = Some(lsm);
    }

    fn say(&mut self, line: impl AsRef<str>) {
        self.output.push_str(line.as_ref());
        self.output.push('\n');
    }

    fn commit(&mut self) -> Seq {
        self.seq += 1;
        Seq(self.seq)
    }

    fn run(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (command, words) = words.split_first().unwrap();
        match *command {
            "put" => {
                self.apply(words.iter().map(|word| pair(word)).map(|(key, value)| (key, Op::Put(value))))
            }
            "del" => self.apply(words.iter().map(|word| (word.as_bytes(), Op::Delete))),
            "del-range" => {
                let seq = self.commit();
                let end = Bound::Excluded(words[1].as_bytes());
                self.lsm().delete_range(seq, journal::Lsn(seq.0), words[0].as_bytes(), end).unwrap();
            }
            "ingest" => {
                let seq = self.commit();
                let mut pairs = words.iter().map(|word| pair(word)).map(|(k, v)| (k.to_vec(), v.to_vec()));
                self.lsm().ingest(seq, &mut pairs).unwrap();
            }
            "seal" => self.lsm().seal(),
            "flush" => self.lsm().flush().unwrap(),
            "compact" => self.lsm().compact().unwrap(),
            "work" => self.jobs.work(),
            "oldest" => self.lsm().set_oldest_snapshot(Seq(words[0].parse().unwrap())),
            "reopen" => self.open(),
            "verify" => {
                let count = self.lsm().verify().unwrap();
                self.say(format!("{count} versions in tables, flushed up to #{}", self.lsm().flushed().0));
            }
            "levels" => {
                let lines = self.lsm().describe_levels();
                lines.iter().for_each(|line| self.say(line));
                if lines.is_empty() {
                    self.say("no tables");
                }
            }
            "drops" => {
                let dropped = std::mem::take(&mut *self.dropped.lock());
                self.say(format!("dropped {}", dropped.join(" ")).trim_end());
            }
            "get" => self.get(words),
            "newest" => {
                let newest = self.lsm().newest(words[0].as_bytes()).unwrap();
                let text = match newest {
                    None => "never heard of".to_string(),
                    Some((seq, None)) => format!("#{} deleted", seq.0),
                    Some((seq, Some(value))) => format!("#{} {}", seq.0, value.escape_ascii()),
                };
                self.say(format!("{} → {text}", words[0]));
            }
            "iter" => self.iter(words),
            other => panic!("unknown command {other}"),
        }
    }

    fn lsm(&self) -> &Lsm {
        self.lsm.as_ref().unwrap()
    }

    fn apply<'a>(&mut self, mut ops: impl Iterator<Item = (&'a [u8], Op<'a>)>) {
        let seq = self.commit();
        self.lsm().apply(seq, journal::Lsn(seq.0), &mut ops).unwrap();
    }

    fn get(&mut self, words: &[&str]) {
        let found = self.lsm().get(words[0].as_bytes(), snapshot(words)).unwrap();
        let text = found.map(|(seq, value)| format!("{} (#{})", value.escape_ascii(), seq.0));
        self.say(format!("{} → {}", words.join(" "), text.unwrap_or("none".into())));
    }

    fn iter(&mut self, words: &[&str]) {
        let range = words.iter().find_map(|word| word.split_once(".."));
        let (lower, upper) = match range {
            Some((from, to)) => (Bound::Included(from.as_bytes()), Bound::Excluded(to.as_bytes())),
            None => (Bound::Unbounded, Bound::Unbounded),
        };
        let mut iter = self.lsm().iter(lower, upper, snapshot(words)).unwrap();
        let mut found = vec!["iter"];
        let mut texts = Vec::new();
        while if words.contains(&"back") { iter.prev().unwrap() } else { iter.next().unwrap() } {
            texts.push(format!("{}={}", iter.key().escape_ascii(), iter.value().escape_ascii()));
        }
        found.extend(words);
        self.say(format!("{} → {}", found.join(" "), texts.join(" ")).trim_end());
    }
}

fn snapshot(words: &[&str]) -> Seq {
    let named = words.iter().find_map(|word| word.strip_prefix('@'));
    named.map_or(Seq::MAX, |seq| Seq(seq.parse().unwrap()))
}

fn pair(word: &str) -> (&[u8], &[u8]) {
    let (key, value) = word.split_once('=').unwrap();
    (key.as_bytes(), value.as_bytes())
}
