use alloc::string::String;
use alloc::vec::Vec;

use crate::{Error, Result};

/// What a function may return: bytes, text, [`Json`](crate::Json) of a type, `()` for an empty output, or a `Result` of
/// any of these.
pub trait Output {
    /// The bytes for the host; an error fails the call.
    fn into_bytes(self) -> Result<Vec<u8>>;
}

impl Output for () {
    fn into_bytes(self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

impl Output for Vec<u8> {
    fn into_bytes(self) -> Result<Vec<u8>> {
        Ok(self)
    }
}

impl Output for &[u8] {
    fn into_bytes(self) -> Result<Vec<u8>> {
        Ok(self.to_vec())
    }
}

impl Output for String {
    fn into_bytes(self) -> Result<Vec<u8>> {
        Ok(String::into_bytes(self))
    }
}

impl Output for &str {
    fn into_bytes(self) -> Result<Vec<u8>> {
        Ok(self.as_bytes().to_vec())
    }
}

impl<O: Output, E: Into<Error>> Output for Result<O, E> {
    fn into_bytes(self) -> Result<Vec<u8>> {
        self.map_err(Into::into)?.into_bytes()
    }
}
