use alloc::vec::Vec;

use super::{Input, Output};
use crate::Result;

/// A function that a plugin can export: of no argument, or of one that is an [`Input`], and with an [`Output`].
pub trait Function<'a, Arguments> {
    /// Calls it with the bytes that the host gave.
    fn call(&self, input: &'a [u8]) -> Result<Vec<u8>>;
}

impl<'a, F: Fn() -> O, O: Output> Function<'a, ()> for F {
    fn call(&self, _input: &'a [u8]) -> Result<Vec<u8>> {
        self().into_bytes()
    }
}

impl<'a, F: Fn(I) -> O, I: Input<'a>, O: Output> Function<'a, (I,)> for F {
    fn call(&self, input: &'a [u8]) -> Result<Vec<u8>> {
        self(I::from_bytes(input)?).into_bytes()
    }
}
