//! What an iterator does about keys that it passes in vain: after a few in a row it asks for a
//! [gap](crate::gaps), after many it writes one down.

use crate::Seq;
use crate::gaps::{Gap, Gaps, Moment, Picture};
use std::sync::Arc;

/// In a row of dead keys a gap is asked for at each of this number: a few are passed faster than looked up.
const ASK_EVERY: usize = 8;
/// Dead keys walked in a row that are worth a gap.
const WORTH_A_GAP: usize = 24;

/// The dead keys in a row that were passed just now.
pub(crate) struct DeadRun {
    gaps: Arc<Gaps>,
    picture: Picture,
    walked: usize,
    /// The moment after which all sources were sought, if they were.
    began: Option<Moment>,
    /// From the least to the greatest key passed since then.
    stretch: Option<Gap>,
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
        DeadRun { picture: gaps.picture(), gaps, walked: 0, began: None, stretch: None }
    }

    /// `key` has nothing for snapshots at or above `since`, of which `snapshot` is one, nor any newer version.
    pub(crate) fn pass(&mut self, key: &[u8], since: Seq, snapshot: Seq) -> Onward<'_> {
        self.walked += 1;
        match &mut self.stretch {
            Some(stretch) => stretch.take_in(key, since),
            none if self.began.is_some() => *none = Some(Gap::of(key, since)),
            _ => {}
        }
        if !self.walked.is_multiple_of(ASK_EVERY) {
            return Onward::Walk;
        }
        let now = self.gaps.moment();
        match self.gaps.over(key, snapshot) {
            Some(gap) => {
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
        if self.walked > 0 {
            self.note();
        }
    }

    fn note(&mut self) {
        let walked = std::mem::take(&mut self.walked);
        if let (Some(stretch), Some(began)) = (self.stretch.take(), self.began.take())
            && walked >= WORTH_A_GAP
        {
            self.gaps.add(stretch, began, self.picture);
        }
        self.began = None;
    }
}
