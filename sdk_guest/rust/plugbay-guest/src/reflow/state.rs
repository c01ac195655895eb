//! The actor's state, key by key, while it works: what it sets, it reads again at once.
//!
//! A reply with a state replaces all of it, also what was set here.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::user;
use crate::{Error, Result};

/// The value of a key; `None` when it is not set, or null.
///
/// Fails when the value is of another type.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>> {
    let Some(json) = user::get_state(key) else { return Ok(None) };
    serde_json::from_slice(&json).map_err(|error| Error::from(error).context(key))
}

/// Sets the value of a key.
///
/// Fails when the value can't be JSON.
pub fn set<T: Serialize>(key: &str, value: &T) -> Result<()> {
    user::set_state(key, &serde_json::to_vec(value)?);
    Ok(())
}
