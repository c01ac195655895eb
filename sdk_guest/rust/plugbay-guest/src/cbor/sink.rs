use alloc::vec::Vec;
use core::convert::Infallible;

use minicbor::encode::Write;

/// Where bytes go: counted first, then into a buffer of just that size, for memory is scarce on a rack.
pub enum Sink {
    /// Counts.
    Count(usize),
    /// Keeps.
    Keep(Vec<u8>),
}

impl Write for Sink {
    type Error = Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        match self {
            Sink::Count(count) => *count += bytes.len(),
            Sink::Keep(kept) => kept.extend_from_slice(bytes),
        }
        Ok(())
    }
}
