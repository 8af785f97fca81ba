//! A large piece of memory in large pages.
//!
//! What is spread over hundreds of megabytes and visited at random costs a walk through the page tables at
//! each visit, beside the cache miss. Memory that the system maps in pages of 2 MiB instead of 4 KiB costs
//! none. So what is large asks for its memory here: a slab is aligned to such pages and advised to be mapped
//! by them. It takes memory only where it was touched, a large page at a time.

#![expect(unsafe_code, reason = "memory that is handed out in parts, and advice on it to the system")]

use std::alloc::{Layout, alloc, dealloc};
use std::ops::Range;
use std::ptr::NonNull;

/// Bytes of a large page.
pub const LARGE_PAGE_LEN: usize = 2 << 20;
/// Bytes of a page when nothing is advised.
const SMALL_PAGE_LEN: usize = 4 << 10;

/// Bytes that nobody has initialized, and that nobody but the slab's owner knows of.
pub struct Slab {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a slab is an allocation; what threads do with its bytes is for whoever follows its address.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Slab {
    /// A slab of `len` bytes; `None` if there are none, or if the system has not as many.
    pub fn new(len: usize) -> Option<Slab> {
        let align = if len < LARGE_PAGE_LEN { SMALL_PAGE_LEN } else { LARGE_PAGE_LEN };
        let layout = Layout::from_size_align(len, align).ok().filter(|layout| layout.size() > 0)?;
        // SAFETY: the size is not zero.
        let start = NonNull::new(unsafe { alloc(layout) })?;
        let slab = Slab { start, layout };
        slab.advise();
        Some(slab)
    }

    /// Where it starts. Valid for [`Self::len`] bytes as long as the slab lives.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Its bytes.
    #[expect(clippy::len_without_is_empty, reason = "there is no slab without bytes")]
    pub fn len(&self) -> usize {
        self.layout.size()
    }

    /// Gives the memory of a range back to the system, as far as whole pages lie in it. The bytes are
    /// uninitialized from then on, and take memory again when they are written.
    ///
    /// # Safety
    /// Nobody reads or writes the range meanwhile, or relies on what it holds.
    pub unsafe fn forget(&self, range: Range<usize>) {
        let from = range.start.next_multiple_of(SMALL_PAGE_LEN);
        let to = range.end.min(self.len()) / SMALL_PAGE_LEN * SMALL_PAGE_LEN;
        if from < to {
            // SAFETY: within the allocation, which starts on a page; the caller gives up the content.
            unsafe { system::forget(self.start.add(from), to - from) };
        }
    }

    fn advise(&self) {
        if self.len() >= LARGE_PAGE_LEN {
            let whole = self.len() / LARGE_PAGE_LEN * LARGE_PAGE_LEN;
            // SAFETY: whole pages of the allocation.
            unsafe { system::advise(self.start, whole) };
        }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and freed once.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// What the system is told. It is advice: that it does not listen changes no byte.
#[cfg(target_os = "linux")]
mod system {
    use rustix::mm::{Advice, madvise};
    use std::ptr::NonNull;

    /// # Safety
    /// The range is whole pages of one allocation.
    pub(super) unsafe fn advise(start: NonNull<u8>, len: usize) {
        // SAFETY: the caller's; this advice leaves the content alone.
        let _ = unsafe { madvise(start.as_ptr().cast(), len, Advice::LinuxHugepage) };
    }

    /// # Safety
    /// As of [`advise`], and nobody relies on the content.
    pub(super) unsafe fn forget(start: NonNull<u8>, len: usize) {
        // SAFETY: the caller's.
        let _ = unsafe { madvise(start.as_ptr().cast(), len, Advice::LinuxDontNeed) };
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::ptr::NonNull;

    /// # Safety
    /// None is needed.
    pub(super) unsafe fn advise(_start: NonNull<u8>, _len: usize) {}

    /// # Safety
    /// None is needed.
    pub(super) unsafe fn forget(_start: NonNull<u8>, _len: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the byte at `at`, and reads it back.
    fn touch(slab: &Slab, at: usize, byte: u8) -> u8 {
        assert!(at < slab.len());
        // SAFETY: within the slab, which no other thread knows.
        unsafe {
            slab.start().add(at).write(byte);
            slab.start().add(at).read()
        }
    }

    #[test]
    fn every_byte_is_there_and_can_be_given_back() {
        for len in [1, 5000, LARGE_PAGE_LEN, 2 * LARGE_PAGE_LEN + 8192] {
            let slab = Slab::new(len).unwrap();
            let align = if len < LARGE_PAGE_LEN { SMALL_PAGE_LEN } else { LARGE_PAGE_LEN };
            assert!(slab.start().addr().get().is_multiple_of(align));
            assert_eq!((touch(&slab, 0, 7), touch(&slab, len - 1, 9)), (7, 9));
            // SAFETY: nobody else knows the slab, and it is written before it is read.
            unsafe { slab.forget(0..len) };
            assert_eq!((touch(&slab, len / 2, 5), touch(&slab, len - 1, 6)), (5, 6));
        }
    }

    #[test]
    fn what_lies_beside_a_range_that_is_given_back_stays() {
        let slab = Slab::new(LARGE_PAGE_LEN).unwrap();
        (0..LARGE_PAGE_LEN).step_by(512).for_each(|at| assert_eq!(touch(&slab, at, 3), 3));
        // SAFETY: nobody else knows the slab, and this range is not read again.
        unsafe { slab.forget(10_000..20_000) };
        for at in (0..LARGE_PAGE_LEN).step_by(512).filter(|at| !(10_000..20_000).contains(at)) {
            // SAFETY: written above, and not given back.
            assert_eq!(unsafe { slab.start().add(at).read() }, 3, "{at}");
        }
    }

    #[test]
    fn no_slab_is_larger_than_memory_or_empty() {
        assert!(Slab::new(0).is_none());
        assert!(Slab::new(usize::MAX / 2).is_none());
    }
}
