//! What is measured of a workload.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Background work counts as done when the process uses less than this share of a core...
const REST_SHARE: f64 = 0.05;
/// ...for so long.
const REST: Duration = Duration::from_millis(600);
/// There are stores that never rest.
const REST_AWAITED_MAX: Duration = Duration::from_secs(60);

/// The figures of one workload on one store.
pub(crate) struct Figures {
    /// Operations a second.
    pub(crate) rate: f64,
    /// CPU microseconds of an operation, of all threads.
    pub(crate) cpu_us: f64,
    percentiles_us: [f64; 4],
    /// Bytes written to the disk for one that was put; 0 for reads.
    written: f64,
    /// Bytes on disk at the end for one that is live, the log apart.
    pub(crate) space: f64,
    /// Bytes of the log for one that is live; it does not grow with the data.
    log: f64,
    peak_mb: u64,
}

impl Figures {
    pub(crate) const HEAD: &str = "store     workload            rate/s  CPU us      p50      p99    p99.9       max us  written  space    log  peak MB";
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, p999, max] = self.percentiles_us;
        write!(
            f,
            "{:>10.0} {:>7.2} {p50:>8.1} {p99:>8.1} {p999:>8.1} {max:>12.0} {:>8.2} {:>6.2} {:>6.2} {:>8}",
            self.rate, self.cpu_us, self.written, self.space, self.log, self.peak_mb
        )
    }
}

/// A measurement under way.
pub(crate) struct Measurement {
    started: Instant,
    cpu_us: f64,
    written: u64,
    limit: f64,
    /// Nanoseconds of each operation.
    took: Vec<u32>,
    /// Operations beyond those.
    untimed: u64,
}

impl Measurement {
    pub(crate) fn begin(seconds: f64) -> Self {
        // Begins a new peak; without the right to say so the peak is the process's.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let (cpu_us, written) = (cpu_us(), written());
        Measurement { started: Instant::now(), cpu_us, written, limit: seconds, took: Vec::new(), untimed: 0 }
    }

    /// Whether the time is up.
    pub(crate) fn is_over(&self) -> bool {
        self.started.elapsed().as_secs_f64() > self.limit
    }

    /// Does and times an operation.
    pub(crate) fn time<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        let before = Instant::now();
        let result = operation();
        self.took.push(u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX));
        result
    }

    /// Counts operations that were done, but not one by one.
    pub(crate) fn add_untimed(&mut self, count: u64) {
        self.untimed += count;
    }

    /// Takes over what another thread has timed.
    pub(crate) fn join(&mut self, other: Measurement) {
        self.took.extend(other.took);
    }

    /// Waits until the background has come to rest.
    pub(crate) fn await_rest(&self) {
        let began = Instant::now();
        let mut before = cpu_us();
        while began.elapsed() < REST_AWAITED_MAX {
            std::thread::sleep(REST);
            let now = cpu_us();
            if now - before < REST_SHARE * REST.as_micros() as f64 {
                return;
            }
            before = now;
        }
    }

    /// The figures of work that was done once for `rows` rows of `row_len` bytes.
    pub(crate) fn end_shared(self, dir: &Path, rows: u64, row_len: usize) -> Figures {
        let figures = self.end(dir, row_len, rows * row_len as u64);
        let rows = rows.max(1) as f64;
        Figures {
            rate: figures.rate * rows,
            cpu_us: figures.cpu_us / rows,
            written: figures.written / rows,
            ..figures
        }
    }

    /// The figures; `put_len` is what an operation puts, and `live` what the store holds in the end.
    pub(crate) fn end(mut self, dir: &Path, put_len: usize, live: u64) -> Figures {
        let seconds = self.started.elapsed().as_secs_f64();
        let count = self.took.len().max(1);
        self.took.sort_unstable();
        let at = |share: f64| {
            let index = ((count - 1) as f64 * share) as usize;
            self.took.get(index).map_or(0.0, |nanos| f64::from(*nanos) / 1e3)
        };
        let done = (count as u64 + self.untimed) as f64;
        let put = done * put_len as f64;
        Figures {
            rate: done / seconds,
            cpu_us: (cpu_us() - self.cpu_us) / done,
            percentiles_us: [at(0.5), at(0.99), at(0.999), at(1.0)],
            written: if put_len == 0 { 0.0 } else { (written() - self.written) as f64 / put },
            space: on_disk(dir, false) as f64 / live.max(1) as f64,
            log: on_disk(dir, true) as f64 / live.max(1) as f64,
            peak_mb: status("VmHWM:") / 1024,
        }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// CPU time of this process in ticks of ten milliseconds, as microseconds.
fn cpu_us() -> f64 {
    let stat = read("/proc/self/stat");
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() * 1e4
}

/// Bytes that this process has had written to disks.
fn written() -> u64 {
    number_behind(&read("/proc/self/io"), "write_bytes:")
}

fn status(name: &str) -> u64 {
    number_behind(&read("/proc/self/status"), name)
}

fn number_behind(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Bytes that a directory takes: its logs, or all the rest.
fn on_disk(dir: &Path, logs: bool) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let is_log = |path: &Path| path.extension().is_some_and(|ext| ext == "jnl" || ext == "log");
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => on_disk(&entry.path(), logs),
            Ok(metadata) if is_log(&entry.path()) == logs => metadata.blocks() * 512,
            _ => 0,
        })
        .sum()
}
