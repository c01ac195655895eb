use alloc::vec::Vec;

use crate::{Error, Result};

/// Where bytes go: counted first, then into a buffer of just that size, for memory is scarce on a rack.
pub struct Sink {
    count: usize,
    kept: Option<Vec<u8>>,
}

impl Sink {
    /// One that counts.
    pub fn counting() -> Self {
        Self { count: 0, kept: None }
    }

    /// One that keeps so many bytes. Fails when there is no memory for them.
    pub fn keeping(count: usize) -> Result<Self> {
        let mut kept = Vec::new();
        kept.try_reserve_exact(count).map_err(|_| Error::new("no memory is left for the message"))?;
        Ok(Self { count: 0, kept: Some(kept) })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        match &mut self.kept {
            Some(kept) => kept.extend_from_slice(bytes),
            None => self.count += bytes.len(),
        }
    }

    /// How many bytes were counted.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The bytes that were kept.
    pub fn into_bytes(self) -> Vec<u8> {
        self.kept.unwrap_or_default()
    }
}
