//! Time and randomness, from WASI preview 1.

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub fn clock_time_get(clock: i32, precision: i64, time: *mut i64) -> i32;
        pub fn random_get(pointer: *mut u8, len: usize) -> i32;
    }
}

pub mod time {
    //! The host's clock, where it grants one.

    use crate::Result;

    /// The time in Unix nanoseconds. Fails when the host does not give it.
    #[cfg(target_arch = "wasm32")]
    pub fn now() -> Result<i64> {
        let mut time = 0;
        // SAFETY: clock 0 is the time of day; the host writes 8 bytes.
        match unsafe { super::imports::clock_time_get(0, 1, &mut time) } {
            0 => Ok(time),
            code => crate::bail!("the host does not tell the time: WASI's error {code}"),
        }
    }

    /// The time in Unix nanoseconds. Fails when the host does not give it.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn now() -> Result<i64> {
        Ok(crate::testing::host(|host| host.time))
    }
}

pub mod random {
    //! The host's randomness, where it grants that. It is cryptographically secure.

    use alloc::vec::Vec;

    use crate::{Error, Result};

    /// So many random bytes. Fails when the host does not give them, or there is no memory for them.
    pub fn bytes(len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| Error::new("no memory is left for random bytes"))?;
        bytes.resize(len, 0);
        fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Fills the bytes with random ones. Fails when the host does not give them.
    #[cfg(target_arch = "wasm32")]
    pub fn fill(bytes: &mut [u8]) -> Result<()> {
        // SAFETY: the host writes the bytes while it is called.
        match unsafe { super::imports::random_get(bytes.as_mut_ptr(), bytes.len()) } {
            0 => Ok(()),
            code => crate::bail!("the host gives no randomness: WASI's error {code}"),
        }
    }

    /// Fills the bytes with random ones. Fails when the host does not give them.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn fill(bytes: &mut [u8]) -> Result<()> {
        crate::testing::host(|host| host.fill(bytes));
        Ok(())
    }
}
