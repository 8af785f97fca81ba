//! `sim` — the store on a simulated machine, by seed.
//!
//! ```text
//!            seed
//!    ┌────────┼─────────┐
//!  chance   Faulty    Model
//!    │        │         │
//!    └─▶ life: transactions interleave, checkpoints, vacuum, failing calls, a full disk
//!             │         │
//!           crash       │
//!             ▼         ▼
//!        recovered  ==  state after some commit, none acknowledged missing
//! ```
//! One run is a few lives of one machine. In a life several transactions read and write at once; each read is
//! compared with what the model says that its view sees. A life ends with a crash at some call, with a
//! process that dies while the machine stays up, or with a failed call. After it the store must be the model
//! after a prefix of the commits that holds all acknowledged ones, by key and by extent, and be sound.
//!
//! Everything follows from the seed: `cargo run -p sim -- --from SEED --seeds 1` repeats a failure.

mod chance;
mod life;
mod model;
mod reading;
pub mod sessions;
mod transaction;

pub use chance::Chance;

use model::Model;
use strata_store::{Compression, Error, LevelCompression, Store, StoreOptions};
use vfs::Env;
use vfs::faulty::{Call, Faulty};

/// Lives of a machine in one run.
const LIVES: u64 = 6;

/// What a run did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// Commits made.
    pub commits: u64,
    /// Commits that a crash took back, none of them acknowledged.
    pub lost: u64,
    /// Recoveries, those that were cut short included.
    pub recoveries: u64,
}

/// What is wrong, as a sentence.
pub type Finding = String;

/// Runs one seed.
///
/// # Errors
/// What the store did that it must not.
pub fn run(seed: u64) -> Result<Summary, Finding> {
    let machine = Faulty::new(seed);
    let mut chance = Chance::new(seed);
    let mut model = Model::default();
    let mut summary = Summary::default();
    let mut env = machine.env();
    for life in 0..LIVES {
        plan(&machine, &mut chance);
        summary.recoveries += 1;
        let outcome = match open(&env) {
            Ok(store) => life::live(&store, &machine, &mut chance, &mut model, &mut summary),
            Err(error) => judge(&machine, &error, "opening"),
        };
        outcome.map_err(|finding| format!("life {life}: {finding}"))?;
        // A process may die alone. Then the next one sees what was written, synced or not.
        env = if machine.is_down() || chance.percent(70) { machine.restart() } else { heal(&machine) };
    }
    let env = machine.restart();
    let store = open(&env).map_err(|error| format!("at last: opening: {error}"))?;
    model.recovered(&store, &mut summary).map_err(|finding| format!("at last: {finding}"))?;
    Ok(summary)
}

fn plan(machine: &Faulty, chance: &mut Chance) {
    match chance.below(10) {
        0 => machine.crash_after(1 + chance.below(40)),
        1..=6 => machine.crash_after(1 + chance.below(3000)),
        7 => machine.fail(Call::Sync, 1 + chance.below(60)),
        8 => machine.fail(Call::Write, 1 + chance.below(200)),
        9 => machine.run_full(chance.below(400), 1 + chance.below(60)),
        _ => {}
    }
}

/// The machine stays up: what was planned for the process that died is over.
fn heal(machine: &Faulty) -> Env {
    machine.forget_plan();
    machine.env()
}

fn open(env: &Env) -> Result<Store, Error> {
    let options = StoreOptions {
        memory: 16 << 20,
        checkpoint_every: 300 << 10,
        segment_len: 64 << 10,
        bulk_len: 16 << 10,
        compression: LevelCompression {
            first: Compression::None,
            middle: Compression::Lz4,
            last: Compression::Zstd,
        },
        ..StoreOptions::default()
    };
    Store::open(env.clone(), std::path::Path::new("/store"), options)
}

/// An error is fine if the machine is down or a call was made to fail; it is a finding if it speaks of damage.
fn judge(machine: &Faulty, error: &Error, doing: &str) -> Result<(), Finding> {
    match error {
        _ if machine.is_down() => Ok(()),
        Error::Poisoned { .. } | Error::Disk { .. } | Error::Full { .. } => Ok(()),
        error => Err(format!("{doing}: {error}")),
    }
}
