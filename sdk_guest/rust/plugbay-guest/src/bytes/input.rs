use alloc::string::String;
use alloc::vec::Vec;

use crate::{Error, Result};

/// What a function may take: bytes, text, or [`Json`](crate::Json) of a type.
pub trait Input<'a>: Sized {
    /// The input out of the host's bytes; an error fails the call.
    fn from_bytes(bytes: &'a [u8]) -> Result<Self>;
}

impl<'a> Input<'a> for &'a [u8] {
    fn from_bytes(bytes: &'a [u8]) -> Result<Self> {
        Ok(bytes)
    }
}

impl Input<'_> for Vec<u8> {
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(bytes.to_vec())
    }
}

impl<'a> Input<'a> for &'a str {
    fn from_bytes(bytes: &'a [u8]) -> Result<Self> {
        core::str::from_utf8(bytes).map_err(|_| Error::new("the input is no text in UTF-8"))
    }
}

impl Input<'_> for String {
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        <&str>::from_bytes(bytes).map(Into::into)
    }
}
