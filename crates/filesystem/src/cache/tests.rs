//! The cache alone, over pages that carry their number.

use super::*;
use crate::page::Kind;
use std::sync::atomic::AtomicU64;

/// Pages whose LSN is what was last written to them; counts what it does.
#[derive(Default)]
struct Numbered {
    loads: AtomicU64,
}

fn id(block: u32) -> PageId {
    PageId { space: 1, block }
}

impl PageSource for Numbered {
    fn load(&self, id: PageId, into: &mut Page) -> Result<()> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        into.format(id, Kind::Heap);
        Ok(())
    }
    fn clean(&self) -> Result<usize> {
        Ok(0)
    }
}

impl Numbered {
    /// Whether getting the page needs no load.
    fn is_cached(&self, cache: &PageCache, block: u32) -> bool {
        let before = self.loads.load(Ordering::Relaxed);
        cache.get(id(block), self).unwrap();
        self.loads.load(Ordering::Relaxed) == before
    }
}

fn cache_of(frames: usize) -> (MemoryPool, PageCache) {
    let pool = MemoryPool::new(frames * FRAME_LEN);
    let cache = PageCache::new(pool.clone(), pool.cap(), pool.cap());
    (pool, cache)
}

fn change(cache: &PageCache, source: &Numbered, block: u32) {
    cache.modify(id(block), Lsn(1), source, |_| (true, ())).unwrap();
}

#[test]
fn nearly_all_frames_may_be_dirty_while_nobody_needs_another() {
    let (_, cache) = cache_of(320);
    let source = Numbered::default();
    (0..310).for_each(|block| change(&cache, &source, block));
    assert!(!cache.is_crowded());
    // Now many others are read, each in the frame of a clean one.
    (1000..1020).for_each(|block| drop(cache.get(id(block), &source).unwrap()));
    (1020..1090).for_each(|block| drop(cache.get(id(block), &source).unwrap()));
    assert!(cache.is_crowded());
    assert_eq!(cache.next_dirty(10).len(), 10);
    assert!(!cache.is_crowded(), "what was evicted before pages were asked for counts no more");
}

#[test]
fn a_page_that_was_dirty_when_its_turn_came_goes_first_once_it_is_written() {
    let (_, cache) = cache_of(8);
    let source = Numbered::default();
    (0..2).for_each(|block| change(&cache, &source, block));
    (2..9).for_each(|block| drop(cache.get(id(block), &source).unwrap()));
    // Both were passed over. One is used again before it is written.
    (10..14).for_each(|block| drop(cache.get(id(block), &source).unwrap()));
    assert!(source.is_cached(&cache, 1));
    for block in 0..2 {
        let image = cache.begin_write(id(block)).unwrap();
        drop(image);
        cache.written(id(block));
    }
    cache.get(id(20), &source).unwrap();
    assert!(source.is_cached(&cache, 1) && source.is_cached(&cache, 13));
    assert!(!source.is_cached(&cache, 0));
}

#[test]
fn what_others_hold_of_the_pool_is_no_room_for_clean_frames() {
    let pool = MemoryPool::new(1000 * FRAME_LEN);
    let cache = PageCache::new(pool.clone(), 100 * FRAME_LEN, pool.cap());
    let source = Numbered::default();
    (0..470).for_each(|block| change(&cache, &source, block));
    assert!(!cache.is_crowded());
    let _others = pool.try_reserve(470 * FRAME_LEN).unwrap();
    assert!(cache.is_crowded(), "the next frame has to be evicted from among the dirty");
}

#[test]
fn a_scan_does_not_flush_what_is_used_again_and_again() {
    let (_, cache) = cache_of(100);
    let source = Numbered::default();
    for round in 0..3 {
        for block in (0..40).chain(500 + round * 10..510 + round * 10) {
            cache.get(id(block), &source).unwrap();
        }
    }
    for block in 1000..3000 {
        cache.get(id(block), &source).unwrap();
        // The tuples of a page are touched one after the other; that is one use.
        cache.get(id(block), &source).unwrap();
    }
    let kept = (0..40).filter(|block| source.is_cached(&cache, *block)).count();
    assert!(kept >= 36, "{kept} of 40 hot pages survived the scan");
}

#[test]
fn the_cache_stays_within_its_memory() {
    let (pool, cache) = cache_of(20);
    let source = Numbered::default();
    for block in 0..500 {
        cache.get(id(block * 7 % 90), &source).unwrap();
        assert!(pool.used() <= pool.cap() && cache.frame_count() <= 20);
    }
    drop(cache);
    assert_eq!(pool.used(), 0);
}

#[test]
fn pinned_and_dirty_pages_stay() {
    let (_, cache) = cache_of(10);
    let source = Numbered::default();
    let pinned = cache.get(id(1), &source).unwrap();
    cache.modify(id(2), Lsn(9), &source, |_| (true, ())).unwrap();
    for block in 100..200 {
        cache.get(id(block), &source).unwrap();
    }
    assert!(source.is_cached(&cache, 1) && source.is_cached(&cache, 2));
    let pins: Vec<PageRef> = (0..8).map(|block| cache.get(id(300 + block), &source).unwrap()).collect();
    assert!(matches!(cache.get(id(999), &source), Err(Error::MemoryExhausted { .. })));
    drop((pinned, pins));
    cache.get(id(999), &source).unwrap();
}

#[test]
fn a_pinned_image_does_not_change() {
    let (_, cache) = cache_of(10);
    let source = Numbered::default();
    let before = cache.get(id(1), &source).unwrap();
    cache.modify(id(1), Lsn(5), &source, |_| (true, ())).unwrap();
    assert_eq!(before.lsn(), Lsn(0));
    assert_eq!(cache.get(id(1), &source).unwrap().lsn(), Lsn(5));
}

#[test]
fn a_page_is_dirty_from_its_first_unwritten_change_on() {
    let (_, cache) = cache_of(10);
    let source = Numbered::default();
    let change = |block, lsn| cache.modify(id(block), Lsn(lsn), &source, |_| (true, ())).unwrap();
    change(1, 10);
    change(2, 11);
    change(1, 12);
    assert_eq!((cache.oldest_dirty(), cache.next_dirty(9)), (Some(Lsn(10)), vec![id(1), id(2)]));
    let image = cache.begin_write(id(1)).unwrap();
    change(1, 13);
    assert_eq!(image.lsn(), Lsn(12));
    assert!(cache.begin_write(id(1)).is_none(), "one image of a page is on its way at a time");
    assert_eq!(cache.oldest_dirty(), Some(Lsn(10)), "until it is on disk");
    cache.written(id(1));
    assert_eq!(cache.oldest_dirty(), Some(Lsn(11)));
    cache.begin_write(id(1)).unwrap();
    change(1, 14);
    cache.not_written(id(1));
    assert_eq!(cache.oldest_dirty(), Some(Lsn(11)));
    cache.begin_write(id(2)).unwrap();
    cache.written(id(2));
    assert_eq!(cache.oldest_dirty(), Some(Lsn(13)));
    cache.discard_space(1);
    assert_eq!((cache.oldest_dirty(), cache.frame_count()), (None, 0));
}

#[test]
fn dirty_pages_are_swept_in_block_order() {
    let (_, cache) = cache_of(20);
    let source = Numbered::default();
    for block in [5, 1, 9, 3, 7] {
        cache.modify(id(block), Lsn(1), &source, |_| (true, ())).unwrap();
    }
    assert_eq!(cache.next_dirty(2), [id(1), id(3)]);
    assert_eq!(cache.next_dirty(2), [id(5), id(7)]);
    assert_eq!(cache.next_dirty(2), [id(1), id(9)]);
    assert_eq!(cache.all_dirty().len(), 5);
}

#[test]
fn threads_share_the_cache() {
    let (_, cache) = cache_of(64);
    let source = Numbered::default();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (cache, source) = (&cache, &source);
            scope.spawn(move || {
                for n in 0..20_000u64 {
                    let block = ((n * 31 + thread * 17) % 150) as u32;
                    let page = cache.get(id(block), source).unwrap();
                    assert_eq!(page.id(), id(block));
                }
            });
        }
    });
    assert!(cache.frame_count() <= 64);
}

/// A source that can write nothing, like a full disk.
struct Full;

impl PageSource for Full {
    fn load(&self, id: PageId, into: &mut Page) -> Result<()> {
        into.format(id, Kind::Heap);
        Ok(())
    }
    fn clean(&self) -> Result<usize> {
        let source = std::io::ErrorKind::StorageFull.into();
        Err(Error::Disk { op: "write", file: "full".into(), source })
    }
}

#[test]
fn changes_are_made_without_room_and_paid_for_before_the_next() {
    let (pool, cache) = cache_of(16);
    let change = |block: u32| cache.modify(id(block), Lsn(1), &Full, |_| (true, ())).unwrap();
    (0..20).for_each(change);
    assert_eq!(cache.frame_count(), 20);
    assert!(cache.get(id(99), &Full).is_err_and(|error| error.is_disk_full()), "reading can wait");
    assert!(cache.repay(&Full).is_err_and(|error| error.is_disk_full()));
    for block in 0..20 {
        let image = cache.begin_write(id(block)).unwrap();
        drop(image);
        cache.written(id(block));
    }
    cache.repay(&Full).unwrap();
    assert!(cache.frame_count() <= 16);
    // All memory is accounted for once the frames that owed theirs are gone.
    cache.discard_space(1);
    assert_eq!((cache.frame_count(), pool.used()), (0, 0));
}

#[test]
fn pages_stay_whole_when_others_get_memory() {
    let pool = MemoryPool::new(3000 * FRAME_LEN);
    let cache = PageCache::new(pool.clone(), pool.cap() / 4, pool.cap());
    let source = Numbered::default();
    let load = |block| {
        let changed = cache.modify(id(block), Lsn(block.into()), &source, |_| (block % 5 == 0, ()));
        changed.unwrap();
    };
    (0..2700).for_each(load);
    let kept = cache.get(id(2), &source).unwrap();
    let mut others = Vec::new();
    while cache.frame_count() > 1000 {
        others.push(pool.try_reserve(pool.left()).unwrap());
        assert!(cache.owes_memory() && cache.give_back(64) > 0);
    }
    let slots = cache.slots.as_ref().unwrap();
    assert!(
        slots.given_back() >= 1000,
        "{} slots of large pages went back to the system",
        slots.given_back()
    );
    let loads = source.loads.load(Ordering::Relaxed);
    for block in (0..2700).step_by(5) {
        assert_eq!(cache.get(id(block), &source).unwrap().lsn(), Lsn(block.into()), "page {block}");
    }
    assert_eq!(source.loads.load(Ordering::Relaxed), loads, "dirty pages have stayed");
    assert_eq!(kept.id(), id(2));
    drop(others);
    (0..2700).for_each(load);
}
