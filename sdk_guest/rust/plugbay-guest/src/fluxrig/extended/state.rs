//! The gear's state, which the host keeps: bytes by key. It needs a grant of the host's.
//!
//! What a message stores is there when it succeeds, and undone when it is rejected or fails.

use alloc::format;
use alloc::vec::Vec;

use super::imports;
use crate::{Error, Result};

/// The value of a key; `None` when there is none, and when the host does not grant state.
pub fn get(key: &str) -> Option<Vec<u8>> {
    imports::get(key)
}

/// Stores the value of a key. Fails when the host refuses it: it did not grant state, or the store is full.
pub fn put(key: &str, value: &[u8]) -> Result<()> {
    if imports::put(key, value) { Ok(()) } else { Err(Error::new(format!("the host refused to store {key}"))) }
}
