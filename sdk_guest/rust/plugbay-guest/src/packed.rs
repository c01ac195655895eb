//! PrioStack's byte functions in the calling convention `packed`: any number of functions of bytes, texts or JSON.
//!
//! ```
//! use plugbay_guest::{Result, bail, packed};
//!
//! packed::export!(greet, reverse);
//!
//! fn greet(name: &str) -> Result<String> {
//!     if name.is_empty() {
//!         bail!("there is nobody to greet");
//!     }
//!     packed::info!("greeted {name}");
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! fn reverse(input: &[u8]) -> Vec<u8> {
//!     input.iter().rev().copied().collect()
//! }
//! ```
//!
//! An error is the call's failure, with its text as the message. A function has what an [`Input`](crate::Input) and an
//! [`Output`](crate::Output) can be; JSON needs the feature `json`.

mod export;
mod imports;
#[doc(hidden)]
pub mod run;

pub mod random {
    //! The host's randomness. It is cryptographically secure; without the grant the call fails.

    use alloc::vec::Vec;

    use crate::{Error, Result};

    /// So many random bytes. Fails when there is no memory for them.
    pub fn bytes(len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| Error::new("no memory is left for random bytes"))?;
        bytes.resize(len, 0);
        fill(&mut bytes);
        Ok(bytes)
    }

    /// Fills the bytes with random ones.
    pub fn fill(bytes: &mut [u8]) {
        super::imports::random(bytes);
    }
}

pub mod time {
    //! The host's clock; without the grant the call fails.

    /// The time in Unix nanoseconds.
    pub fn now() -> i64 {
        super::imports::now()
    }
}

#[doc(inline)]
pub use crate::{
    __env_debug as debug, __env_error as error, __env_info as info, __env_log as log, __env_warn as warn,
    __packed_export as export,
};
