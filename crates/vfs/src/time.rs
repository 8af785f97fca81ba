//! The seams for time and chance.

/// Time. Both clocks count microseconds.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970-01-01 00:00:00 UTC.
    fn now_us(&self) -> i64;
    /// Microseconds since an arbitrary start; never goes backwards.
    fn monotonic_us(&self) -> u64;
}

/// Randomness, cryptographically strong in production, seeded in simulation.
pub trait Random: Send + Sync {
    /// Fills `into` with random bytes.
    fn fill(&self, into: &mut [u8]);
    /// A random number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0u8; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}
