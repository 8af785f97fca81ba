//! Compaction: tables are merged into the level below, and what nobody can see any more is left out.
//!
//! [`pick`] decides what is due, [`Output`] writes it, [`Retention`] judges each version, and the
//! [`DropSink`] hears of what went, after the edit that removes it is durable.

mod dropped;
mod output;
mod pick;
mod retention;

pub use dropped::DropSink;
pub(crate) use output::Output;
pub(crate) use pick::{Bar, key_range};
pub(crate) use retention::Retention;

use crate::Result;
use crate::flush::Step;
use crate::iter::{Merge, Source};
use crate::sstable::Reading;
use crate::tree::Tree;
use crate::version::{Edit, Version};
use pick::{Plan, RoundRobin};
use std::ops::Bound;
use std::sync::{Arc, Weak};

/// The one compaction that may run, and where each level's last one ended.
#[derive(Default)]
pub(crate) struct CompactionSlot {
    running: Option<Running>,
    round: RoundRobin,
    /// For this version of the tree the disk had no room for spare work.
    cramped: Weak<Version>,
}

struct Running {
    bar: Bar,
    plan: Plan,
    version: Arc<Version>,
    output: Output,
}

impl CompactionSlot {
    /// Whether a compaction is under way that may write keys of `smallest..=largest`.
    pub(crate) fn touches(&self, smallest: &[u8], largest: &[u8]) -> bool {
        self.running.as_ref().is_some_and(|running| {
            let (from, to) = key_range(&running.plan.inputs);
            *from <= *largest && *smallest <= *to
        })
    }
}

impl Tree {
    /// Does one bounded piece of the compaction under way, or of the most urgent one above the bar. Idle if somebody
    /// else is at it.
    pub(crate) fn compaction_step(&self, bar: Bar) -> Result<Step> {
        let Some(mut slot) = self.compaction.try_lock() else { return Ok(Step::Idle) };
        self.check_poison()?;
        if slot.running.is_none() {
            let version = self.state().version.clone();
            let due = pick::pick(&version, &self.options, self.oldest_snapshot(), &mut slot.round);
            let (bar, plan) = match due {
                None if bar == Bar::Spare => (bar, pick::spare(&version, &self.options, &mut slot.round)),
                due => (Bar::Due, due),
            };
            match plan {
                Some(plan) if plan.is_move => {
                    return self.move_tables(&plan).map_err(|error| self.judge(error));
                }
                Some(plan) => slot.running = Some(self.start_compaction(bar, plan, version)?),
                None => return self.retire_tombstones().map_err(|error| self.judge(error)),
            }
        }
        self.step_compaction(&mut slot)
    }

    /// Whether there is work above the lower bar, once nothing is due.
    pub(crate) fn has_spare_work(&self) -> bool {
        let Some(slot) = self.compaction.try_lock() else { return false };
        let version = self.state().version.clone();
        pick::is_loose(&version, &self.options) && !slot.cramped.ptr_eq(&Arc::downgrade(&version))
    }

    /// Merges everything into the last level, on the calling thread.
    pub(crate) fn compact_everything(&self) -> Result<()> {
        let mut slot = self.compaction.lock();
        self.check_poison()?;
        while slot.running.is_some() {
            self.step_compaction(&mut slot)?;
        }
        let version = self.state().version.clone();
        if let Some(plan) = pick::everything(&version) {
            slot.running = Some(self.start_compaction(Bar::Due, plan, version)?);
        }
        while slot.running.is_some() {
            self.step_compaction(&mut slot)?;
        }
        self.retire_tombstones().map(drop).map_err(|error| self.judge(error))
    }

    fn step_compaction(&self, slot: &mut CompactionSlot) -> Result<Step> {
        let Some(running) = &mut slot.running else { return Ok(Step::Idle) };
        let stepped = self.step_running(running);
        if matches!(stepped, Ok(Step::Worked)) {
            return stepped;
        }
        let spare = slot.running.take().is_some_and(|running| running.bar == Bar::Spare);
        match stepped {
            // Nobody waits for it. It is tried again when the tree has changed.
            Err(error) if spare && error.is_full() => {
                slot.cramped = Arc::downgrade(&self.state().version);
                Ok(Step::Idle)
            }
            stepped => stepped.map_err(|error| self.judge(error)),
        }
    }

    fn step_running(&self, running: &mut Running) -> Result<Step> {
        let (version, level) = (&running.version, running.plan.output_level);
        if !running.output.step(&|key| version.is_bottom_for(level, key))? {
            return Ok(Step::Worked);
        }
        let edit = Edit {
            added: running.output.tables()?.into_iter().map(|meta| (level, meta)).collect(),
            removed: running.plan.inputs.iter().map(|(_, table)| table.meta.id).collect(),
            ..Edit::default()
        };
        self.install(&mut running.output, &edit, None)?;
        *self.stalled.lock() = None;
        Ok(Step::Installed)
    }

    fn start_compaction(&self, bar: Bar, plan: Plan, version: Arc<Version>) -> Result<Running> {
        let inputs = Arc::new(Version::of(&plan.inputs));
        let sources = Source::tables(&inputs, Bound::Unbounded, Bound::Unbounded, Reading::Ahead);
        let mut merge = Merge::new(sources.collect());
        merge.first()?;
        let min_seq = plan.inputs.iter().map(|(_, table)| table.meta.properties.min_seq).min();
        let retention = Retention::new(self.oldest_snapshot(), vec![version.tombstones.clone()]);
        let min_seq = min_seq.unwrap_or_default();
        let (files, level) = (self.files.clone(), plan.output_level);
        let output = Output::new(files, &self.options, level, merge, retention, min_seq);
        Ok(Running { bar, plan, version, output })
    }

    fn move_tables(&self, plan: &Plan) -> Result<Step> {
        let metas = plan.inputs.iter().map(|(_, table)| table.meta.clone());
        let edit = Edit {
            removed: metas.clone().map(|meta| meta.id).collect(),
            added: metas.map(|meta| (plan.output_level, meta)).collect(),
            ..Edit::default()
        };
        self.commit(&edit, |_| {})?;
        Ok(Step::Installed)
    }

    /// Forgets range tombstones that every snapshot sees and that have been carried out everywhere.
    fn retire_tombstones(&self) -> Result<Step> {
        let version = self.state().version.clone();
        let oldest = self.oldest_snapshot();
        let has_work = |tombstone: &crate::tombstone::RangeTombstone| {
            version.tables().map(|(_, table)| &table.meta.properties).any(|properties| {
                tombstone.seq > properties.purged.max(properties.min_seq)
                    && tombstone.overlaps(&properties.smallest, &properties.largest)
            })
        };
        let retired =
            version.tombstones.iter().filter(|tombstone| tombstone.seq <= oldest && !has_work(tombstone));
        let edit = Edit { tombstones_removed: retired.cloned().collect(), ..Edit::default() };
        if edit.tombstones_removed.is_empty() {
            return Ok(Step::Idle);
        }
        self.commit(&edit, |_| {})?;
        Ok(Step::Installed)
    }
}
