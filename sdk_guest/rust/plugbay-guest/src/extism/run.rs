//! One call of an exported function.

#[cfg(target_arch = "wasm32")]
pub use super::kernel::host::{store, take};

use alloc::vec::Vec;

use super::kernel;
use crate::bytes::Function;

/// The call's input.
pub fn input() -> Vec<u8> {
    kernel::input()
}

/// Calls a function with the call's input; what is returned tells Extism how it went.
pub fn run<'a, A>(function: impl Function<'a, A>, input: &'a [u8]) -> i32 {
    match function.call(input) {
        Ok(output) => {
            kernel::output(&output);
            0
        }
        Err(error) => {
            kernel::fail(error.reason());
            1
        }
    }
}
