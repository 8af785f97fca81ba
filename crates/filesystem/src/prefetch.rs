//! Asking for memory before it is read.
//!
//! A line that is in no processor cache takes as long as some hundred instructions. Who knows early what will be
//! read, and has other work until then, asks for it here.

#![expect(unsafe_code, reason = "the instruction is offered as an intrinsic only")]

/// Asks for the cache line at `address`, which need not be valid.
#[inline]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
