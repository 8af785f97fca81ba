//! Frames and the two queues that choose what to evict.
//!
//! LRU-2 keeps the pages whose *second* last use is most recent, so that one long scan, which uses every page
//! once, cannot push out what is used again and again. Two queues give the same at constant cost (the 2Q
//! scheme of Johnson and Shasha):
//!
//! ```text
//! miss ──► probation (first in, first out, at most a quarter) ──► evicted, its id remembered
//!              │ used again after the correlated period,               │ loaded again while remembered
//!              ▼ on reaching the end                                   ▼
//!          hot (second-chance clock) ◄──────────────────────────────────┘
//! ```
//! A dirty page whose turn it is to go leaves its queue, so that nobody looks at it again and again; once it is
//! written it goes before all others, unless it was used meanwhile.
//!
//! Uses that follow a miss closely (a scan touching the tuples of one page one by one) are correlated and
//! count as one: the period lasts until an eighth of the shard's frames have been loaded.

use super::debt::FrameMemory;
use super::image::Image;
use crate::page::PageId;
use crate::spread::Spread;
use std::collections::{HashMap, HashSet, VecDeque};

/// A place for a page.
pub(super) struct Frame {
    id: PageId,
    pub(super) image: Image,
    /// Changed since it was last written (or taken to be written).
    pub(super) dirty: bool,
    /// Its image is on the way to the disk.
    pub(super) writing: bool,
    queue: Queue,
    /// Was to go while it was dirty, and is in no queue until it is written.
    is_set_aside: bool,
    /// Used again after the correlated period (probation), or since the clock last passed (hot).
    used_again: bool,
    /// The shard's load count when this page was loaded.
    loaded_at: u64,
    newer: u32,
    older: u32,
    _memory: FrameMemory,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Queue {
    Probation,
    Hot,
}

/// A doubly linked list of frames through their `newer` and `older`.
struct List {
    newest: u32,
    oldest: u32,
    len: usize,
}

const NONE: u32 = u32::MAX;

impl Default for List {
    fn default() -> List {
        List { newest: NONE, oldest: NONE, len: 0 }
    }
}

/// A part of the cache under one latch.
#[derive(Default)]
pub(super) struct Shard {
    index: HashMap<PageId, u32, Spread>,
    frames: Vec<Option<Frame>>,
    vacant: Vec<u32>,
    probation: List,
    hot: List,
    /// Ids evicted from probation, oldest first. The set is the truth; the queue only orders it.
    remembered: VecDeque<PageId>,
    remembered_set: HashSet<PageId, Spread>,
    loads: u64,
    /// Pages that a thread is loading.
    pub(super) loading: Vec<PageId>,
}

impl Shard {
    /// The frame of `id`, its use noted.
    #[inline]
    pub(super) fn touch(&mut self, id: PageId) -> Option<&mut Frame> {
        let at = *self.index.get(&id)?;
        let correlated = (self.index.len() / 8) as u64;
        let frame = self.frames.get_mut(at as usize)?.as_mut()?;
        frame.used_again |= frame.queue == Queue::Hot || self.loads - frame.loaded_at > correlated;
        Some(frame)
    }

    /// The frame of `id`, without noting a use.
    pub(super) fn frame_mut(&mut self, id: PageId) -> Option<&mut Frame> {
        let at = *self.index.get(&id)?;
        self.frames.get_mut(at as usize)?.as_mut()
    }

    pub(super) fn each_frame(&mut self, visit: impl FnMut(&mut Frame)) {
        self.frames.iter_mut().flatten().for_each(visit);
    }

    pub(super) fn insert(&mut self, id: PageId, image: Image, memory: FrameMemory) -> &mut Frame {
        self.loads += 1;
        let queue = if self.remembered_set.remove(&id) { Queue::Hot } else { Queue::Probation };
        let frame = Frame {
            id,
            image,
            dirty: false,
            writing: false,
            queue,
            is_set_aside: false,
            used_again: false,
            loaded_at: self.loads,
            newer: NONE,
            older: NONE,
            _memory: memory,
        };
        let at = self.vacant.pop().unwrap_or_else(|| {
            self.frames.push(None);
            (self.frames.len() - 1) as u32
        });
        self.frames[at as usize] = Some(frame);
        self.index.insert(id, at);
        self.link(at, queue);
        self.frame_at(at)
    }

    /// Gives up the page that is least likely to be used again, if one of the first `looks` of a queue is
    /// clean and unpinned.
    pub(super) fn evict(&mut self, looks: usize) -> Option<FrameMemory> {
        let from_probation = self.probation.len * 4 > self.index.len() || self.hot.len == 0;
        let (first, second) =
            if from_probation { (Queue::Probation, Queue::Hot) } else { (Queue::Hot, Queue::Probation) };
        let victim = self.victim(first, looks).or_else(|| self.victim(second, looks))?;
        let frame = self.take(victim)?;
        if frame.queue == Queue::Probation {
            self.remember(frame.id);
        }
        Some(frame._memory)
    }

    /// Drops every page of a space; how many.
    pub(super) fn discard_space(&mut self, space: u32) -> usize {
        let of_space = |frame: &Option<Frame>| frame.as_ref().is_some_and(|frame| frame.id.space == space);
        let doomed: Vec<u32> =
            (0..).zip(&self.frames).filter(|(_, frame)| of_space(frame)).map(|(at, _)| at).collect();
        doomed.iter().filter_map(|at| self.take(*at)).count()
    }

    /// The image of `id` that was being written is on the disk, or will not be.
    pub(super) fn end_write(&mut self, id: PageId, is_written: bool) {
        let Some(at) = self.index.get(&id).copied() else { return };
        let frame = self.frame_at(at);
        frame.writing = false;
        frame.dirty |= !is_written;
        if frame.is_set_aside && !frame.dirty {
            frame.is_set_aside = false;
            match std::mem::take(&mut frame.used_again) {
                true => self.link(at, Queue::Hot),
                false => self.link_as_oldest(at),
            }
        }
    }

    /// Looks from the oldest frame on for one that may go. Frames used again move to the hot queue, those that are
    /// pinned go to their queue's young end, so every frame is looked at once at most twice.
    fn victim(&mut self, queue: Queue, looks: usize) -> Option<u32> {
        for _ in 0..looks.min(self.list(queue).len * 2) {
            let at = self.list(queue).oldest;
            if at == NONE {
                return None;
            }
            let frame = self.frame_at(at);
            if frame.dirty || frame.writing {
                frame.is_set_aside = true;
                self.unlink(at);
                continue;
            }
            if !frame.image.is_shared() && !frame.used_again {
                return Some(at);
            }
            let to = if frame.used_again { Queue::Hot } else { queue };
            frame.used_again = false;
            self.unlink(at);
            self.link(at, to);
        }
        None
    }

    fn remember(&mut self, id: PageId) {
        if self.remembered_set.insert(id) {
            self.remembered.push_back(id);
        }
        while self.remembered.len() > (self.frames.len() / 2).max(8) {
            if let Some(oldest) = self.remembered.pop_front() {
                self.remembered_set.remove(&oldest);
            }
        }
    }

    fn take(&mut self, at: u32) -> Option<Frame> {
        if !self.frame_at(at).is_set_aside {
            self.unlink(at);
        }
        let frame = self.frames.get_mut(at as usize)?.take()?;
        self.index.remove(&frame.id);
        self.vacant.push(at);
        Some(frame)
    }

    fn list(&mut self, queue: Queue) -> &mut List {
        match queue {
            Queue::Probation => &mut self.probation,
            Queue::Hot => &mut self.hot,
        }
    }

    fn link(&mut self, at: u32, queue: Queue) {
        let list = self.list(queue);
        let second = std::mem::replace(&mut list.newest, at);
        list.len += 1;
        if second == NONE {
            list.oldest = at;
        } else {
            self.frame_at(second).newer = at;
        }
        let frame = self.frame_at(at);
        (frame.queue, frame.newer, frame.older) = (queue, NONE, second);
    }

    /// Puts the frame where its queue's next victim is looked for.
    fn link_as_oldest(&mut self, at: u32) {
        let queue = self.frame_at(at).queue;
        let list = self.list(queue);
        let second = std::mem::replace(&mut list.oldest, at);
        list.len += 1;
        if second == NONE {
            list.newest = at;
        } else {
            self.frame_at(second).older = at;
        }
        let frame = self.frame_at(at);
        (frame.newer, frame.older) = (second, NONE);
    }

    fn unlink(&mut self, at: u32) {
        let frame = self.frame_at(at);
        let (queue, newer, older) = (frame.queue, frame.newer, frame.older);
        match newer {
            NONE => self.list(queue).newest = older,
            newer => self.frame_at(newer).older = older,
        }
        match older {
            NONE => self.list(queue).oldest = newer,
            older => self.frame_at(older).newer = newer,
        }
        self.list(queue).len -= 1;
    }

    fn frame_at(&mut self, at: u32) -> &mut Frame {
        match self.frames.get_mut(at as usize) {
            Some(Some(frame)) => frame,
            _ => unreachable!("frame {at} is linked and holds a page"),
        }
    }
}
