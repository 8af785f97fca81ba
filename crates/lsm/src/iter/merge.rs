//! Merges sources into one sequence of all versions.
//!
//! The merge knows its winner and its runner-up. Stepping compares the winner with the runner-up only,
//! so that a stretch of entries from one source, which is the common case, costs one comparison an
//! entry; the other sources are looked at when the lead changes.

use super::source::Source;
use crate::key::{Tag, compare};
use crate::{Result, Seq};
use std::cmp::Ordering;

/// See the module's text. Of sources with an equal version the first in the list comes first.
pub(crate) struct Merge {
    sources: Vec<Source>,
    winner: Option<usize>,
    runner_up: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}
use Direction::{Backward, Forward};

impl Merge {
    /// Merges `sources`, the newest first.
    pub(crate) fn new(sources: Vec<Source>) -> Self {
        Merge { sources, winner: None, runner_up: None }
    }

    /// The source at whose version the merge is.
    #[inline]
    pub(crate) fn here(&self) -> Option<&Source> {
        self.winner.map(|winner| &self.sources[winner])
    }

    /// Key and tag of the version here.
    #[inline]
    pub(crate) fn entry(&self) -> Option<(&[u8], Tag)> {
        self.here().map(|source| (source.key(), source.tag()))
    }

    pub(crate) fn first(&mut self) -> Result<()> {
        self.sources.iter_mut().try_for_each(Source::first)?;
        self.elect(Forward);
        Ok(())
    }

    pub(crate) fn last(&mut self) -> Result<()> {
        self.sources.iter_mut().try_for_each(Source::last)?;
        self.elect(Backward);
        Ok(())
    }

    /// To the first version at or behind `(key, seq)`; from here only [`Self::next`].
    pub(crate) fn seek(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        self.sources.iter_mut().try_for_each(|source| source.seek(key, seq))?;
        self.elect(Forward);
        Ok(())
    }

    /// To the last version before `(key, seq)`; from here only [`Self::prev`].
    pub(crate) fn seek_before(&mut self, key: &[u8], seq: Seq) -> Result<()> {
        self.sources.iter_mut().try_for_each(|source| source.seek_before(key, seq))?;
        self.elect(Backward);
        Ok(())
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Result<()> {
        let Some(winner) = self.winner else { return Ok(()) };
        self.sources[winner].next()?;
        self.keep_or_elect(winner, Forward);
        Ok(())
    }

    pub(crate) fn prev(&mut self) -> Result<()> {
        let Some(winner) = self.winner else { return Ok(()) };
        self.sources[winner].prev()?;
        self.keep_or_elect(winner, Backward);
        Ok(())
    }

    #[inline]
    fn keep_or_elect(&mut self, winner: usize, direction: Direction) {
        let leads = self.sources[winner].is_valid()
            && self.runner_up.is_none_or(|runner_up| self.order(winner, runner_up, direction).is_lt());
        if !leads {
            self.elect(direction);
        }
    }

    fn elect(&mut self, direction: Direction) {
        (self.winner, self.runner_up) = (None, None);
        for index in (0..self.sources.len()).filter(|&index| self.sources[index].is_valid()) {
            let beats =
                |held: Option<usize>| held.is_none_or(|held| self.order(index, held, direction).is_lt());
            if beats(self.winner) {
                self.runner_up = self.winner;
                self.winner = Some(index);
            } else if beats(self.runner_up) {
                self.runner_up = Some(index);
            }
        }
    }

    /// How two valid sources stand to each other, seen in `direction`.
    #[inline]
    fn order(&self, a: usize, b: usize, direction: Direction) -> Ordering {
        let (left, right) = (&self.sources[a], &self.sources[b]);
        let forward =
            compare((left.key(), left.tag().seq()), (right.key(), right.tag().seq())).then(a.cmp(&b));
        if direction == Forward { forward } else { forward.reverse() }
    }
}
