//! One cap over all memory that grows with data: caches, memtables, operators.
//!
//! Nobody allocates from the pool; a user *reserves* what it is about to allocate and holds the
//! [`Reservation`] as long as the memory lives. A refusal is an ordinary answer: evict, or spill.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The cap and what is used of it. Clones share both.
#[derive(Clone, Debug)]
pub struct MemoryPool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    cap: usize,
    used: AtomicUsize,
}

impl MemoryPool {
    /// A pool of `cap` bytes.
    pub fn new(cap: usize) -> MemoryPool {
        MemoryPool { shared: Arc::new(Shared { cap, used: AtomicUsize::new(0) }) }
    }

    /// Reserves `bytes`, or nothing if that would pass the cap.
    pub fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        self.take(bytes).then(|| Reservation { pool: self.clone(), bytes })
    }

    /// Reserves `bytes`, or nothing if that would leave less than `rest` for others.
    pub fn try_reserve_leaving(&self, bytes: usize, rest: usize) -> Option<Reservation> {
        let claimed = self.try_reserve(bytes.checked_add(rest)?);
        claimed.map(|mut reservation| {
            reservation.shrink(rest);
            reservation
        })
    }

    /// Bytes that can still be reserved.
    pub fn left(&self) -> usize {
        self.cap().saturating_sub(self.used())
    }

    /// Bytes reserved.
    pub fn used(&self) -> usize {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// The most that can be reserved.
    pub fn cap(&self) -> usize {
        self.shared.cap
    }

    fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.shared.cap);
        self.shared.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.shared.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A part of a pool; dropping it gives the part back.
#[derive(Debug)]
pub struct Reservation {
    pool: MemoryPool,
    bytes: usize,
}

impl Reservation {
    /// Reserves `more` bytes; `false` and no change if that would pass the cap.
    #[must_use]
    pub fn grow(&mut self, more: usize) -> bool {
        let granted = self.pool.take(more);
        if granted {
            self.bytes += more;
        }
        granted
    }

    /// Gives `less` bytes back, at most all.
    pub fn shrink(&mut self, less: usize) {
        let less = less.min(self.bytes);
        self.bytes -= less;
        self.pool.give_back(less);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.pool.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_returns_what_it_holds() {
        let pool = MemoryPool::new(100);
        let mut first = pool.try_reserve(60).unwrap();
        assert!(pool.try_reserve(41).is_none());
        assert!(first.grow(40) && !first.grow(1));
        first.shrink(90);
        assert_eq!((first.bytes(), pool.used()), (10, 10));
        first.shrink(1000);
        assert_eq!(pool.used(), 0);
        let second = pool.try_reserve(100).unwrap();
        drop(second);
        assert_eq!(pool.used(), 0);
        assert!(pool.try_reserve(usize::MAX).is_none());
        assert!(
            pool.try_reserve_leaving(60, 41).is_none() && pool.try_reserve_leaving(1, usize::MAX).is_none()
        );
        let modest = pool.try_reserve_leaving(60, 40).unwrap();
        assert_eq!((modest.bytes(), pool.left()), (60, 40));
    }

    #[test]
    fn threads_never_pass_the_cap() {
        let pool = MemoryPool::new(1000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..2000 {
                        let held = pool.try_reserve(n % 300);
                        assert!(pool.used() <= 1000);
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(pool.used(), 0);
    }
}
