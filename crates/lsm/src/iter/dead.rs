//! What an iterator does about keys that it passes in vain: at its lower bound and after a few in a row it asks for a
//! [gap](crate::gaps), after many it writes one down. A queue's head is such a bound: its gap grows with every job.

use crate::Seq;
use crate::gaps::{Gap, Gaps, Moment, Picture};
use std::ops::Bound;
use std::sync::Arc;

/// In a row of dead keys a gap is asked for at each of this number: a few are passed faster than looked up.
const ASK_EVERY: usize = 8;
/// Dead keys walked in a row that are worth a gap …
const WORTH_A_GAP: usize = 24;
/// … and beside a gap, which they make longer.
const WORTH_MORE: usize = 4;

/// The dead keys in a row that were passed just now.
pub(crate) struct DeadRun {
    gaps: Arc<Gaps>,
    picture: Picture,
    walked: usize,
    /// The moment after which all sources were sought, if they were.
    began: Option<Moment>,
    /// From the least to the greatest key passed since then.
    stretch: Option<Gap>,
    /// How many of them are worth a gap.
    worth: usize,
    /// The sources were sought at the lower bound: nothing lies between it and the first of them.
    from_bound: bool,
}

/// How to go on behind a dead key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Onward<'a> {
    /// To the next key.
    Walk,
    /// By seeking the same key once more: what was put beside it while the sources stood is found thereby.
    Again,
    /// By seeking what lies beyond the stretch.
    Beyond(&'a Gap),
}

impl DeadRun {
    /// For a picture of the tree that is yet to be taken.
    pub(crate) fn new(gaps: Arc<Gaps>) -> Self {
        DeadRun {
            picture: gaps.picture(),
            gaps,
            walked: 0,
            began: None,
            stretch: None,
            worth: WORTH_A_GAP,
            from_bound: false,
        }
    }

    /// All sources are about to be sought at the lower bound: a gap over it, behind which they are to be sought
    /// instead.
    pub(crate) fn begin(&mut self, bound: &[u8], snapshot: Seq) -> Option<&Gap> {
        (self.walked, self.stretch, self.from_bound) = (0, None, true);
        self.began = Some(self.gaps.moment());
        let gap = self.gaps.over(bound, snapshot)?;
        self.worth = WORTH_MORE;
        Some(self.stretch.insert(gap))
    }

    /// `key` has nothing for snapshots at or above `since`, of which `snapshot` is one, nor any newer version.
    pub(crate) fn pass(
        &mut self,
        lower: &Bound<Vec<u8>>,
        key: &[u8],
        since: Seq,
        snapshot: Seq,
    ) -> Onward<'_> {
        self.walked += 1;
        match &mut self.stretch {
            Some(stretch) => stretch.take_in(key, since),
            none if self.began.is_some() => {
                let stretch = none.insert(Gap::of(key, since));
                if self.from_bound
                    && let Bound::Included(bound) = lower
                {
                    stretch.take_in(bound, since);
                }
            }
            _ => {}
        }
        if !self.walked.is_multiple_of(ASK_EVERY) {
            return Onward::Walk;
        }
        let now = self.gaps.moment();
        match self.gaps.over(key, snapshot) {
            Some(gap) => {
                self.worth = WORTH_MORE;
                self.began.get_or_insert(now);
                let stretch = self.stretch.get_or_insert_with(|| gap.clone());
                stretch.join(gap);
                Onward::Beyond(stretch)
            }
            None if self.began.is_some() => Onward::Walk,
            None => {
                self.began = Some(now);
                Onward::Again
            }
        }
    }

    /// The run has ended: something is seen, or there is no more.
    #[inline]
    pub(crate) fn end(&mut self) {
        if self.walked > 0 || self.from_bound {
            self.note();
        }
    }

    fn note(&mut self) {
        let walked = std::mem::take(&mut self.walked);
        if let (Some(stretch), Some(began)) = (self.stretch.take(), self.began.take())
            && walked >= self.worth
        {
            self.gaps.add(stretch, began, self.picture);
        }
        (self.began, self.worth, self.from_bound) = (None, WORTH_A_GAP, false);
    }
}
